// The emulator inside this process: as many as a test wants, nothing left behind, and data kept only on request.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TableClient } from '@azure/data-tables';
import { describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../local/azurite.ts';

const tableOf = (azurite: Azurite) =>
  TableClient.fromConnectionString(azurite.connectionString, 'runs', { allowInsecureConnection: true });

const entity = { partitionKey: '8c1b6a3e-58f2-4d0c-9a55-6b1d2e7f9c04', rowKey: 'claim', run: '8M2P' };

describe('azurite', () => {
  it('starts twice at once, each with tables of its own', async () => {
    const both = await Promise.all([startAzurite(), startAzurite()]);
    const [one, other] = both.map(tableOf);
    await one?.createTable();
    await one?.createEntity(entity);
    await other?.createTable();
    await expect(other?.getEntity(entity.partitionKey, entity.rowKey)).rejects.toMatchObject({
      statusCode: 404,
    });
    await Promise.all(both.map((azurite) => azurite.close()));
  });

  it('listens only on this machine, and no longer after it was closed', async () => {
    const azurite = await startAzurite();
    for (const endpoint of [azurite.tableEndpoint, azurite.blobEndpoint]) {
      expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/devstoreaccount1$/);
      expect((await fetch(endpoint)).status).toBeGreaterThanOrEqual(400);
    }
    await azurite.close();
    await expect(fetch(azurite.tableEndpoint)).rejects.toThrow();
    await expect(fetch(azurite.blobEndpoint)).rejects.toThrow();
  });

  it('keeps what was written in the folder it is given', async () => {
    const location = await mkdtemp(join(tmpdir(), 'azurite-'));
    const first = await startAzurite({ location });
    await tableOf(first).createTable();
    await tableOf(first).createEntity(entity);
    await first.close();
    expect(await readdir(location)).toContain('tables.json');
    const second = await startAzurite({ location });
    expect(await tableOf(second).getEntity(entity.partitionKey, entity.rowKey)).toMatchObject(entity);
    await second.close();
    await rm(location, { recursive: true });
  });
});
