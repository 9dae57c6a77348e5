// What the audit logs show about an account, for a person who has ten seconds, and as a table for one who has an hour.
// Pure; which records are the intruder's was decided before.

import { isOrdinary } from '../../../shared/intruder/acts.ts';
import { type DirectoryAudit, tiedToIntruder } from '../../../shared/intruder/audit.ts';
import { when } from '../../../shared/intruder/describe-trail.ts';
import type { UnifiedRecord } from '../../../shared/intruder/unified-audit.ts';
import { toCsv } from '../../../shared/mail/csv.ts';
import type { Intruder } from '../../../shared/model/intruder.ts';
import type { Attachment, Kept } from '../../../shared/model/step.ts';

type Entry = UnifiedRecord | DirectoryAudit;
const mostLines = 30;

/** One line for each kind of act by the intruder, changes first, and one for everything else. */
export function describeAudit(records: readonly Entry[], intruder: Intruder): Kept[] {
  const groups = new Map<string, { records: Entry[]; evidence: string }>();
  let others = 0;
  for (const record of records.toSorted((a, b) => a.time - b.time)) {
    const evidence = tiedToIntruder(record, intruder);
    if (evidence === undefined) {
      others += 1;
      continue;
    }
    const key = `${record.activity}\n${record.service ?? ''}\n${record.succeeded}\n${mailboxOf(record) ?? ''}`;
    const group = groups.get(key);
    if (group) group.records.push(record);
    else groups.set(key, { records: [record], evidence });
  }
  const lines = [...groups.values()]
    .toSorted((a, b) => rank(a.records) - rank(b.records))
    .map(({ records: group, evidence }) => ({ what: lineOf(group), why: evidence }));
  const cut = lines.slice(0, mostLines);
  if (lines.length > mostLines) {
    cut.push({ what: `${lines.length - mostLines} more kinds of activity`, why: 'in the attached table' });
  }
  if (others > 0) {
    cut.push({
      what: `${others} other record${others === 1 ? '' : 's'} of this account`,
      why: "nothing ties them to the intruder: no proof that they are the owner's; they are in the attached table",
    });
  }
  if (records.length === 0) {
    cut.push({
      what: 'no record',
      why: 'the log lags by minutes, up to a day: no proof that nothing was done',
    });
  }
  return cut;
}

const rank = ([first]: readonly Entry[]) => (first && isOrdinary(first.activity) ? 1 : 0);

/** The mailbox that it was done in: an intruder works in every mailbox that the account may open. */
function mailboxOf(record: Entry): string | undefined {
  const owner = 'targets' in record ? undefined : record.data['MailboxOwnerUPN'];
  const isOther =
    typeof owner === 'string' && owner.toLowerCase() !== record.actor.userPrincipalName?.toLowerCase();
  return isOther ? owner : undefined;
}

function lineOf(group: readonly Entry[]): string {
  const [first] = group;
  const last = group.at(-1);
  if (first === undefined || last === undefined) return '';
  const service = first.service === null ? '' : ` (${first.service})`;
  const span = first === last ? when(first.time) : `${when(first.time)} to ${when(last.time)}`;
  const objects = [...new Set(group.flatMap((record) => objectOf(record) ?? []))];
  const named = objects.length === 0 ? '' : `: ${objects.slice(0, 3).join(', ')}`;
  const more = objects.length > 3 ? ` and ${objects.length - 3} more` : '';
  const refused = first.succeeded ? '' : ', refused';
  const whose = mailboxOf(first);
  const where = whose === undefined ? '' : `, in the mailbox ${whose}`;
  return `${group.length} × ${first.activity}${service}${where}${refused}, ${span}${named}${more}`;
}

function objectOf(record: Entry): string | null {
  if (!('targets' in record)) return record.object;
  const names = record.targets.flatMap(
    ({ userPrincipalName, name, id }) => userPrincipalName ?? name ?? id ?? [],
  );
  return names.join(', ') || null;
}

/** Every record in a table, latest first, and the intruder's records as the workloads wrote them. */
export function auditAttachments(records: readonly Entry[], intruder: Intruder): Attachment[] {
  if (records.length === 0) return [];
  const sorted = records.toSorted((a, b) => b.time - a.time);
  const rows = sorted.map((record) => [
    record.at,
    record.service,
    record.activity,
    record.succeeded ? 'done' : 'refused',
    objectOf(record),
    record.actor.userPrincipalName ?? record.actor.app,
    record.trace.address,
    record.trace.session,
    record.trace.userAgent,
    tiedToIntruder(record, intruder),
  ]);
  const theirs = sorted.filter((record) => tiedToIntruder(record, intruder) !== undefined);
  const raw = theirs.map((record) =>
    'targets' in record
      ? { ...record, details: Object.fromEntries(record.details) }
      : { at: record.at, activity: record.activity, object: record.object, data: record.data },
  );
  const table = toCsv(
    ['time', 'service', 'activity', 'result', 'object', 'actor', 'address', 'session', 'client', 'intruder'],
    rows,
  );
  return [
    { name: 'audit-log.csv', type: 'text/csv', content: table },
    ...(theirs.length === 0
      ? []
      : [
          {
            name: 'audit-log-intruder.json',
            type: 'application/json' as const,
            content: JSON.stringify(raw, null, 1),
          },
        ]),
  ];
}
