// Who got mail that the owner did not send. Intruders delete it from Sent Items, so the message trace is read too, and
// the audit log says who sent what once it has answered. It writes to nobody; a draft of the notice is attached.

import { path } from '../../../shared/clients/path.ts';
import { PermanentError } from '../../../shared/errors.ts';
import { actsIn } from '../../../shared/intruder/acts.ts';
import { windowStart } from '../../../shared/intruder/window.ts';
import { messageTracePage } from '../../../shared/microsoft365/links.ts';
import { readTraces } from '../../../shared/microsoft365/message-trace.ts';
import { ownAddresses, ownDomains } from '../../../shared/microsoft365/own-addresses.ts';
import {
  type SentCopy,
  sendersIn,
  sentByIntruder,
  sentCopySchema,
  sentCopySelect,
  uniteSentMail,
} from '../../../shared/microsoft365/sent-mail.ts';
import type { GraphReader } from '../../../shared/model/clients.ts';
import { investigation, type Kept, type Skip, settings } from '../../../shared/model/step.ts';
import { byIntruder, describeSentMail, sentMailAttachments, sentMailTasks } from './sent-mail-report.ts';

const mostCopies = 5000;
/** Each costs one request to the trace. */
const mostAddresses = 4;
const mostSenders = 8;

export const reviewSentMail = investigation({
  name: 'review-sent-mail',
  title: 'Review the mail that was sent',
  collects: 'recipients of the mail sent since the intruder came, as a table, and a draft notice to them',
  guide: ['MS 7.1', 'SD'],
  stage: 'collect',
  handsOn: 'sent-mail',
  toldIn: 'sent',
  byHand: ({ userPrincipalName }) => ({
    link: messageTracePage(),
    role: 'Exchange Administrator',
    how: `Trace what ${userPrincipalName} sent since the intruder came.`,
  }),
  settings: settings('act'),
  permissions: {
    graph: ['Mail.ReadBasic.All', 'ExchangeMessageTrace.Read.All', 'User.Read.All', 'Domain.Read.All'],
  },
  appliesTo: ({ hasMailbox }) => hasMailbox || 'has no mailbox',
  after: ['collect-sign-ins'],
  againAfter: ['collect-audit-log'],
  judgesByAnswers: true,

  async collect({ account, run, intruder, now: time, graph }) {
    const now = time.getTime();
    const since = windowStart(run, intruder);
    const [sent, addresses, domains] = await Promise.all([
      readCopies(graph, account.id, since),
      ownAddresses(graph, account),
      ownDomains(graph),
    ]);
    if ('skip' in sent) return sent;
    const acts = actsIn(run);
    const senders = sendersIn(acts ?? []).filter((address) => !addresses.includes(address));
    const [traced, asOthers] = await Promise.all([
      readTraces(graph, 'senderAddress', addresses.slice(0, mostAddresses), since, now),
      readTraces(graph, 'senderAddress', senders.slice(0, mostSenders), since, now),
    ]);
    const mails = uniteSentMail({
      copies: sent.copies,
      traces: traced.traces,
      tracesOfOthers: asOthers.traces,
      acts: acts ?? [],
      intruder,
    });
    const report = { account, mails, since, now, domains };
    return {
      findings: [
        ...describeSentMail(report),
        ...sent.gaps,
        ...traced.gaps,
        ...(senders.length > 0 ? asOthers.gaps : []),
        ...(senders.length > mostSenders ? [sendersCut(senders.length - mostSenders)] : []),
        ...(acts === undefined && byIntruder(mails).length < mails.length ? [notTold] : []),
      ],
      tasks: sentMailTasks(report),
      attachments: sentMailAttachments(report),
      facts: sentByIntruder(mails, domains),
    };
  },
});

const sendersCut = (left: number): Kept => ({
  what: `mail sent as ${left} more addresses was not traced`,
  why: `the first ${mostSenders} were`,
});

const notTold: Kept = {
  what: 'who sent which message is not known yet',
  why: 'the audit log has not answered, or cannot be searched here; if it does, this is looked at again',
};

/** GET /users/{id}/mailFolders/sentitems/messages (https://learn.microsoft.com/graph/api/mailfolder-list-messages). */
async function readCopies(
  graph: GraphReader,
  userId: string,
  since: number,
): Promise<{ copies: SentCopy[]; gaps: Kept[] } | Skip> {
  const from = new Date(since).toISOString().replace(/\.\d+Z$/, 'Z');
  try {
    const copies = await graph.list(
      `${path`/users/${userId}/mailFolders/sentitems/messages?$filter=sentDateTime ge ${from}`}&$select=id,${sentCopySelect}&$top=1000`,
      sentCopySchema,
      { most: mostCopies },
    );
    return { copies, gaps: copies.length < mostCopies ? [] : [cut] };
  } catch (error) {
    if (!(error instanceof PermanentError) || error.status !== 404) throw error;
    return { skip: 'has no mailbox in Exchange Online' };
  }
}

const cut = { what: `only ${mostCopies} messages of Sent Items were read`, why: 'there are more' };
