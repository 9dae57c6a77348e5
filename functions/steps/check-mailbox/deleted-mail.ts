// Mail that was deleted since the intruder came: the owner misses it, and it shows what the intruder had to hide. Only
// the audit log remembers mail that is gone for good.

import { when } from '../../../shared/intruder/describe-trail.ts';
import { toCsv } from '../../../shared/mail/csv.ts';
import { type MailboxMessage, readMessages, trash } from '../../../shared/microsoft365/mailbox-messages.ts';
import { withoutCodes } from '../../../shared/microsoft365/mask-codes.ts';
import { doubt, type Look, none, type Symptoms } from '../../../shared/microsoft365/symptoms.ts';
import type { GraphReader } from '../../../shared/model/clients.ts';
import { powerShellValue } from '../../../shared/model/text.ts';

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
const deleting = /^(SoftDelete|HardDelete|MoveToDeletedItems)$/;

/** Mail.ReadBasic.All. */
export async function deletionsIn(graph: GraphReader, look: Look): Promise<Symptoms[]> {
  const read = (folder: (typeof trash)[keyof typeof trash]) =>
    readMessages(graph, look.account.id, folder, 'lastModifiedDateTime', look.since);
  const [deleted, purged] = await Promise.all([read(trash.deleted), read(trash.purged)]);
  return [
    { findings: [...deleted.gaps, ...purged.gaps] },
    deletions(deleted.messages, purged.messages, look),
  ];
}

function deletions(
  deleted: readonly MailboxMessage[],
  purged: readonly MailboxMessage[],
  look: Look,
): Symptoms {
  const acts = look.acts.filter(({ activity, succeeded }) => succeeded && deleting.test(activity));
  const evidence =
    acts.length === 0 ? undefined : `${count(acts.length, 'act')} of deleting ${acts[0]?.evidence}`;
  if (deleted.length + purged.length + acts.length === 0) return none;
  const what = `since ${when(look.since)} ${count(deleted.length, 'message')} went to Deleted Items and ${purged.length} further, where only an administrator brings them back`;
  const attachments = [
    { name: 'deleted-mail.csv', type: 'text/csv' as const, content: table(deleted, purged) },
  ];
  if (evidence === undefined && purged.length === 0) {
    return { findings: [{ what, why: 'nothing ties it to the intruder' }], attachments };
  }
  const { userPrincipalName } = look.account;
  const filter = `-Identity ${powerShellValue(userPrincipalName)} -FilterItemType IPM.Note -FilterStartTime ${powerShellValue(new Date(look.since).toISOString())}`;
  const { findings, tasks = [] } = doubt(look, {
    id: 'deleted-mail',
    what,
    evidence,
    why: 'owners seldom delete for good',
    whether: 'the deleted mail was',
    remedy: 'Restore the mail that is missing',
    how: 'It is kept for 14 days as a rule. The first command lists what can be restored, the second restores it; both need the role Mailbox Import Export, which no role group has by default.',
    commands: [`Get-RecoverableItems ${filter}`, `Restore-RecoverableItems ${filter}`],
  });
  // Kept for two weeks or longer, and only the owner knows what is missing.
  return {
    findings,
    tasks: tasks.map((task) => ({
      ...task,
      role: 'Exchange Administrator with the role Mailbox Import Export',
      atHandBack: true as const,
    })),
    attachments,
  };
}

function table(deleted: readonly MailboxMessage[], purged: readonly MailboxMessage[]): string {
  const rows = (messages: readonly MailboxMessage[], where: string) =>
    messages.map(({ lastModifiedDateTime, from, receivedDateTime, subject }) => [
      lastModifiedDateTime,
      where,
      from,
      receivedDateTime,
      withoutCodes(subject),
    ]);
  return toCsv(
    ['deleted or changed', 'where', 'from', 'received', 'subject'],
    [...rows(deleted, 'Deleted Items'), ...rows(purged, 'recoverable items')].toSorted((a, b) =>
      String(b[0]).localeCompare(String(a[0])),
    ),
  );
}
