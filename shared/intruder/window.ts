// Since when a thing may be the intruder's. A time alone proves nothing: a person judges what merely falls into the
// window, and only what is older may be kept without asking.

import type { Intruder } from '../model/intruder.ts';
import type { RunView } from '../model/step.ts';

const hourMs = 3_600_000;

/**
 * ms. The intruder's earliest known activity less an hour; while nothing is known about them, an hour before what the
 * alerts name, or a day before the run if they name no time.
 */
export function windowStart({ openedAt, signals }: RunView, intruder: Intruder): number {
  if (intruder.since !== null) return Date.parse(intruder.since);
  const named = signals.flatMap(({ activityAt, detectedAt }) => activityAt ?? detectedAt ?? []);
  const opened = Date.parse(openedAt);
  if (named.length === 0) return opened - 24 * hourMs;
  return Math.min(opened, ...named.map((time) => Date.parse(time))) - hourMs;
}
