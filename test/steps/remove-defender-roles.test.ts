import { describe, expect, it } from 'vitest';
import { removeDefenderRoles } from '../../functions/steps/remove-defender-roles.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { Change, RunView } from '../../shared/model/step.ts';
import { account, context, guest, synced } from '../fakes/context.ts';
import { changesOf, found } from '../fakes/found.ts';
import { adele } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';

const proved = {
  endpoint: 'https://eur01b.ps.compliance.protection.outlook.com',
  initialDomain: 'contoso.onmicrosoft.com',
};
const powerful = {
  users: [{ id: adele, userPrincipalName: 'adele@contoso.com' }, { userPrincipalName: 'megan@contoso.com' }],
  app: { directoryRoles: ['Compliance Administrator'] },
  // Exchange has a group of the same name, but a different one.
  roleGroups: [{ Name: 'Organization Management', Members: ['adele@contoso.com'] }],
  complianceRoleGroups: [
    { Name: 'Organization Management', Members: ['megan@contoso.com', 'adele@contoso.com'] },
    { Name: 'Security Reader', Members: ['megan@contoso.com'] },
    { Name: 'eDiscovery Manager', Members: ['adele@contoso.com'] },
  ],
};
type Tenant = ReturnType<typeof simulated>;
const tenantOf = (more: object = {}) => simulated(removeDefenderRoles, { ...powerful, ...more });
const asked = (given: { run?: Partial<RunView>; account?: object } = {}, settings: unknown = { proved }) => ({
  ...context(given),
  settings,
});
async function removeAll({ clients }: Tenant) {
  const changes = changesOf(await removeDefenderRoles.find(asked(), clients));
  for (const change of changes) await removeDefenderRoles.fix(change, asked(), clients);
  return changes;
}
async function giveBack({ clients }: Tenant, changes: readonly Change[]) {
  const { undo } = removeDefenderRoles;
  if (typeof undo === 'string') throw new Error('can be undone');
  for (const change of changes.toReversed()) await undo(change, asked(), clients);
}

describe('remove-defender-roles, where it was proved to work', () => {
  it('takes the account out of each group, and not out of those of Exchange', async () => {
    const tenant = tenantOf();
    const changes = await removeAll(tenant);
    expect(changes.map(({ id }) => id)).toEqual([
      'group:Organization Management',
      'group:eDiscovery Manager',
    ]);
    const { complianceRoleGroups, roleGroups } = tenant.tenant.state();
    expect(complianceRoleGroups?.map(({ Members }) => Members)).toEqual([
      ['megan@contoso.com'],
      ['megan@contoso.com'],
      [],
    ]);
    expect(roleGroups).toEqual(powerful.roleGroups);
    expect(found(await removeDefenderRoles.find(asked(), tenant.clients))).toMatchObject({ changes: [] });
    for (const { service } of tenant.tenant.requests) expect(service).toBe('compliance');
  });

  it('restores exactly what was there, and finds it again; doing so twice does no harm', async () => {
    const tenant = tenantOf();
    const before = JSON.stringify(tenant.tenant.state());
    const changes = await removeAll(tenant);
    await giveBack(tenant, changes);
    expect(JSON.stringify(tenant.tenant.state())).toBe(before);
    expect(changesOf(await removeDefenderRoles.find(asked(), tenant.clients))).toEqual(changes);
    await giveBack(tenant, changes);
    expect(JSON.stringify(tenant.tenant.state())).toBe(before);
  });

  it('counts what somebody else has removed meanwhile as removed', async () => {
    const tenant = tenantOf();
    const changes = await removeAll(tenant);
    for (const change of changes) await removeDefenderRoles.fix(change, asked(), tenant.clients);
  });

  it('changes nothing while it looks', async () => {
    const tenant = tenantOf();
    await removeDefenderRoles.find(asked(), tenant.clients);
    for (const { cmdlet } of tenant.tenant.requests) expect(cmdlet).toMatch(/^Get-/);
  });

  it('never sends its token to an address that is not Microsoft’s', async () => {
    const tenant = tenantOf();
    for (const endpoint of [
      'https://evil.example',
      'http://eur01b.ps.compliance.protection.outlook.com',
      'https://ps.compliance.protection.outlook.com.evil.example',
    ]) {
      const look = removeDefenderRoles.find(asked({}, { proved: { ...proved, endpoint } }), tenant.clients);
      await expect(look).rejects.toMatchObject({
        name: 'PermanentError',
        message: expect.stringContaining('is no address of Security & Compliance; nothing was sent'),
      });
    }
    expect(tenant.tenant.requests).toEqual([]);
  });

  it.each<[string, number, typeof RetryableError | typeof PermanentError]>([
    ['Get-RoleGroup', 429, RetryableError],
    ['Get-RoleGroupMember', 403, PermanentError],
    ['Remove-RoleGroupMember', 503, RetryableError],
    ['Remove-RoleGroupMember', 403, PermanentError],
  ])('is stopped where %s answers %i', async (on, status, kind) => {
    await expect(removeAll(tenantOf({ behaviour: { faults: [{ on, status }] } }))).rejects.toBeInstanceOf(
      kind,
    );
  });

  it('is refused where the app has no role there', async () => {
    await expect(removeAll(tenantOf({ app: {} }))).rejects.toMatchObject({ status: 403 });
  });
});

describe('remove-defender-roles, where nobody proved that it works', () => {
  it.each<[string, Parameters<typeof asked>[0], boolean]>([
    ['an administrator', { account: { privileged: true } }, true],
    ['who had directory roles', { run: { fixedAt: { 'remove-admin-roles': '2026-11-20T09:15:02Z' } } }, true],
    [
      'who had Exchange roles',
      { run: { fixedAt: { 'remove-exchange-roles': '2026-11-20T09:15:02Z' } } },
      true,
    ],
    ['a user', {}, false],
    ['a guest', { account: guest }, false],
  ])('asks a person to look for %s: %o', async (_who, given, asks) => {
    const tenant = tenantOf();
    const { changes, tasks, kept } = found(await removeDefenderRoles.find(asked(given, {}), tenant.clients));
    expect(changes).toEqual([]);
    expect(tasks).toMatchObject(asks ? [{ id: 'compliance-roles' }] : []);
    expect(kept).toHaveLength(asks ? 0 : 1);
    expect(tenant.tenant.requests).toEqual([]);
  });

  it('applies to every account', () => {
    for (const given of [{}, guest, synced, { hasMailbox: false }]) {
      expect(removeDefenderRoles.appliesTo(account(given))).toBe(true);
    }
  });
});
