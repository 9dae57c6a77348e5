import { describe, expect, it } from 'vitest';
import { confirmCompromise } from '../../functions/steps/confirm-compromise.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { account, context, guest, synced } from '../fakes/context.ts';
import { changesOf, found, onlyChange } from '../fakes/found.ts';
import { adele } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';

const tenant = (given: object = {}) => ({
  users: [{ id: adele, userPrincipalName: 'adele@contoso.com' }],
  ...given,
});
const risky = (riskState: string, riskLastUpdatedDateTime: string) => ({
  riskyUsers: [{ id: adele, riskLevel: 'high', riskState, riskLastUpdatedDateTime }],
});
const find = async (file: object, given = context()) =>
  found(await confirmCompromise.find(given, simulated(confirmCompromise, file).clients));

describe('confirm-compromise', () => {
  it.each([
    ['cloud', {}],
    ['synced', synced],
    ['federated', { ...synced, federated: true }],
    ['privileged', { privileged: true }],
    ['without a mailbox', { hasMailbox: false }],
  ])('applies to a %s account', (_class, given) => {
    expect(confirmCompromise.appliesTo(account(given))).toBe(true);
  });

  it('leaves a guest to the home tenant — their risk is not visible here', () => {
    expect(confirmCompromise.appliesTo(account(guest))).toContain('fabrikam.com');
  });

  it.each([
    ['who was never at risk', {}],
    ['at risk', risky('atRisk', '2026-11-20T09:14:00Z')],
    ['confirmed in an earlier case', risky('confirmedCompromised', '2026-10-01T07:00:00Z')],
    ['dismissed long ago', risky('dismissed', '2026-10-01T07:00:00Z')],
    ['whose risk the password reset took away', risky('remediated', '2026-11-20T09:15:01Z')],
  ])('confirms an account %s, once', async (_state, given) => {
    const { clients, tenant: simulation, asked, advance } = simulated(confirmCompromise, tenant(given));
    const change = onlyChange(await confirmCompromise.find(context(), clients));
    expect(change.evidence).toBeUndefined();
    await confirmCompromise.fix(change, context(), clients);
    expect(simulation.state().riskyUsers).toMatchObject([
      { id: adele, riskLevel: 'high', riskState: 'confirmedCompromised' },
    ]);
    expect(changesOf(await confirmCompromise.find(context(), clients))).toEqual([]);
    advance(900);
    expect(changesOf(await confirmCompromise.find(context(), clients))).toEqual([]);
    expect(asked()).toEqual([
      `GET /v1.0/identityProtection/riskyUsers/${adele} (IdentityRiskyUser.ReadWrite.All)`,
      'POST /v1.0/identityProtection/riskyUsers/confirmCompromised (IdentityRiskyUser.ReadWrite.All)',
      `GET /v1.0/identityProtection/riskyUsers/${adele} (IdentityRiskyUser.ReadWrite.All)`,
      `GET /v1.0/identityProtection/riskyUsers/${adele} (IdentityRiskyUser.ReadWrite.All)`,
    ]);
  });

  it.each(['confirmedCompromised', 'dismissed', 'confirmedSafe'])(
    'does not overrule what somebody decided since the run opened: %s',
    async (state) => {
      const { changes, kept } = await find(tenant(risky(state, '2026-11-20T09:15:01Z')));
      expect(changes).toEqual([]);
      expect(kept).toMatchObject([{ why: expect.stringContaining(state) }]);
    },
  );

  it('recognises its own change although the service gives times in whole seconds', async () => {
    const run = { fixedAt: { 'confirm-compromise': '2026-11-20T09:15:00.900Z' } };
    const { changes } = await find(
      tenant(risky('confirmedCompromised', '2026-11-20T09:15:00Z')),
      context({ run }),
    );
    expect(changes).toEqual([]);
  });

  it('leaves a risk that was confirmed and then remediated — the owner has come back through a policy', async () => {
    const run = { fixedAt: { 'confirm-compromise': '2026-11-20T09:15:03.000Z' } };
    const { changes } = await find(tenant(risky('remediated', '2026-11-20T11:00:00Z')), context({ run }));
    expect(changes).toEqual([]);
  });

  it('is skipped without the licence, which looks like a missing permission — the tenant’s plans tell them apart', async () => {
    const unlicensed = simulated(confirmCompromise, tenant({ servicePlans: ['AAD_PREMIUM'] }));
    expect(await confirmCompromise.find(context(), unlicensed.clients)).toEqual({
      skip: 'the tenant has no licence of Entra ID P2',
    });
    const forbidden = simulated(confirmCompromise, tenant({ app: { permissions: ['User.Read.All'] } }));
    await expect(confirmCompromise.find(context(), forbidden.clients)).rejects.toMatchObject({
      name: 'PermanentError',
      status: 403,
    });
  });

  it('waits for a second of its own if others ask too — the refusal names no time', async () => {
    const faults = [{ on: 'POST */confirmCompromised', status: 429 }];
    const { clients } = simulated(confirmCompromise, tenant({ behaviour: { faults } }));
    const change = onlyChange(await confirmCompromise.find(context(), clients));
    const refused = confirmCompromise.fix(change, context(), clients);
    await expect(refused).rejects.toBeInstanceOf(RetryableError);
    await expect(refused).rejects.toMatchObject({ retryAfterSeconds: undefined, tookEffect: 'no' });
  });

  it('fails for good where the write is refused', async () => {
    const faults = [{ on: 'POST */confirmCompromised', status: 403 }];
    const { clients } = simulated(confirmCompromise, tenant({ behaviour: { faults } }));
    const change = onlyChange(await confirmCompromise.find(context(), clients));
    await expect(confirmCompromise.fix(change, context(), clients)).rejects.toBeInstanceOf(PermanentError);
  });

  it('says why it cannot be undone', () => {
    expect(confirmCompromise.undo).toContain('hand-back');
  });
});
