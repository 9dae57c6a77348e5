// Which run stands for an account. A dry run holds the claim like any other, so that two never look at once, but
// whoever asks in earnest means the run before it.

import type { RunRow } from '../model/rows.ts';
import type { Claim, Progress } from './progress.ts';
import { runRef } from './progress.ts';

/** The run behind the claim; unless `dryToo`, a dry run is looked through to the last one in earnest, if any. */
export async function standingRun(
  progress: Pick<Progress, 'read'>,
  claim: Claim,
  dryToo: boolean,
): Promise<RunRow | undefined> {
  const run = (await progress.read(runRef(claim.runId)))?.run.row;
  if (run === undefined || dryToo || !run.dryRun) return run;
  return run.follows === undefined ? undefined : (await progress.read(runRef(run.follows)))?.run.row;
}
