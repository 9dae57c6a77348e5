// Nothing may depend on a message arriving: whatever has waited past its time is looked at again from the rows.
import { toFailure } from '../errors.ts';
import { advance } from './advance.ts';
import type { Engine } from './engine.ts';

/** Answers how many runs were looked at. One that fails does not keep the others waiting. */
export async function sweepRuns(engine: Engine): Promise<number> {
  const due = await engine.progress.due(engine.now());
  for (const ref of due) {
    try {
      await advance(engine, ref);
    } catch (thrown) {
      engine.log(`sweep: run ${ref.runId}: ${toFailure(thrown).message}`);
    }
  }
  return due.length;
}
