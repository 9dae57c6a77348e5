import { describe, expect, it } from 'vitest';
import { callerOf, refusal, rows } from './caller.ts';

const globalAdministrator = '62e90394-69f5-4237-9190-012177145e10';
const file = {
  users: [
    { id: '2b3a9c1e-5d47-4b8e-9a57-6f2f0d1c8e11', userPrincipalName: 'alex@contoso.com' },
    { id: '7f0b6f43-33a5-4a35-9f7b-7f2f3d1f6a02', userPrincipalName: 'nestor@contoso.com' },
  ],
  groups: [{ displayName: 'Tier 0', isAssignableToRole: true, members: ['nestor@contoso.com'] }],
  roleAssignments: [
    { principalId: 'alex@contoso.com', roleDefinitionId: 'Global Administrator' },
    { principalId: 'Tier 0', roleDefinitionId: 'Exchange Administrator' },
  ],
  roleEligibilities: [
    { principalId: 'nestor@contoso.com', roleDefinitionId: 'Global Administrator', endDateTime: 'now+90d' },
  ],
};
const base = '/v1.0/roleManagement/directory';
const nestor = '7f0b6f43-33a5-4a35-9f7b-7f2f3d1f6a02';

describe('roles', () => {
  it('finds who holds a role, with the person behind the assignment', async () => {
    const { get } = await callerOf(file);
    const answered = await get(
      `${base}/roleAssignments?$filter=roleDefinitionId eq '${globalAdministrator}'&$expand=principal`,
    );
    expect(rows(answered)).toEqual([
      expect.objectContaining({
        directoryScopeId: '/',
        principalId: '2b3a9c1e-5d47-4b8e-9a57-6f2f0d1c8e11',
        principal: expect.objectContaining({ '@odata.type': '#microsoft.graph.user', accountEnabled: true }),
      }),
    ]);
  });

  it('lists a role held through a group only for the group, but in PIM also for the member', async () => {
    const { get } = await callerOf(file);
    const filter = `$filter=principalId eq '${nestor}'&$expand=roleDefinition($select=displayName)`;
    expect(rows(await get(`${base}/roleAssignments?${filter}`))).toEqual([]);
    expect(rows(await get(`${base}/roleAssignmentScheduleInstances?${filter}`))).toEqual([
      expect.objectContaining({
        memberType: 'Group',
        roleDefinition: { displayName: 'Exchange Administrator' },
      }),
    ]);
  });

  it('lists what a user is only eligible for separately from what they hold', async () => {
    const { get } = await callerOf(file);
    const filter = `$filter=principalId eq '${nestor}'`;
    expect(rows(await get(`${base}/roleEligibilityScheduleInstances?${filter}`))).toEqual([
      expect.objectContaining({
        roleDefinitionId: globalAdministrator,
        endDateTime: '2027-02-18T12:00:00.000Z',
      }),
    ]);
  });

  it('refuses to list all assignments, and to expand two things at once', async () => {
    const { get } = await callerOf(file);
    expect((await get(`${base}/roleAssignments`)).status).toBe(400);
    const both = `$filter=principalId eq '${nestor}'&$expand=roleDefinition,principal`;
    expect(refusal(await get(`${base}/roleAssignments?${both}`))).toEqual([400, 'BadRequest']);
  });

  it('refuses PIM without Entra ID P2', async () => {
    const { get } = await callerOf({ ...file, servicePlans: ['AAD_PREMIUM'] });
    const answered = await get(`${base}/roleEligibilityScheduleInstances?$filter=principalId eq '${nestor}'`);
    expect(refusal(answered)).toEqual([400, 'AadPremiumLicenseRequired']);
  });

  it('shows active roles among what a user belongs to, through groups too', async () => {
    const { get } = await callerOf(file);
    const roles = await get(
      '/v1.0/users/nestor@contoso.com/transitiveMemberOf/microsoft.graph.directoryRole',
    );
    expect(rows(roles).map(({ displayName }) => displayName)).toEqual(['Exchange Administrator']);
  });

  it('lists users in a group by the cast that shows whether their sign-in is enabled', async () => {
    const { tenant, get } = await callerOf(file);
    const [group] = tenant.state().groups ?? [];
    expect(group?.id).toBeUndefined();
    const memberOf = rows(await get('/v1.0/users/nestor@contoso.com/transitiveMemberOf'));
    const id = memberOf.find(({ displayName }) => displayName === 'Tier 0')?.['id'];
    const members = await get(
      `/v1.0/groups/${String(id)}/transitiveMembers/microsoft.graph.user?$select=id,accountEnabled&$count=true`,
      { ConsistencyLevel: 'eventual' },
    );
    expect(rows(members)).toEqual([{ id: nestor, accountEnabled: true }]);
  });

  it('shows more of a group than its id only with a right to read groups — without it, no administrator is recognised through one', async () => {
    const path = `/v1.0/users/${nestor}/transitiveMemberOf/microsoft.graph.group`;
    const role = '?$select=id,isAssignableToRole&$filter=isAssignableToRole eq true&$count=true';
    const lagging = { ConsistencyLevel: 'eventual' };
    const poor = await callerOf(file, { permissions: ['User.Read.All'] });
    expect((await poor.get(`${path}${role}`, lagging)).status).toBe(403);
    expect(rows(await poor.get(`${path}?$select=id`))).toHaveLength(1);
    const rich = await callerOf(file, { permissions: ['User.Read.All', 'GroupMember.Read.All'] });
    expect(rows(await rich.get(`${path}${role}`, lagging))).toHaveLength(1);
    expect(rich.tenant.requests[0]).toMatchObject({
      permission: 'User.Read.All',
      also: ['GroupMember.Read.All'],
    });
  });
});
