// What the services do late, in part, or not at all, when a tenant file asks for it.
import { describe, expect, it } from 'vitest';
import { callerOf, clock, refusal, row, rows } from './caller.ts';

const adele = '2b3a9c1e-5d47-4b8e-9a57-6f2f0d1c8e11';
const upn = 'adele@contoso.com';
const users = [{ id: adele, userPrincipalName: upn }];

async function tenantOf(file: object) {
  const time = clock();
  const caller = await callerOf({ users, ...file }, { now: time.now });
  return { ...caller, later: (minutes: number) => time.advance(minutes * 60_000) };
}

describe('a list that is partial', () => {
  it('is answered with 206, a Warning and nothing in it', async () => {
    const alerts = [{ id: 'a1', title: 'x', severity: 'high', createdDateTime: 'now-5m' }];
    const faults = [{ on: 'GET /v1.0/security/alerts_v2*', status: 206, times: 1 }];
    const { get } = await tenantOf({ alerts, behaviour: { faults } });
    const partial = await get('/v1.0/security/alerts_v2');
    expect(partial.status).toBe(206);
    expect(partial.headers.get('warning')).toMatch(/^199 - ".*\/504\//);
    expect(rows(partial)).toEqual([]);
    expect(rows(await get('/v1.0/security/alerts_v2'))).toHaveLength(1);
  });
});

describe('a search of the audit log', () => {
  it('may succeed without records although there are some, as often as the file says', async () => {
    const record = { id: 'r', createdDateTime: 'now-1d', operation: 'MailItemsAccessed' };
    const { get, send } = await tenantOf({ auditRecords: [record], behaviour: { auditSearchesEmpty: 1 } });
    const found = async () => {
      const asked = await send('POST', '/v1.0/security/auditLog/queries', {
        filterStartDateTime: '2026-11-18T00:00:00Z',
        filterEndDateTime: '2026-11-21T00:00:00Z',
      });
      const path = `/v1.0/security/auditLog/queries/${row(asked)['id']}`;
      expect(row(await get(path))['status']).toBe('succeeded');
      return rows(await get(`${path}/records`)).length;
    };
    expect([await found(), await found()]).toEqual([0, 1]);
  });
});

describe('a request to PIM', () => {
  const role = {
    principalId: adele,
    roleDefinitionId: '29232cdf-9323-42fd-ade2-1d097af3e4de',
    directoryScopeId: '/',
  };
  const removing = { action: 'adminRemove', justification: 'a test', ...role };
  const path = '/v1.0/roleManagement/directory/roleEligibilityScheduleRequests';

  it('stays pending, is one at a time, and takes effect later', async () => {
    const { send, tenant, later } = await tenantOf({
      roleEligibilities: [{ principalId: upn, roleDefinitionId: 'Exchange Administrator' }],
      behaviour: { pimPendingMinutes: 30 },
    });
    expect(row(await send('POST', path, removing))).toMatchObject({ status: 'PendingProvisioning' });
    expect(refusal(await send('POST', path, removing))).toEqual([400, 'PendingRoleAssignmentRequest']);
    expect(tenant.state().roleEligibilities).toHaveLength(1);
    later(30);
    expect((await send('POST', path, removing)).status).toBe(404);
    expect(tenant.state().roleEligibilities).toEqual([]);
  });

  it('takes effect at once if the file says nothing', async () => {
    const { send, tenant } = await tenantOf({
      roleEligibilities: [{ principalId: upn, roleDefinitionId: 'Exchange Administrator' }],
    });
    expect(row(await send('POST', path, removing))).toMatchObject({ status: 'Revoked' });
    expect(tenant.state().roleEligibilities).toEqual([]);
  });
});

describe('a Temporary Access Pass', () => {
  it('exists at once, and lets nobody in before it begins or after it ends', async () => {
    const { get, send, later } = await tenantOf({ behaviour: { passDelayMinutes: 10 } });
    const made = await send('POST', `/v1.0/users/${adele}/authentication/temporaryAccessPassMethods`, {
      lifetimeInMinutes: 60,
    });
    const notYet = { isUsable: false, methodUsabilityReason: 'NotYetValid' };
    expect(row(made)).toMatchObject({ ...notYet, startDateTime: '2026-11-20T12:10:00.000Z' });
    const shown = async () => rows(await get(`/v1.0/users/${adele}/authentication/methods`)).at(-1);
    expect(await shown()).toMatchObject(notYet);
    later(10);
    expect(await shown()).toMatchObject({ isUsable: true, methodUsabilityReason: 'EnabledByPolicy' });
    later(60);
    expect(await shown()).toMatchObject({ isUsable: false, methodUsabilityReason: 'Expired' });
  });
});

describe('a device', () => {
  const id = '7c1f2e3d-0000-4000-8000-00000000d001';
  const device = { id, displayName: 'ADELE-LT', registeredOwners: [upn], trustType: 'ServerAd' };
  const enabled = async (get: (path: string) => Promise<{ body: unknown }>) =>
    Reflect.get(Object((await get(`/v1.0/devices/${id}`)).body), 'accountEnabled');

  it('of Active Directory is enabled again by the next sync', async () => {
    const { get, send, later } = await tenantOf({
      devices: [device],
      behaviour: { deviceSyncMinutes: 30 },
    });
    await send('PATCH', `/v1.0/devices/${id}`, { accountEnabled: false });
    expect(await enabled(get)).toBe(false);
    later(30);
    expect(await enabled(get)).toBe(true);
  });
});

describe('a single sign-in', () => {
  it('can be read by id only if it was interactive; the list finds it if asked for its kind', async () => {
    const { get } = await tenantOf({
      signIns: [{ id: 's1', createdDateTime: 'now-1h', userPrincipalName: upn, isInteractive: false }],
    });
    expect((await get('/beta/auditLogs/signIns/s1')).status).toBe(404);
    const filter = (kind: string) =>
      `/beta/auditLogs/signIns?$filter=${encodeURIComponent(`id eq 's1'${kind}`)}`;
    expect(rows(await get(filter('')))).toEqual([]);
    expect(rows(await get(filter(" and signInEventTypes/any(t: t eq 'nonInteractiveUser')")))).toHaveLength(
      1,
    );
  });
});
