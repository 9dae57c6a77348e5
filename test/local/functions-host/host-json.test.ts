import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHostJson } from '../../../local/functions-host/host-json.ts';
import { readSettings } from '../../../shared/settings.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'host-json-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(content: unknown) {
  await writeFile(join(folder, 'host.json'), JSON.stringify(content));
  return readHostJson(join(folder, 'index.cjs'));
}

describe('host.json', () => {
  it('means the service’s defaults if it says nothing', async () => {
    expect(await read({ version: '2.0' })).toMatchObject({
      functionTimeout: 30 * 60_000,
      extensions: {
        http: { routePrefix: 'api' },
        serviceBus: { maxConcurrentCalls: 16, maxAutoLockRenewalDuration: 5 * 60_000 },
      },
    });
  });

  it.each([
    ['00:00:01', 1000],
    ['00:05:00', 300_000],
    ['1.02:00:00', 93_600_000],
    ['00:00:00.500', 500],
    ['-1', null],
  ])('reads %s as .NET does', async (functionTimeout, milliseconds) => {
    expect((await read({ version: '2.0', functionTimeout })).functionTimeout).toBe(milliseconds);
  });

  it('names every mistake at once', async () => {
    const wrong = {
      version: '2.0',
      extensions: { serviceBus: { maxConcurrentCalls: 0, maxAutoLockRenewalDuration: '5m' } },
    };
    await expect(read(wrong)).rejects.toThrow(
      /maxConcurrentCalls.*; .*maxAutoLockRenewalDuration "5m" is no time span/,
    );
  });

  it('leaves a function of this project time to end by itself — after functionTimeout, its neighbours die too', () => {
    const own = readHostJson(fileURLToPath(new URL('../../../host.json', import.meta.url)));
    const environment = {
      TENANT_ID: '72f988bf-86f1-41af-91ab-2d7cd011db47',
      MAIL_FROM: 'reclaim@contoso.com',
      MAIL_TO: 'oncall@contoso.com',
      ServiceBus: 'Endpoint=sb://127.0.0.1',
      Progress: 'UseDevelopmentStorage=true',
    };
    const read = readSettings(environment, []);
    if ('problems' in read) throw new Error(read.problems.join());
    const deadline = read.settings.DEADLINE_SECONDS * 1000;
    expect(own.functionTimeout).toBeGreaterThan(2 * deadline);
    // The lock outlives the function, or its message would run twice.
    expect(own.extensions.serviceBus.maxAutoLockRenewalDuration).toBeGreaterThanOrEqual(
      own.functionTimeout ?? 0,
    );
  });
});
