// Sends a notice with Microsoft Graph, from the same mailbox and to the same people as the summary. It names no account
// under attack as its subject, so nobody is left out of it; tell.ts decides whether it is sent at all.
import { z } from 'zod';
import type { GraphClient } from '../microsoft365/clients.ts';
import { path } from '../microsoft365/path.ts';
import type { MailSettings } from './mail.ts';
import { noticeMail } from './notice.ts';
import type { NoticeMailer } from './tell.ts';

/** Exchange tells whole seconds, and its clock is not ours. */
const clockSkewMs = 5000;
const sentSchema = z.object({ subject: z.string().nullish() });

/** Permissions: mailPermissions (https://learn.microsoft.com/graph/api/user-sendmail). */
export function createNoticeMailer(
  { from, to }: Pick<MailSettings, 'from' | 'to'>,
  graph: () => GraphClient,
): NoticeMailer {
  return {
    async send(notice) {
      const { subject, html } = noticeMail(notice);
      const message = {
        subject,
        body: { contentType: 'html', content: html },
        toRecipients: to.map((address) => ({ emailAddress: { address } })),
        importance: notice.tone === 'alarm' ? 'high' : 'normal',
      };
      await graph().post(path`/users/${from}/sendMail`, { message, saveToSentItems: true }, z.unknown());
    },

    async wasSent(notice, since) {
      const at = `${new Date(since.getTime() - clockSkewMs).toISOString().slice(0, 19)}Z`;
      const { subject } = noticeMail(notice);
      const sent = await graph().list(
        path`/users/${from}/mailFolders/sentitems/messages?$select=id,subject,sentDateTime&$filter=sentDateTime ge ${at}&$top=100`,
        sentSchema,
      );
      return sent.some((mail) => mail.subject === subject);
    },
  };
}
