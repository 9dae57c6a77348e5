// Hands a mail to Microsoft Graph as MIME, which alone carries text beside HTML. It falls back to JSON, with HTML only,
// if the mail must not be kept in Sent Items (MIME always is), or if Exchange refuses the MIME message outright.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError } from '../errors.ts';
import type { GraphClient } from '../model/clients.ts';
import { type Mail, mimeOf } from './mime.ts';

/** Needs Mail.Send (https://learn.microsoft.com/graph/api/user-sendmail). Never repeated after a lost answer. */
export async function sendMail(graph: GraphClient, mail: Mail, saveToSentItems: boolean): Promise<void> {
  const place = path`/users/${mail.from}/sendMail`;
  if (saveToSentItems) {
    try {
      await graph.postMime(place, mimeOf(mail));
      return;
    } catch (thrown) {
      if (!(thrown instanceof PermanentError && thrown.status === 400)) throw thrown;
    }
  }
  await graph.post(place, { message: messageOf(mail), saveToSentItems }, z.unknown());
}

const messageOf = ({ subject, html, to, importance, attachments }: Mail) => ({
  subject,
  body: { contentType: 'html', content: html },
  toRecipients: to.map((address) => ({ emailAddress: { address } })),
  importance,
  attachments: attachments.map(({ name, type, content }) => ({
    '@odata.type': '#microsoft.graph.fileAttachment',
    name,
    contentType: type,
    contentBytes: Buffer.from(content).toString('base64'),
  })),
});
