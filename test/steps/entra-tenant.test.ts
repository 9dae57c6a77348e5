import { describe, expect, it } from 'vitest';
import { blockSignIn } from '../../functions/steps/block-sign-in.ts';
import { collectSignIns } from '../../functions/steps/collect-sign-ins/collect-sign-ins.ts';
import { resetPassword } from '../../functions/steps/reset-password/reset-password.ts';
import { revokeSessions } from '../../functions/steps/revoke-sessions.ts';
import { context, guest, synced } from '../fakes/context.ts';
import { changesOf, onlyChange } from '../fakes/found.ts';
import { adele, attacker, firefox, home, office, signal } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';

const user = { id: adele, userPrincipalName: 'adele@contoso.com', displayName: 'Adele Vance', mailbox: {} };
const tenantOf = (given: object = {}, more: object = {}) => ({ users: [{ ...user, ...given }], ...more });
const administrator = { roleAssignments: [{ principalId: adele, roleDefinitionId: 'Global Administrator' }] };

describe('the Entra steps on the simulated tenant', () => {
  it.each([
    [
      blockSignIn,
      [
        `GET /v1.0/users/${adele}?$select=id,accountEnabled (User.Read.All)`,
        `PATCH /v1.0/users/${adele} (User.EnableDisableAccount.All)`,
      ],
    ],
    [
      revokeSessions,
      [
        `GET /v1.0/users/${adele}?$select=id,signInSessionsValidFromDateTime (User.Read.All)`,
        `POST /v1.0/users/${adele}/revokeSignInSessions (User.RevokeSessions.All)`,
      ],
    ],
    [
      resetPassword,
      [
        `GET /v1.0/users/${adele}?$select=id,lastPasswordChangeDateTime (User.Read.All)`,
        `PATCH /v1.0/users/${adele} (User-PasswordProfile.ReadWrite.All)`,
      ],
    ],
  ])('use every permission they declare and no other: %o', async (step, asked) => {
    const { clients, asked: requests, advance } = simulated(step, tenantOf());
    await step.fix(onlyChange(await step.find(context(), clients)), context(), clients);
    expect(requests()).toEqual(asked);
    expect(changesOf(await step.find(context(), clients))).toEqual([]);
    advance(900);
    expect(changesOf(await step.find(context(), clients))).toEqual([]);
  });

  it('revoke again after the password was reset, and see that too', async () => {
    const { clients, advance, now } = simulated(revokeSessions, tenantOf());
    await revokeSessions.fix(onlyChange(await revokeSessions.find(context(), clients)), context(), clients);
    advance(0.2);
    const after = context({ run: { fixedAt: { 'reset-password': now().toISOString() } } });
    advance(0.2);
    await revokeSessions.fix(onlyChange(await revokeSessions.find(after, clients)), after, clients);
    expect(changesOf(await revokeSessions.find(after, clients))).toEqual([]);
  });

  it('reset the password of a synced account in the cloud as well', async () => {
    const { clients } = simulated(resetPassword, tenantOf({ onPremisesSyncEnabled: true }));
    const given = context({ account: synced });
    await resetPassword.fix(onlyChange(await resetPassword.find(given, clients)), given, clients);
    expect(changesOf(await resetPassword.find(given, clients))).toEqual([]);
  });

  it('block a guest, whose name holds a #', async () => {
    const { clients } = simulated(blockSignIn, tenantOf({ userPrincipalName: guest.userPrincipalName }));
    const given = context({ account: guest });
    await blockSignIn.fix(onlyChange(await blockSignIn.find(given, clients)), given, clients);
    expect(changesOf(await blockSignIn.find(given, clients))).toEqual([]);
  });

  it.each([blockSignIn, resetPassword])(
    'are refused for good on an administrator without the role: %o',
    async (step) => {
      const weak = { app: { directoryRoles: ['User Administrator'] } };
      const { clients } = simulated(step, tenantOf({}, { ...administrator, ...weak }));
      const change = onlyChange(await step.find(context(), clients));
      await expect(step.fix(change, context(), clients)).rejects.toMatchObject({
        name: 'PermanentError',
        status: 403,
        message: expect.stringContaining('Privileged Authentication Administrator'),
      });
    },
  );

  it('restore exactly what was there', async () => {
    const { clients, tenant } = simulated(blockSignIn, tenantOf());
    const before = JSON.stringify(tenant.state());
    const change = onlyChange(await blockSignIn.find(context(), clients));
    await blockSignIn.fix(change, context(), clients);
    expect(JSON.stringify(tenant.state())).not.toBe(before);
    if (typeof blockSignIn.undo === 'string') throw new Error('can be undone');
    await blockSignIn.undo(change, context(), clients);
    expect(JSON.stringify(tenant.state())).toBe(before);
  });
});

describe('collect-sign-ins on the simulated tenant', () => {
  const usual = ['13', '16', '17', '18', '19'].flatMap((day) => [
    { id: `o-${day}`, userId: adele, createdDateTime: `2026-11-${day}T08:00:00Z`, ipAddress: office },
    { id: `h-${day}`, userId: adele, createdDateTime: `2026-11-${day}T19:00:00Z`, ipAddress: home },
  ]);
  const theirs = { userId: adele, ipAddress: attacker, userAgent: firefox, sessionId: 'intruder-1' };
  const signIns = [
    ...usual,
    { ...theirs, id: 'request-1', createdDateTime: '2026-11-20T09:12:04Z' },
    {
      ...theirs,
      id: 'request-2',
      createdDateTime: '2026-11-20T09:13:00Z',
      isInteractive: false,
      ipAddress: '203.0.113.99',
    },
    {
      id: 'other',
      userId: 'megan@contoso.com',
      createdDateTime: '2026-11-20T09:00:00Z',
      ipAddress: attacker,
    },
  ];
  const megan = { userPrincipalName: 'megan@contoso.com' };
  const file = { users: [user, megan], signIns };
  const given = context({ run: { signals: [signal({ requestId: 'request-1' })] } });

  it('sees the silent sign-ins of the session, and only this user', async () => {
    const { clients, used } = simulated(collectSignIns, file);
    const result = await collectSignIns.collect(given, clients, null);
    expect(result).toMatchObject({
      intruder: { sessions: ['intruder-1'], addresses: [attacker, '203.0.113.99'], sharedAddresses: [] },
    });
    expect(used()).toEqual(new Set(['AuditLog.Read.All', 'IdentityRiskEvent.Read.All']));
  });

  it('reads a log of several pages whole', async () => {
    const many = Array.from({ length: 1100 }, (_, index) => ({
      id: `silent-${index}`,
      userId: adele,
      createdDateTime: new Date(Date.parse('2026-11-14T00:00:00Z') + index * 60_000).toISOString(),
      ipAddress: home,
      isInteractive: false,
    }));
    const { clients, tenant } = simulated(collectSignIns, { ...file, signIns: [...signIns, ...many] });
    const result = await collectSignIns.collect(given, clients, null);
    expect(result).toMatchObject({ intruder: { addresses: [attacker, '203.0.113.99'] } });
    const own = tenant.requests.filter(({ url }) => url.includes('/beta/') && url.includes('userId'));
    expect(own.length).toBe(3);
  });

  it('is skipped in a tenant without the licence, but not for lack of the other licence', async () => {
    const without = (...servicePlans: string[]) =>
      simulated(collectSignIns, { ...file, servicePlans }).clients;
    expect(await collectSignIns.collect(given, without(), null)).toEqual({
      skip: 'the tenant has no Entra ID P1 licence, without which the sign-in log cannot be read',
    });
    const lesser = await collectSignIns.collect(given, without('AAD_PREMIUM'), null);
    expect(lesser).toMatchObject({ intruder: { addresses: [attacker, '203.0.113.99'] } });
  });

  it('keeps within the limit of five requests in ten seconds', async () => {
    const { clients, tenant } = simulated(collectSignIns, { ...file, behaviour: { enforceLimits: true } });
    await collectSignIns.collect(given, clients, null);
    expect(tenant.requests.map(({ status }) => status)).not.toContain(429);
  });

  it('falls back to v1.0 where beta is refused', async () => {
    const faults = [{ on: 'GET /beta/auditLogs/signIns', status: 400, code: 'BadRequest' }];
    const { clients } = simulated(collectSignIns, { ...file, behaviour: { faults } });
    const result = await collectSignIns.collect(given, clients, null);
    expect(result).toMatchObject({ intruder: { addresses: [attacker], sessions: [] } });
  });
});
