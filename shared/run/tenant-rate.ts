// Rates that hold for the whole tenant, whichever instance asks: a sender first reserves a second of its own. Nothing
// is reserved far ahead, so that a reservation that is given up costs nobody else a turn.
import { setTimeout } from 'node:timers/promises';
import { RetryableError } from '../errors.ts';

/** One request a second for all applications of the tenant (https://learn.microsoft.com/graph/throttling-limits). */
export type Rate = 'identity-protection';

export interface TenantRate {
  /**
   * The start (ms) of a second that is now the caller's alone, at most `aheadSeconds` away; undefined if all are taken.
   */
  reserve(rate: Rate, now: Date): Promise<number | undefined>;
}

/** A longer wait belongs in the queue: a function that sleeps holds a worker and nears its deadline. */
export const aheadSeconds = 8;

/** The seconds that may be reserved, the present one first. */
export const secondsFrom = (now: Date): number[] =>
  Array.from({ length: aheadSeconds }, (_, ahead) => (Math.floor(now.getTime() / 1000) + ahead) * 1000);

export type Pace = (abort: AbortSignal | undefined) => Promise<void>;

const pause = (ms: number, abort: AbortSignal | undefined) =>
  setTimeout(ms, undefined, abort === undefined ? {} : { signal: abort });

/** Waits for a slot; if none is near, it sends nothing and throws a RetryableError. */
export const paceBy =
  (tenantRate: TenantRate, rate: Rate, now: () => Date, wait = pause): Pace =>
  async (abort) => {
    const at = await tenantRate.reserve(rate, now());
    if (at === undefined) {
      throw new RetryableError(`too many requests wait for ${rate}; it is tried again`, {
        retryAfterSeconds: aheadSeconds,
        tookEffect: 'no',
      });
    }
    const ms = at - now().getTime();
    if (ms > 0) await wait(ms, abort);
  };
