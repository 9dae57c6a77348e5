// What only a real service does to the progress: lost and late answers, refusals, pages, rows written by somebody else,
// and crashes between the two tables. The contract that both stores share is in progress.test.ts.
import { randomUUID } from 'node:crypto';
import { TableClient } from '@azure/data-tables';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { RunRow } from '../../shared/model/rows.ts';
import { type RunRows, runRef } from '../../shared/run/progress.ts';
import { TableProgress } from '../../shared/store/table-progress.ts';
import { brokenConnection, type Policy, tableOptions } from '../run/progress-stores.ts';
import { sampleLog, sampleRun, sampleStep, sampleSteps } from '../run/sample-rows.ts';

type SendRequest = Policy['sendRequest'];
type Answer = Awaited<ReturnType<SendRequest>>;

let azurite: Azurite;
let time: Date;
/** What happens to each request; a test replaces it. */
let network: SendRequest;
let requests: string[];
let progress: TableProgress;

const pass: SendRequest = (request, next) => next(request);
const at = (clock: string) => new Date(`2026-11-24T${clock}Z`);

beforeEach(async () => {
  azurite = await startAzurite();
  time = at('19:05:00.000');
  network = pass;
  requests = [];
  progress = new TableProgress(
    { connectionString: azurite.connectionString },
    () => time,
    tableOptions((request, next) => {
      requests.push(`${request.method} ${decodeURIComponent(new URL(request.url).pathname)}`);
      return network(request, next);
    }),
  );
});
afterEach(() => azurite.close());

const tableOf = (name: string) =>
  TableClient.fromConnectionString(azurite.connectionString, name, { allowInsecureConnection: true });

async function indexKeys(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { partitionKey } of tableOf('index').listEntities()) keys.push(partitionKey ?? '');
  return keys.map((key) => key.split('|')[0] ?? '').sort();
}

async function opened(run: RunRow, steps = sampleSteps()): Promise<RunRows> {
  const rows = await progress.open(run, steps, undefined, [sampleLog('run opened')]);
  if (rows === 'taken') throw new Error('the account is taken');
  return rows;
}

async function wakeAt(run: RunRow, wakes: string | null): Promise<RunRows | 'conflict'> {
  const rows = await progress.read(runRef(run.id));
  if (rows === undefined) throw new Error('no run');
  return progress.write(runRef(run.id), {
    run: { ...rows.run, row: { ...rows.run.row, wakeAt: wakes } },
  });
}

describe('a service that fails', () => {
  const refusing =
    (status: number, bodyAsText = ''): SendRequest =>
    async (request, next): Promise<Answer> => ({ ...(await next(request)), status, bodyAsText });

  it.each([
    [500, 3],
    [503, 3],
    // Without a Retry-After, the SDK leaves it to us, and we leave it to the queue.
    [429, 1],
  ])('is tried again after %i: %i times at once, then by the queue', async (status, tries) => {
    const run = sampleRun(randomUUID());
    await opened(run);
    requests = [];
    network = refusing(status);
    const failure = await progress.read(runRef(run.id)).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(RetryableError);
    expect(failure).toMatchObject({ status, tookEffect: 'unknown' });
    expect(requests).toHaveLength(tries);
  });

  it('says what to grant when it refuses the identity', async () => {
    network = refusing(403);
    const failure = await progress.claimOf(randomUUID()).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(PermanentError);
    expect(String(failure)).toMatch(/table runs at http:.*403.*Storage Table Data Contributor/);
  });

  it('reports that it may have taken effect if no answer ever comes — the next try finds the run', async () => {
    const run = sampleRun(randomUUID());
    await opened(sampleRun(randomUUID()));
    network = async (request, next) => {
      const response = await next(request);
      if (request.url.includes('$batch')) throw brokenConnection();
      return response;
    };
    const failure = await opened(run).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(RetryableError);
    expect(failure).toMatchObject({ tookEffect: 'unknown' });
    network = pass;
    expect((await progress.claimOf(run.account.id))?.runId).toBe(run.id);
    expect((await opened(run)).run.row).toEqual(run);
  });

  it('causes a retryable error that names the table if it is unreachable', async () => {
    await azurite.close();
    const failure = await progress.claimOf(randomUUID()).catch((thrown: unknown) => thrown);
    azurite = await startAzurite();
    expect(failure).toBeInstanceOf(RetryableError);
    expect(String(failure)).toMatch(/table runs at http:\/\/127\.0\.0\.1:\d+: no answer/);
  });

  it('answers page by page — a run with only half of its steps read would look settled', async () => {
    const run = sampleRun(randomUUID());
    const rows = await opened(run);
    network = (request, next) => {
      const url = new URL(request.url);
      if (request.method === 'GET' && url.pathname.endsWith('()')) url.searchParams.set('$top', '1');
      return next(Object.assign(request, { url: url.href }));
    };
    requests = [];
    expect(await progress.read(runRef(run.id))).toEqual(rows);
    expect(requests).toHaveLength(4);
  });

  it('fails on a later page: an error, never an end', async () => {
    const run = sampleRun(randomUUID());
    await opened(run);
    network = async (request, next) => {
      const url = new URL(request.url);
      url.searchParams.set('$top', '2');
      if (url.searchParams.has('NextRowKey')) throw brokenConnection();
      return next(Object.assign(request, { url: url.href }));
    };
    await expect(progress.read(runRef(run.id))).rejects.toBeInstanceOf(RetryableError);
  });
});

describe('rows', () => {
  it('too large for the service are refused by name, with nothing written in either table', async () => {
    const run = sampleRun(randomUUID());
    const content = 'x'.repeat(600_000);
    const step = sampleStep('collect-sign-ins', {
      attachments: [{ name: 'sign-ins.csv', type: 'text/csv', content }],
    });
    await expect(opened(run, [step])).rejects.toThrow(/step\|collect-sign-ins' has \d+ bytes/);
    expect(requests).toEqual([]);
    const rows = await opened(run, [sampleStep('collect-sign-ins')]);
    const grown = rows.steps.map(({ etag }) => ({ etag, row: step }));
    await expect(progress.write(runRef(run.id), { steps: grown })).rejects.toBeInstanceOf(PermanentError);
    expect(await progress.read(runRef(run.id))).toEqual(rows);
  });

  it('of a hundred steps do not fit into one transaction, and are not split over two', async () => {
    const steps = Array.from({ length: 98 }, (_, index) => sampleStep(`step-${index}`));
    await expect(opened(sampleRun(randomUUID()), steps)).rejects.toThrow(/101 rows/);
    expect(requests).toEqual([]);
  });

  it('written by somebody else are named if they cannot be read', async () => {
    const run = sampleRun(randomUUID());
    await opened(run);
    const rowKey = `${run.id}|step|block-sign-in`;
    await tableOf('runs').updateEntity({ partitionKey: run.account.id, rowKey, json0: '{}' }, 'Merge', {
      etag: '*',
    });
    await expect(progress.read(runRef(run.id))).rejects.toThrow(
      `table runs, partition '${run.account.id}', row '${rowKey}' can't be read`,
    );
  });

  it.each(['', '.', '../runs', 'a/b', "o'neil.x", 'no-dot-at-all', 'x?y.z'])(
    'asked for under the id %j are simply not there',
    async (runId) => {
      expect(await progress.read(runRef(runId))).toBeUndefined();
      expect(await progress.log(runRef(runId))).toEqual([]);
    },
  );
});

describe('the index', () => {
  it('is written before the run — no run may exist that nobody looks after', async () => {
    await opened(sampleRun(randomUUID()));
    requests = [];
    await opened(sampleRun(randomUUID()));
    expect(
      requests.map((request) => request.replace(/.*devstoreaccount1\//, '').replace(/\(.*/, '')),
    ).toEqual(['index', 'index', '$batch']);
  });

  it('keeps the entry of a run that is being opened, and drops it when no run came of it', async () => {
    network = (request, next) =>
      request.url.includes('$batch') ? Promise.reject(brokenConnection()) : next(request);
    await expect(opened(sampleRun(randomUUID()))).rejects.toBeInstanceOf(RetryableError);
    network = pass;
    time = at('19:15:00.000');
    expect(await progress.due(time)).toEqual([]);
    expect(await progress.list(time, 10)).toEqual([]);
    expect(await indexKeys()).toEqual(['day', 'open']);
    time = at('19:15:00.001');
    expect(await progress.due(time)).toEqual([]);
    expect(await indexKeys()).toEqual(['day']);
    expect(await progress.list(time, 10)).toEqual([]);
    expect(await indexKeys()).toEqual([]);
  });

  it('drops at once the entry of an opener that lost', async () => {
    const run = sampleRun(randomUUID());
    await opened(run);
    const late = sampleRun(run.account.id, { id: `${run.id}2` });
    expect(await progress.open(late, sampleSteps(), undefined, [])).toBe('taken');
    expect(await indexKeys()).toEqual(['day', 'open']);
  });

  it('costs an active run nothing, however its time to wake moves', async () => {
    const run = sampleRun(randomUUID());
    await opened(run);
    requests = [];
    await wakeAt(run, at('19:30:00.000').toISOString());
    await wakeAt(run, at('19:07:00.000').toISOString());
    expect(requests.filter((request) => request.includes('/index'))).toEqual([]);
  });

  it('parks a sleeping run, so that the sweep no longer reads it', async () => {
    const run = sampleRun(randomUUID());
    await opened(run);
    await wakeAt(run, at('20:05:00.000').toISOString());
    time = at('19:10:00.000');
    expect(await progress.due(time)).toEqual([]);
    requests = [];
    expect(await progress.due(time)).toEqual([]);
    expect(requests).toHaveLength(1);
    expect(await progress.due(at('20:05:00.000'))).toEqual([runRef(run.id)]);
  });

  it('removes a closed run from the open ones, and keeps it under its day', async () => {
    const run = sampleRun(randomUUID());
    await opened(run);
    await wakeAt(run, null);
    expect(await progress.due(at('19:10:00.000'))).toEqual([]);
    expect(await indexKeys()).toEqual(['day']);
    expect(await progress.list(time, 10)).toEqual([runRef(run.id)]);
  });

  it('lists a run that has ended with what its own row says about it', async () => {
    const standing = { word: 'CONTAINED', tasks: 2 };
    const ended = sampleRun(randomUUID(), { state: 'finished', standing });
    await opened(ended);
    const { userPrincipalName, displayName } = ended.account;
    const [listed] = await progress.list(time, 10);
    expect(listed).toMatchObject({ ...runRef(ended.id), line: { standing, userPrincipalName, displayName } });
  });

  it('lists a held run until somebody releases it, and no longer', async () => {
    const held = sampleRun(randomUUID(), { state: 'held', wakeAt: null });
    const rows = await opened(held);
    expect(await progress.held()).toEqual([runRef(held.id)]);
    const open = { ...held, state: 'open' as const };
    await progress.write(runRef(held.id), { run: { row: open, etag: rows.run.etag } });
    expect(await progress.held()).toEqual([]);
    requests = [];
    expect(await progress.held()).toEqual([]);
    expect(requests).toHaveLength(1);
  });

  it('drops the entry of a held run that was never opened', async () => {
    network = (request, next) =>
      request.url.includes('$batch') ? Promise.reject(brokenConnection()) : next(request);
    await expect(opened(sampleRun(randomUUID(), { state: 'held' }))).rejects.toBeInstanceOf(RetryableError);
    network = pass;
    expect(await progress.held()).toEqual([]);
    expect(await indexKeys()).toEqual(['day', 'held', 'open']);
    time = at('19:20:00.000');
    expect(await progress.held()).toEqual([]);
    expect(await indexKeys()).toEqual(['day', 'open']);
  });

  it.each(['runs', 'index'])(
    'never lets a run oversleep that is woken while being parked, before the write to %s',
    async (table) => {
      const run = sampleRun(randomUUID());
      await opened(run);
      await wakeAt(run, at('20:05:00.000').toISOString());
      network = async (request, next) => {
        if (request.method === 'PATCH' && request.url.includes(`/${table}(`)) {
          network = pass;
          expect(await wakeAt(run, at('19:12:00.000').toISOString())).not.toBe('conflict');
        }
        return next(request);
      };
      time = at('19:10:00.000');
      expect(await progress.due(time)).toEqual([]);
      expect(network).toBe(pass);
      expect(await progress.due(at('19:12:00.000'))).toEqual([runRef(run.id)]);
    },
  );

  it('still lists a run if another’s entry or row is damaged — one must not stop the sweep for all', async () => {
    const [good, bad, worse] = [sampleRun(randomUUID()), sampleRun(randomUUID()), sampleRun(randomUUID())];
    for (const run of [good, bad, worse]) {
      await opened(run);
      await wakeAt(run, at('19:12:00.000').toISOString());
    }
    const client = (table: string) =>
      TableClient.fromConnectionString(azurite.connectionString, table, { allowInsecureConnection: true });
    await client('index').updateEntity({ partitionKey: 'open', rowKey: bad.id, run: 7 }, 'Merge');
    const row = { partitionKey: runRef(worse.id).userId, rowKey: `${worse.id}|run`, wakeAt: 7 };
    await client('runs').updateEntity(row, 'Merge');
    const due = (await progress.due(at('19:13:00.000'))).map(({ runId }) => runId);
    expect(due).toContain(good.id);
    expect(due).toContain(worse.id);
  });

  it('survives a crash in the middle of parking', async () => {
    const run = sampleRun(randomUUID());
    await opened(run);
    await wakeAt(run, at('20:05:00.000').toISOString());
    network = (request, next) =>
      request.method === 'PATCH' && request.url.includes('/index(')
        ? Promise.reject(brokenConnection())
        : next(request);
    time = at('19:10:00.000');
    await expect(progress.due(time)).rejects.toBeInstanceOf(RetryableError);
    network = pass;
    await wakeAt(run, at('19:12:00.000').toISOString());
    expect(await progress.due(at('19:12:00.000'))).toEqual([runRef(run.id)]);
  });
});
