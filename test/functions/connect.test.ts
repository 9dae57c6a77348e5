import { createServer } from 'node:http';
import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { connect, createCredential } from '../../functions/connect.ts';
import { fakeService, thrownBy } from '../fakes/service.ts';

const settings = {
  TENANT_ID: '5a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d',
  GRAPH_URL: 'https://graph.microsoft.com',
  EXCHANGE_URL: 'https://outlook.office365.com',
  DEFENDER_URL: 'https://api.security.microsoft.com',
};

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('connect', () => {
  it('makes clients for each invocation that share their tokens — a process requests a token once', async () => {
    const service = fakeService([{ body: { value: [] } }]);
    const clients = connect(settings, service.options);
    for (const { graph, exchange } of [
      clients(new AbortController().signal),
      clients(new AbortController().signal),
    ]) {
      await graph.list('/users', z.unknown());
      await exchange.get('Get-AcceptedDomain', {}, z.unknown());
    }
    expect(service.asked.map(({ url }) => url)).toEqual([
      'https://graph.microsoft.com/v1.0/users',
      `https://outlook.office365.com/adminapi/beta/${settings.TENANT_ID}/InvokeCommand`,
      'https://graph.microsoft.com/v1.0/users',
      `https://outlook.office365.com/adminapi/beta/${settings.TENANT_ID}/InvokeCommand`,
    ]);
    expect(service.tokens).toEqual([
      'https://graph.microsoft.com/.default',
      'https://outlook.office365.com/.default',
    ]);
  });

  it('ends the requests of one invocation and no others', async () => {
    const service = fakeService([{ body: { value: [] } }]);
    const clients = connect(settings, service.options);
    const late = clients(AbortSignal.abort());
    expect(await thrownBy(late.defender.get('/machines', z.unknown()))).toMatchObject({
      name: 'RetryableError',
    });
    const { graph } = clients(new AbortController().signal);
    await expect(graph.list('/users', z.unknown())).resolves.toEqual([]);
  });
});

describe('createCredential', () => {
  it('is only the managed identity if there is one — no other identity replaces it unnoticed', () => {
    const azure = { IDENTITY_ENDPOINT: 'http://127.0.0.1:1/msi/token', IDENTITY_HEADER: 'secret' };
    expect(createCredential(undefined, azure)).toBeInstanceOf(ManagedIdentityCredential);
    expect(createCredential('7f0c2d3e-0000-4000-8000-000000000001', azure)).toBeInstanceOf(
      ManagedIdentityCredential,
    );
    expect(createCredential(undefined, {})).toBeInstanceOf(DefaultAzureCredential);
  });

  it('gets its token from the App Service endpoint, for the identity named in the settings', async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url, String(request.headers['x-identity-header']));
      response.setHeader('content-type', 'application/json');
      const expires_on = String(Math.floor(Date.now() / 1000) + 3600);
      response.end(JSON.stringify({ access_token: 'abc', expires_on, resource: 'r', token_type: 'Bearer' }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const address = z.object({ port: z.number() }).parse(server.address());
      vi.stubEnv('IDENTITY_ENDPOINT', `http://127.0.0.1:${address.port}/msi/token`);
      vi.stubEnv('IDENTITY_HEADER', 'secret');
      const credential = createCredential('7f0c2d3e-0000-4000-8000-000000000001');
      const token = await credential.getToken('https://graph.microsoft.com/.default');
      expect(token?.token).toBe('abc');
      const url = new URL(asked[0] ?? '', 'http://127.0.0.1');
      expect(Object.fromEntries(url.searchParams)).toMatchObject({
        resource: 'https://graph.microsoft.com',
        client_id: '7f0c2d3e-0000-4000-8000-000000000001',
      });
      expect(asked[1]).toBe('secret');
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
