// Two administrators attacked in the same minute, each with a run of its own, and neither may fall if the other does.
// Played through side by side in a tenant whose reads lag behind its writes, as Entra ID's do.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blockSignIn } from '../../functions/steps/block-sign-in.ts';
import { removeAdminRoles } from '../../functions/steps/remove-admin-roles/remove-admin-roles.ts';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { createTenant } from '../../local/tenant/tenant.ts';
import { readAccount } from '../../shared/microsoft365/read-account.ts';
import type { Account } from '../../shared/model/account.ts';
import { queues, stepMessageSchema } from '../../shared/run/bus.ts';
import type { Departures } from '../../shared/run/departures.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { runRef } from '../../shared/run/progress.ts';
import { runStep } from '../../shared/run/run-step.ts';
import { sweepRuns } from '../../shared/run/sweep.ts';
import { TableDepartures } from '../../shared/store/table-departures.ts';
import { connected } from '../fakes/connected.ts';
import { MemoryBus } from '../fakes/memory-bus.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';
import { memoryDepartures } from '../fakes/memory-stores.ts';
import { brokenConnection, tableOptions } from '../run/progress-stores.ts';

const global = 'Global Administrator';

async function attackedTogether(names: readonly string[], more: object, leaving: Departures | undefined) {
  let at = Date.parse('2026-11-20T09:15:00.400Z');
  const now = () => new Date(at);
  const file = {
    users: ['alex', 'nestor', 'megan'].map((name) => ({ userPrincipalName: `${name}@contoso.com` })),
    behaviour: { readLagMs: 20_000 },
    ...more,
  };
  const tenant = createTenant(file, { now });
  const clients = connected(tenant, now);
  const bus = new MemoryBus({ now });
  const engine: Engine = {
    progress: new MemoryProgress(),
    bus,
    playbook: [blockSignIn, removeAdminRoles],
    stepSettings: {},
    clients,
    ...(leaving === undefined ? {} : { departures: leaving }),
    now,
    random: Math.random,
    deadlineSeconds: 60,
    log: () => undefined,
  };
  const graph = clients(new AbortController().signal);
  const accounts = await Promise.all(
    names.map((id) => readAccount({ ...graph, tenantId: tenant.tenantId, id, now: now() })),
  );
  const opened = await Promise.all(
    accounts.map((account) =>
      openRun(engine, { account, signals: [], level: 'full', held: null, why: 'a test' }),
    ),
  );
  /** Everything that is due is handled side by side. */
  const live = async (seconds: number) => {
    const end = at + seconds * 1000;
    for (;;) {
      const due = [];
      for (let next = bus.take(); next !== undefined; next = bus.take()) due.push(next);
      await Promise.all(
        due.map(async (message) => {
          if (message.queue !== queues.summaries) {
            await runStep(engine, stepMessageSchema.parse(message.body), message.deliveryCount);
          }
          bus.complete(message);
        }),
      );
      if (due.length > 0) continue;
      const next = bus.nextAt()?.getTime();
      if (next === undefined || next > end) break;
      at = Math.max(at + 1, next);
    }
    at = Math.max(at, end);
  };
  await live(900);
  await sweepRuns(engine);
  await live(1800);
  const state = tenant.state();
  const holders = (state.roleAssignments ?? []).map(({ principalId }) => principalId);
  const rows = await Promise.all(opened.map(({ run }) => engine.progress.read(runRef(run.id))));
  return {
    accounts,
    enabled: state.users.flatMap((user) => (user.accountEnabled === false ? [] : user.userPrincipalName)),
    holders,
    outcomes: rows.map((read) => read?.steps.map(({ row }) => row.outcome?.is)),
    tasks: rows.flatMap((read) => read?.steps.flatMap(({ row }) => row.tasks.map(({ id }) => id)) ?? []),
  };
}

const assigned = (...names: string[]) => ({
  roleAssignments: names.map((name) => ({ principalId: name, roleDefinitionId: global })),
});
const names = (accounts: readonly Account[]) => accounts.map((account) => account.userPrincipalName);
const both = ['alex@contoso.com', 'nestor@contoso.com'];

describe('two Global Administrators attacked in the same minute', () => {
  let azurite: Azurite;
  beforeAll(async () => {
    azurite = await startAzurite();
  });
  afterAll(() => azurite.close());

  it('would both be locked without the row — each run still sees the other administrator', async () => {
    const { accounts, enabled } = await attackedTogether(both, assigned(...both), undefined);
    expect(accounts.map(({ lastGlobalAdministrator }) => lastGlobalAdministrator)).toEqual([false, false]);
    expect(names(accounts).filter((name) => enabled.includes(name))).toEqual([]);
  });

  it.each<[string, () => Departures]>([
    ['in memory', memoryDepartures],
    [
      'in a table',
      () => new TableDepartures({ connectionString: azurite.connectionString }, 'global-administrators'),
    ],
    [
      'in a table whose every second answer is lost',
      () => {
        let turn = 0;
        const lossy = tableOptions(async (request, next) => {
          const response = await next(request);
          turn += 1;
          if (!request.url.includes('$batch') || turn % 2 === 0) return response;
          throw brokenConnection();
        });
        return new TableDepartures({ connectionString: azurite.connectionString }, 'of-a-lossy-one', lossy);
      },
    ],
  ])('do not both lose the sign-in and the role, %s', async (_, leaving) => {
    const { accounts, enabled, holders, outcomes, tasks } = await attackedTogether(
      both,
      assigned(...both),
      leaving(),
    );
    const standing = names(accounts).filter((name) => enabled.includes(name));
    expect(standing).toHaveLength(1);
    expect(holders).toEqual(standing);
    expect(outcomes.flat()).toContain('needs-human');
    expect(tasks).toContain('last-global-administrator');
  });

  it('do not both lose a role that comes through one group', async () => {
    const throughGroup = {
      groups: [{ displayName: 'Tier 0', isAssignableToRole: true, members: both }],
      ...assigned('Tier 0'),
    };
    const { accounts, enabled } = await attackedTogether(both, throughGroup, memoryDepartures());
    expect(names(accounts).filter((name) => enabled.includes(name))).toHaveLength(1);
  });

  it('are both locked while a third stands', async () => {
    const three = assigned(...both, 'megan@contoso.com');
    const { accounts, enabled, outcomes } = await attackedTogether(both, three, memoryDepartures());
    expect(names(accounts).filter((name) => enabled.includes(name))).toEqual([]);
    expect(outcomes).toEqual([
      ['done', 'done'],
      ['done', 'done'],
    ]);
  });
});

describe('withLeaver, by what it keeps', () => {
  const at = (minutes: number) => new Date(Date.parse('2026-11-20T09:15:00Z') + minutes * 60_000);

  it('lapses — an administrator who was not locked after all counts again', async () => {
    const leaving = memoryDepartures();
    expect(await leaving.mayGo('alex', ['nestor'], at(0))).toBe(true);
    expect(await leaving.mayGo('nestor', ['alex'], at(14))).toBe(false);
    expect(await leaving.mayGo('nestor', ['alex'], at(16))).toBe(true);
  });

  it('lets the same account ask again — a step is tried more than once', async () => {
    const leaving = memoryDepartures();
    expect(await leaving.mayGo('alex', ['nestor'], at(0))).toBe(true);
    expect(await leaving.mayGo('alex', ['nestor'], at(1))).toBe(true);
  });

  it('leaves one of any number, in any order', async () => {
    const leaving = memoryDepartures();
    const all = ['a', 'b', 'c', 'd'];
    const gone = await Promise.all(
      all.map((who) =>
        leaving.mayGo(
          who,
          all.filter((other) => other !== who),
          at(0),
        ),
      ),
    );
    expect(gone.filter((went) => !went)).toHaveLength(1);
  });
});
