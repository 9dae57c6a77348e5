// Sends a notice with Microsoft Graph, from the same mailbox and to the same people as the summary, but never to an
// account under attack that it names. notices.ts decides whether it is sent at all.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError } from '../errors.ts';
import { mailboxAddress } from '../microsoft365/mailbox-address.ts';
import type { GraphClient, GraphReader } from '../model/clients.ts';
import { nullableText, wholeSeconds } from '../model/text.ts';
import { addressesOf, type MailSettings } from './addresses.ts';
import type { LastDrill } from './last-drill.ts';
import { type Notice, noticeMail } from './notice.ts';
import type { NoticeMailer } from './notices.ts';
import { sendMail } from './send-mail.ts';

/** Exchange gives whole seconds, and its clock differs from ours. */
const clockSkewMs = 5000;
const sentSchema = z.object({ subject: nullableText });
const userSchema = z.object({ id: z.string() });

/** Permissions: mailPermissions (https://learn.microsoft.com/graph/api/user-sendmail). */
export function createNoticeMailer(
  { from, to, timeZone }: Pick<MailSettings, 'from' | 'to' | 'timeZone'>,
  graph: () => GraphClient,
  lastDrill: LastDrill = async () => undefined,
): NoticeMailer {
  return {
    async send(notice) {
      const client = graph();
      const theirs = await addressesUnderAttack(client, notice.about ?? [], [...to, from]);
      const safe = to.filter((address) => !theirs.has(mailboxAddress(address)));
      if (safe.length === 0) {
        throw new PermanentError(
          'every address in MAIL_TO belongs to an account under attack that it names. Add another one to MAIL_TO',
        );
      }
      // If the sending mailbox is itself under attack, the intruder would read it among the sent items.
      const saved = !theirs.has(mailboxAddress(from));
      const importance = notice.tone === 'alarm' ? 'high' : 'normal';
      const mail = noticeMail(notice, await lastDrill(), timeZone);
      await sendMail(client, { ...mail, from, to: safe, importance, attachments: [] }, saved);
    },

    async wasSent(notice, since) {
      const at = wholeSeconds(since.getTime() - clockSkewMs);
      const { subject } = noticeMail(notice);
      const sent = await graph().list(
        path`/users/${from}/mailFolders/sentitems/messages?$select=id,subject,sentDateTime&$filter=sentDateTime ge ${at}&$top=100`,
        sentSchema,
      );
      return sent.some((mail) => mail.subject === subject);
    },
  };
}

type About = NonNullable<Notice['about']>;

/**
 * How many accounts are looked up with all their addresses; in a larger storm, the few on call are looked up instead.
 */
const mostAsked = 20;

/** Which of our own addresses, at least, reach one of these accounts. User.Read.All. */
async function addressesUnderAttack(
  graph: GraphReader,
  about: About,
  ours: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = new Set(about.map(({ userPrincipalName }) => mailboxAddress(userPrincipalName)));
  if (about.length <= mostAsked) {
    for (const account of about) for (const one of await addressesOf(graph, account)) found.add(one);
    return found;
  }
  const ids = new Set(about.map(({ id }) => id.toLowerCase()));
  for (const address of ours) {
    const id = await idOf(graph, address);
    if (id !== undefined && ids.has(id)) found.add(mailboxAddress(address));
  }
  return found;
}

async function idOf(graph: GraphReader, address: string): Promise<string | undefined> {
  try {
    return (await graph.get(path`/users/${address}?$select=id`, userSchema)).id.toLowerCase();
  } catch (thrown) {
    if (thrown instanceof PermanentError) return undefined;
    throw thrown;
  }
}
