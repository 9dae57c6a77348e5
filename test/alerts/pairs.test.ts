// Two alerts for one account at the same instant, over and over, while the storage loses answers: whatever is lost,
// there is one run, and it knows of both.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTriageAlert, type TriageAlert } from '../../functions/alerts/triage-alert.ts';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { createBreaker } from '../../shared/alerts/breaker.ts';
import type { BreakerPlaces } from '../../shared/alerts/breaker-places.ts';
import { defaultPolicy } from '../../shared/alerts/policy.ts';
import { RetryableError } from '../../shared/errors.ts';
import { openRun } from '../../shared/run/open-run.ts';
import type { Progress } from '../../shared/run/progress.ts';
import { TableBreakerPlaces } from '../../shared/store/table-breaker-places.ts';
import { TableProgress } from '../../shared/store/table-progress.ts';
import { MemoryBus } from '../fakes/memory-bus.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';
import { memoryBreakerPlaces, memoryDecisions, memoryTrips } from '../fakes/memory-stores.ts';
import { namesNobody } from '../fakes/names-nobody.ts';
import { brokenConnection, tableOptions } from '../run/progress-stores.ts';
import { fakeGraph } from './fake-graph.ts';
import { account, cloudEvent, now, payload, tenantId } from './samples.ts';

const detection = payload('risk-detection/anomalous-token');
const userId = (pair: number) => `00000000-0000-4000-8000-${String(pair).padStart(12, '0')}`;

/** The same numbers each time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const pairOf = (pair: number) =>
  ['anomalousToken', 'maliciousIPAddress'].map((riskEventType, index) => ({
    ...detection,
    id: `pair-${pair}-${index}`,
    userId: userId(pair),
    riskEventType,
  }));

function triageOn(progress: Progress, many: number, places: BreakerPlaces = memoryBreakerPlaces()) {
  const answers = Object.fromEntries(
    Array.from({ length: many }, (_, pair) => pairOf(pair))
      .flat()
      .map((event) => [`/identityProtection/riskDetections/${event.id}`, event]),
  );
  const bus = new MemoryBus({ now: () => now });
  const engine = { progress, bus, playbook: [], stepSettings: {}, now: () => now, random: Math.random };
  const settings = { BREAKER_FULL_PER_HOUR: 10_000, BREAKER_RUNS_PER_HOUR: 10_000, BREAKER_SHARE: 100 };
  const users = async () => null;
  const breaker = createBreaker({ places, trips: memoryTrips(), settings, users, now: () => now });
  return createTriageAlert({
    graph: fakeGraph(answers),
    settings: namesNobody(tenantId),
    policy: defaultPolicy,
    readAccount: async (id) => account({ id }),
    lastRun: async () => undefined,
    openRun: (request) => openRun(engine, { ...request, admit: breaker.admit }),
    decisions: memoryDecisions(),
    now: () => now,
    log: () => undefined,
  });
}

/** As Service Bus does: again until it is handled. */
async function delivered(triage: TriageAlert, event: unknown): Promise<void> {
  for (let times = 0; times < 20; times += 1) {
    try {
      await triage(cloudEvent('Reclaim.RiskDetection', event));
      return;
    } catch (thrown) {
      if (!(thrown instanceof RetryableError)) throw thrown;
    }
  }
  throw new Error('never handled');
}

async function live(progress: Progress, triage: TriageAlert, many: number, together: number) {
  for (let from = 0; from < many; from += together) {
    const pairs = Array.from({ length: Math.min(together, many - from) }, (_, index) => pairOf(from + index));
    await Promise.all(pairs.flat().map((event) => delivered(triage, event)));
  }
  const refs = await progress.list(now, 2 * many);
  return Promise.all(refs.map(async (ref) => (await progress.read(ref))?.run.row));
}

const expectOneEach = (runs: Awaited<ReturnType<typeof live>>, many: number) => {
  expect(new Set(runs.map((run) => run?.account.id)).size).toBe(many);
  expect(runs).toHaveLength(many);
  expect(runs.filter((run) => run?.signals.length !== 2)).toEqual([]);
};

describe('two alerts for one account at the same instant', () => {
  it('are one run, 500 times — even if a write is repeated because its answer was lost', async () => {
    const next = numbers(20_261_120);
    let lost = 0;
    const progress = new MemoryProgress({
      repeats: ({ name }) => {
        const loses = (name === 'open' || name === 'write') && next() < 0.4;
        if (loses) lost += 1;
        return loses;
      },
      // Another worker goes first between any two operations.
      before: async () => {
        if (next() < 0.5) await new Promise(setImmediate);
      },
    });
    expectOneEach(await live(progress, triageOn(progress, 500), 500, 50), 500);
    expect(lost).toBeGreaterThan(100);
  }, 60_000);

  it('are one run, 500 times, if an answer is lost for good and the message comes again', async () => {
    const next = numbers(7);
    let lost = 0;
    const progress = new MemoryProgress({
      after: async ({ name }) => {
        if ((name !== 'open' && name !== 'write') || next() >= 0.3) return;
        lost += 1;
        throw new RetryableError('table runs: no answer', { tookEffect: 'unknown' });
      },
    });
    expectOneEach(await live(progress, triageOn(progress, 500), 500, 50), 500);
    expect(lost).toBeGreaterThan(100);
  }, 60_000);

  describe('in Table Storage', () => {
    let azurite: Azurite;
    beforeAll(async () => {
      azurite = await startAzurite();
    });
    afterAll(() => azurite.close());

    it('are one run and one place, with every third answer lost', async () => {
      const next = numbers(42);
      let lost = 0;
      const lossy = tableOptions(async (request, send) => {
        const response = await send(request);
        if (!request.url.includes('$batch') || next() >= 0.33) return response;
        lost += 1;
        throw brokenConnection();
      });
      const service = { connectionString: azurite.connectionString };
      const progress = new TableProgress(service, () => now, lossy);
      const places = new TableBreakerPlaces(service, next, lossy);
      const many = 20;
      const runs = await live(progress, triageOn(progress, many, places), many, 5);
      expectOneEach(runs, many);
      expect(lost).toBeGreaterThan(5);
      const another = new Set<number | null>();
      for (let pair = 0; pair < many; pair += 1) {
        another.add(await places.take(`breaker|${now.toISOString().slice(0, 13)}`, userId(pair), [10_000]));
      }
      expect(Math.max(...[...another].map(Number))).toBeLessThanOrEqual(many + 8);
      expect(another.size).toBe(many);
    }, 60_000);
  });
});
