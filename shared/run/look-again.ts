// A second look at what a step has done: at a later check, and before an account is given back. Pure.
import type { StepRow } from '../model/rows.ts';
import { endedBadly } from './verdict.ts';

/** What never looked, is off, does not apply or was undone stays as it is. */
export function lookAgain(row: StepRow): StepRow {
  const { outcome } = row;
  const looks =
    row.kind === 'remediation' && row.lookedAt !== null && row.stage !== 'close' && row.state === 'settled';
  if (!looks || outcome === null) return row;
  if (outcome.is === 'off' || outcome.is === 'skipped' || outcome.is === 'undone') return row;
  return { ...row, state: 'waiting', aim: endedBadly(outcome) ? 'fix' : 'check', attempt: 0, until: null };
}
