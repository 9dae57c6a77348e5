// The state of a recorded change, in words for a person, and which states come first. Derived from the record.

import type { ChangeRecord, StepRow } from '../model/rows.ts';
import { verificationOf } from '../run/changes.ts';

/** From what needs a person most to mere information. */
export const standings = [
  'failed',
  'no-effect',
  'not-put-back',
  'back',
  'unknown',
  'unverified',
  'removed-again',
  'verified',
  'undone',
  'found',
] as const;
export type Standing = (typeof standings)[number];

export const words: Readonly<Record<Standing, string>> = {
  failed: 'FAILED',
  'no-effect': 'Done, and STILL THERE',
  'not-put-back': 'NOT put back',
  back: 'CAME BACK',
  unknown: 'UNKNOWN whether done',
  unverified: 'Done, NOT checked yet',
  'removed-again': 'Came back, removed again and checked',
  verified: 'Done, checked',
  undone: 'Put back',
  found: 'Found',
};

/** Uncertain, so it comes before what is certain. */
export const isOpen = (standing: Standing): boolean =>
  standings.indexOf(standing) <= standings.indexOf('unverified');

export function standingOf(change: ChangeRecord, aim: StepRow['aim']): Standing {
  if (change.undoneAt !== null) return 'undone';
  if (change.failure !== null) {
    return aim === 'undo' && change.fixedAt !== null ? 'not-put-back' : 'failed';
  }
  if (change.attemptedAt === null) return 'found';
  switch (verificationOf(change)) {
    case 'verified':
      return change.returned > 0 ? 'removed-again' : 'verified';
    case 'unverified':
      return 'unverified';
    case 'ineffective':
      return 'no-effect';
    case 'reverted':
      return wasFixedAgain(change) ? 'unverified' : 'back';
    case 'open':
    case 'undone':
      return 'unknown';
  }
}

/** Fixed again after it came back; what came back too often is left to a person. */
const wasFixedAgain = ({ fixedAt, attemptedAt }: ChangeRecord) =>
  fixedAt !== null && attemptedAt !== null && fixedAt >= attemptedAt;

type Recorded = { steps: readonly StepRow[] };

export const standingsOf = ({ steps }: Recorded): Standing[] =>
  steps.flatMap((row) => row.changes.map((change) => standingOf(change, row.aim)));

/** How many of a run's changes stand in one of these ways. */
export const countOf = (given: Recorded, which: readonly Standing[]): number =>
  standingsOf(given).filter((standing) => which.includes(standing)).length;
