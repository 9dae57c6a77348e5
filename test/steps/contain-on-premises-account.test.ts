import { describe, expect, it } from 'vitest';
import { blockSignIn } from '../../functions/steps/block-sign-in.ts';
import { containOnPremisesAccount } from '../../functions/steps/contain-on-premises-account/contain-on-premises-account.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { account, context, guest, synced } from '../fakes/context.ts';
import { found, onlyChange } from '../fakes/found.ts';
import { lived } from '../fakes/lived.ts';
import { adele } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';

const step = containOnPremisesAccount;
const user = { id: adele, userPrincipalName: 'adele@contoso.com', onPremisesSyncEnabled: true };
const tenantOf = (given: object = {}, more: object = {}) =>
  simulated(step, {
    users: [
      { userPrincipalName: 'megan@contoso.com', onPremisesSyncEnabled: true },
      { ...user, ...given },
    ],
    ...more,
  });
type Tenant = ReturnType<typeof tenantOf>;
const given = context({ account: synced });
const look = ({ clients }: Tenant) => step.find(given, clients);
const enabledThere = ({ tenant }: Tenant) => tenant.state().users.at(-1)?.activeDirectory?.enabled;
const byHand = { id: 'disable-in-active-directory', instruction: expect.stringContaining('CN=Adele Vance') };

describe('contain-on-premises-account', () => {
  it('disables this account alone in Active Directory, and sees it disabled', async () => {
    const tenant = tenantOf();
    const change = onlyChange(await look(tenant));
    await step.fix(change, given, tenant.clients);
    expect(enabledThere(tenant)).toBe(false);
    expect(tenant.tenant.state().users[0]).not.toHaveProperty('activeDirectory');
    expect(tenant.tenant.requests.at(-1)?.body).toEqual({
      accountId: expect.any(String),
      action: 'disable',
      identityProvider: 'activeDirectory',
    });
    expect(found(await look(tenant))).toMatchObject({
      changes: [],
      tasks: [],
      kept: [{ why: 'is disabled' }],
    });
    // The others are requested only for administrators' accounts.
    const forAdministrators = ['RoleManagement.Read.Directory', 'GroupMember.Read.All'];
    const forAll = step.permissions.graph?.filter((name) => !forAdministrators.includes(name));
    expect(tenant.used()).toEqual(new Set(forAll));
  });

  it('enables it again, byte for byte, and finds it again', async () => {
    const tenant = tenantOf();
    const before = JSON.stringify(tenant.tenant.state());
    const change = onlyChange(await look(tenant));
    await step.fix(change, given, tenant.clients);
    if (typeof step.undo === 'string') throw new Error('can be undone');
    await step.undo(change, given, tenant.clients);
    expect(JSON.stringify(tenant.tenant.state())).toBe(before);
    expect(onlyChange(await look(tenant))).toEqual(change);
  });

  it('leaves an account that somebody else has disabled — undo must not open what it did not close', async () => {
    expect(found(await look(tenantOf({ activeDirectory: { enabled: false } })))).toMatchObject({
      changes: [],
      tasks: [],
    });
  });

  it.each<[string, object, object]>([
    ['without Defender for Identity', {}, { servicePlans: ['AAD_PREMIUM_P2'] }],
    ['where it does not see the account', { activeDirectory: { observed: false } }, {}],
    ['where nothing says who that is there', { onPremisesSecurityIdentifier: null }, {}],
  ])('is skipped %s, and the directory team is asked', async (_why, user, more) => {
    const tenant = tenantOf(user, more);
    expect(await look(tenant)).toMatchObject({ skip: expect.any(String), tasks: [byHand] });
  });

  it('mistakes nobody else for this account, even if the service returns everybody', async () => {
    const { clients } = tenantOf({ activeDirectory: { observed: false } });
    const { graph } = clients;
    const deaf: typeof graph = {
      ...graph,
      list: (path, item, options) => graph.list(path.split('?')[0] ?? path, item, options),
    };
    expect(await step.find(given, { ...clients, graph: deaf })).toMatchObject({ skip: expect.any(String) });
  });

  it('asks the directory team until the service has been asked, and no longer', async () => {
    const tenant = tenantOf();
    expect(found(await look(tenant)).tasks).toMatchObject([byHand]);
    const told = context({ account: synced, run: { fixedAt: { [step.name]: '2026-11-20T09:15:03Z' } } });
    expect(found(await step.find(told, tenant.clients)).tasks).toEqual([]);
  });

  it('leaves the last Global Administrator a way in', async () => {
    const last = context({ account: { ...synced, lastGlobalAdministrator: true } });
    const tenant = tenantOf();
    expect(found(await step.find(last, tenant.clients))).toMatchObject({ changes: [], tasks: [] });
    expect(tenant.asked()).toEqual([]);
  });

  it('applies only to synced accounts, federated or not', () => {
    expect(step.appliesTo(account(synced))).toBe(true);
    expect(step.appliesTo(account({ ...synced, federated: true, privileged: true }))).toBe(true);
    for (const other of [{}, guest, { federated: true }]) {
      expect(step.appliesTo(account(other))).toBe('is not mastered in Active Directory');
    }
  });

  it('changes nothing while it looks', async () => {
    const tenant = tenantOf();
    await look(tenant);
    for (const line of tenant.asked()) expect(line).toMatch(/^GET /);
  });

  it.each<[string, number, typeof RetryableError | typeof PermanentError]>([
    ['GET /v1.0/security/identities/*', 429, RetryableError],
    ['GET /v1.0/users/*', 403, PermanentError],
    ['POST /v1.0/security/identities/*', 503, RetryableError],
    ['POST /v1.0/security/identities/*', 403, PermanentError],
  ])('is stopped where %s answers %i', async (on, status, kind) => {
    const tenant = tenantOf({}, { behaviour: { faults: [{ on, status }] } });
    const done = look(tenant).then((result) => step.fix(onlyChange(result), given, tenant.clients));
    await expect(done).rejects.toBeInstanceOf(kind);
  });
});

describe('a synced account in a run', () => {
  const file = (more: object = {}) => ({
    users: [user],
    behaviour: { directorySyncMinutes: 5 },
    ...more,
  });
  const live = (more?: object) =>
    lived({ steps: [blockSignIn, step], file: file(more), user: adele, level: 'contain' });

  it('stays locked after the next sync', async () => {
    const life = await live();
    await life.later(15);
    expect(await life.outcomes()).toEqual({ 'block-sign-in': 'done', [step.name]: 'done' });
    expect(life.tenant.state().users[0]?.accountEnabled).toBe(false);
    await life.undo();
    expect(JSON.stringify(life.tenant.state())).toBe(life.before);
  });

  it('is a task for the directory team without Defender for Identity, and is locked again after a sync', async () => {
    const life = await live({ servicePlans: [] });
    expect(await life.outcomes()).toEqual({ 'block-sign-in': 'done', [step.name]: 'skipped' });
    const { run, steps } = await life.rows();
    expect(run).toMatchObject({ level: 'contain', containedAt: expect.any(String) });
    expect(steps[1]?.tasks).toMatchObject([byHand].map(({ id }) => ({ id, doneAt: null })));
    await life.later(15);
    expect(life.tenant.state().users[0]?.accountEnabled).toBe(false);
  });
});
