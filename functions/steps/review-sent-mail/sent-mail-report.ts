// What on-call is told about the sent mail: who to warn, about what, and in which words. Pure. It writes to nobody: a
// person decides who warns customers, and how.

import { when } from '../../../shared/intruder/describe-trail.ts';
import { toCsv } from '../../../shared/mail/csv.ts';
import { messageTracePage } from '../../../shared/microsoft365/links.ts';
import { isInside } from '../../../shared/microsoft365/recipients.ts';
import type { SentMail } from '../../../shared/microsoft365/sent-mail.ts';
import type { Account } from '../../../shared/model/account.ts';
import type { Attachment, Kept, Task } from '../../../shared/model/step.ts';
import { inQuotes } from '../../../shared/model/text.ts';

const mostLines = 10;
const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
const at = (mail: SentMail) => when(Date.parse(mail.at));
const named = ({ subject }: SentMail) =>
  subject === '' ? 'a message without a subject' : `${inQuotes(subject)}`;

/** It did not reach its recipient, or went to a group whose members are listed themselves. */
const unreached = new Set(['failed', 'quarantined', 'expanded']);
const reached = ({ recipients }: SentMail) =>
  [...recipients].flatMap(([address, status]) => (unreached.has(status ?? '') ? [] : address));

export interface SentReport {
  account: Account;
  mails: readonly SentMail[];
  /** ms */
  since: number;
  now: number;
  domains: readonly string[];
}

export const byIntruder = (mails: readonly SentMail[]) => mails.filter(({ evidence }) => evidence !== null);
const byNobodyKnown = (mails: readonly SentMail[]) => mails.filter(({ evidence }) => evidence === null);

export function describeSentMail({ mails, since }: SentReport): Kept[] {
  const theirs = byIntruder(mails);
  const gone = mails.filter(({ kept }) => !kept);
  const lines: Kept[] = [
    {
      what: `${count(mails.length, 'message')} sent since ${when(since)}, ${theirs.length} by the intruder as far as known`,
      why: 'Sent Items, message trace and audit log taken together',
    },
    ...theirs.slice(0, mostLines).map((mail) => ({
      what: `${named(mail)} to ${count(mail.recipients.size, 'recipient')}, ${at(mail)}${mail.kept ? '' : ', deleted from Sent Items'}`,
      why: mail.evidence ?? '',
    })),
  ];
  if (theirs.length > mostLines)
    lines.push({
      what: `${theirs.length - mostLines} more messages of the intruder`,
      why: 'in the attached table',
    });
  if (gone.length > 0)
    lines.push({
      what: `${count(gone.length, 'sent message')} not in Sent Items any more: ${gone.slice(0, 3).map(named).join(', ')}${gone.length > 3 ? ', …' : ''}`,
      why: 'an intruder deletes what the owner must not see; owners seldom do',
    });
  return lines;
}

export function sentMailTasks({ account, mails, since, domains }: SentReport): Task[] {
  const theirs = byIntruder(mails);
  const others = byNobodyKnown(mails);
  const warned = new Set(theirs.flatMap(reached));
  const outside = [...warned].filter((address) => !isInside(address, domains)).length;
  const tasks: Task[] = [];
  if (theirs.length > 0)
    tasks.push({
      id: 'warn-recipients',
      what: `Warn ${warned.size === 1 ? '1 person' : `${warned.size} people`} now about the intruder's mail${outside === 0 ? '' : ` (${outside} outside)`}`,
      instruction: `Phone whoever was asked for money or got bank details: ${theirs.slice(0, 3).map(named).join(', ')}${theirs.length > 3 ? ', …' : ''}. Send the others draft-notice.txt from another mailbox; sent-mail-recipients.csv names them.`,
      link: messageTracePage(),
      role: 'Exchange Administrator',
      danger: 'people',
    });
  if (others.length > 0)
    tasks.push({
      id: 'whose-mail',
      what: `Ask ${account.displayName}, by phone, ${others.length === 1 ? 'whether this message is theirs' : `which of ${others.length} messages are theirs`}`,
      instruction: `Sent since ${when(since)}: ${others.slice(0, 5).map(named).join(', ')}${others.length > 5 ? ' and those in sent-mail-recipients.csv' : ''}. Warn whoever got one that is not.`,
      link: messageTracePage(),
      role: 'Exchange Administrator',
      danger: 'people',
    });
  return tasks;
}

export function sentMailAttachments(report: SentReport): Attachment[] {
  if (report.mails.length === 0) return [];
  const table: Attachment = {
    name: 'sent-mail-recipients.csv',
    type: 'text/csv',
    content: recipientTable(report),
  };
  return [table, { name: 'draft-notice.txt', type: 'text/plain', content: draft(report) }];
}

/** One line for each recipient, the intruder's recipients first. */
function recipientTable({ mails, domains }: SentReport): string {
  const addresses = new Set(mails.flatMap(({ recipients }) => [...recipients.keys()]));
  const rows = [...addresses].map((address) => {
    const got = mails.filter(({ recipients }) => recipients.has(address));
    const theirs = byIntruder(got);
    const statuses = new Set(got.flatMap(({ recipients }) => recipients.get(address) ?? []));
    return {
      theirs: theirs.length,
      cells: [
        address,
        isInside(address, domains) ? 'inside' : 'outside',
        theirs.length > 0 ? 'the intruder' : 'not known',
        got.length,
        got.at(-1)?.at,
        got[0]?.at,
        [...statuses].join('; '),
        got.every(({ kept }) => kept) ? 'yes' : 'no',
        got.map(({ subject }) => subject).join('; '),
        got.map(({ messageId }) => messageId).join('; '),
        theirs[0]?.evidence,
      ],
    };
  });
  const names = [
    'recipient',
    'where',
    'sent by',
    'messages',
    'first',
    'last',
    'delivery',
    'all in Sent Items',
  ];
  return toCsv(
    [...names, 'subjects', 'message ids', 'evidence'],
    rows
      .toSorted((a, b) => b.theirs - a.theirs || String(a.cells[0]).localeCompare(String(b.cells[0])))
      .map(({ cells }) => cells),
  );
}

function draft({ account, mails, since, now }: SentReport): string {
  const theirs = byIntruder(mails).slice(0, mostLines);
  const { displayName, userPrincipalName } = account;
  return `DRAFT, sent to nobody. Check it, and send it from another mailbox than ${userPrincipalName}, with the recipients in Bcc.

Subject: Please do not trust recent messages from ${userPrincipalName}

Dear recipient,

between ${when(since)} and ${when(now)} somebody else had access to the mailbox of ${displayName} (${userPrincipalName}). Messages that you got from it in this time may not be from ${displayName}.${theirs.length === 0 ? '' : `\nThese are not:\n${theirs.map((mail) => `- ${named(mail)}, ${at(mail)}`).join('\n')}`}

- Do not answer such a message, and open neither its links nor its attachments.
- Do not act on changed bank details or on a request for a payment. Call a number that you had before.
- If you have opened a link and entered a password, change it, and tell your IT department.
- If you have paid, call your bank at once.

We have taken back control of the mailbox and are sorry for the trouble.
`;
}
