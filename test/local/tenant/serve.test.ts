import { ManagedIdentityCredential } from '@azure/identity';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { serveTenant } from '../../../local/tenant/serve.ts';
import { createTenant } from '../../../local/tenant/tenant.ts';

const file = {
  users: [
    { userPrincipalName: 'adele@contoso.com', mailbox: {} },
    { userPrincipalName: 'megan@contoso.com' },
  ],
  behaviour: { faults: [{ on: 'PATCH *', answerLost: true }] },
};

async function served() {
  const tenant = createTenant(file, { now: () => new Date() });
  const server = await serveTenant(tenant);
  onTestFinished(() => server.close());
  return { tenant, server };
}

describe('the tenant over HTTP', () => {
  it('gives the unmodified ManagedIdentityCredential a token that opens Graph and not Exchange', async () => {
    const { server } = await served();
    vi.stubEnv('IDENTITY_ENDPOINT', server.identityEndpoint);
    vi.stubEnv('IDENTITY_HEADER', server.identityHeader);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const { token } = await new ManagedIdentityCredential().getToken('https://graph.microsoft.com/.default');
    const headers = { authorization: `Bearer ${token}` };
    const users = await fetch(`${server.graphUrl}/v1.0/users?$select=userPrincipalName&$top=1`, { headers });
    expect(await users.json()).toEqual({
      '@odata.context': expect.any(String),
      '@odata.nextLink': expect.stringMatching(`^${server.graphUrl}/v1.0/users\\?.*skiptoken`),
      value: [{ userPrincipalName: 'adele@contoso.com' }],
    });
    const exchange = await fetch(`${server.exchangeUrl}/adminapi/beta/x/InvokeCommand`, {
      method: 'POST',
      headers,
    });
    expect(exchange.status).toBe(401);
  });

  it.each([
    ['without the header', 'resource=https://graph.microsoft.com&api-version=2019-08-01', '', 401],
    ['for an unknown resource', 'resource=https://example.com&api-version=2019-08-01', undefined, 400],
    [
      'for another api-version',
      'resource=https://graph.microsoft.com&api-version=2017-09-01',
      undefined,
      400,
    ],
  ])('hands out no token %s', async (_, query, header, status) => {
    const { server } = await served();
    const headers = { 'x-identity-header': header ?? server.identityHeader };
    expect((await fetch(`${server.identityEndpoint}?${query}`, { headers })).status).toBe(status);
  });

  it('breaks a request’s connection to lose its answer, after it took effect', async () => {
    const { tenant, server } = await served();
    const issued = await tenant.credential.getToken('https://graph.microsoft.com/.default');
    const request = fetch(`${server.graphUrl}/v1.0/users/adele@contoso.com`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${issued?.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ accountEnabled: false }),
    });
    await expect(request).rejects.toThrow(TypeError);
    expect(tenant.state().users[0]?.accountEnabled).toBe(false);
  });

  it('says what is not simulated', async () => {
    const { server } = await served();
    const answer = await fetch(`${server.graphUrl.replace('/graph', '/teams')}/x`);
    expect([answer.status, await answer.json()]).toEqual([
      404,
      { error: expect.stringContaining('simulated') },
    ]);
  });

  it('ends with nothing left listening', async () => {
    const server = await serveTenant(createTenant(file, { now: () => new Date() }));
    await server.close();
    await expect(fetch(server.graphUrl)).rejects.toThrow(TypeError);
  });
});
