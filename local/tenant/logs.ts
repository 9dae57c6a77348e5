// What a log shows, and when: records appear minutes after the act, and pages guarantee neither order nor that a record
// comes only once.
import { z } from 'zod';
import type { Row } from './answers.ts';
import { guidOf } from './ids.ts';
import type { TenantFile } from './schema.ts';

type Behaviour = NonNullable<TenantFile['behaviour']>;

/** Minutes. Microsoft says 60 to 90 for the unified audit log, without a guarantee. */
const auditLag = 75;
/** Minutes, for the sign-in log and the directory audit log. */
const entraLag = 5;

const workloadSchema = z.looseObject({ Workload: z.string() });

const appears = (at: string, lagMinutes: number, now: Date) =>
  Date.parse(at) + lagMinutes * 60_000 <= now.getTime();

type AuditRecord = NonNullable<TenantFile['auditRecords']>[number];

export function auditRecordAppears(record: AuditRecord, now: Date, behaviour: Behaviour = {}): boolean {
  return appears(record.createdDateTime, auditLagOf(record, behaviour), now);
}

function auditLagOf({ service, auditData }: AuditRecord, { auditLagMinutes = auditLag }: Behaviour): number {
  if (typeof auditLagMinutes === 'number') return auditLagMinutes;
  const workload = (service ?? workloadSchema.safeParse(auditData).data?.Workload ?? '').toLowerCase();
  const named = Object.entries(auditLagMinutes).find(([name]) => name.toLowerCase() === workload)?.[1];
  return named ?? auditLagMinutes['default'] ?? auditLag;
}

export const signInAppears = (
  signIn: { createdDateTime: string },
  now: Date,
  { signInLagMinutes = entraLag }: Behaviour = {},
) => appears(signIn.createdDateTime, signInLagMinutes, now);

export const directoryAuditAppears = (
  entry: { activityDateTime: string },
  now: Date,
  { directoryAuditLagMinutes = entraLag }: Behaviour = {},
) => appears(entry.activityDateTime, directoryAuditLagMinutes, now);

/** The records of one answer in the order of its pages. An order requested by the caller is kept. */
export function inPages(
  rows: readonly Row[],
  isOrdered: boolean,
  { order = 'asRecorded', repeatEvery = 0 }: NonNullable<Behaviour['logPages']>,
): Row[] {
  const inOrder = isOrdered || order === 'asRecorded' ? [...rows] : reordered(rows, order);
  const again = inOrder.filter((_, index) => repeatEvery > 0 && index % repeatEvery === 0);
  return [...inOrder, ...again];
}

/** Shuffled the same way each time; otherwise the pages of one answer would overlap. */
function reordered(rows: readonly Row[], order: 'reversed' | 'shuffled'): Row[] {
  if (order === 'reversed') return rows.toReversed();
  const rank = (row: Row) => guidOf('page', JSON.stringify(row));
  return rows
    .map((row) => ({ row, at: rank(row) }))
    .sort((one, other) => one.at.localeCompare(other.at))
    .map(({ row }) => row);
}
