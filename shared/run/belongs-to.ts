// Whether a signal is of a case that a run is about already. Pure.

import type { RunRow } from '../model/rows.ts';
import type { OpenRequest } from './open-run.ts';

/**
 * A run that is held or open takes every signal, save while it is undone or handed back. One that is over takes those
 * whose activity lies before its lock: late detections and the echo of what this app did itself. Anything the intruder
 * did after it is a new case. A dry run takes nothing that is to be acted on.
 */
export function belongsTo(
  run: RunRow,
  { signals, dryRun = false }: Pick<OpenRequest, 'signals' | 'dryRun'>,
): boolean {
  if (run.dryRun && !dryRun) return false;
  if (run.state === 'held' || (run.state === 'open' && run.endsAs === null)) return true;
  if (signals.some((signal) => signal.source === 'operator')) return false;
  const lock = run.containedAt ?? run.finishedAt ?? run.openedAt;
  return signals.every((signal) => {
    const known = run.signals.find((old) => old.source === signal.source && old.sourceId === signal.sourceId);
    // The same alert again. One that has grown since may tell of a new activity, and then it is a new case.
    if (known !== undefined && known.version >= signal.version) return true;
    const at = signal.lastActivityAt ?? signal.activityAt ?? signal.detectedAt;
    return at === null ? known !== undefined : Date.parse(at) <= Date.parse(lock);
  });
}
