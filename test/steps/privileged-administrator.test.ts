// An administrator whom the app cannot touch until their roles are gone: the lock is refused before that. Played
// through by the engine, because the order of the steps makes it work.
import { describe, expect, it } from 'vitest';
import { blockSignIn } from '../../functions/steps/block-sign-in.ts';
import { removeAdminRoles } from '../../functions/steps/remove-admin-roles/remove-admin-roles.ts';
import { resetPassword } from '../../functions/steps/reset-password/reset-password.ts';
import { revokeSessions } from '../../functions/steps/revoke-sessions.ts';
import { lived } from '../fakes/lived.ts';

const steps = [blockSignIn, removeAdminRoles, resetPassword, revokeSessions];
const isolde = { userPrincipalName: 'isolde@contoso.com', displayName: 'Isolde Kerr' };
const privileged = {
  users: [
    isolde,
    { userPrincipalName: 'alex@contoso.com' },
    { userPrincipalName: 'breakglass@contoso.onmicrosoft.com' },
  ],
  groups: [
    { displayName: 'Tier 0', isAssignableToRole: true, members: ['alex@contoso.com', 'isolde@contoso.com'] },
    { displayName: 'Helpdesk leads', isAssignableToRole: true, owners: ['isolde@contoso.com'] },
  ],
  roleAssignments: [
    { principalId: 'breakglass@contoso.onmicrosoft.com', roleDefinitionId: 'Global Administrator' },
    {
      principalId: 'isolde@contoso.com',
      roleDefinitionId: 'Privileged Role Administrator',
      startDateTime: '2026-11-01T00:00:00Z',
      endDateTime: '2027-11-01T00:00:00Z',
    },
    { principalId: 'Tier 0', roleDefinitionId: 'Security Administrator' },
    { principalId: 'Helpdesk leads', roleDefinitionId: 'Helpdesk Administrator' },
  ],
  roleEligibilities: [{ principalId: 'isolde@contoso.com', roleDefinitionId: 'Global Administrator' }],
  app: { directoryRoles: ['User Administrator', 'Exchange Administrator'] },
};
const live = (more: object = {}) =>
  lived({ steps, file: { ...privileged, ...more }, user: 'isolde@contoso.com', level: 'contain' });
const done = {
  'block-sign-in': 'done',
  'remove-admin-roles': 'done',
  'reset-password': 'done',
  'revoke-sessions': 'done',
};

describe('an administrator whom the lock does not reach', () => {
  it('is locked once the roles are gone, even though the run may only contain', async () => {
    const { account, rows, outcomes, tenant } = await live();
    expect(account).toMatchObject({ privileged: true, lastGlobalAdministrator: false });
    expect(await outcomes()).toEqual(done);
    const { run } = await rows();
    expect(run).toMatchObject({ level: 'full', state: 'finished' });
    expect(run.raisedBecause).toContain('block-sign-in did not end well');
    expect(run.containedAt).not.toBeNull();
    expect(tenant.state().users[0]?.accountEnabled).toBe(false);
    const locks = tenant.requests.filter(({ body }) => JSON.stringify(body) === '{"accountEnabled":false}');
    // The roles protect the account until they are gone.
    expect(locks.map(({ status }) => status)).toEqual([403, 204]);
  });

  it('is locked without the licence for PIM too', async () => {
    const { outcomes } = await live({ servicePlans: ['AAD_PREMIUM'] });
    expect(await outcomes()).toEqual(done);
  });

  it('gets everything back after a false alarm, byte for byte, except password and sessions', async () => {
    const { before, undo, outcomes, tenant } = await live();
    await undo();
    expect(await outcomes()).toMatchObject({ 'block-sign-in': 'undone', 'remove-admin-roles': 'undone' });
    const after = tenant.state();
    const [user] = after.users;
    if (user === undefined) throw new Error('is still there');
    expect(user.lastPasswordChangeDateTime).toBeDefined();
    delete user.lastPasswordChangeDateTime;
    delete user.signInSessionsValidFromDateTime;
    expect(JSON.stringify(after)).toBe(before);
  });

  it('stays unlocked if it is the last Global Administrator, and a person is told', async () => {
    const { outcomes, tenant } = await live({
      roleAssignments: [{ principalId: 'Tier 0', roleDefinitionId: 'Global Administrator' }],
      users: [isolde, { userPrincipalName: 'alex@contoso.com', accountEnabled: false }],
      groups: privileged.groups.slice(0, 1),
    });
    expect(await outcomes()).toMatchObject({
      'block-sign-in': 'needs-human',
      'remove-admin-roles': 'needs-human',
    });
    expect(tenant.state().users[0]?.accountEnabled).toBeUndefined();
    expect(tenant.state().groups?.[0]?.members).toContain('isolde@contoso.com');
  });
});
