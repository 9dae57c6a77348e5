import { describe, expect, it } from 'vitest';
import { callerOf, refusal, row, rows } from './caller.ts';

const adele = '2b3a9c1e-5d47-4b8e-9a57-6f2f0d1c8e11';
const file = (more: object = {}, user: object = {}) => ({
  users: [{ id: adele, userPrincipalName: 'adele@contoso.com', ...user }],
  ...more,
});
const passes = `/v1.0/users/${adele}/authentication/temporaryAccessPassMethods`;
const permissions = ['UserAuthMethod-TAP.ReadWrite.All', 'UserAuthenticationMethod.Read.All'];

describe('a Temporary Access Pass', () => {
  it('is shown once, replaces the one before, and appears nowhere in state or record', async () => {
    const caller = await callerOf(file(), { permissions });
    await caller.send('POST', passes, { lifetimeInMinutes: 30 });
    const made = await caller.send('POST', passes, { lifetimeInMinutes: 60, isUsableOnce: true });
    expect(made.status).toBe(201);
    const { temporaryAccessPass } = row(made);
    expect(row(made)).toMatchObject({ lifetimeInMinutes: 60, isUsableOnce: true, isUsable: true });
    expect(temporaryAccessPass).toMatch(/^\S{8}$/);
    const listed = rows(await caller.get(`/v1.0/users/${adele}/authentication/methods`));
    expect(
      listed.filter((method) => String(method['@odata.type']).includes('temporaryAccessPass')),
    ).toMatchObject([{ lifetimeInMinutes: 60, temporaryAccessPass: null }]);
    for (const kept of [caller.tenant.state(), caller.tenant.requests])
      expect(JSON.stringify(kept)).not.toContain(temporaryAccessPass);
  });

  it.each([
    ['where the policy forbids passes', { temporaryAccessPass: { enabled: false } }, {}, {}],
    [
      'for several sign-ins where the policy wants one',
      { temporaryAccessPass: { usableOnce: true } },
      {},
      { isUsableOnce: false },
    ],
    [
      'for longer than the policy lets it live',
      { temporaryAccessPass: { maximumLifetimeInMinutes: 60 } },
      {},
      { lifetimeInMinutes: 61 },
    ],
    ['for less than ten minutes', {}, {}, { lifetimeInMinutes: 9 }],
    ['for a guest', {}, { userType: 'Guest' }, {}],
    ['with a property that there is not', {}, {}, { lifetime: 60 }],
    ['with a pass of one’s own', {}, {}, { temporaryAccessPass: 'letmein1' }],
  ])('is not made %s', async (_why, more, user, body) => {
    const caller = await callerOf(file(more, user), { permissions });
    expect(refusal(await caller.send('POST', passes, body))).toEqual([400, 'badRequest']);
  });

  it('needs the permission to write', async () => {
    const caller = await callerOf(file(), { permissions: ['UserAuthenticationMethod.Read.All'] });
    expect((await caller.send('POST', passes, {})).status).toBe(403);
  });
});
