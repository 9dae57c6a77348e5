// Up to when each log is complete: what no log shows yet may still have happened.

import { type Horizon, horizonsOf, isCompleteUntil } from '../intruder/horizon.ts';
import { plain } from '../mail/plain.ts';
import { timeOf } from './given.ts';
import type { Case } from './lock.ts';

const horizons = ({ steps }: Case): Horizon[] => horizonsOf(steps.map(({ facts }) => facts));

/** Complete up to the lock; after that, the intruder can do no more than an access token allows. */
export function logsAreComplete(given: Case): boolean {
  const { containedAt, openedAt } = given.run;
  return isCompleteUntil(horizons(given), Date.parse(containedAt ?? openedAt));
}

const until = (given: Case, { completeUntil }: Horizon) =>
  completeUntil === null ? 'not read yet' : timeOf(given, completeUntil);

/**
 * `Logs complete until: sign-ins 09:00 UTC; unified audit log 07:45 UTC`; logs with the same time are listed together.
 */
export function completeUntil(given: Case): string {
  const byTime = Map.groupBy(horizons(given), (horizon) => until(given, horizon));
  const parts = [...byTime].map(
    ([time, logs]) => `${logs.map(({ log }) => plain(log, 60)).join(', ')} ${time}`,
  );
  return parts.length === 0 ? '' : `Logs complete until: ${parts.join('; ')}`;
}
