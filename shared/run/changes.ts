// Compares what a step recorded with what it finds now. Pure. The record decides what was done and what to undo; the
// last find only shows what is still there.
import type { Failure } from '../errors.ts';
import { isOwnersTrace } from '../intruder/tie.ts';
import type { Intruder } from '../model/intruder.ts';
import type { ChangeRecord, StepRow } from '../model/rows.ts';
import type { Change } from '../model/step.ts';
import type { Json } from '../model/words.ts';
import { timing } from './timing.ts';
import { endedBadly } from './verdict.ts';

/** A change that came back this often after it was gone: somebody else is deciding, so a person must. */
export const mostReturns = 2;

/** The same thing in a new state is a new change, so that undo walks back through both states. */
export const identity = (change: { id: string; before: Json }): string =>
  `${change.id}\n${canonical(change.before)}`;

function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonical(entry)}`).join(',')}}`;
}

export const verifications = ['open', 'verified', 'unverified', 'ineffective', 'reverted', 'undone'] as const;
export type Verification = (typeof verifications)[number];

/** What may be said of a recorded change: derived, never stored. */
export function verificationOf(record: ChangeRecord): Verification {
  if (record.undoneAt !== null) return 'undone';
  if (record.returned > 0 && record.goneAt === null) return 'reverted';
  if (record.goneAt !== null) return 'verified';
  if (record.stillThereAt != null) return 'ineffective';
  return record.fixedAt === null ? 'open' : 'unverified';
}

export interface Reconciled {
  records: ChangeRecord[];
  /** Identities of the changes to make now. */
  toFix: ReadonlySet<string>;
}

/** Before fixing: new findings join the record, and recorded changes that are no longer found count as verified. */
export function reconcile(
  records: readonly ChangeRecord[],
  found: readonly Change[],
  now: string,
  act: boolean,
): Reconciled {
  const known = new Map(records.map((record) => [identity(record), record]));
  const seen = new Map(found.map((change) => [identity(change), change]));
  const toFix = new Set<string>();
  const next: ChangeRecord[] = [];

  for (const record of records) {
    const change = seen.get(identity(record));
    if (change === undefined) {
      const gone = noLongerFound(record, now);
      if (gone !== undefined) next.push(gone);
    } else {
      const { still, fix } = stillFound(asKnownNow(record, change), now, act);
      if (fix) toFix.add(identity(record));
      next.push(still);
    }
  }
  for (const change of found) {
    const key = identity(change);
    if (known.has(key)) continue;
    known.set(key, newRecord(change, now, act));
    next.push(newRecord(change, now, act));
    if (act) toFix.add(key);
  }
  return { records: next, toFix };
}

/**
 * Until it was attempted, a change is what the latest look says about it: logs are late to tell who made a thing, and a
 * mark may turn out to be the owner's. After that, the record keeps the reason for which it was made.
 */
function asKnownNow(record: ChangeRecord, { what, why, evidence, by }: Change): ChangeRecord {
  if (record.attemptedAt !== null) return record;
  const { by: _before, ...rest } = record;
  return { ...rest, what, why, evidence: evidence ?? null, ...(by === undefined ? {} : { by }) };
}

export const newRecord = (change: Change, now: string, act: boolean): ChangeRecord => ({
  id: change.id,
  what: change.what,
  why: change.why,
  evidence: change.evidence ?? null,
  ...(change.by === undefined ? {} : { by: change.by }),
  before: change.before,
  once: change.once ?? false,
  ...(change.again ? { again: true } : {}),
  ...(change.seenWithinMinutes === undefined ? {} : { seenWithinMinutes: change.seenWithinMinutes }),
  recordedAt: now,
  attemptedAt: act ? now : null,
  fixedAt: null,
  goneAt: null,
  returned: 0,
  undoneAt: null,
  failure: null,
});

/** A change that was only reported and is gone leaves no record: nothing was done about it. */
function noLongerFound(record: ChangeRecord, now: string): ChangeRecord | undefined {
  if (record.undoneAt !== null || record.goneAt !== null) return record;
  if (record.attemptedAt === null) return undefined;
  // Refused, and gone anyway: somebody else did it, so there is nothing of ours to undo.
  if (wasRefused(record)) return undefined;
  // A crash after fix leaves fixedAt empty; that the thing is gone shows that fix had been called.
  return {
    ...record,
    fixedAt: record.fixedAt ?? now,
    firstFixedAt: null,
    goneAt: now,
    stillThereAt: null,
    failure: null,
  };
}

/** The service said no and did nothing, so even a change that is made only once may still be made. */
const wasRefused = ({ failure, fixedAt }: ChangeRecord) => failure !== null && fixedAt === null;

function stillFound(record: ChangeRecord, now: string, act: boolean): { still: ChangeRecord; fix: boolean } {
  if (!act || record.ownersSince !== undefined) return { still: record, fix: false };
  if (record.undoneAt !== null) {
    const anew = {
      ...record,
      recordedAt: now,
      attemptedAt: now,
      fixedAt: null,
      firstFixedAt: null,
      goneAt: null,
      stillThereAt: null,
      undoneAt: null,
    };
    return { still: anew, fix: true };
  }
  if (record.once && record.attemptedAt !== null && record.goneAt === null && !wasRefused(record)) {
    return onceStillFound(record, now);
  }
  if (record.goneAt !== null) {
    const returned = record.returned + 1;
    const fix = returned < mostReturns;
    const still = { ...record, returned, goneAt: null };
    return { still: fix ? { ...still, attemptedAt: now } : still, fix };
  }
  if (record.returned >= mostReturns) return { still: record, fix: false };
  // A directory that lags behind a write shows it for some seconds.
  if (isUnseen(record) && Date.parse(now) - Date.parse(record.fixedAt ?? now) < timing.lagSeconds * 1000)
    return { still: record, fix: false };
  const stillThereAt = isOverdue(record, now) ? now : (record.stillThereAt ?? null);
  return { still: { ...record, attemptedAt: now, stillThereAt, failure: null }, fix: true };
}

/**
 * A change that is made only once was asked for and is still found. If fix never returned, nobody knows whether the
 * request arrived; if it did return, the effect is either due by now or still to come.
 */
function onceStillFound(record: ChangeRecord, now: string): { still: ChangeRecord; fix: boolean } {
  const asked = record.fixedAt !== null;
  if (asked && !isOverdue(record, now)) return { still: record, fix: false };
  const again = record.again === true;
  if (!asked && again) return { still: { ...record, attemptedAt: now }, fix: true };
  if (!asked && !isOlder(record.attemptedAt, now, timing.doubtSeconds)) return { still: record, fix: false };
  const still = { ...record, stillThereAt: record.stillThereAt ?? now };
  return { still: again ? { ...still, attemptedAt: now } : still, fix: again };
}

const isOverdue = (
  { firstFixedAt, fixedAt, goneAt, seenWithinMinutes }: ChangeRecord,
  now: string,
): boolean => {
  const made = firstFixedAt ?? fixedAt;
  if (made === null || goneAt !== null) return false;
  return isOlder(made, now, (seenWithinMinutes ?? timing.seenWithinMinutes) * 60);
};

const isOlder = (time: string | null, now: string, seconds: number) =>
  time !== null && Date.parse(now) - Date.parse(time) >= seconds * 1000;

/**
 * A once-only change that was asked for and is still found, and nobody knows yet whether the request arrived: only
 * another look can tell.
 */
export const isInDoubt = (record: ChangeRecord): boolean =>
  record.once && record.attemptedAt !== null && verificationOf(record) === 'open' && !wasRefused(record);

/** Made, according to the service, but not visible yet: looked at again within seconds. */
export const isUnseen = (record: ChangeRecord): boolean =>
  verificationOf(record) === 'unverified' && !record.once;

/**
 * What this run changed although it is now known to be the owner's: a mark was judged again, or the log names who made
 * it. A change that merely is no longer tied to the intruder is not included.
 */
export const ofOwner = (
  records: readonly ChangeRecord[],
  owners: readonly string[],
  intruder: Intruder,
): ChangeRecord[] =>
  records.filter(
    (record) =>
      record.fixedAt !== null &&
      record.undoneAt === null &&
      record.ownersSince === undefined &&
      (owners.includes(record.id) || (record.by !== undefined && isOwnersTrace(intruder, record.by))),
  );

/** What became of one call of fix. */
export type Attempt =
  | { is: 'fixed' }
  | { is: 'refused'; failure: Failure }
  | { is: 'unknown' }
  | { is: 'untouched' };

export function afterAttempt(record: ChangeRecord, attempt: Attempt, now: string): ChangeRecord {
  switch (attempt.is) {
    case 'fixed':
      return { ...record, fixedAt: now, firstFixedAt: record.firstFixedAt ?? now, failure: null };
    case 'refused':
      return { ...record, failure: attempt.failure };
    case 'unknown':
      return record;
    case 'untouched':
      // The service refused before it did anything, so even a change that is made only once may still be made.
      return record.fixedAt === null ? { ...record, attemptedAt: null } : record;
  }
}

/** After fixing: changes that the second find no longer sees are verified; the others stay unverified. */
export function verify(
  records: readonly ChangeRecord[],
  found: readonly Change[],
  now: string,
): ChangeRecord[] {
  const seen = new Set(found.map(identity));
  return records.flatMap((record) => {
    if (seen.has(identity(record))) return [record];
    const gone = noLongerFound(record, now);
    return gone === undefined ? [] : [gone];
  });
}

/** What undo goes through, newest first: what this run did, and what it may have done when the answer was lost. */
export const toUndo = (records: readonly ChangeRecord[]): ChangeRecord[] =>
  records
    .filter((record) => record.undoneAt === null)
    .filter((record) => record.fixedAt !== null || (record.attemptedAt !== null && record.failure === null))
    .toReversed();

/**
 * The row made ready for another look, `minutes` after its run finished. A step that never looked, is off, does not
 * apply or was undone stays as it is. Logs are read again once they may hold more.
 */
export function lookAgain(row: StepRow, minutes = 0): StepRow {
  const { outcome } = row;
  const looks =
    row.kind === 'remediation'
      ? row.stage !== 'close'
      : row.stage === 'collect' && minutes >= timing.logsAgainMinutes;
  if (!looks || row.lookedAt === null || row.state !== 'settled' || outcome === null) return row;
  if (outcome.is === 'off' || outcome.is === 'skipped' || outcome.is === 'undone') return row;
  const aim = endedBadly(outcome) ? 'fix' : 'check';
  return { ...row, state: 'waiting', aim, attempt: 0, until: null, quickLooks: 0 };
}
