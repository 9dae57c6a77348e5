import { randomUUID } from 'node:crypto';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { RunRow, StepRow } from '../../shared/model/rows.ts';
import { type RunRows, runRef } from '../../shared/run/progress.ts';
import { Blobs } from '../../shared/store/blobs.ts';
import { TableProgress } from '../../shared/store/table-progress.ts';
import { thrownBy } from '../fakes/service.ts';
import { sampleLog, sampleRun, sampleStep } from '../run/sample-rows.ts';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.close());

/** A process of its own: nothing is remembered from another one. */
const process = () => {
  const service = { connectionString: azurite.connectionString };
  return new TableProgress(service, () => new Date('2026-11-24T19:05:00Z'), {}, new Blobs(service));
};
const evidence = () =>
  BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('evidence');

async function opened(run: RunRow, step: StepRow, progress = process()): Promise<RunRows> {
  const rows = await progress.open(run, [step], undefined, [sampleLog('run opened')]);
  if (rows === 'taken') throw new Error('the account is taken');
  return rows;
}

async function blobsOf(run: RunRow): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of evidence().listBlobsFlat({ prefix: `${run.account.id}/${run.id}/` })) {
    names.push(name);
  }
  return names;
}

const table = `${'2026-11-20T09:13:30Z,Exchange,Send\r\n'.repeat(60_000)}"\u0000\u2028é😀`;
const withTable = (content = table) =>
  sampleStep('collect-audit-log', { attachments: [{ name: 'audit-log.csv', type: 'text/csv', content }] });

describe('a row larger than Table Storage takes', () => {
  it('comes back unharmed in another process — even two megabytes of audit log', async () => {
    const run = sampleRun(randomUUID());
    await opened(run, withTable());
    const rows = await process().read(runRef(run.id));
    expect(rows?.steps[0]?.row).toEqual(withTable());
    expect(await blobsOf(run)).toHaveLength(1);
  });

  it('goes to a blob as a whole if it contains thousands of small things', async () => {
    const run = sampleRun(randomUUID());
    const kept = Array.from({ length: 8000 }, (_, index) => ({
      what: `file ${index}`,
      why: 'was \ud800 downloaded',
    }));
    await opened(run, sampleStep('review-shared-files', { kept }));
    expect((await process().read(runRef(run.id)))?.steps[0]?.row.kept).toEqual(kept);
    expect(await blobsOf(run)).toHaveLength(1);
  });

  it('keeps half an emoji, which no blob could hold', async () => {
    const run = sampleRun(randomUUID());
    const step = withTable(`${'x'.repeat(20_000)}\ud83d`);
    await opened(run, step);
    expect((await process().read(runRef(run.id)))?.steps[0]?.row).toEqual(step);
  });

  it('has its long text written once, however often the row changes — a row is written ten times in a run', async () => {
    const run = sampleRun(randomUUID());
    const progress = process();
    const rows = await opened(run, withTable(), progress);
    const steps = rows.steps.map((step) => ({ ...step, row: { ...step.row, turn: 2 } }));
    await progress.write(runRef(run.id), { steps });
    await opened(sampleRun(randomUUID()), withTable(), progress);
    expect((await process().read(runRef(run.id)))?.steps[0]?.row).toEqual({ ...withTable(), turn: 2 });
    expect(await blobsOf(run)).toHaveLength(1);
  });

  it('points to no blob once it is small again', async () => {
    const run = sampleRun(randomUUID());
    const progress = process();
    const rows = await opened(run, withTable(), progress);
    const steps = rows.steps.map((step) => ({ ...step, row: { ...step.row, attachments: [] } }));
    await progress.write(runRef(run.id), { steps });
    expect((await process().read(runRef(run.id)))?.steps[0]?.row.attachments).toEqual([]);
  });

  it('is not believed if the blob was altered — evidence must be what was written', async () => {
    const run = sampleRun(randomUUID());
    await opened(run, withTable());
    const [name = ''] = await blobsOf(run);
    await evidence().getBlockBlobClient(name).uploadData(Buffer.from('nothing happened'));
    const error = await thrownBy(process().read(runRef(run.id)));
    expect(error).toBeInstanceOf(PermanentError);
    expect(error).toHaveProperty('code', 'AlteredBlob');
  });

  it('is reported by name if the blob is gone', async () => {
    const run = sampleRun(randomUUID());
    await opened(run, withTable());
    const [name = ''] = await blobsOf(run);
    await evidence().deleteBlob(name);
    expect(await thrownBy(process().read(runRef(run.id)))).toMatchObject({
      name: 'PermanentError',
      message: expect.stringContaining(`blob evidence/${name}`),
    });
  });
});

it('a row of usual size needs no blob — Blob Storage may be down', async () => {
  const service = { connectionString: azurite.connectionString };
  const down = {
    connectionString: azurite.connectionString.replace(
      /BlobEndpoint=[^;]+/,
      'BlobEndpoint=http://127.0.0.1:9/x',
    ),
  };
  const progress = new TableProgress(
    service,
    () => new Date('2026-11-24T19:05:00Z'),
    {},
    new Blobs(down, { retryOptions: { maxTries: 1 } }),
  );
  const run = sampleRun(randomUUID());
  await opened(run, sampleStep('collect-sign-ins'), progress);
  expect(await thrownBy(opened(sampleRun(randomUUID()), withTable(), progress))).toBeInstanceOf(
    RetryableError,
  );
});
