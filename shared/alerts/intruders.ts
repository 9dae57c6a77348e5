// What the runs know of intruders, for triage to check a claim against: rows that only this app writes.
import type { Progress } from '../run/progress.ts';

const mostRuns = 200;

/** Addresses that are an intruder's alone by runs that were opened since then; a held run has looked at nothing. */
export async function intrudersOf(progress: Progress, since: Date): Promise<readonly string[]> {
  const refs = await progress.list(since, mostRuns);
  const runs = await Promise.all(refs.map((ref) => progress.read(ref)));
  return [
    ...new Set(
      runs.flatMap((rows) =>
        rows === undefined || rows.run.row.endsAs === 'undone' ? [] : rows.run.row.intruder.addresses,
      ),
    ),
  ];
}
