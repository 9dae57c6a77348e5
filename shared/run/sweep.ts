// Nothing may depend on a message arriving: whatever has waited past its time is looked at again from the rows.
import { toFailure } from '../errors.ts';
import { advance } from './advance.ts';
import type { Engine } from './engine.ts';
import { supersede } from './open-run.ts';
import { type RunRef, runRef } from './progress.ts';

/** Returns how many runs were looked at. If one fails, the others don't wait for it. */
export async function sweepRuns(engine: Engine): Promise<number> {
  const due = await engine.progress.due(engine.now());
  for (const ref of due) {
    try {
      if (await hasLostItsAccount(engine, ref)) {
        const why = 'its rows could not be read when an alert came, and a later run holds the account';
        await supersede(engine, ref.runId, { who: 'sweep', why });
      }
      await advance(engine, ref);
    } catch (thrown) {
      engine.log(`sweep: run ${ref.runId}: ${toFailure(thrown).message}`);
    }
  }
  return due.length;
}

/**
 * Opening a run ends the one before it, unless that one could not be read just then: two that act would undo each
 * other's work. A held run and a rehearsal change nothing, and end no other run.
 */
async function hasLostItsAccount({ progress }: Engine, { userId, runId }: RunRef): Promise<boolean> {
  const claim = await progress.claimOf(userId);
  if (claim === undefined || claim.runId === runId) return false;
  const holder = (await progress.read(runRef(claim.runId)))?.run.row;
  return holder !== undefined && holder.state !== 'held' && !holder.dryRun;
}
