// Removes the intruder's mail from colleagues' inboxes before they believe it. Only mail that the audit log or the
// trace ties to the intruder; mail that left the organisation is out of reach, and the copy in Sent Items stays as
// evidence.
import { z } from 'zod';
import { when } from '../../../shared/intruder/describe-trail.ts';
import { licences, unlessUnlicensed } from '../../../shared/microsoft365/licences.ts';
import { explorerPage } from '../../../shared/microsoft365/links.ts';
import { sentByIntruderIn } from '../../../shared/microsoft365/sent-mail.ts';
import type { Account } from '../../../shared/model/account.ts';
import { remediation, settings, type Task } from '../../../shared/model/step.ts';
import { inQuotes } from '../../../shared/model/text.ts';
import { inboxesWith, moveMail } from './analyzed-emails.ts';

/** One request each. */
const mostMessages = 50;

/**
 * POST /security/collaboration/analyzedEmails/remediate: SecurityAnalyzedMessage.ReadWrite.All and Defender for Office
 * 365 Plan 2; takes effect within minutes (https://learn.microsoft.com/graph/api/security-analyzedemail-remediate).
 */
export const retractSentMail = remediation({
  name: 'retract-sent-mail',
  title: 'Retract mail the intruder sent inside',
  removes: "the intruder's mail from inboxes inside; not from mailboxes outside, nor what was read already",
  guide: ['MS 7.1', 'SD'],
  stage: 'evict',
  byHand: ({ userPrincipalName }) => ({
    link: explorerPage(),
    role: 'Security Administrator with the role Search and Purge',
    how: `In All email, filter by Sender address ${userPrincipalName}, tick the intruder's messages, and select Take action, then Soft delete.`,
  }),
  part: 'retraction',
  licences: ['defenderForOffice'],
  settings: settings('act'),
  permissions: { graph: ['SecurityAnalyzedMessage.ReadWrite.All', 'User.Read.All'] },
  appliesTo: ({ hasMailbox }) => hasMailbox || 'has no mailbox',
  after: ['review-sent-mail'],
  before: z.object({ networkMessageId: z.string(), inboxes: z.array(z.string()) }),

  async find({ account, run, graph }) {
    const sent = sentByIntruderIn(run)?.messages.filter(({ inside }) => inside > 0) ?? [];
    const known = sent.flatMap(({ networkId, ...message }) => (networkId ? { ...message, networkId } : []));
    const asked = known.slice(0, mostMessages);
    const reading = Promise.all(asked.map((message) => inboxesWith(graph, message)));
    const inboxes = await unlessUnlicensed(reading, graph, licences.defenderForOffice);
    if ('skip' in inboxes) return inboxes;
    const changes = asked.flatMap(({ networkId, subject, at, evidence, by }, index) => {
      const still = inboxes[index] ?? [];
      if (still.length === 0) return [];
      return {
        id: networkId,
        what: `${inQuotes(subject)} of ${when(Date.parse(at))} in ${still.length} inbox${still.length === 1 ? '' : 'es'} inside`,
        why: 'colleagues would take it for a message of the owner',
        evidence,
        ...(by === null ? {} : { by }),
        before: { networkMessageId: networkId, inboxes: still },
        once: true as const,
        again: true as const,
        seenWithinMinutes: 14,
      };
    });
    const gone = {
      what: `${count(asked.length - changes.length)} of the intruder`,
      why: 'no longer in an inbox inside',
    };
    return {
      changes,
      tasks: sent.length > asked.length ? [byHand(account, sent.length - asked.length)] : [],
      kept: asked.length > changes.length ? [gone] : [],
    };
  },

  async fix({ before }, { run, graph }) {
    const why = 'Sent by an intruder from a compromised account';
    await moveMail(graph, 'softDelete', { ...before, name: `Reclaim ${run.code}`, why });
  },

  async undo({ before }, { run, graph }) {
    const why = "Undone: the mail is its owner's";
    await moveMail(graph, 'moveToInbox', { ...before, name: `Reclaim ${run.code}`, why });
    return undefined;
  },
});

const count = (number: number) => `${number} message${number === 1 ? '' : 's'}`;

const byHand = ({ userPrincipalName }: Account, number: number): Task => ({
  id: 'retract-by-hand',
  what: `Take ${count(number)} of the intruder out of inboxes in the organisation`,
  instruction: `In Explorer, All email, filter by Sender address ${userPrincipalName}; tick the messages, and select Take action, then Soft delete. This app could not: they are not in the message trace, or beyond the first ${mostMessages}.`,
  link: explorerPage(),
  role: 'Security Administrator with the role Search and Purge',
  danger: 'people',
  remains: 'mail in inboxes',
});
