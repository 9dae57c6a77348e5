// Sends the summary with Microsoft Graph, from a mailbox of its own to on-call and never to the account under attack.
import { z } from 'zod';
import { PermanentError } from '../errors.ts';
import type { GraphClient } from '../microsoft365/clients.ts';
import { path } from '../microsoft365/path.ts';
import type { RunRows } from '../run/progress.ts';
import type { Mailer } from '../run/send-summary.ts';
import type { Step } from '../run/step.ts';
import { summaryOf } from './summary.ts';

export interface MailSettings {
  /** Mailbox that sends. */
  from: string;
  to: readonly string[];
  /** Where the app is reached, for the link to the run. */
  baseUrl: string;
}

/**
 * Application permissions, best granted on the sender's mailbox alone by RBAC for Applications: Mail.Send, and
 * Mail.ReadBasic to see whether a summary had left when its sender died
 * (https://learn.microsoft.com/graph/api/user-sendmail).
 */
export const mailPermissions = ['Mail.Send', 'Mail.ReadBasic.All'] as const;

interface Dependencies {
  /** Each call gets its own deadline. */
  graph: () => GraphClient;
  playbook: readonly Step[];
  now: () => Date;
}

const sentSchema = z.object({ id: z.string() });

export function createMailer(settings: MailSettings, { graph, playbook, now }: Dependencies): Mailer {
  const summary = ({ run, steps }: RunRows) =>
    summaryOf({
      run: run.row,
      steps: steps.map((entry) => entry.row),
      playbook,
      runUrl: `${settings.baseUrl}/api/runs/${run.row.id}`,
      now: now(),
    });

  return {
    async send(rows) {
      const { account } = rows.run.row;
      const to = settings.to.filter(
        (address) => address.toLowerCase() !== account.userPrincipalName.toLowerCase(),
      );
      if (to.length === 0) {
        throw new PermanentError(
          `the summary has no recipient but ${account.userPrincipalName}, the account under attack: add another address to MAIL_TO`,
        );
      }
      const { subject, html } = summary(rows);
      const message = {
        subject,
        body: { contentType: 'html', content: html },
        toRecipients: to.map((address) => ({ emailAddress: { address } })),
        importance: 'high',
      };
      await graph().post(
        path`/users/${settings.from}/sendMail`,
        { message, saveToSentItems: true },
        z.unknown(),
      );
    },

    async wasSent(rows, since) {
      const { subject } = summary(rows);
      const filter = path`sentDateTime ge ${since.toISOString()} and subject eq '${subject}'`;
      const sent = await graph().list(
        `${path`/users/${settings.from}/mailFolders/sentitems/messages`}?$select=id&$filter=${filter}&$top=1`,
        sentSchema,
        { most: 1 },
      );
      return sent.length > 0;
    },
  };
}
