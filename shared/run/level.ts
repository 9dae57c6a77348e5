// Why a run may go further by itself: on evidence, or because the lock did not hold.
import type { RunRow, StepRow } from '../model/rows.ts';
import { endedBadly } from './verdict.ts';

/** The reason, in one sentence, why a contained run becomes full; undefined while there is none. */
export function raised(run: RunRow, steps: readonly StepRow[]): string | undefined {
  if (run.level === 'full' || run.endsAs !== null) return undefined;
  // Evidence can be forged in two hundred mailboxes at once; the breaker let this run go so far and no further.
  if (run.limitedBecause !== undefined) return undefined;
  for (const row of steps) {
    if (row.stage !== 'evict' || row.mode !== 'act') continue;
    const proof = row.changes.find((change) => change.evidence !== null && change.attemptedAt === null);
    if (proof) return `${proof.what}: ${proof.evidence}`;
  }
  const open = steps.find(
    (row) => row.stage === 'contain' && row.state === 'settled' && endedBadly(row.outcome),
  );
  return open === undefined ? undefined : `${open.name} did not end well, so the account is not locked`;
}
