// Three hundred accounts in one process, as on the local stack, where a single one serves every queue: what host.json
// lets it take in and what `priority` lets it work on must be little enough that each message is renewed in time and
// done before it can be renewed no more. Service Bus, Microsoft Graph and the processor are simulated; the times are
// those measured (docs/scale.md).
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPriority, ofOneInstance, type PriorityOptions } from '../../functions/priority.ts';
import { playbook } from '../../functions/steps/index.ts';
import { readHostJson } from '../../local/functions-host/host-json.ts';

const accounts = 300;
/** Processor time of a triage until its account is contained, and of one execution of a step, in milliseconds. */
const cost = { triage: 40, step: 15, renewal: 1 };
/** What each waits for others: a triage for three round trips and the tables, a step for one to six. */
const triageWaits = 400;
const stepWaits = [100, 200, 400, 600];
/** As the queues are deployed; the SDK renews this long before the end. */
const lockMs = 60_000;
const renewsBeforeMs = 10_000;

const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

interface Storm {
  contained: number;
  done: number;
  lost: number;
  /** ms */
  lastContained: number;
  longestHeld: number;
}

async function storm(
  limits: { maxConcurrentCalls: number; maxAutoLockRenewalDuration: number },
  places: PriorityOptions,
): Promise<Storm> {
  const began = Date.now();
  const priority = createPriority(places, () => Date.now());
  const seen: Storm = { contained: 0, done: 0, lost: 0, lastContained: 0, longestHeld: 0 };

  let busy: Promise<unknown> = Promise.resolve();
  /** One thing after the other, whoever asks first. */
  const processor = (ms: number) => {
    busy = busy.then(() => sleep(ms));
    return busy;
  };

  /** Renews the lock as long as the work lasts. */
  async function holding(work: () => Promise<void>): Promise<void> {
    const receivedAt = Date.now();
    let lockedUntil = receivedAt + lockMs;
    let isOver = false;
    let isLost = false;
    const renew = async (): Promise<void> => {
      if (isOver) return;
      const inTime = Date.now() < receivedAt + limits.maxAutoLockRenewalDuration;
      if (inTime) await processor(cost.renewal);
      if (isOver) return;
      if (!inTime || Date.now() > lockedUntil) {
        isLost = true;
        return;
      }
      lockedUntil = Date.now() + lockMs;
      next = setTimeout(() => void renew(), lockMs - renewsBeforeMs);
    };
    let next = setTimeout(() => void renew(), lockMs - renewsBeforeMs);
    await work();
    isOver = true;
    clearTimeout(next);
    if (isLost || Date.now() > lockedUntil) seen.lost += 1;
    seen.longestHeld = Math.max(seen.longestHeld, Date.now() - receivedAt);
  }

  function queue(work: () => Promise<void>) {
    let waiting = 0;
    let held = 0;
    const take = (): void => {
      if (waiting === 0 || held >= limits.maxConcurrentCalls) return;
      waiting -= 1;
      held += 1;
      void holding(work).then(() => {
        held -= 1;
        take();
      });
      take();
    };
    return {
      send() {
        waiting += 1;
        take();
      },
    };
  }

  const steps = playbook
    .filter(({ stage }) => stage !== 'contain')
    .map((_, index) =>
      queue(() =>
        priority.other(async () => {
          await processor(cost.step / 2);
          await sleep(stepWaits[index % stepWaits.length] ?? 0);
          await processor(cost.step / 2);
          seen.done += 1;
        }),
      ),
    );
  const alerts = queue(() =>
    priority.urgent(async () => {
      await processor(cost.triage / 2);
      await sleep(triageWaits);
      await processor(cost.triage / 2);
      seen.contained += 1;
      seen.lastContained = Date.now() - began;
      for (const step of steps) step.send();
    }),
  );
  for (let account = 0; account < accounts; account += 1) alerts.send();
  await vi.advanceTimersByTimeAsync(20 * 60_000);
  return seen;
}

const { serviceBus } = readHostJson(fileURLToPath(new URL('../../index.cjs', import.meta.url))).extensions;
const evidence = accounts * playbook.filter(({ stage }) => stage !== 'contain').length;

describe('three hundred accounts in one process', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('are contained one behind the other, with all that follows, and no message is ever lost to a busy process', async () => {
    const seen = await storm(serviceBus, ofOneInstance);
    expect(seen).toMatchObject({ contained: accounts, done: evidence, lost: 0 });
    // Evidence about the first waits until the last is contained.
    expect(seen.lastContained).toBeLessThan(accounts * cost.triage * 1.5);
    // A message is done before its lock would end for the first time: whether it is renewed in time hardly matters.
    expect(seen.longestHeld).toBeLessThan(lockMs);
  });

  it('would lose messages if a process took in whatever there is', async () => {
    const all = { ...serviceBus, maxConcurrentCalls: accounts };
    const seen = await storm(all, { ...ofOneInstance, places: 4000 });
    expect(seen.lost).toBeGreaterThan(0);
  });
});
