import { describe, expect, it } from 'vitest';
import { findOtherVictims } from '../../functions/steps/find-other-victims/find-other-victims.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { intruder } from '../fakes/audit.ts';
import { context } from '../fakes/context.ts';
import { thrownBy } from '../fakes/service.ts';
import { adele, attacker, rawSignIn, signal } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';

const diego = '7c0a1d7e-1111-4222-8333-000000000001';
const megan = '7c0a1d7e-1111-4222-8333-000000000002';
const at = (userId: string, given: object = {}) =>
  rawSignIn({ createdDateTime: '2026-11-20T09:20:00Z', userId, ipAddress: attacker, ...given });

const tenant = (signIns: readonly object[], given: object = {}) => ({
  users: [
    { id: adele, userPrincipalName: 'adele@contoso.com' },
    { id: diego, userPrincipalName: 'diego@contoso.com' },
    { id: megan, userPrincipalName: 'megan@contoso.com' },
  ],
  signIns: [at(adele), ...signIns],
  ...given,
});

async function look(file: object, known = intruder) {
  const world = simulated(findOtherVictims, file, '2026-11-20T09:30:00Z');
  const run = { signals: [signal({ activityAt: '2026-11-20T09:12:04Z' })] };
  const result = await findOtherVictims.collect(context({ run, intruder: known }), world.clients, null);
  return { result, ...world };
}
async function collected(file: object, known = intruder) {
  const { result, ...world } = await look(file, known);
  if (!('findings' in result)) throw new Error('nothing was collected');
  return { ...world, alerts: [], tasks: [], ...result };
}

describe('find-other-victims', () => {
  it('tells each other account that was signed in to from the intruder’s address, once, by its latest sign-in', async () => {
    const silent = at(diego, { isInteractive: false, createdDateTime: '2026-11-20T09:25:00Z' });
    const { alerts, findings, asked } = await collected(tenant([at(diego), silent]));
    expect(alerts).toEqual([
      {
        id: `signIn:${silent.id}:2026-11-20T09:25:00Z`,
        type: 'Reclaim.RelatedSignIn',
        data: {
          id: silent.id,
          createdDateTime: '2026-11-20T09:25:00Z',
          userId: diego,
          userPrincipalName: 'diego@contoso.com',
          ipAddress: attacker,
          status: { errorCode: 0 },
        },
      },
    ]);
    expect(findings).toMatchObject([
      { what: `diego@contoso.com was signed in to from ${attacker} at 2026-11-20 09:25 UTC, 2 times` },
    ]);
    expect(asked()).toHaveLength(1);
    expect(asked()[0]).toMatch(/^GET \/beta\/auditLogs\/signIns.*\(AuditLog\.Read\.All\)$/);
  });

  it.each([
    [
      'two colleagues used it well before the intruder came',
      [
        at(diego, { createdDateTime: '2026-11-15T09:00:00Z' }),
        at(megan, { createdDateTime: '2026-11-16T09:00:00Z' }),
      ],
    ],
    [
      'a managed device of the company signs in from it',
      [at(megan), at(diego, { deviceDetail: { deviceId: 'd-1', isManaged: true, isCompliant: false } })],
    ],
  ])('finds nobody at an address where %s — each alert locks an account', async (_why, signIns) => {
    const { alerts, findings } = await collected(tenant([at(diego), ...signIns]));
    expect(alerts).toEqual([]);
    expect(findings).toMatchObject([{ what: `${attacker} finds nobody` }]);
  });

  it('takes a single earlier account for an earlier victim — a campaign lasts for days', async () => {
    const { alerts } = await collected(tenant([at(diego, { createdDateTime: '2026-11-17T09:00:00Z' })]));
    expect(alerts).toHaveLength(1);
  });

  it('never asks about an address that the owner uses too', async () => {
    const shared = { ...intruder, addresses: [], sharedAddresses: [attacker] };
    const { alerts, asked, findings } = await collected(tenant([at(diego)]), shared);
    expect([alerts, asked()]).toEqual([[], []]);
    expect(findings).toMatchObject([{ what: 'whether there are others is not known' }]);
  });

  it('counts who only failed, and tells nobody about them', async () => {
    const { alerts, findings } = await collected(
      tenant([at(diego, { status: { errorCode: 50126, failureReason: 'x' } })]),
    );
    expect(alerts).toEqual([]);
    expect(findings).toMatchObject([{ what: `1 other account tried from ${attacker} without success` }]);
  });

  it('asks about three addresses and says how many it left', async () => {
    const many = { ...intruder, addresses: ['203.0.113.7', '203.0.113.8', '203.0.113.9', '203.0.113.10'] };
    const { asked, findings } = await collected(tenant([]), many);
    expect(asked()).toHaveLength(3);
    expect(findings.at(-1)?.what).toBe('1 more addresses were not asked about');
  });

  it('tells fifty and leaves the rest to a person', async () => {
    const ids = Array.from(
      { length: 52 },
      (_, index) => `7c0a1d7e-1111-4222-8333-${String(index).padStart(12, '0')}`,
    );
    const users = ids.map((id, index) => ({ id, userPrincipalName: `user${index}@contoso.com` }));
    const { alerts, tasks } = await collected(
      tenant(
        ids.map((id) => at(id)),
        { users },
      ),
    );
    expect(alerts).toHaveLength(50);
    expect(tasks).toMatchObject([{ id: 'many-victims' }]);
  });

  it('is skipped without the licence, and left out of dry runs', async () => {
    const { result } = await look(tenant([], { servicePlans: ['EXCHANGE_S_ENTERPRISE'] }));
    expect(result).toHaveProperty('skip', expect.stringContaining('P1'));
    expect(findOtherVictims.leaves).not.toBeNull();
  });

  it.each([
    ['throttled', 429, RetryableError],
    ['without the permission', 403, PermanentError],
  ])('%s, it fails in the right kind', async (_what, status, kind) => {
    const faults = [{ on: 'GET /beta/auditLogs/signIns', status, code: 'Refused' }];
    expect(await thrownBy(look(tenant([], { behaviour: { faults } })))).toBeInstanceOf(kind);
  });
});
