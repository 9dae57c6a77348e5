// Accounts that hold no role and can still become an administrator, or an operator of this app.
import { describe, expect, it } from 'vitest';
import { createTenant } from '../../local/tenant/tenant.ts';
import { reachesFurther, reachPermissions } from '../../shared/auth/reach.ts';
import { createGraph } from '../../shared/clients/graph.ts';

const clientId = '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d';
const id = 'f5e829f5-3c2f-4a6d-9a41-0a3d2b7c5e10';
const userPrincipalName = 'adele@contoso.com';
const [operator, reader] = ['b0a1c2d3-e4f5-4a6b-8c7d-0123456789ab', 'c0a1c2d3-e4f5-4a6b-8c7d-0123456789ab'];
const application = {
  displayName: 'Reclaim',
  appId: clientId,
  appRoles: [
    { id: operator, value: 'Responder.Operator' },
    { id: reader, value: 'Responder.Reader' },
  ],
};
const assigned = (principalId: string, appRoleId = operator) => ({
  servicePrincipals: [application],
  appRoleAssignments: [{ principalId, resourceId: 'Reclaim', appRoleId }],
});
const pim = 'PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup';

function reach(more: object, permissions: readonly string[] = [...reachPermissions, pim], of = clientId) {
  const now = () => new Date('2026-11-20T09:12:00Z');
  const tenant = createTenant({ users: [{ id, userPrincipalName }], ...more }, { now, permissions });
  const { credential, fetch } = tenant;
  const graph = createGraph({
    baseUrl: 'https://graph.microsoft.com',
    credential,
    now,
    wait: async () => undefined,
    fetch,
  });
  return reachesFurther(graph, { id, userPrincipalName }, of);
}

describe('an account', () => {
  it.each([
    ['nothing special', { servicePrincipals: [application] }],
    ['a reader of this app', assigned(userPrincipalName, reader)],
    [
      'the owner of a group that carries no roles',
      { servicePrincipals: [application], groups: [{ displayName: 'News', owners: [userPrincipalName] }] },
    ],
  ])('that is %s reaches no further than its roles', async (_what, more) => {
    expect(await reach(more)).toBeNull();
  });

  it.each([
    ['an operator', assigned(userPrincipalName), /is an operator of Reclaim/],
    [
      'an operator through a group',
      { ...assigned('Responders'), groups: [{ displayName: 'Responders', members: [userPrincipalName] }] },
      /is an operator of Reclaim/,
    ],
    [
      'the owner of a group that carries roles',
      { groups: [{ displayName: 'Tier "0', isAssignableToRole: true, owners: [userPrincipalName] }] },
      /can become owner of the group "Tier '0"/,
    ],
    [
      'one who may activate membership of such a group',
      {
        groups: [{ displayName: 'Tier 0', isAssignableToRole: true }],
        groupEligibilities: [{ groupId: 'Tier 0', principalId: userPrincipalName }],
      },
      /can become member/,
    ],
    ['one of a tenant without the application', { servicePrincipals: [] }, /could not be read/],
  ])('takes two operators for %s', async (_what, more, why) => {
    expect(await reach({ servicePrincipals: [application], ...more })).toMatch(why);
  });

  it.each(reachPermissions)('counts as reaching further where %s is missing', async (missing) => {
    const held = reachPermissions.filter((one) => one !== missing);
    expect(await reach(assigned(userPrincipalName), held)).toMatch(/could not be read|is an operator/);
  });
});
