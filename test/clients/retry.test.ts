import { describe, expect, it } from 'vitest';
import { withRetry } from '../../shared/clients/retry.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { thrownBy } from '../fakes/service.ts';

const noEffect = { tookEffect: 'no' } as const;

/** Runs an attempt that fails with the given errors, in order, and then succeeds. */
function trying(errors: readonly Error[], repeatable = true, abort?: AbortSignal) {
  const waits: number[] = [];
  let tries = 0;
  const done = withRetry(
    async (count) => {
      tries = count;
      const error = errors[count - 1];
      if (error !== undefined) throw error;
      return 'done';
    },
    {
      repeatable,
      random: () => 0,
      now: () => new Date(0),
      abort,
      wait: async (seconds) => {
        waits.push(seconds);
      },
    },
  );
  return { done, waits, tries: () => tries };
}
const many = (error: Error) => Array.from({ length: 50 }, () => error);

describe('withRetry', () => {
  it('waits a little longer each time', async () => {
    const run = trying([new RetryableError('a'), new RetryableError('b'), new RetryableError('c')]);
    await expect(run.done).resolves.toBe('done');
    expect(run.waits).toEqual([0.25, 0.5, 1]);
  });

  it("gives up after four seconds — longer waits are the queue's", async () => {
    const error = new RetryableError('busy', { status: 503 });
    const run = trying(many(error));
    expect(await thrownBy(run.done)).toBe(error);
    expect(run.waits.reduce((sum, seconds) => sum + seconds, 0)).toBeLessThanOrEqual(4);
  });

  it('starts with a second after a 429 without Retry-After — the limit is one request per second', async () => {
    const run = trying(many(new RetryableError('throttled', { status: 429, ...noEffect })));
    await thrownBy(run.done);
    expect(run.waits).toEqual([1, 2]);
  });

  it('waits as long as the service asks', async () => {
    const run = trying([new RetryableError('throttled', { status: 429, retryAfterSeconds: 3, ...noEffect })]);
    await expect(run.done).resolves.toBe('done');
    expect(run.waits).toEqual([3]);
  });

  it('passes a long wait on at once, with the time — a sleeping function nears its deadline', async () => {
    const error = new RetryableError('throttled', { status: 429, retryAfterSeconds: 5, ...noEffect });
    const run = trying([error]);
    expect(await thrownBy(run.done)).toBe(error);
    expect(run.waits).toEqual([]);
  });

  it('gives up even with Retry-After 0 — a service that always says "now" is not asked for ever', async () => {
    const run = trying(many(new RetryableError('x', { status: 503, retryAfterSeconds: 0, ...noEffect })));
    await thrownBy(run.done);
    expect(run.tries()).toBeLessThan(8);
  });

  it('does not repeat a request that may have happened, unless twice is as good as once', async () => {
    const run = trying([new RetryableError('connection lost')], false);
    await thrownBy(run.done);
    expect(run.tries()).toBe(1);
  });

  it('repeats anything that surely had no effect', async () => {
    const run = trying([new RetryableError('throttled', { status: 429, ...noEffect })], false);
    await expect(run.done).resolves.toBe('done');
  });

  it('does not repeat a permanent or an unforeseen failure', async () => {
    for (const error of [new PermanentError('refused'), new Error('a bug')]) {
      const run = trying([error]);
      expect(await thrownBy(run.done)).toBe(error);
      expect(run.tries()).toBe(1);
    }
  });

  it('stops at the deadline with the failure it waited for', async () => {
    const error = new RetryableError('busy');
    const run = trying([error], true, AbortSignal.abort());
    expect(await thrownBy(run.done)).toBe(error);
    expect(run.waits).toEqual([]);
  });

  it('counts the time that slow answers took — three tries of thirty seconds are not a few seconds', async () => {
    let time = 0;
    let tries = 0;
    const error = new RetryableError('no answer within 30 s');
    const attempt = async () => {
      tries += 1;
      time += 30_000;
      throw error;
    };
    const now = () => new Date(time);
    const run = withRetry(attempt, { repeatable: true, random: () => 0, now, wait: async () => {} });
    expect(await thrownBy(run)).toBe(error);
    expect(tries).toBe(1);
  });
});
