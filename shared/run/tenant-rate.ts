// Rates that hold for the whole tenant, whatever instance asks: whoever wants to send first reserves a second of its
// own. Nothing is reserved far ahead, so that what is given up in between costs nobody a turn.
import { setTimeout } from 'node:timers/promises';
import { RetryableError } from '../errors.ts';

/** One request a second for all applications of the tenant (https://learn.microsoft.com/graph/throttling-limits). */
export type Rate = 'identity-protection';

export interface TenantRate {
  /** The start (ms) of a second that is now the caller's alone, at most `aheadSeconds` away; undefined: all are taken. */
  reserve(rate: Rate, now: Date): Promise<number | undefined>;
}

/** Longer is for the queue: a function that sleeps holds a worker and nears its deadline. */
export const aheadSeconds = 8;

/** The seconds that may be reserved, the present one first. */
export const secondsFrom = (now: Date): number[] =>
  Array.from({ length: aheadSeconds }, (_, ahead) => (Math.floor(now.getTime() / 1000) + ahead) * 1000);

export type Pace = (abort: AbortSignal | undefined) => Promise<void>;

const pause = (ms: number, abort: AbortSignal | undefined) =>
  setTimeout(ms, undefined, abort === undefined ? {} : { signal: abort });

/** Waits for a slot; throws a RetryableError, with nothing sent, if none is near. */
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
