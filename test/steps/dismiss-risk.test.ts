import { describe, expect, it } from 'vitest';
import { dismissRisk } from '../../functions/steps/dismiss-risk.ts';
import { RetryableError } from '../../shared/errors.ts';
import { account, context, guest } from '../fakes/context.ts';
import { changesOf, found, onlyChange } from '../fakes/found.ts';
import { thrownBy } from '../fakes/service.ts';
import { adele } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';

const tenant = (risk: object | undefined, more: object = {}) => ({
  users: [{ id: adele, userPrincipalName: 'adele@contoso.com' }],
  ...(risk === undefined ? {} : { riskyUsers: [{ id: adele, riskLevel: 'high', ...risk }] }),
  ...more,
});
const confirmed = context({ run: { fixedAt: { 'confirm-compromise': '2026-11-20T09:16:00Z' } } });

describe('dismiss-risk', () => {
  it('dismisses the risk that we confirmed, once it is high, and finds none afterwards', async () => {
    const world = simulated(dismissRisk, tenant({ riskState: 'confirmedCompromised' }));
    const change = onlyChange(await dismissRisk.find(confirmed, world.clients));
    expect(change).toMatchObject({
      id: 'user-risk',
      once: true,
      before: { riskState: 'confirmedCompromised' },
    });
    await dismissRisk.fix(change, confirmed, world.clients);
    expect(world.tenant.state().riskyUsers).toMatchObject([{ riskState: 'dismissed', riskLevel: 'none' }]);
    expect(changesOf(await dismissRisk.find(confirmed, world.clients))).toEqual([]);
  });

  it.each([
    ['is still processed', { riskState: 'confirmedCompromised', isProcessing: true }],
    ['does not show our confirmation yet', { riskState: 'atRisk', riskLevel: 'medium' }],
  ])('waits while the risk %s — dismissed too early it would come back', async (_what, risk) => {
    const world = simulated(dismissRisk, tenant(risk));
    const error = await thrownBy(dismissRisk.find(confirmed, world.clients));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({ retryAfterSeconds: 20, tookEffect: 'no' });
  });

  it('dismisses a risk that nobody has confirmed at once', async () => {
    const world = simulated(dismissRisk, tenant({ riskState: 'atRisk', riskLevel: 'medium' }));
    expect(changesOf(await dismissRisk.find(context(), world.clients))).toHaveLength(1);
  });

  it.each([
    ['none', undefined],
    ['dismissed', { riskState: 'dismissed', riskLevel: 'none' }],
    ['remediated', { riskState: 'remediated', riskLevel: 'none' }],
    ['confirmedSafe', { riskState: 'confirmedSafe', riskLevel: 'none' }],
  ])('leaves a risk that is %s', async (state, risk) => {
    const { changes, kept } = found(
      await dismissRisk.find(context(), simulated(dismissRisk, tenant(risk)).clients),
    );
    expect(changes).toEqual([]);
    expect(kept).toEqual([{ what: 'the user risk', why: `is ${state}` }]);
  });

  it('does not apply to a guest, whose risk is the home tenant’s', () => {
    expect(dismissRisk.appliesTo(account())).toBe(true);
    expect(dismissRisk.appliesTo(account(guest))).toMatch(/fabrikam\.com/);
  });
});
