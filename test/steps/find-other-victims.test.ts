import { describe, expect, it } from 'vitest';
import { findOtherVictims } from '../../functions/steps/find-other-victims/find-other-victims.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { intruder } from '../fakes/audit.ts';
import { context } from '../fakes/context.ts';
import { thrownBy } from '../fakes/service.ts';
import { adele, attacker, edge, firefox, rawSignIn, signal } from '../fakes/sign-ins.ts';
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
  it('reports each other account with no history of its own there, once, by its latest sign-in', async () => {
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
    // One for the address, and one for the account that was there.
    expect(asked()).toHaveLength(2);
    expect(asked()[0]).toMatch(/^GET \/beta\/auditLogs\/signIns.*\(AuditLog\.Read\.All\)$/);
  });

  const usual = (userId: string, given: object = {}) =>
    ['14', '15', '16', '17', '18', '19'].map((day) =>
      at(userId, { createdDateTime: `2026-11-${day}T09:00:00Z`, ipAddress: '198.51.100.77', ...given }),
    );

  it('names the accounts that were there with their usual client in one task, and locks nobody', async () => {
    const { alerts, tasks } = await collected(
      tenant([...usual(diego), at(diego), ...usual(megan), at(megan)]),
    );
    expect(alerts).toEqual([]);
    expect(tasks).toMatchObject([
      {
        id: 'others-there',
        what: expect.stringMatching(/^Ask 2 people/),
        instruction: expect.stringMatching(/diego@contoso\.com .*megan@contoso\.com/),
      },
    ]);
  });

  it("recognises a victim by the intruder's client, whatever device the token claims", async () => {
    const laptop = { deviceDetail: { deviceId: 'd-1', isManaged: true, isCompliant: true } };
    const stolen = at(diego, { userAgent: firefox, ...laptop });
    const { alerts } = await collected(
      tenant([...usual(diego, laptop), stolen, at(megan, { userAgent: firefox })]),
    );
    expect(alerts).toHaveLength(2);
  });

  it('lets no victim clear another, even if both were there for days', async () => {
    const dwell = (userId: string) =>
      ['16', '17', '18', '20'].map((day) =>
        at(userId, { createdDateTime: `2026-11-${day}T03:00:00Z`, userAgent: firefox }),
      );
    const { alerts } = await collected(
      tenant([...usual(diego), ...dwell(diego), ...usual(megan), ...dwell(megan)]),
    );
    expect(alerts).toHaveLength(2);
  });

  it('locks nobody for an address that people use every day, but still names who was there', async () => {
    const desk = (userId: string, userAgent: string) =>
      ['10', '12', '14', '16', '18', '20'].map((day) =>
        at(userId, { createdDateTime: `2026-11-${day}T09:00:00Z`, userAgent }),
      );
    const { alerts, findings, tasks } = await collected(
      tenant([...desk(diego, edge), ...desk(megan, 'Outlook/16.0')]),
    );
    expect(alerts).toEqual([]);
    expect(findings).toMatchObject([
      { what: `2 other accounts used ${attacker}, which is not the intruder's alone` },
    ]);
    expect(tasks).toMatchObject([{ id: 'others-there' }]);
  });

  it('recognises a victim by a sign-in that Entra ID calls risky, in any client', async () => {
    const risky = at(diego, { riskLevelDuringSignIn: 'high', riskState: 'atRisk' });
    const { alerts } = await collected(tenant([...usual(diego), risky]));
    expect(alerts).toHaveLength(1);
  });

  it('never asks about an address of the owner', async () => {
    const shared = { ...intruder, addresses: [], sharedAddresses: [attacker] };
    const { alerts, asked, findings } = await collected(tenant([at(diego)]), shared);
    expect([alerts, asked()]).toEqual([[], []]);
    expect(findings).toMatchObject([{ what: 'whether there are others is not known' }]);
  });

  it('counts accounts with only failed sign-ins, and reports none of them', async () => {
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
    expect(findings.at(-1)?.what).toBe('1 more address was not asked about');
  });

  it('reports fifty and leaves the rest to a person', async () => {
    const ids = Array.from(
      { length: 52 },
      (_, index) => `7c0a1d7e-1111-4222-8333-${String(index).padStart(12, '0')}`,
    );
    const users = ids.map((id, index) => ({ id, userPrincipalName: `user${index}@contoso.com` }));
    const { alerts, tasks } = await collected(
      tenant(
        ids.map((id) => at(id, { userAgent: firefox })),
        { users },
      ),
    );
    expect(alerts).toHaveLength(50);
    expect(tasks).toMatchObject([{ id: 'many-victims' }]);
  });

  it('does not call accounts victims that it has no time to look at, but names them', async () => {
    const ids = Array.from(
      { length: 24 },
      (_, index) => `7c0a1d7e-1111-4222-8333-${String(index).padStart(12, '0')}`,
    );
    const users = ids.map((id, index) => ({ id, userPrincipalName: `user${index}@contoso.com` }));
    const { alerts, tasks, findings, asked } = await collected(
      tenant(
        ids.map((id) => at(id)),
        { users },
      ),
    );
    expect(asked()).toHaveLength(21);
    expect(alerts).toHaveLength(20);
    expect(tasks).toMatchObject([{ id: 'others-there', what: expect.stringMatching(/^Ask 4 people/) }]);
    expect(findings[0]?.what).toBe(
      `4 other accounts that used ${attacker} were judged by what they did there alone`,
    );
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
