// Repeats a request within a few seconds. Longer waits are left to the queue: a sleeping function holds a worker and nears
// its deadline.
import { RetryableError } from '../errors.ts';

/** What a function can afford, from the first try to the last, or as the sum of all waits if the clock stands still. */
const shortPatience = 4;
/** A more patient caller tries again at least this often. */
const longestBackOff = 60;

export interface Repeating {
  /** Sending it twice has the effect of sending it once. Anything else is only repeated if it surely had no effect. */
  repeatable: boolean;
  wait: (seconds: number, abort: AbortSignal | undefined) => Promise<void>;
  random: () => number;
  now: () => Date;
  abort?: AbortSignal | undefined;
  /** Left out: a few seconds. */
  patienceSeconds?: number | undefined;
  /** Called before each wait. */
  onWait?: (error: RetryableError, seconds: number) => void;
}

/** Seconds before the next try. Identity Protection throttles at 1 per second and sends no Retry-After. */
function backOff(error: RetryableError, tries: number, random: () => number): number {
  const least = error.status === 429 ? 1 : 0.25;
  const growing = Math.min(least * 2 ** (tries - 1), longestBackOff);
  return Math.max(error.retryAfterSeconds ?? 0, growing) + random() * least;
}

/** Runs `attempt` until it succeeds, fails for good, or would have to wait longer than its patience lasts. */
export async function withRetry<T>(attempt: (tries: number) => Promise<T>, repeating: Repeating): Promise<T> {
  const { repeatable, wait, random, now, abort, onWait, patienceSeconds = shortPatience } = repeating;
  const began = now().getTime();
  let waited = 0;
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt(tries);
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      if (!repeatable && error.tookEffect !== 'no') throw error;
      const seconds = backOff(error, tries, random);
      const spent = Math.max(waited, (now().getTime() - began) / 1000);
      if (spent + seconds > patienceSeconds || abort?.aborted) throw error;
      waited += seconds;
      onWait?.(error, seconds);
      // If a deadline ends the wait, the original failure is thrown.
      await wait(seconds, abort).catch(() => {
        throw error;
      });
    }
  }
}
