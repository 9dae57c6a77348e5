import { describe, expect, it } from 'vitest';
import { callerOf, clock, noon, refusal, row } from './caller.ts';

const adele = '2b3a9c1e-5d47-4b8e-9a57-6f2f0d1c8e11';
const file = {
  domains: [
    { id: 'contoso.com', isDefault: true },
    { id: 'fabrikam.com', authenticationType: 'Federated' },
  ],
  users: [
    {
      id: adele,
      displayName: 'Adele Vance',
      userPrincipalName: 'adele@contoso.com',
      mailbox: {},
      manager: 'megan@contoso.com',
    },
    { displayName: 'Megan Bowen', userPrincipalName: 'megan@contoso.com' },
    { displayName: 'Diego Siciliani', userPrincipalName: 'diego@fabrikam.com' },
    { displayName: 'Lee Gu', userPrincipalName: 'lee_gu.example#EXT#@contoso.com' },
    { displayName: 'Synced Sam', userPrincipalName: 'sam@contoso.com', onPremisesSyncEnabled: true },
    { displayName: 'Isaiah Langer', userPrincipalName: 'isaiah@contoso.com' },
    { displayName: 'Nestor Wilke', userPrincipalName: 'nestor@contoso.com' },
  ],
  groups: [{ displayName: 'Tier 0', isAssignableToRole: true, members: ['nestor@contoso.com'] }],
  roleAssignments: [{ principalId: 'isaiah@contoso.com', roleDefinitionId: 'Exchange Administrator' }],
};
const path = `/v1.0/users/${adele}`;
const strong = { password: 'Vm7-tQ2!xR9#kL4_wZ8@pN3%', forceChangePasswordNextSignIn: true };

describe('an action', () => {
  it.each([
    [`${path}/revokeSignInSessions`, {}],
    [`${path}/sendMail`, { message: { subject: 'x', body: { contentType: 'Text', content: 'x' } } }],
    ['/v1.0/identityProtection/riskyUsers/confirmCompromised', { userIds: [adele] }],
    ['/v1.0/identityProtection/riskyUsers/dismiss', { userIds: [adele] }],
  ])('POST %s refuses a parameter that it does not have', async (action, body) => {
    const { send } = await callerOf(file);
    const refused = await send('POST', action, { ...body, reason: 'x' });
    expect(row(refused)).toMatchObject({
      error: { message: expect.stringContaining("The parameter 'reason'") },
    });
    expect(refused.status).toBe(400);
  });
});

describe('reading a user', () => {
  it('returns exactly what is selected — a step must not rely on a property it did not ask for', async () => {
    const { get } = await callerOf(file);
    const answered = await get(`${path}?$select=id,accountEnabled`);
    expect(answered.body).toEqual({
      '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#users(id,accountEnabled)/$entity',
      id: adele,
      accountEnabled: true,
    });
  });

  it('returns the eleven default properties without $select — accountEnabled is not among them', async () => {
    const { get } = await callerOf(file);
    const names = Object.keys(row(await get(path))).filter((name) => !name.startsWith('@'));
    expect(names).toHaveLength(11);
    expect(names).not.toContain('accountEnabled');
  });

  it('refuses a property that does not exist — the real service does', async () => {
    const { get } = await callerOf(file);
    expect(refusal(await get(`${path}?$select=id,isEnabled`))).toEqual([400, 'BadRequest']);
  });

  it('expands the manager with its own $select', async () => {
    const { get } = await callerOf(file);
    const answered = await get(`${path}?$select=id&$expand=manager($select=displayName,userPrincipalName)`);
    expect(row(answered)['manager']).toEqual({
      '@odata.type': '#microsoft.graph.user',
      displayName: 'Megan Bowen',
      userPrincipalName: 'megan@contoso.com',
    });
  });

  it('finds a guest by an encoded name and not by a raw one — # ends a URL', async () => {
    const { get } = await callerOf(file);
    const upn = 'lee_gu.example#EXT#@contoso.com';
    expect((await get(`/v1.0/users/${encodeURIComponent(upn)}?$select=id`)).status).toBe(200);
    expect(refusal(await get(`/v1.0/users/${upn}?$select=id`))).toEqual([404, 'Request_ResourceNotFound']);
  });
});

describe('writing a user', () => {
  it('leaves the same bytes after block and unblock — undo is compared with the state before', async () => {
    const { tenant, send } = await callerOf(file);
    const before = JSON.stringify(tenant.state());
    expect(await send('PATCH', path, { accountEnabled: false })).toMatchObject({
      status: 204,
      body: undefined,
    });
    expect(JSON.stringify(tenant.state())).not.toBe(before);
    await send('PATCH', path, { accountEnabled: true });
    expect(JSON.stringify(tenant.state())).toBe(before);
  });

  it('sets the dates of password and sessions at a reset, and never records the password', async () => {
    const time = clock();
    const { tenant, send, get } = await callerOf(file, { now: time.now });
    time.advance(60_000);
    expect((await send('PATCH', path, { passwordProfile: strong })).status).toBe(204);
    const user = row(await get(`${path}?$select=lastPasswordChangeDateTime,signInSessionsValidFromDateTime`));
    expect(user).toMatchObject({
      lastPasswordChangeDateTime: '2026-11-20T12:01:00.000Z',
      signInSessionsValidFromDateTime: '2026-11-20T12:01:00.000Z',
    });
    expect(JSON.stringify([tenant.requests, tenant.state()])).not.toContain(strong.password);
    expect(tenant.requests[0]?.body).toEqual({
      passwordProfile: { password: '[removed]', forceChangePasswordNextSignIn: true },
    });
  });

  it.each([
    ['a weak password', adele, { password: 'short' }],
    ['a character outside the set of the service', adele, { password: 'Vm7-tQ2!xR9#kL4_wZ8é' }],
    ['a federated user', 'diego@fabrikam.com', strong],
    ['a guest, whose password is at home', encodeURIComponent('lee_gu.example#EXT#@contoso.com'), strong],
  ])('refuses the password of %s', async (_, user, passwordProfile) => {
    const { send } = await callerOf(file);
    expect(refusal(await send('PATCH', `/v1.0/users/${user}`, { passwordProfile }))).toEqual([
      400,
      'Request_BadRequest',
    ]);
  });

  it('writes nothing at all if one part is refused — a weak password must not leave a half-done block', async () => {
    const { tenant, send } = await callerOf(file);
    const before = JSON.stringify(tenant.state());
    await send('PATCH', path, { accountEnabled: false, passwordProfile: { password: 'short' } });
    expect(JSON.stringify(tenant.state())).toBe(before);
  });

  it('revokes a member’s sessions, and answers true for a guest without doing anything', async () => {
    const { tenant, send } = await callerOf(file);
    expect(row(await send('POST', `${path}/revokeSignInSessions`))).toMatchObject({ value: true });
    const guest = encodeURIComponent('lee_gu.example#EXT#@contoso.com');
    expect(row(await send('POST', `/v1.0/users/${guest}/revokeSignInSessions`))).toMatchObject({
      value: true,
    });
    const dates = tenant.state().users.map((user) => user.signInSessionsValidFromDateTime);
    expect(dates).toEqual([noon.toISOString(), ...Array(6).fill(undefined)]);
  });

  it('enables a synced user again at the next directory sync — Active Directory decides', async () => {
    const time = clock();
    const { send, get } = await callerOf(
      { ...file, behaviour: { directorySyncMinutes: 30 } },
      { now: time.now },
    );
    await send('PATCH', '/v1.0/users/sam@contoso.com', { accountEnabled: false });
    time.advance(29 * 60_000);
    expect(row(await get('/v1.0/users/sam@contoso.com?$select=accountEnabled'))['accountEnabled']).toBe(
      false,
    );
    time.advance(60_000);
    expect(row(await get('/v1.0/users/sam@contoso.com?$select=accountEnabled'))['accountEnabled']).toBe(true);
  });
});

describe('who the app can reach', () => {
  const limited = { ...file, app: { directoryRoles: ['User Administrator'] } };

  it.each(['isaiah@contoso.com', 'nestor@contoso.com'])(
    'refuses to block %s without Privileged Authentication Administrator — a permission does not reach administrators',
    async (user) => {
      const { send } = await callerOf(limited);
      expect(refusal(await send('PATCH', `/v1.0/users/${user}`, { accountEnabled: false }))).toEqual([
        403,
        'Authorization_RequestDenied',
      ]);
    },
  );

  it('blocks an administrator with that role, and records it', async () => {
    const { tenant, send } = await callerOf(file);
    expect((await send('PATCH', '/v1.0/users/isaiah@contoso.com', { accountEnabled: false })).status).toBe(
      204,
    );
    expect(tenant.requests[0]).toMatchObject({
      permission: 'User.EnableDisableAccount.All',
      role: 'Privileged Authentication Administrator',
    });
  });

  it('blocks a plain user without any role but resets no password — the app needs User Administrator for that', async () => {
    const { send } = await callerOf({ ...file, app: { directoryRoles: [] } });
    expect((await send('PATCH', path, { accountEnabled: false })).status).toBe(204);
    expect((await send('PATCH', path, { passwordProfile: strong })).status).toBe(403);
  });

  it.each([
    ['accountEnabled without User.Read.All', ['User.EnableDisableAccount.All'], { accountEnabled: false }],
    ['a password with User.ReadWrite.All alone', ['User.ReadWrite.All'], { passwordProfile: strong }],
  ])('refuses %s', async (_, permissions, body) => {
    const { send } = await callerOf({ ...file, app: { permissions } });
    expect(refusal(await send('PATCH', path, body))).toEqual([403, 'Authorization_RequestDenied']);
  });
});
