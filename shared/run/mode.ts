// How far a step may go in its run.
import type { RunRow, StepRow } from '../model/rows.ts';
import type { Mode } from '../model/words.ts';

/** What a step may do now: a locked account is only looked at until there is evidence or approval. */
export function effectiveMode(
  run: Pick<RunRow, 'level' | 'dryRun' | 'only' | 'onlyLooksBecause'>,
  row: Pick<StepRow, 'name' | 'mode' | 'stage'>,
): Mode {
  if (row.mode === 'off') return 'off';
  if (run.dryRun || run.onlyLooksBecause !== undefined || row.mode === 'report') return 'report';
  if (onlyOf(run) !== undefined && (row.stage === 'contain' || row.stage === 'evict')) {
    return isLeftOut(run, row) ? 'report' : 'act';
  }
  return row.stage === 'evict' && run.level === 'contain' ? 'report' : 'act';
}

/** What a person chose to have done at level contain, besides the lock. */
const onlyOf = ({ level, only }: Pick<RunRow, 'level' | 'only'>) => (level === 'contain' ? only : undefined);

/** Not among what a person chose, so nobody expects it to have been done. */
export const isLeftOut = (run: Pick<RunRow, 'level' | 'only'>, { name }: Pick<StepRow, 'name'>): boolean =>
  onlyOf(run)?.includes(name) === false;
