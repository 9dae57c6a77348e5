// Two operators at once: a run's version stands for what people decided about it and where that left it, not for how
// far its steps are; otherwise nobody could ever decide on a run that is at work. Its number is counted in the same
// transaction as the decision, so that of two operators who saw the same run only one decides.

import type { LogRow, RunRow } from '../model/rows.ts';
import type { Apply } from './advance.ts';

/** An entity tag (RFC 9110): `"3.full.live"`. */
export function versionOf(run: RunRow): string {
  const standing = run.endsAs?.replaceAll(' ', '-') ?? (run.state === 'held' ? 'held' : 'live');
  return `"${run.orders ?? 0}.${run.level}.${standing}"`;
}

/** Whether an If-Match takes this version; one that a proxy has weakened still means the same decision. */
const isSeen = (ifMatch: string, run: RunRow): boolean =>
  ifMatch.trim() === '*' ||
  ifMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === versionOf(run));

/** What was decided after the given version was read. */
export function decidedSince(ifMatch: string, log: readonly LogRow[]): LogRow[] {
  const seen = Math.max(0, ...[...ifMatch.matchAll(/"(\d{1,9})\./g)].map(([, number]) => Number(number)));
  return log.filter((row) => (row.order ?? 0) > seen);
}

/** The order, counted; it withdraws (`lost`) when the run is no longer as it was seen, and tells `stale`. */
export const counted =
  (apply: Apply, ifMatch?: string, stale?: () => void): Apply =>
  (state) => {
    if (ifMatch !== undefined && !isSeen(ifMatch, state.run)) {
      stale?.();
      return undefined;
    }
    const next = apply(state);
    if (next === undefined) return undefined;
    const order = (state.run.orders ?? 0) + 1;
    return {
      ...next,
      run: { ...next.run, orders: order },
      log: (next.log ?? []).map((row) => ({ ...row, order })),
    };
  };
