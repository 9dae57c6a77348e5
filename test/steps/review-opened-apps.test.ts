import { describe, expect, it } from 'vitest';
import { reviewOpenedApps } from '../../functions/steps/review-opened-apps.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { openedApps } from '../../shared/microsoft365/opened-apps.ts';
import type { Json } from '../../shared/model/words.ts';
import { context } from '../fakes/context.ts';
import { thrownBy } from '../fakes/service.ts';
import { adele, attacker, signIn } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';

const payrollId = 'bbbbbbbb-0000-4000-8000-000000000007';
const exchangeId = '00000002-0000-0ff1-ce00-000000000000';
const hit = (appId: string | null, appDisplayName: string, minute = '13') => ({
  signIn: signIn({
    createdDateTime: `2026-11-20T09:${minute}:00Z`,
    ipAddress: attacker,
    appId,
    appDisplayName,
  }),
  tie: 'the session that the alert names',
  certainty: 'certain' as const,
});
const facts = (...hits: ReturnType<typeof hit>[]) =>
  openedApps({ hits, failed: [], uncertain: [], stolenSessions: [], intruder: context().intruder });

const tenant = (given: object = {}) => ({
  users: [{ id: adele, userPrincipalName: 'adele@contoso.com' }],
  servicePrincipals: [
    { displayName: 'Contoso Payroll', appId: payrollId, id: 'aaaaaaaa-0000-4000-8000-000000000007' },
    {
      displayName: 'Office 365 Exchange Online',
      appId: exchangeId,
      appOwnerOrganizationId: 'f8cdef31-a31e-4b4a-93e4-5f571e91255a',
    },
  ],
  ...given,
});

async function look(known: Json | undefined, file: object = tenant()) {
  const world = simulated(reviewOpenedApps, file);
  const given = known === undefined ? {} : { facts: { 'sign-ins': known } };
  const result = await reviewOpenedApps.collect(context({ run: given }), world.clients, null);
  if (!('findings' in result)) throw new Error('nothing was collected');
  return { ...result, ...world };
}

describe('review-opened-apps', () => {
  it('asks to look into each application that is not Microsoft’s — its session lives on', async () => {
    const { tasks, asked } = await look(
      facts(
        hit(exchangeId, 'Office 365 Exchange Online', '12'),
        hit(payrollId, 'Contoso Payroll'),
        hit(payrollId, 'Contoso Payroll', '14'),
      ),
    );
    expect(tasks).toMatchObject([
      {
        id: `opened:${payrollId}`,
        what: 'End the sessions in "Contoso Payroll" and check what the intruder changed there',
        instruction: expect.stringContaining('opened it at 2026-11-20 09:13 UTC'),
        link: expect.stringContaining('aaaaaaaa-0000-4000-8000-000000000007'),
      },
    ]);
    expect(asked()).toHaveLength(1);
    expect(asked()[0]).toMatch(/^GET \/v1\.0\/servicePrincipals\?.*\(Application\.Read\.All\)$/);
  });

  it.each([
    ['a name like Microsoft’s, and an owner that is not', payrollId, 'Microsoft Payroll', 1],
    [
      'no entry in the tenant and Microsoft’s name',
      'cccccccc-0000-4000-8000-000000000001',
      'Microsoft Teams',
      0,
    ],
    ['no entry in the tenant and another name', 'cccccccc-0000-4000-8000-000000000002', 'Travel', 1],
    ['no id', null, 'Travel', 1],
  ])('judges by the owner: %s', async (_what, appId, name, count) => {
    expect((await look(facts(hit(appId, name)))).tasks).toHaveLength(count);
  });

  it('says that nothing is known while the sign-ins are not read — no proof that nothing was opened', async () => {
    const { findings, tasks, asked } = await look(undefined);
    expect(findings).toMatchObject([{ what: 'which applications the intruder opened is not known' }]);
    expect([tasks, asked()]).toEqual([undefined, []]);
  });

  it('asks nobody if no sign-in is known', async () => {
    const { findings, asked } = await look({ opened: [] });
    expect(findings).toMatchObject([{ what: "no application but Microsoft's" }]);
    expect(asked()).toEqual([]);
  });

  it('names twenty and counts the rest — nobody reads a hundred tasks', async () => {
    const many = Array.from({ length: 23 }, (_, index) => hit(null, `App ${index}`));
    const { tasks = [] } = await look(facts(...many));
    expect(tasks).toHaveLength(21);
    expect(tasks.at(-1)?.what).toBe('Check 3 more applications that the intruder opened');
  });

  it.each([
    ['throttled', 429, RetryableError],
    ['without the permission', 403, PermanentError],
  ])('%s, it fails in the right kind', async (_what, status, kind) => {
    const faults = [{ on: 'GET /v1.0/servicePrincipals', status }];
    const failing = look(facts(hit(payrollId, 'Payroll')), tenant({ behaviour: { faults } }));
    expect(await thrownBy(failing)).toBeInstanceOf(kind);
  });
});
