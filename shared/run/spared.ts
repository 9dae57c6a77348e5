// The account became protected after the run began: nothing more is changed until a person says so. Above all, a later
// check does not lock again what on-call has opened by hand and protected since. Pure, but for the settings it is given.

import type { LogRow, StepRow } from '../model/rows.ts';
import type { Engine } from './engine.ts';
import type { RunState } from './plan.ts';

/** The step waits, and is planned anew as one that looks; undefined while it may act. */
export function sparedNow(
  state: RunState,
  row: StepRow,
  { protects, now }: Pick<Engine, 'protects' | 'now'>,
): (RunState & { log: LogRow[] }) | undefined {
  const { run } = state;
  if (run.approvedAt !== undefined || !row.acts || row.aim === 'undo') return undefined;
  // Steps that were queued to act before it was known wait too.
  const because = run.sparedBecause ?? protects?.(run.account) ?? null;
  if (because === null) return undefined;
  const waits: StepRow = { ...row, state: 'waiting', acts: false, until: null };
  return {
    run: { ...run, sparedBecause: because },
    steps: state.steps.map((old) => (old.name === row.name ? waits : old)),
    log:
      run.sparedBecause === undefined
        ? [{ at: now().toISOString(), who: 'policy', what: 'the run only looks from now on', why: because }]
        : [],
  };
}
