// The clients against the simulated tenant, which refuses what the real services would.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { connect } from '../../functions/connect.ts';
import { createTenant } from '../../local/tenant/tenant.ts';
import { theMailbox } from '../../shared/clients/exchange.ts';
import { path } from '../../shared/clients/path.ts';
import { accountPermissions, readAccount } from '../../shared/microsoft365/read-account.ts';
import { thrownBy } from '../fakes/service.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const permissions = [...accountPermissions.graph, 'Exchange.ManageAsApp'];

const file = {
  domains: [
    { id: 'contoso.com', isDefault: true },
    { id: 'corp.contoso.com', authenticationType: 'Federated' },
    { id: 'contoso.onmicrosoft.com', isInitial: true },
  ],
  users: [
    { userPrincipalName: 'adele.vance@contoso.com', displayName: 'Adele Vance', mailbox: {} },
    {
      userPrincipalName: 'alex.wilber@corp.contoso.com',
      onPremisesSyncEnabled: true,
      onPremisesDistinguishedName: 'CN=Alex Wilber,DC=corp,DC=contoso,DC=com',
      mail: 'alex.wilber@contoso.com',
    },
    { userPrincipalName: 'megan_fabrikam.com#EXT#@contoso.onmicrosoft.com' },
    { userPrincipalName: 'admin@contoso.com' },
    { userPrincipalName: 'second@contoso.com', accountEnabled: false },
    { userPrincipalName: 'desk@contoso.com' },
    { userPrincipalName: 'soon@contoso.com' },
  ],
  groups: [{ displayName: 'Help desk', isAssignableToRole: true, members: ['desk@contoso.com'] }],
  roleAssignments: [
    { principalId: 'admin@contoso.com', roleDefinitionId: 'Global Administrator' },
    { principalId: 'second@contoso.com', roleDefinitionId: 'Global Administrator' },
    { principalId: 'Help desk', roleDefinitionId: 'Helpdesk Administrator' },
  ],
  roleEligibilities: [{ principalId: 'soon@contoso.com', roleDefinitionId: 'Exchange Administrator' }],
};

function inTenant(given: object = {}, granted: readonly string[] = permissions) {
  const tenant = createTenant({ ...file, ...given }, { now, permissions: granted });
  const settings = {
    TENANT_ID: tenant.tenantId,
    GRAPH_URL: 'http://127.0.0.1:7071/graph',
    EXCHANGE_URL: 'http://127.0.0.1:7071/exchange',
    DEFENDER_URL: 'http://127.0.0.1:7071/defender',
  };
  const options = { credential: tenant.credential, fetch: tenant.fetch, now, wait: async () => {} };
  const clients = connect(settings, options)(new AbortController().signal);
  const read = (id: string) => readAccount({ ...clients, tenantId: tenant.tenantId, id, now: now() });
  return { tenant, ...clients, read };
}

describe('readAccount in a tenant', () => {
  it.each([
    ['adele.vance@contoso.com', { hasMailbox: true, federated: false, privileged: false }],
    ['alex.wilber@corp.contoso.com', { synced: true, federated: true, hasMailbox: false }],
    ['megan_fabrikam.com#EXT#@contoso.onmicrosoft.com', { guest: true, federated: false }],
    ['admin@contoso.com', { roles: ['Global Administrator'], lastGlobalAdministrator: true }],
    ['second@contoso.com', { enabled: false, lastGlobalAdministrator: false, hasMailbox: false }],
    ['desk@contoso.com', { roles: ['Helpdesk Administrator'], privileged: true }],
    ['soon@contoso.com', { roles: [], privileged: true }],
  ])('knows %s', async (name, expected) => {
    await expect(inTenant().read(name)).resolves.toMatchObject({ userPrincipalName: name, ...expected });
  });

  it('fails without the right to read users, domains or roles — a guess could lock out the wrong person', async () => {
    for (const missing of ['User.Read.All', 'Domain.Read.All', 'RoleManagement.Read.Directory']) {
      const { read } = inTenant(
        {},
        permissions.filter((name) => name !== missing && name !== 'GroupMember.Read.All'),
      );
      expect(await thrownBy(read('desk@contoso.com'))).toMatchObject({ name: 'PermanentError', status: 403 });
    }
  });

  it('works without a licence for PIM', async () => {
    const { read } = inTenant({ servicePlans: ['EXCHANGE_S_ENTERPRISE'] });
    await expect(read('admin@contoso.com')).resolves.toMatchObject({ roles: ['Global Administrator'] });
  });

  it('leaves a tenant that throttles for long to the queue', async () => {
    const faults = [{ on: 'GET /v1.0/domains/*', retryAfter: 20 }];
    const { read } = inTenant({ behaviour: { faults } });
    const error = await thrownBy(read('adele.vance@contoso.com'));
    expect(error).toMatchObject({ name: 'RetryableError', retryAfterSeconds: 20 });
  });

  it('survives a short throttling', async () => {
    const faults = [{ on: 'GET /v1.0/*', retryAfter: 1, every: 5 }];
    const { read } = inTenant({ behaviour: { faults } });
    await expect(read('adele.vance@contoso.com')).resolves.toMatchObject({ hasMailbox: true });
  });

  it('says 404 for somebody who is not there', async () => {
    const unknown = inTenant().read('00000000-0000-4000-8000-00000000dead');
    expect(await thrownBy(unknown)).toMatchObject({ name: 'PermanentError', status: 404 });
  });
});

describe('Exchange in a tenant', () => {
  const schema = z.object({ ForwardingSmtpAddress: z.string().nullable() });

  it('returns the account’s own mailbox, and 404 if it has none', async () => {
    const { exchange, read } = inTenant();
    const adele = await read('adele.vance@contoso.com');
    await expect(theMailbox(exchange, adele, ['ForwardingSmtpAddress'], schema)).resolves.toEqual({
      ForwardingSmtpAddress: null,
    });
    const admin = await read('admin@contoso.com');
    expect(await thrownBy(theMailbox(exchange, admin, ['ForwardingSmtpAddress'], schema))).toMatchObject({
      name: 'PermanentError',
      status: 404,
    });
  });

  it('says what is missing if the app has no permission', async () => {
    const { exchange } = inTenant({}, accountPermissions.graph);
    expect(await thrownBy(exchange.get('Get-AcceptedDomain', {}, z.unknown()))).toMatchObject({
      name: 'PermanentError',
      status: 403,
      message: expect.stringContaining("The token contains no role 'Exchange.ManageAsApp'"),
    });
  });

  it('accepts writes as they are encoded, null included', async () => {
    const { exchange, tenant } = inTenant({
      users: [
        {
          userPrincipalName: 'adele.vance@contoso.com',
          mailbox: { ForwardingSmtpAddress: 'smtp:drop@evil.example', DeliverToMailboxAndForward: true },
        },
      ],
      groups: [],
      roleAssignments: [],
      roleEligibilities: [],
    });
    await exchange.run('Set-Mailbox', {
      Identity: 'adele.vance@contoso.com',
      ForwardingSmtpAddress: null,
      DeliverToMailboxAndForward: false,
    });
    const { mailbox } = tenant.state().users[0] ?? {};
    expect(mailbox).toMatchObject({ DeliverToMailboxAndForward: false });
    expect(mailbox?.ForwardingSmtpAddress ?? null).toBeNull();
  });
});

describe('Graph in a tenant', () => {
  it('reads all pages', async () => {
    const { graph } = inTenant();
    const users = await graph.list('/users?$top=2&$select=id', z.object({ id: z.string() }));
    expect(users).toHaveLength(file.users.length);
  });

  it('repeats a PATCH after a lost answer', async () => {
    const faults = [{ on: 'PATCH /v1.0/users/*', answerLost: true, times: 1 }];
    const { graph, tenant } = inTenant({ behaviour: { faults } }, [
      ...permissions,
      'User.EnableDisableAccount.All',
    ]);
    await graph.patch(path`/users/${'adele.vance@contoso.com'}`, { accountEnabled: false });
    expect(tenant.requests.map(({ status }) => status)).toEqual([null, 204]);
    expect(tenant.state().users[0]).toMatchObject({ accountEnabled: false });
  });
});
