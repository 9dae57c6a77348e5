// The drill as an attacker would turn it against the tenant: to have another account's things removed, to have an
// account under attack given back, or to have others recorded.
import { describe, expect, it } from 'vitest';
import { drill } from '../../functions/drill/drill.ts';
import { plantings } from '../../functions/drill/plantings.ts';
import { account, drillTenant, rehearsal, stateOf } from './rehearsal.ts';

const colleague = 'bob@contoso.com';
const withColleague = () => {
  const tenant = drillTenant();
  return { ...tenant, users: [...tenant.users, { userPrincipalName: colleague, mailbox: {} }] };
};
const signals = [{ source: 'riskDetection', detector: 'anonymizedIPAddress', title: 'Anonymous IP address' }];

describe('what a drill plants', () => {
  it('is evidence on the account of the drill alone: on any other account it is only asked about, drill or not', async () => {
    const { services, responder, deps, recordings, drills, story } = await rehearsal(withColleague());
    expect((await responder.drill({ do: 'begin', user: account })).is).toBe('begun');
    const { graph } = deps();
    const { id: userId } = await services.readAccount(colleague);
    const target = { userId, userPrincipalName: colleague, sink: 'sink@contoso.com' };
    const planted = plantings.filter(({ name }) => ['delegate', 'sign-in-method', 'consent'].includes(name));
    for (const one of planted) await one.plant(graph, target);
    await responder.start(userId, 'a run in earnest');
    expect((await story.runs()).map(({ run }) => run.drill)).toEqual([undefined]);
    for (const one of planted) expect(await one.find(graph, target), one.name).not.toEqual([]);
    expect(recordings.all()).toEqual([]);
    expect(drills.row().current).not.toBeNull();
  });

  it('is no evidence once nobody reports that the drill goes on, or after two hours', async () => {
    const { services, responder, story } = await rehearsal();
    const begun = await responder.drill({ do: 'begin', user: account });
    const { id: userId } = await services.readAccount(account);
    const isOn = async () => (await story.engine.drillOn?.(userId)) !== undefined;
    expect(await isOn()).toBe(true);
    await story.pass(90);
    expect(await isOn()).toBe(false);
    const id = begun.is === 'begun' ? begun.drill.id : '';
    for (let minutes = 0; minutes < 121; minutes += 1) {
      await responder.drill({ do: 'alive', id });
      await story.pass(60);
    }
    await responder.drill({ do: 'alive', id });
    expect(await isOn()).toBe(false);
  });
});

describe('a drill that a real attack meets', () => {
  it('gives nothing back: the account stays locked, its risk stands, and the report says why', async () => {
    const { responder, deps, drills, story } = await rehearsal();
    const met = {
      ...responder,
      run: async (id: string) => {
        const run = await responder.run(id);
        return { ...run, signals: [...run.signals, ...signals] };
      },
    };
    const report = await drill(deps({ responder: met }), account);
    expect(report.verdict).toBe('failed');
    expect(report.left).toMatchObject([
      { what: 'the account', why: expect.stringContaining('Anonymous IP') },
    ]);
    const { users, riskyUsers } = story.tenant.state();
    const attacked = users.find(({ userPrincipalName }) => userPrincipalName === account);
    expect(attacked?.accountEnabled).toBe(false);
    expect(JSON.stringify(riskyUsers)).not.toContain('dismissed');
    // Somebody must look into it: the next drill doesn't give it back either.
    expect(drills.row().current).not.toBeNull();
    await story.pass(120);
    expect((await drill(deps({ responder: met }), account)).verdict).toBe('failed');
    expect(stateOf(story.tenant.state())).not.toEqual(stateOf(story.before));
  });
});
