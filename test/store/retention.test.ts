// What has been kept long enough is removed, and nothing else: on the storage emulator.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { runRef } from '../../shared/run/progress.ts';
import { Table } from '../../shared/store/table-client.ts';
import { TableDecisions } from '../../shared/store/table-decisions.ts';
import { TableProgress } from '../../shared/store/table-progress.ts';
import { TableRetention } from '../../shared/store/table-retention.ts';
import { sampleLog, sampleRun, sampleSteps } from '../run/sample-rows.ts';

let azurite: Azurite;
let service: { connectionString: string };
let progress: TableProgress;

const openedAt = Date.parse('2026-11-24T19:05:00.000Z');
const days = (count: number) => new Date(openedAt + count * 86_400_000);
const kept = { runsDays: 400, decisionsDays: 90 };
const adele = '9f4d3a6e-1d0c-4a52-8e5e-2b7c1d3f4a5b';
const megan = '8a1f4c1a-2f5b-4b0e-9a57-0d5b7c1e6f24';

beforeEach(async () => {
  azurite = await startAzurite();
  service = { connectionString: azurite.connectionString };
  progress = new TableProgress(service, () => new Date(openedAt));
});
afterEach(() => azurite.close());

const rowsOf = async (name: string) => await new Table(service, name).query("PartitionKey ge ''");

async function opened(userId: string, state: 'closed' | 'open' | 'held' | 'finished') {
  const run = sampleRun(userId, { state, wakeAt: null });
  await progress.open(run, sampleSteps(), undefined, [sampleLog('run opened')]);
  return run;
}

describe('a closed run', () => {
  it('is removed with its steps, log, claim and entries once its time is up, and not a day earlier', async () => {
    await opened(adele, 'closed');
    const retention = new TableRetention(service);
    expect((await retention.forget(kept, days(399))).runs).toBe(0);
    expect(await rowsOf('runs')).not.toEqual([]);
    expect((await retention.forget(kept, days(402))).runs).toBe(1);
    expect(await rowsOf('runs')).toEqual([]);
    expect(await rowsOf('index')).toEqual([]);
  });

  it('takes nothing of another account with it, and no claim of a later run', async () => {
    const old = await opened(adele, 'closed');
    const claim = await progress.claimOf(adele);
    const later = sampleRun(adele, {
      id: `${adele}.20280101T000000-ABCD`,
      openedAt: days(500).toISOString(),
    });
    await progress.open(later, sampleSteps(), claim, []);
    await new TableRetention(service).forget(kept, days(402));
    expect(await progress.read(runRef(old.id))).toBeUndefined();
    expect((await progress.read(runRef(later.id)))?.steps).toHaveLength(sampleSteps().length);
    expect((await progress.claimOf(adele))?.runId).toBe(later.id);
  });

  it.each(['open', 'held', 'finished'] as const)(
    'stays while it is %s — somebody still has work to do',
    async (state) => {
      const run = await opened(megan, state);
      await new TableRetention(service).forget(kept, days(4000));
      expect(await progress.read(runRef(run.id))).toBeDefined();
    },
  );
});

describe('the other rows', () => {
  it('are removed after periods of their own', async () => {
    const index = new Table(service, 'index');
    const watch = new Table(service, 'watch');
    const row = (partitionKey: string, rowKey = 'a', at = '') => ({ partitionKey, rowKey, at });
    for (const key of ['breaker|2026-11-24T10', 'held-mail|2026-11-24T10', 'trips|2026-11-24T10'])
      await index.put(row(key));
    await index.put(row('breaker|2026-11-27T10'));
    await index.put(row('answered', 'old', days(0).toISOString()));
    await index.put(row('answered', 'new', days(3).toISOString()));
    await watch.put(row('title|2026-11-24'));
    await watch.put(row('dead-letter', 'x', days(0).toISOString()));
    await watch.put(row('source', 'alert'));
    await new TableRetention(service).forget(kept, days(3.5));
    expect((await rowsOf('index')).map(({ partitionKey, rowKey }) => `${partitionKey} ${rowKey}`)).toEqual([
      'answered new',
      'breaker|2026-11-27T10 a',
    ]);
    expect(await rowsOf('watch')).toHaveLength(3);
    await new TableRetention(service).forget(kept, days(92));
    expect((await rowsOf('watch')).map(({ partitionKey }) => partitionKey)).toEqual(['source']);
  });

  it('of decisions are removed from both places', async () => {
    const decisions = new TableDecisions(service);
    const decision = {
      message: null,
      source: null,
      sourceId: null,
      version: null,
      userPrincipalName: null,
      action: 'none',
      row: 'low',
      why: 'low',
      runId: null,
      joined: false,
      raised: false,
      signal: null,
    } as const;
    await decisions.record({ ...decision, at: days(0).toISOString(), userId: adele });
    await decisions.record({ ...decision, at: days(0).toISOString(), userId: null });
    await decisions.record({ ...decision, at: days(60).toISOString(), userId: adele });
    await new TableRetention(service).forget(kept, days(92));
    expect(await rowsOf('decisions')).toHaveLength(2);
    expect(await decisions.of(adele, days(0))).toHaveLength(1);
  });
});
