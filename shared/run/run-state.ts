// When a run opens, finishes, closes and is looked at again. Pure; plan.ts says when a step may go on.

import type { RunRow, RunState, StepRow } from '../model/rows.ts';
import { lookAgain } from './changes.ts';
import { belongsToOwnerAlone, hasEnded, isHandedBack, isHandingBack, takesPart } from './hand-back.ts';
import { awaitsFirst, begunAt } from './summary-turn.ts';
import { timing } from './timing.ts';
import { handedOverAt } from './turn.ts';
import { endedBadly, endedWell, isPending, looksAgain, verdictOf, verdictText } from './verdict.ts';
import { nextWatch } from './watch.ts';

const later = (now: Date, seconds: number) => new Date(now.getTime() + seconds * 1000).toISOString();

/** Steps of the hand-back take part in the run itself only if the account was deliberately never locked. */
export function isActive(row: StepRow, state: RunState): boolean {
  if (row.stage !== 'hand-back' || row.aim === 'undo' || takesPart(row, state)) return true;
  if (belongsToOwnerAlone(row) || hasEnded(state.run)) return false;
  // Without a lock the account stays in use, so the steps of the hand-back are done in the run.
  return state.steps.some((other) => other.part === 'lock' && other.outcome?.is === 'off');
}

/** A step of the hand-back may wait for ever behind steps that only report; the run does not wait for it. */
const waitsForDecision = (row: StepRow) => row.stage === 'hand-back' && row.state === 'waiting';

export function nextState(state: RunState, now: Date): RunRow {
  const { steps } = state;
  let { run } = state;
  if (run.state === 'held' || run.state === 'closed') return run;
  const reason = raised(run, steps);
  if (reason !== undefined) run = { ...run, level: 'full', raisedBecause: reason };
  const contain = steps.filter((row) => row.stage === 'contain' && row.outcome?.is !== 'off');
  if (
    run.containedAt === null &&
    !run.dryRun &&
    contain.length > 0 &&
    contain.every((row) => endedWell(row.outcome))
  ) {
    const at = contain.map((row) => row.settledAt ?? now.toISOString()).toSorted();
    run = { ...run, containedAt: at.at(-1) ?? now.toISOString() };
  }
  const busy = steps.some((row) => isPending(row) && isActive(row, { run, steps }) && !waitsForDecision(row));
  if (busy && run.state === 'finished') return { ...run, state: 'open' };
  if (!busy && run.state === 'open') {
    run = { ...run, state: 'finished', finishedAt: run.finishedAt ?? now.toISOString() };
  }
  const watched = run.endsAs !== null || run.dryRun || run.checks >= timing.checkMinutes.length;
  const between = isHandingBack(run) && (!isHandedBack(run) || nextWatch({ run, steps }) !== null);
  const told =
    run.endsAs === 'superseded' ||
    (run.summary.state === 'sent' && run.summary.verdict === verdictText(verdictOf(run, steps)));
  return run.state === 'finished' && watched && told && !between ? { ...run, state: 'closed' } : run;
}

/** The later checks: everything that settled is looked at again, since directories and intruders take their time. */
export function startChecks(state: RunState, now: Date): RunState | undefined {
  const { run } = state;
  if (run.state !== 'finished' || run.finishedAt === null || run.endsAs !== null || run.dryRun)
    return undefined;
  const since = (now.getTime() - Date.parse(run.finishedAt)) / 60_000;
  const due = timing.checkMinutes.filter((minutes) => minutes <= since).length;
  if (due <= run.checks) return undefined;
  const minutes = timing.checkMinutes[due - 1];
  return { run: { ...run, checks: due }, steps: state.steps.map((row) => lookAgain(row, minutes)) };
}

/**
 * Until its lock has been tried, a run does nothing else: fifty victims must not wait for each other's evidence. A lock
 * that hangs doesn't hold anybody up for long.
 */
export function awaitsLock({ run, steps }: RunState, now: Date): boolean {
  if (run.state !== 'open' || run.dryRun || run.endsAs !== null || run.containedAt !== null) return false;
  if (now.getTime() >= Date.parse(begunAt(run)) + timing.lockFirstSeconds * 1000) return false;
  return steps.some((row) => row.stage === 'contain' && row.aim === 'fix' && !wasTried(row));
}

/** One failure counts as a try, so that throttled sign-in logs delay nobody. */
export const wasTried = (row: StepRow) =>
  row.state === 'settled' || row.attempt > 0 || row.memo !== null || looksAgain(row);

/**
 * A lower bound for the sweep. It is raised only once it has passed, so that rows aren't rewritten just because time
 * goes by.
 */
export function withWakeAt(state: RunState, now: Date): RunRow {
  const { run, steps } = state;
  const times = steps
    .filter((row) => row.state === 'queued' || row.state === 'running')
    .map((row) => row.until);
  times.push(...steps.filter(isPending).map(handedOverAt));
  times.push(run.summary.state === 'sent' ? null : run.summary.until);
  if (awaitsLock(state, now)) times.push(later(new Date(begunAt(run)), timing.lockFirstSeconds));
  if (run.state === 'open' && awaitsFirst(run)) {
    times.push(...timing.summarySeconds.map((seconds) => later(new Date(begunAt(run)), seconds)));
  }
  const check = timing.checkMinutes[run.checks];
  if (run.finishedAt !== null && run.endsAs === null && !run.dryRun && check !== undefined) {
    times.push(later(new Date(run.finishedAt), check * 60));
  }
  times.push(nextWatch(state));
  const future = times.filter((at): at is string => at !== null && at > now.toISOString()).toSorted();
  // An open run is looked at again whatever else is wrong with it.
  const asleep = run.state === 'open' ? later(now, timing.longestSleepMinutes * 60) : null;
  const wanted = run.state === 'closed' ? null : (future[0] ?? asleep);
  const keeps =
    run.wakeAt !== null && wanted !== null && run.wakeAt > now.toISOString() && run.wakeAt <= wanted;
  return keeps || wanted === run.wakeAt ? run : { ...run, wakeAt: wanted };
}

/** Why a contained run becomes full, in one sentence; undefined while there is no reason. */
function raised(run: RunRow, steps: readonly StepRow[]): string | undefined {
  if (run.level === 'full' || run.endsAs !== null) return undefined;
  // Evidence can be forged in two hundred mailboxes at once; the breaker lets this run go so far and no further.
  if (run.limitedBecause !== undefined) return undefined;
  for (const row of steps) {
    if (row.mode === 'act' && row.proof !== undefined) return row.proof;
    if (row.stage !== 'evict' || row.mode !== 'act') continue;
    const proof = row.changes.find((change) => change.evidence !== null && change.attemptedAt === null);
    if (proof) return `${proof.what}: ${proof.evidence}`;
  }
  const open = steps.find(
    (row) => row.stage === 'contain' && row.state === 'settled' && endedBadly(row.outcome),
  );
  return open === undefined ? undefined : `${open.name} did not end well, so the account is not locked`;
}
