import { describe, expect, it } from 'vitest';
import { removeAdminRoles } from '../../functions/steps/remove-admin-roles/remove-admin-roles.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { account, context, guest, synced } from '../fakes/context.ts';
import { changesOf, found } from '../fakes/found.ts';
import { scriptedGraph } from '../fakes/scripted-graph.ts';
import { adele } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';
import { noClients } from '../run/no-clients.ts';

const admin = { id: adele, userPrincipalName: 'adele@contoso.com' };
const other = { userPrincipalName: 'alex@contoso.com' };
const keeper = { principalId: 'alex@contoso.com', roleDefinitionId: 'Global Administrator' };
const exchange = { principalId: 'adele@contoso.com', roleDefinitionId: 'Exchange Administrator' };

/** Every way to a role that exists, and a few things that are not ways. */
const privileged = {
  users: [admin, other, { userPrincipalName: 'zoe@contoso.com' }],
  groups: [
    {
      displayName: 'Tier 0',
      isAssignableToRole: true,
      members: ['alex@contoso.com', 'adele@contoso.com', 'zoe@contoso.com'],
    },
    { displayName: 'Helpdesk', isAssignableToRole: true, owners: ['adele@contoso.com', 'alex@contoso.com'] },
    { displayName: 'Standby', isAssignableToRole: true },
    { displayName: 'Everybody', members: ['adele@contoso.com'], owners: ['adele@contoso.com'] },
  ],
  roleAssignments: [
    { ...exchange, directoryScopeId: '/administrativeUnits/5d107bba-d8e2-4e13-b6ae-884be90e5d1a' },
    { roleDefinitionId: 'User Administrator', principalId: adele, endDateTime: '2026-12-24T12:00:00Z' },
    keeper,
    { principalId: 'Tier 0', roleDefinitionId: 'Security Administrator' },
    { principalId: 'Helpdesk', roleDefinitionId: 'Helpdesk Administrator' },
  ],
  roleEligibilities: [
    { principalId: 'adele@contoso.com', roleDefinitionId: 'Global Administrator' },
    { principalId: 'alex@contoso.com', roleDefinitionId: 'Intune Administrator' },
    {
      roleDefinitionId: 'Teams Administrator',
      principalId: adele,
      startDateTime: '2026-01-01T00:00:00Z',
      endDateTime: '2027-01-01T00:00:00Z',
    },
  ],
  groupEligibilities: [
    { groupId: 'Standby', principalId: 'adele@contoso.com', endDateTime: '2027-01-01T00:00:00Z' },
    { groupId: 'Everybody', principalId: 'adele@contoso.com' },
  ],
};

async function removeAll(tenant: ReturnType<typeof simulated>) {
  const changes = changesOf(await removeAdminRoles.find(context(), tenant.clients));
  for (const change of changes) await removeAdminRoles.fix(change, context(), tenant.clients);
  return changes;
}

async function giveAllBack(
  tenant: ReturnType<typeof simulated>,
  changes: Awaited<ReturnType<typeof removeAll>>,
) {
  const { undo } = removeAdminRoles;
  if (typeof undo === 'string') throw new Error('can be undone');
  const tasks = [];
  for (const change of changes.toReversed()) tasks.push(await undo(change, context(), tenant.clients));
  return tasks;
}

const writesOf = (tenant: ReturnType<typeof simulated>) =>
  tenant.asked().filter((line) => !line.startsWith('GET '));

describe('remove-admin-roles', () => {
  it('removes every way to a role, and then finds none', async () => {
    const tenant = simulated(removeAdminRoles, privileged);
    const changes = await removeAll(tenant);
    expect(changes.map(({ what }) => what)).toEqual([
      'the role Exchange Administrator over /administrativeUnits/5d107bba-d8e2-4e13-b6ae-884be90e5d1a of adele@contoso.com',
      'the role User Administrator of adele@contoso.com',
      'membership of the group Tier 0 (Security Administrator) of adele@contoso.com',
      'ownership of the group Helpdesk (Helpdesk Administrator) of adele@contoso.com',
      'the right to activate Global Administrator in PIM of adele@contoso.com',
      'the right to activate Teams Administrator in PIM of adele@contoso.com',
      'the right to activate in PIM membership of the group Standby (no role now) of adele@contoso.com',
    ]);
    expect(changes.filter(({ evidence }) => evidence !== undefined)).toEqual([]);
    expect(found(await removeAdminRoles.find(context(), tenant.clients))).toEqual({
      changes: [],
      tasks: [],
      kept: [],
      attachments: [],
      owners: [],
    });
    expect(writesOf(tenant)).toHaveLength(changes.length);
  });

  it('deletes nobody and touches no other group — a path without /$ref would delete the user', async () => {
    const tenant = simulated(removeAdminRoles, privileged);
    await removeAll(tenant);
    const { users, groups } = tenant.tenant.state();
    expect(users).toHaveLength(privileged.users.length);
    expect(groups?.find(({ displayName }) => displayName === 'Everybody')).toEqual(privileged.groups[3]);
    const deletes = writesOf(tenant).filter((line) => line.startsWith('DELETE '));
    expect(deletes).toHaveLength(2);
    for (const line of deletes)
      expect(line).toMatch(/^DELETE \/v1\.0\/groups\/[^/]+\/(members|owners)\/[^/]+\/\$ref /);
  });

  it('restores exactly what was there, and finds it again', async () => {
    const tenant = simulated(removeAdminRoles, privileged);
    const before = JSON.stringify(tenant.tenant.state());
    const changes = await removeAll(tenant);
    expect(JSON.stringify(tenant.tenant.state())).not.toBe(before);
    expect(await giveAllBack(tenant, changes)).toEqual(changes.map(() => undefined));
    expect(JSON.stringify(tenant.tenant.state())).toBe(before);
    expect(changesOf(await removeAdminRoles.find(context(), tenant.clients))).toEqual(changes);
    // Restored twice, as after a lost answer.
    expect(await giveAllBack(tenant, changes)).toEqual(changes.map(() => undefined));
    expect(JSON.stringify(tenant.tenant.state())).toBe(before);
  });

  it('uses the permissions it declares, each of them', async () => {
    const tenant = simulated(removeAdminRoles, privileged);
    await giveAllBack(tenant, await removeAll(tenant));
    expect(tenant.used()).toEqual(new Set(removeAdminRoles.permissions.graph));
  });

  it('works without PIM if the tenant has no licence for it', async () => {
    const tenant = simulated(removeAdminRoles, { ...privileged, servicePlans: ['AAD_PREMIUM'] });
    const before = JSON.stringify(tenant.tenant.state());
    const changes = await removeAll(tenant);
    expect(changes.map(({ id }) => id.split(':')[0])).toEqual(['active', 'active', 'member', 'owner']);
    expect(writesOf(tenant).filter((line) => line.startsWith('DELETE '))).toHaveLength(4);
    await giveAllBack(tenant, changes);
    expect(JSON.stringify(tenant.tenant.state())).toBe(before);
  });

  it('tells a role over one application from the same role over the tenant', async () => {
    const over = { ...exchange, directoryScopeId: null, appScopeId: '/AdministrativeUnit/5d107bba' };
    const tenant = simulated(removeAdminRoles, {
      users: [admin, other],
      roleAssignments: [{ ...exchange, endDateTime: '2026-12-24T12:00:00Z' }, over, keeper],
    });
    const changes = changesOf(await removeAdminRoles.find(context(), tenant.clients));
    expect(changes.map(({ what }) => what)).toEqual([
      'the role Exchange Administrator of adele@contoso.com',
      'the role Exchange Administrator over /AdministrativeUnit/5d107bba of adele@contoso.com',
    ]);
  });

  it('removes a role that only PIM shows so far through PIM alone — there is no assignment to delete yet', async () => {
    const row = {
      id: 'instance-1',
      roleDefinitionId: 'role-1',
      directoryScopeId: '/',
      assignmentType: 'Assigned',
      memberType: 'Direct',
    };
    const graph = scriptedGraph(({ method, path }) => {
      if (method === 'POST') {
        throw new PermanentError('PIM says no', { status: 400, code: 'RoleAssignmentDoesNotExist' });
      }
      return path.includes('roleAssignmentScheduleInstances') ? [row] : [];
    });
    const clients = { ...noClients, graph };
    const [change] = changesOf(await removeAdminRoles.find(context(), clients));
    if (change === undefined) throw new Error('PIM shows it');
    await removeAdminRoles.fix(change, context(), clients);
    expect(graph.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
  });

  it('calls a membership activated only if the membership itself may be activated, not the ownership', async () => {
    const group = { displayName: 'Standby', isAssignableToRole: true, members: [adele] };
    const grants = async (accessId: 'member' | 'owner') => {
      const tenant = simulated(removeAdminRoles, {
        users: [admin, other],
        groups: [group],
        groupEligibilities: [{ groupId: 'Standby', principalId: adele, accessId }],
      });
      const changes = changesOf(await removeAdminRoles.find(context(), tenant.clients));
      return changes.find(({ id }) => id.startsWith('member:'))?.before;
    };
    expect(await grants('member')).toMatchObject({ kind: 'group', activated: true });
    expect(await grants('owner')).toMatchObject({ kind: 'group', activated: false });
  });

  it('removes the assignment itself if PIM refuses — PIM keeps what was activated minutes ago', async () => {
    const activated = {
      ...exchange,
      assignmentType: 'Activated',
      startDateTime: '2026-11-20T09:13:00Z',
      endDateTime: '2026-11-20T17:13:00Z',
    };
    const tenant = simulated(removeAdminRoles, { ...privileged, roleAssignments: [activated, keeper] });
    const changes = await removeAll(tenant);
    expect(changes[0]?.what).toBe('the role Exchange Administrator, activated in PIM of adele@contoso.com');
    expect(tenant.tenant.state().roleAssignments).toEqual([keeper]);
    expect(await giveAllBack(tenant, changes)).toContainEqual(
      expect.objectContaining({ id: expect.stringMatching(/^not-back:active:/) }),
    );
    expect(tenant.tenant.state().roleAssignments).toEqual([keeper]);
  });

  it('does not restore what has ended meanwhile, and says so', async () => {
    const tenant = simulated(removeAdminRoles, privileged);
    const changes = await removeAll(tenant);
    const { undo } = removeAdminRoles;
    const limited = changes.find(({ what }) => what.includes('User Administrator'));
    if (limited === undefined || typeof undo === 'string') throw new Error('is there, and can be undone');
    const later = context({ now: new Date('2026-12-25T09:00:00Z') });
    const before = writesOf(tenant).length;
    expect(await undo(limited, later, tenant.clients)).toMatchObject({
      instruction: expect.stringContaining('was not given back'),
    });
    expect(writesOf(tenant)).toHaveLength(before);
  });

  it.each<[string, object]>([
    ['directly', { roleAssignments: [{ ...keeper, principalId: adele }, exchange] }],
    [
      'through a group',
      {
        groups: [{ displayName: 'Tier 0', isAssignableToRole: true, members: [adele] }],
        roleAssignments: [{ ...keeper, principalId: 'Tier 0' }, exchange],
      },
    ],
    [
      'in PIM alone',
      {
        roleAssignments: [exchange],
        roleEligibilities: [{ principalId: adele, roleDefinitionId: 'Global Administrator' }],
      },
    ],
  ])('leaves the last Global Administrator the role, held %s', async (_how, given) => {
    const tenant = simulated(removeAdminRoles, {
      users: [admin, { ...other, accountEnabled: false }],
      ...given,
    });
    const { changes, tasks, kept } = found(await removeAdminRoles.find(context(), tenant.clients));
    expect(changes.map(({ what }) => what)).toEqual(['the role Exchange Administrator of adele@contoso.com']);
    expect(kept).toEqual([
      {
        what: expect.stringContaining('Global Administrator'),
        why: 'nobody else could administer the tenant',
      },
    ]);
    expect(tasks).toMatchObject([{ id: 'last-global-administrator-role', essential: true }]);
  });

  it('asks again once PIM lets go of an eligibility that is too young', async () => {
    const tenant = simulated(removeAdminRoles, {
      ...privileged,
      behaviour: {
        faults: [
          {
            on: 'POST /v1.0/roleManagement/directory/roleEligibilityScheduleRequests',
            status: 400,
            code: 'ActiveDurationTooShort',
            times: 1,
          },
        ],
      },
    });
    const change = changesOf(await removeAdminRoles.find(context(), tenant.clients)).find(({ id }) =>
      id.startsWith('eligible:'),
    );
    if (change === undefined) throw new Error('is eligible');
    const refused = removeAdminRoles.fix(change, context(), tenant.clients);
    await expect(refused).rejects.toBeInstanceOf(RetryableError);
    await expect(refused).rejects.toMatchObject({ retryAfterSeconds: 300, tookEffect: 'no' });
    await removeAdminRoles.fix(change, context(), tenant.clients);
  });

  it('counts what somebody else has removed meanwhile as removed', async () => {
    const tenant = simulated(removeAdminRoles, privileged);
    const changes = await removeAll(tenant);
    for (const change of changes) await removeAdminRoles.fix(change, context(), tenant.clients);
  });

  it('changes nothing while it looks', async () => {
    const tenant = simulated(removeAdminRoles, privileged);
    await removeAdminRoles.find(context(), tenant.clients);
    expect(writesOf(tenant)).toEqual([]);
  });

  it.each<[string, object, number | undefined]>([
    ['without a role', {}, undefined],
    ['a guest', guest, undefined],
    ['synced', synced, undefined],
    ['without a mailbox', { hasMailbox: false }, undefined],
  ])('finds nothing on an account %s', async (_class, given) => {
    expect(removeAdminRoles.appliesTo(account(given))).toBe(true);
    const tenant = simulated(removeAdminRoles, { users: [admin, other], roleAssignments: [keeper] });
    const look = await removeAdminRoles.find(context({ account: given }), tenant.clients);
    expect(found(look)).toEqual({ changes: [], tasks: [], kept: [], attachments: [], owners: [] });
  });

  it.each<[number, typeof RetryableError | typeof PermanentError]>([
    [429, RetryableError],
    [503, RetryableError],
    [403, PermanentError],
  ])('is stopped by %i when it looks and when it writes', async (status, kind) => {
    const failing = (on: string) =>
      simulated(removeAdminRoles, { ...privileged, behaviour: { faults: [{ on, status }] } });
    const look = removeAdminRoles.find(
      context(),
      failing('GET /v1.0/roleManagement/directory/roleAssignments').clients,
    );
    await expect(look).rejects.toBeInstanceOf(kind);
    const tenant = failing('DELETE /v1.0/groups/*');
    const change = changesOf(await removeAdminRoles.find(context(), tenant.clients)).find(({ id }) =>
      id.startsWith('member:'),
    );
    if (change === undefined) throw new Error('is a member');
    await expect(removeAdminRoles.fix(change, context(), tenant.clients)).rejects.toBeInstanceOf(kind);
  });
});
