// The outside services that the intruder may have entered through this mailbox: codes, resets and confirmations that
// came to it, including deleted ones. Judged by subject alone, since bodies are not read. Pure.

import { when } from '../../../shared/intruder/describe-trail.ts';
import { toCsv } from '../../../shared/mail/csv.ts';
import { messageTracePage } from '../../../shared/microsoft365/links.ts';
import type { MailboxMessage } from '../../../shared/microsoft365/mailbox-messages.ts';
import { aboutAccess, withoutCodes } from '../../../shared/microsoft365/mask-codes.ts';
import type { MessageTrace } from '../../../shared/microsoft365/message-trace.ts';
import { asAddress, domainOf, isInside } from '../../../shared/microsoft365/recipients.ts';
import { foldText, matcher } from '../../../shared/microsoft365/rule-name.ts';
import type { Account } from '../../../shared/model/account.ts';
import type { Attachment, Kept, Task } from '../../../shared/model/step.ts';
import { inQuotes } from '../../../shared/model/text.ts';

/** What mere reminders say about passwords. */
const reminder = matcher('password_expir* password_will_expire password_is_about_to_expire');

const whereabouts = {
  mailbox: 'in the mailbox',
  deleted: 'deleted',
  gone: 'gone from the mailbox',
} as const;

export interface AccessMail {
  from: string;
  at: string;
  subject: string;
  where: (typeof whereabouts)[keyof typeof whereabouts];
}

interface Sources {
  /** Everything that the owner sees, Deleted Items included. */
  mailbox: readonly MailboxMessage[];
  /** In Deleted Items, and in the recoverable items behind it. */
  deleted: readonly MailboxMessage[];
  traces: readonly MessageTrace[];
  domains: readonly string[];
}

const idOf = (messageId: string) => messageId.replace(/^<|>$/g, '').toLowerCase();

/** Only from outside, latest first; what is only in the trace was deleted for good. */
export function accessMail({ mailbox, deleted, traces, domains }: Sources): AccessMail[] {
  const mails = new Map<string, AccessMail>();
  const add = (messageId: string, mail: AccessMail) => {
    const subject = foldText(mail.subject);
    const from = asAddress(mail.from);
    if (from === null || isInside(from, domains) || !aboutAccess.test(subject) || reminder.test(subject))
      return;
    const id = idOf(messageId) || `${mail.from} ${mail.at} ${mail.subject}`;
    if (!mails.has(id)) mails.set(id, { ...mail, from, subject: withoutCodes(mail.subject) });
  };
  const read = (messages: readonly MailboxMessage[], where: AccessMail['where']) => {
    for (const { internetMessageId, from, receivedDateTime: at, subject } of messages)
      add(internetMessageId, { from, at, subject, where });
  };
  read(deleted, whereabouts.deleted);
  read(mailbox, whereabouts.mailbox);
  for (const { messageId, senderAddress, receivedDateTime, subject, status } of traces) {
    // What was never delivered isn't in any mailbox either.
    if (status !== 'delivered' && status !== 'filteredAsSpam') continue;
    add(messageId, { from: senderAddress, at: receivedDateTime, subject, where: whereabouts.gone });
  }
  return [...mails.values()].toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

/** The name by which a service is known: its mail comes from many hosts and subdomains. */
function serviceOf(address: string): string {
  const labels = domainOf(address).split('.');
  const [second = '', first = ''] = labels.slice(-2);
  return labels.slice(first.length === 2 && second.length <= 3 ? -3 : -2).join('.');
}

const mostServices = 10;
const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;

export function outsideAccounts(
  mails: readonly AccessMail[],
  account: Account,
  since: number,
): { findings: Kept[]; tasks: Task[]; attachments: Attachment[] } {
  const services = Map.groupBy(mails, ({ from }) => serviceOf(from));
  const ranked = [...services].toSorted(
    ([, a], [, b]) => lost(b).length - lost(a).length || b.length - a.length,
  );
  const lines = ranked.map(([service, list]) => ({
    service,
    what: `${service}: ${count(list.length, 'mail')} about access to an account${lost(list).length > 0 ? `, ${lost(list).length} deleted since` : ''}`,
    why: `${inQuotes(list[0]?.subject ?? '')}, ${when(Date.parse(list[0]?.at ?? ''))}`,
  }));
  const tasks = lines.slice(0, mostServices).map(
    ({ service, why }): Task => ({
      id: `outside:${service}`,
      what: `Ask ${account.displayName}, by phone, whether they asked ${service} for a code or a reset`,
      instruction: `It sent ${why}. If they did not ask: have them set a new password there, end all sessions, and check its recovery data.`,
      link: messageTracePage(),
      role: 'Exchange Administrator',
    }),
  );
  const more = lines.length - mostServices;
  return {
    findings: [
      ...lines.slice(0, mostServices).map(({ what, why }) => ({ what, why })),
      ...(more > 0 ? [{ what: `${more} more services`, why: 'in the attached table' }] : []),
    ],
    tasks: [...tasks, listThem(account, since)],
    attachments: mails.length === 0 ? [] : [table(mails)],
  };
}

const lost = (list: readonly AccessMail[]) => list.filter(({ where }) => where !== whereabouts.mailbox);

const listThem = (account: Account, since: number): Task => ({
  id: 'outside-accounts',
  what: `List with ${account.displayName} the services outside that know this address`,
  instruction: `Only services that wrote since ${when(since)} show here. Where this address signs in or recovers a password (bank, pay, shops, social media), have ${account.displayName} secure what matters.`,
  link: 'https://learn.microsoft.com/defender-office-365/responding-to-a-compromised-email-account',
  role: 'anyone who can reach the owner',
  atHandBack: true,
});

const table = (mails: readonly AccessMail[]): Attachment => ({
  name: 'access-mail.csv',
  type: 'text/csv',
  content: toCsv(
    ['received', 'service', 'from', 'where', 'subject'],
    mails.map(({ at, from, where, subject }) => [at, serviceOf(from), from, where, subject]),
  ),
});
