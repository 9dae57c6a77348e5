// Sends the summary with Microsoft Graph, from a mailbox of its own to on-call and never to the account under attack.
// What it says is in summary.ts.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError } from '../errors.ts';
import { addressesOf, type MailSettings } from '../mail/addresses.ts';
import type { LastDrill } from '../mail/last-drill.ts';
import { plain } from '../mail/plain.ts';
import { sendMail } from '../mail/send-mail.ts';
import { mailboxAddress } from '../microsoft365/mailbox-address.ts';
import type { GraphClient } from '../model/clients.ts';
import { nullableText, wholeSeconds } from '../model/text.ts';
import type { RunRows } from '../run/progress.ts';
import type { Mailer } from '../run/send-summary.ts';
import { attachedTo } from './attached.ts';
import { type Described, givenFrom } from './given.ts';
import { subjectOf, summaryOf } from './summary.ts';

/**
 * Application permissions. The first two are best granted on the sender's mailbox alone, with RBAC for Applications.
 * Mail.Send; Mail.ReadBasic.All to see whether a summary had left when its sender died; User.Read.All for the addresses
 * of the account under attack (https://learn.microsoft.com/graph/api/user-sendmail).
 */
export const mailPermissions = ['Mail.Send', 'Mail.ReadBasic.All', 'User.Read.All'] as const;

interface Dependencies {
  /** Each call gets its own deadline. */
  graph: () => GraphClient;
  playbook: readonly Described[];
  now: () => Date;
  lastDrill?: LastDrill;
}

const sentSchema = z.object({ subject: nullableText });

export function createMailer(
  settings: MailSettings,
  { graph, playbook, now, lastDrill }: Dependencies,
): Mailer {
  return {
    async send(rows) {
      const { run } = rows;
      const client = graph();
      const theirs = await addressesOf(client, run.row.account);
      const to = settings.to.filter((address) => !theirs.has(mailboxAddress(address)));
      if (to.length === 0) {
        throw new PermanentError(
          `the summary of run ${run.row.id} was not sent: every address in MAIL_TO belongs to ${run.row.account.userPrincipalName}, the account under attack. Add another one to MAIL_TO`,
        );
      }
      const given = givenFrom(rows, {
        playbook,
        baseUrl: settings.baseUrl,
        timeZone: settings.timeZone,
        now: now(),
      });
      const { subject, text, html } = summaryOf({ ...given, lastDrill: await lastDrill?.() });
      const attachments = attachedTo(given.steps).map((file) => ({ ...file, name: plain(file.name, 120) }));
      // If the sending mailbox is itself under attack, the intruder would read it among the sent items.
      const saved = !theirs.has(mailboxAddress(settings.from));
      const mail = { from: settings.from, to, subject, text, html, importance: 'high', attachments } as const;
      await sendMail(client, mail, saved);
    },

    async wasSent({ run }: RunRows, since) {
      // Exchange gives whole seconds, and its clock differs from ours.
      const from = wholeSeconds(since.getTime() - clockSkewMs);
      const subject = subjectOf(run.row, run.row.summary.verdict ?? '');
      const sent = await graph().list(
        path`/users/${settings.from}/mailFolders/sentitems/messages?$select=id,subject,sentDateTime&$filter=sentDateTime ge ${from}&$top=100`,
        sentSchema,
      );
      return sent.some((mail) => mail.subject === subject);
    },
  };
}

const clockSkewMs = 5000;
