import { describe, expect, it } from 'vitest';
import { createExchange } from '../../shared/clients/exchange.ts';
import { createGraph } from '../../shared/clients/graph.ts';
import { readAccount } from '../../shared/microsoft365/read-account.ts';
import { fakeService, graphError, type Scripted, thrownBy } from '../fakes/service.ts';

const tenantId = '5a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d';
const adele = '4f1c2d3e-5a6b-4c7d-8e9f-0a1b2c3d4e5f';
const alex = '7a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d';
const admins = '9c3d4e5f-6a7b-4c8d-9e0f-1a2b3c4d5e6f';
const globalAdministrator = '62e90394-69f5-4237-9190-012177145e10';
const userAdministrator = 'fe930be7-5e62-47db-91af-98c3a49a38b1';
const exchangePlan2 = 'efb87545-963c-4e0d-99df-69c6916d9eb0';

const plan = (servicePlanId: string, capabilityStatus = 'Enabled') => ({
  service: 'exchange',
  capabilityStatus,
  servicePlanId,
});
const user = {
  id: adele,
  userPrincipalName: 'adele.vance@contoso.com',
  displayName: 'Adele Vance',
  accountEnabled: true,
  userType: 'Member',
  mail: 'adele.vance@contoso.com',
  assignedPlans: [plan(exchangePlan2)],
  onPremisesSyncEnabled: null,
  onPremisesDistinguishedName: null,
  isManagementRestricted: null,
};
const named: Record<string, string> = {
  [globalAdministrator]: 'Global Administrator',
  [userAdministrator]: 'User Administrator',
};
const role = (roleDefinitionId: string, more = {}) => ({
  roleDefinitionId,
  directoryScopeId: '/',
  roleDefinition: { id: roleDefinitionId, displayName: named[roleDefinitionId] },
  ...more,
});
const holder = (principalId: string, type: string, more = {}) => ({
  principalId,
  directoryScopeId: '/',
  principal: { '@odata.type': `#microsoft.graph.${type}`, id: principalId, ...more },
});

const unlicensed = graphError(400, 'AadPremiumLicenseRequired', 'The tenant needs to have a license.');
const missing = graphError(404, 'Request_ResourceNotFound', 'Resource does not exist.');

/** A tenant with one ordinary user; what a test gives for a path replaces the usual answer. */
const usual: Record<string, Scripted> = {
  [`/users/${adele}`]: { body: user },
  '/domains/contoso.com': { body: { id: 'contoso.com', authenticationType: 'Managed' } },
  '/roleManagement/directory/roleAssignmentScheduleInstances': unlicensed,
  '/roleManagement/directory/roleEligibilityScheduleInstances': unlicensed,
};
const assignments = (of: string) => `/roleManagement/directory/roleAssignments ${of}`;
const groupsOf = `/users/${adele}/transitiveMemberOf/microsoft.graph.group`;

async function reading(given: Record<string, Scripted>, id = adele, likelyName: string | null = null) {
  const answers = { ...usual, ...given };
  const service = fakeService(({ url }) => {
    const { pathname, searchParams } = new URL(url);
    const place = decodeURIComponent(pathname.replace('/v1.0', ''));
    const about = /eq '([^']+)'/.exec(searchParams.get('$filter') ?? '')?.[1];
    return answers[`${place} ${about}`] ?? answers[place] ?? { body: { value: [] } };
  });
  const graph = createGraph({ ...service.options, baseUrl: 'https://graph.microsoft.com' });
  const account = await readAccount({ graph, tenantId, id, likelyName, now: service.options.now() });
  return { account, asked: service.asked.map(({ url }) => decodeURIComponent(new URL(url).pathname)) };
}
const read = async (given: Record<string, Scripted>) => (await reading(given)).account;
const withUser = (more: object): Record<string, Scripted> => ({
  [`/users/${adele}`]: { body: { ...user, ...more } },
});

describe('readAccount', () => {
  it('describes an ordinary user in six requests, five of them at once — containment waits for it', async () => {
    const { account, asked } = await reading({});
    expect(account).toEqual({
      id: adele,
      tenantId,
      userPrincipalName: 'adele.vance@contoso.com',
      displayName: 'Adele Vance',
      enabled: true,
      guest: false,
      synced: false,
      federated: false,
      hasMailbox: true,
      roles: [],
      privileged: false,
      lastGlobalAdministrator: false,
      onPremisesDistinguishedName: null,
    });
    expect(asked).toHaveLength(6);
  });

  it('asks for the domain at once if the alert names it, and again if that name is wrong', async () => {
    const told = await reading({}, adele, 'Adele.Vance@CONTOSO.com');
    // The first of the round, before anything was answered.
    expect(told.asked.slice(0, 2).some((asked) => asked.endsWith('/domains/contoso.com'))).toBe(true);
    expect(told.asked).toHaveLength(6);
    const federated = { '/domains/contoso.com': { body: { authenticationType: 'Federated' } } };
    const wrong = await reading({ ...federated, '/domains/fabrikam.com': missing }, adele, 'a@fabrikam.com');
    expect(wrong.account.federated).toBe(true);
  });

  it('reports a deleted user with status 404', async () => {
    const error = await thrownBy(read({ [`/users/${adele}`]: missing, [groupsOf]: missing }));
    expect(error).toMatchObject({ name: 'PermanentError', status: 404 });
  });

  it('resolves a name first — by name no role assignment is found, and an administrator looks like a user', async () => {
    const { account } = await reading(
      {
        '/users/adele.vance@contoso.com': { body: { id: adele } },
        [assignments(adele)]: { body: { value: [role(userAdministrator)] } },
      },
      'adele.vance@contoso.com',
    );
    expect(account).toMatchObject({ id: adele, roles: ['User Administrator'], privileged: true });
  });

  it('knows a synced account with a federated domain', async () => {
    const onPremisesDistinguishedName = 'CN=Adele Vance,OU=Sales,DC=contoso,DC=com';
    const account = await read({
      ...withUser({ onPremisesSyncEnabled: true, onPremisesDistinguishedName }),
      '/domains/contoso.com': { body: { authenticationType: 'Federated' } },
    });
    expect(account).toMatchObject({ synced: true, federated: true, onPremisesDistinguishedName });
  });

  it('treats a suffix that is not a domain of the tenant as managed', async () => {
    await expect(read({ '/domains/contoso.com': missing })).resolves.toMatchObject({ federated: false });
  });

  it('fails without the right to read domains — a federated password would be reset in vain', async () => {
    const refused = graphError(403, 'Authorization_RequestDenied', 'Insufficient privileges.');
    expect(await thrownBy(read({ '/domains/contoso.com': refused }))).toMatchObject({ status: 403 });
  });

  it.each([
    { userType: 'Guest', userPrincipalName: 'megan_fabrikam.com#EXT#@contoso.onmicrosoft.com' },
    { userType: 'Member', userPrincipalName: 'megan_fabrikam.com#EXT#@contoso.onmicrosoft.com' },
    { userType: 'Guest' },
  ])('treats %j as a guest, with password and mailbox elsewhere', async (more) => {
    const { account, asked } = await reading(withUser(more));
    expect(account).toMatchObject({ guest: true, federated: false, hasMailbox: false });
    expect(asked.filter((place) => place.includes('/domains/'))).toEqual([]);
  });
});

describe('roles', () => {
  it('are those assigned directly, through groups, and activated, each once', async () => {
    const account = await read({
      [assignments(adele)]: { body: { value: [role(userAdministrator)] } },
      [groupsOf]: { body: { value: [{ id: admins, isAssignableToRole: true }] } },
      [assignments(admins)]: {
        body: { value: [role(userAdministrator), role('own', { roleDefinition: { displayName: 'Desk' } })] },
      },
      '/roleManagement/directory/roleAssignmentScheduleInstances': {
        body: {
          value: [
            role('one', { roleDefinition: { displayName: 'Ended' }, endDateTime: '2026-11-24T08:59:59Z' }),
            role('two', { roleDefinition: { displayName: 'Now' }, endDateTime: '2026-11-24T17:00:00Z' }),
            role('six', { roleDefinition: { displayName: 'Soon' }, startDateTime: '2026-11-24T09:00:01Z' }),
          ],
        },
      },
    });
    expect(account).toMatchObject({ roles: ['Desk', 'Now', 'User Administrator'], privileged: true });
  });

  it.each([
    [
      'is eligible for a role',
      {
        '/roleManagement/directory/roleEligibilityScheduleInstances': {
          body: { value: [role(userAdministrator)] },
        },
      },
    ],
    [
      'belongs to a role-assignable group',
      { [groupsOf]: { body: { value: [{ id: admins, isAssignableToRole: true }] } } },
    ],
    ['is in a restricted administrative unit', withUser({ isManagementRestricted: true })],
  ])(
    'are not the only way to be privileged: an account that %s takes more than a permission',
    async (_who, given) => {
      await expect(read(given)).resolves.toMatchObject({ roles: [], privileged: true });
    },
  );

  it('do not come from a group without roles', async () => {
    const account = await read({
      [groupsOf]: { body: { value: [{ id: admins, isAssignableToRole: null }] } },
    });
    expect(account).toMatchObject({ privileged: false });
  });

  it.each([400, 403])(
    'are read without PIM if it answers %i — a missing licence is no reason to wait',
    async (status) => {
      const answer = graphError(status, 'AadPremiumLicenseRequired', 'The tenant needs to have a license.');
      const account = await read({ '/roleManagement/directory/roleEligibilityScheduleInstances': answer });
      expect(account).toMatchObject({ privileged: false });
    },
  );

  it('fail to be read if PIM can’t answer right now', async () => {
    const busy = graphError(429, 'TooManyRequests', 'Slow down.', { 'retry-after': '60' });
    const failed = read({ '/roleManagement/directory/roleEligibilityScheduleInstances': busy });
    expect(await thrownBy(failed)).toMatchObject({ name: 'RetryableError', retryAfterSeconds: 60 });
  });
});

describe('the last Global Administrator', () => {
  const global = { [assignments(adele)]: { body: { value: [role(globalAdministrator)] } } };
  const self = holder(adele, 'user', { accountEnabled: true });
  const holders = (...value: object[]) => ({
    ...global,
    [assignments(globalAdministrator)]: { body: { value } },
  });
  const members = `/groups/${admins}/transitiveMembers/microsoft.graph.user`;

  it.each([
    ['nobody else holds it', holders(self), true],
    ['another one is enabled', holders(self, holder(alex, 'user', { accountEnabled: true })), false],
    ['another one is disabled', holders(self, holder(alex, 'user', { accountEnabled: false })), true],
    [
      'an application holds it',
      holders(self, holder(alex, 'servicePrincipal', { accountEnabled: true })),
      true,
    ],
    [
      'another one holds it for a part of the tenant',
      holders(self, {
        ...holder(alex, 'user', { accountEnabled: true }),
        directoryScopeId: '/administrativeUnits/1',
      }),
      true,
    ],
    [
      'a group holds it, with another one enabled',
      {
        ...holders(self, holder(admins, 'group')),
        [members]: {
          body: {
            value: [
              { id: adele, accountEnabled: true },
              { id: alex, accountEnabled: true },
            ],
          },
        },
      },
      false,
    ],
    [
      'a group holds it, with nobody else enabled',
      {
        ...holders(self, holder(admins, 'group')),
        [members]: {
          body: {
            value: [
              { id: adele, accountEnabled: true },
              { id: alex, accountEnabled: false },
            ],
          },
        },
      },
      true,
    ],
    [
      'the answer leaves out whether another one is enabled',
      {
        ...holders(self, holder(alex, 'user')),
        [`/users/${alex}`]: { body: { id: alex, accountEnabled: true } },
      },
      false,
    ],
    [
      'the group may not be read',
      {
        ...holders(self, holder(admins, 'group')),
        [members]: graphError(403, 'Authorization_RequestDenied', 'No.'),
      },
      true,
    ],
  ])('when %s', async (_when, given, last) => {
    const account = await read(given);
    expect(account).toMatchObject({ roles: ['Global Administrator'], lastGlobalAdministrator: last });
  });

  it('may hold it through a group', async () => {
    const account = await read({
      [groupsOf]: { body: { value: [{ id: admins, isAssignableToRole: true }] } },
      [assignments(admins)]: { body: { value: [role(globalAdministrator)] } },
      [assignments(globalAdministrator)]: { body: { value: [holder(admins, 'group')] } },
      [members]: { body: { value: [{ id: adele, accountEnabled: true }] } },
    });
    expect(account).toMatchObject({ lastGlobalAdministrator: true });
  });

  it('is not checked for anybody else — it costs a round trip', async () => {
    const { asked } = await reading({ [assignments(adele)]: { body: { value: [role(userAdministrator)] } } });
    expect(asked).toHaveLength(6);
  });
});

describe('hasMailbox', () => {
  it.each([
    ['an enabled plan', { assignedPlans: [plan(exchangePlan2)] }, true],
    ['a plan in its grace period', { assignedPlans: [plan(exchangePlan2, 'Warning')] }, true],
    ['a plan that was taken away', { assignedPlans: [plan(exchangePlan2, 'Deleted')] }, false],
    ['no plan', { assignedPlans: [] }, false],
    [
      'the plan that comes with Entra ID P1',
      { assignedPlans: [plan('113feb6c-3fe4-4440-bddc-54d774bf0318')] },
      false,
    ],
    [
      'a plan of another service',
      { assignedPlans: [{ ...plan(exchangePlan2), service: 'SharePoint' }] },
      false,
    ],
  ])('with %s', async (_what, more, expected) => {
    await expect(read(withUser(more))).resolves.toMatchObject({ hasMailbox: expected });
  });

  const unlicensedUser = { '/users/x': {}, ...withUser({ assignedPlans: [] }) };
  async function asking(mailboxes: Scripted) {
    const answers: Record<string, Scripted> = { ...usual, ...unlicensedUser };
    const directory = fakeService(
      ({ url }) => answers[new URL(url).pathname.replace('/v1.0', '')] ?? { body: { value: [] } },
    );
    const service = fakeService([mailboxes]);
    const graph = createGraph({ ...directory.options, baseUrl: 'https://graph.microsoft.com' });
    const exchange = createExchange({
      ...service.options,
      baseUrl: 'https://outlook.office365.com',
      tenantId,
    });
    return await readAccount({ graph, exchange, tenantId, id: adele, now: directory.options.now() });
  }

  it('is asked of Exchange if there is no plan — a shared mailbox has none, and intruders sign in to it', async () => {
    const found = await asking({ body: { value: [{ ExternalDirectoryObjectId: adele }] } });
    expect(found.hasMailbox).toBe(true);
  });

  it('is false if Exchange has none — an address alone means a mailbox on premises', async () => {
    const none = await asking({ status: 404, body: { error: { code: 'NotFound', message: '' } } });
    expect(none.hasMailbox).toBe(false);
  });

  it("is true if Exchange can't be asked — a step that finds no mailbox skips, but a step never asked finds nothing", async () => {
    expect((await asking({ status: 403 })).hasMailbox).toBe(true);
  });
});
