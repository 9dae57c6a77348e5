// A secured account on its way back to its owner, played through on the engine in memory, with processes that die too.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance } from '../../shared/run/advance.ts';
import {
  approveRoles,
  begin,
  ownerBack,
  type PersonalOrder,
  passMade,
  passRefused,
  reservePass,
  whyNoPass,
  whyNotBegun,
} from '../../shared/run/hand-back-orders.ts';
import { handBackView } from '../../shared/run/hand-back-view.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { retry, undo } from '../../shared/run/operate.ts';
import { type RunRows, runRef } from '../../shared/run/progress.ts';
import { sweepRuns } from '../../shared/run/sweep.ts';
import { tickOff } from '../../shared/run/tick-off.ts';
import { seeded } from '../fakes/seeded.ts';
import { task } from '../summary/rows.ts';
import {
  adele,
  type Chaos,
  chaosOf,
  outcomeOf,
  riskySignIn,
  type Scenario,
  Simulation,
} from './simulation.ts';

const things = {
  'block-sign-in': ['lock'],
  'reset-password': ['password'],
  'revoke-sessions': ['sessions'],
  'disable-inbox-rules': ['!rule'],
  'remove-auth-methods': ['phone'],
  'disable-mailbox-protocols': ['imap'],
  'remove-admin-roles': ['Helpdesk Administrator'],
  'delete-passes': ['an old pass'],
  'dismiss-risk': ['user-risk'],
  'update-alert': ['comment'],
  'unblock-sender': ['adele@contoso.com'],
};
const settled = ({ run }: RunRows) => run.row.state === 'finished' && run.row.summary.state === 'sent';
const phase = ({ run }: RunRows) => run.row.handBack?.phase;
const identified = 'called back on the number in the file of HR';

async function live(some: Partial<Scenario> = {}, chaos: Partial<Chaos> = {}, next = () => 0.5) {
  const scenario: Scenario = { things, level: 'full', refused: [], ...some };
  const simulation = new Simulation(scenario, chaosOf(next, chaos));
  const runId = await simulation.open();
  const { engine } = simulation;
  const order = (who = 'on-call'): PersonalOrder => ({
    who,
    id: who,
    reason: 'the account is clean',
    now: engine.now(),
  });
  const ask = (apply: Parameters<typeof advance>[2]) =>
    simulation.insist(() => advance(engine, runRef(runId), apply));
  const start = (despite: readonly string[] = [], accepts: readonly string[] = []) =>
    ask(begin({ identified, despite, accepts, second: null }, order()));
  const until = (wanted: string) => simulation.live((rows) => phase(rows) === wanted || isStuck(simulation));
  /** The HTTP call, without Microsoft 365. */
  const pass = async () => {
    for (let asked = 0; asked < 50; asked += 1) {
      const given = order();
      if ((await ask(reservePass(false, null, given))) !== 'lost')
        await ask(passMade('2026-11-21T10:00:00.000Z', engine.now(), given));
      if (simulation.rows().run.row.handBack?.pass?.shownAt != null) return;
      simulation.clock += 121_000;
    }
    throw new Error(
      `no pass: ${JSON.stringify(simulation.rows().run.row.handBack)} ${simulation.broken.join('; ')}`,
    );
  };
  const view = () => {
    const rows = simulation.rows();
    const state = { run: rows.run.row, steps: rows.steps.map((entry) => entry.row) };
    return handBackView(engine.playbook, state, engine.now());
  };
  return { simulation, engine, runId, order, ask, start, until, pass, view };
}

const isStuck = (simulation: Simulation) => simulation.broken.length > 0;
const handedBack = async (world: Awaited<ReturnType<typeof live>>) => {
  const { simulation, start, until, pass, ask, order, view } = world;
  await simulation.live((rows) => settled(rows) && !view().left.some(({ blocks }) => blocks));
  await start();
  await until('pass');
  await pass();
  await ask(ownerBack('seen', order()));
  await until('roles');
  return world;
};

describe('an account that is handed back', () => {
  it('is restored phase by phase, its roles only once they are approved', async () => {
    const { simulation, start, until, pass, ask, order, view } = await live();
    const { world } = simulation;
    await simulation.live(settled);
    expect(view()).toMatchObject({
      state: 'not begun',
      notPossible: null,
      left: [],
      next: [{ do: 'begin' }],
    });
    await start();
    expect(view()).toMatchObject({
      state: 'under way',
      phase: 'check',
      begun: { by: 'on-call', identified },
    });
    await until('pass');
    expect(world.has('block-sign-in')).toEqual(['lock']);
    expect([world.has('delete-passes'), world.has('dismiss-risk')]).toEqual([[], []]);
    expect(world.has('disable-mailbox-protocols')).toEqual([]);
    expect(view()).toMatchObject({ pass: { state: 'may be made' }, next: [{ do: 'pass' }] });
    await pass();
    expect(view()).toMatchObject({ phase: 'owner', pass: { state: 'shown', by: 'on-call' } });
    expect(world.has('disable-mailbox-protocols')).toEqual([]);
    await ask(ownerBack('seen', order()));
    await until('roles');
    expect(world.has('disable-mailbox-protocols')).toEqual(['imap']);
    expect(world.effects.filter(({ step }) => step === 'unblock-sender')).toHaveLength(1);
    expect(world.has('remove-admin-roles')).toEqual([]);
    expect(view()).toMatchObject({ state: 'handed back', next: [{ do: 'roles' }] });
    await simulation.live();
    expect(simulation.mails).toEqual(['CONTAINED', 'HANDED BACK']);
    await ask(approveRoles(order('the manager')));
    await until('done');
    expect(world.has('remove-admin-roles')).toEqual(['Helpdesk Administrator']);
    await simulation.live();
    expect(simulation.mails).toEqual(['CONTAINED', 'HANDED BACK']);
    expect(simulation.rows().run.row).toMatchObject({ state: 'closed', endsAs: 'handed back' });
    expect(view()).toMatchObject({ phase: 'done', next: [] });
    // What was the intruder's stays gone.
    expect([world.has('disable-inbox-rules'), world.has('remove-auth-methods')]).toEqual([[], []]);
  });

  it('stays open while its roles are given back, even if nothing else is left to watch — a closed run is not swept, so a lost message would strand it', async () => {
    const plain = { 'block-sign-in': ['lock'], 'remove-admin-roles': ['Helpdesk Administrator'] };
    const world = await handedBack(await live({ things: plain }));
    const { simulation, ask, order, view } = world;
    await simulation.live();
    expect(simulation.rows().run.row).toMatchObject({ state: 'closed', wakeAt: null });
    await ask(approveRoles(order()));
    expect(simulation.rows().run.row.state).toBe('open');
    expect(simulation.rows().run.row.wakeAt).not.toBeNull();
    await simulation.live();
    expect(view()).toMatchObject({ phase: 'done', next: [] });
    expect(simulation.rows().run.row.state).toBe('closed');
  });

  it('is checked once more first: what is back is removed, and then the sessions', async () => {
    const { simulation, start, until } = await live();
    await simulation.live(settled);
    simulation.world.putBack('disable-inbox-rules', '!rule');
    await start();
    await until('pass');
    expect(simulation.world.has('disable-inbox-rules')).toEqual([]);
  });

  it('is not fought over: what the owner sets up survives every later check', async () => {
    const world = await handedBack(await live());
    const { simulation } = world;
    simulation.world.putBack('remove-auth-methods', 'the new phone of the owner');
    await simulation.live();
    simulation.clock += 48 * 3_600_000;
    await sweepRuns(simulation.engine);
    await simulation.live();
    expect(simulation.world.has('remove-auth-methods')).toEqual(['the new phone of the owner']);
    expect(simulation.world.has('block-sign-in')).toEqual(['lock']);
    expect(simulation.rows().run.row.checks).toBe(0);
  });

  it('is locked again by a new run if the intruder acts then, and nothing more is given back', async () => {
    const { simulation, engine, start, until, ask, order } = await live();
    await simulation.live(settled);
    await start();
    await until('pass');
    const activityAt = new Date(simulation.clock).toISOString();
    const signals = [{ ...riskySignIn, sourceId: 'd2', activityAt }];
    const { joined } = await openRun(engine, {
      account: adele,
      signals,
      level: 'full',
      held: null,
      why: 'again',
    });
    expect(joined).toBe(false);
    expect(await ask(ownerBack('seen', order()))).toBe('lost');
    expect(simulation.rows().run.row.endsAs).toBe('superseded');
  });
});

describe('after an account was handed back', () => {
  it('what had been the intruder’s is looked for and reported if it is back, but not touched', async () => {
    const world = await handedBack(await live());
    const { simulation } = world;
    await simulation.live(settled);
    const fixes = simulation.world.effects.length;
    simulation.world.putBack('disable-inbox-rules', '!rule');
    simulation.world.putBack('disable-inbox-rules', '!rule of the owner');
    simulation.world.putBack('reset-password', 'password');
    await simulation.live();
    expect(simulation.world.effects).toHaveLength(fixes);
    expect(simulation.world.has('disable-inbox-rules')).toEqual(['!rule', '!rule of the owner']);
    expect(simulation.mails).toEqual(['CONTAINED', 'HANDED BACK', 'HANDED BACK, 1 TASK']);
    const rows = simulation.rows();
    const row = rows.steps.find((entry) => entry.row.name === 'disable-inbox-rules')?.row;
    expect(row?.tasks).toMatchObject([
      { what: 'Ask the owner, by phone, whether this is theirs now: disable-inbox-rules !rule' },
    ]);
    expect(row?.changes.map(({ id }) => id)).toEqual(['!rule']);
    expect(rows.run.row).toMatchObject({ state: 'closed', handBack: { watches: 2 } });
  });

  it('nothing is looked for if nothing was the intruder’s', async () => {
    const plain = { ...things, 'disable-inbox-rules': ['rule'] };
    const { simulation } = await handedBack(await live({ things: plain }));
    await simulation.live();
    expect(simulation.rows().run.row).toMatchObject({ state: 'closed', handBack: { watches: 0 } });
  });
});

describe('what is left to the owner', () => {
  it.each([
    ['synced', { synced: true }, /Active Directory/],
    ['federated', { federated: true }, /identity provider of contoso\.com/],
  ])('includes the password at the source if the account is %s', async (_what, given, where) => {
    const { simulation, engine } = await live();
    const { run, steps } = simulation.rows();
    const account = { ...run.row.account, ...given };
    const state = { run: { ...run.row, account }, steps: steps.map(({ row }) => row) };
    // Not the owner's to do, and therefore listed apart.
    expect(
      handBackView(engine.playbook, state, engine.now()).administrator.map(({ what }) => what),
    ).toContainEqual(expect.stringMatching(where));
  });
});

describe('open tasks', () => {
  it('stop the hand-back from beginning until each is ticked off or accepted by name, and stay listed after that', async () => {
    const { simulation, engine, runId, order, ask, start, view } = await live();
    await simulation.live(settled);
    const tasks = ['warn', 'sweep', 'phone', 'app', 'roles'].map((id) => task(id, `Do ${id}`));
    await ask((state) => ({
      ...state,
      steps: state.steps.map((row, index) => (index === 0 ? { ...row, tasks } : row)),
    }));
    const names = view().tasks.map(({ name }) => name);
    expect(names).toHaveLength(5);
    expect(await start()).toBe('lost');
    expect(await start([], names.slice(1))).toBe('lost');
    const [first] = view().tasks;
    await ask(tickOff(first?.step ?? '', first?.key ?? '', true, order()));
    await start([], names.slice(1));
    expect(view()).toMatchObject({ state: 'under way' });
    expect(view().tasks.map(({ what, accepted }) => [what, accepted])).toEqual(
      tasks.slice(1).map(({ what }) => [what, true]),
    );
    const log = await engine.progress.log(runRef(runId));
    expect(log.some(({ what }) => what.includes('accepted as they are: Do sweep, Do phone'))).toBe(true);
  });
});

describe('what is in the way', () => {
  it('is shown before anything is restored, and stops the hand-back until somebody accepts it by name', async () => {
    const { simulation, start, until, view } = await live({ refused: ['disable-inbox-rules'] });
    await simulation.live(settled);
    expect(view().left).toMatchObject([{ step: 'disable-inbox-rules', blocks: true, accepted: false }]);
    expect(await start()).toBe('lost');
    expect(simulation.rows().run.row.handBack).toBeUndefined();
    await start(['disable-inbox-rules']);
    await until('pass');
    expect(view().left).toMatchObject([{ step: 'disable-inbox-rules', accepted: true }]);
    expect(simulation.world.has('block-sign-in')).toEqual(['lock']);
  });

  it('stops nothing later once it was accepted — a run that only contained would never be fully given back', async () => {
    const world = await live({ level: 'contain', things: { ...things, 'disable-inbox-rules': ['rule'] } });
    const { simulation, start, until, pass, ask, order, view } = world;
    await simulation.live(settled);
    await start(view().left.flatMap(({ step, blocks }) => (blocks ? [step] : [])));
    await until('pass');
    await pass();
    await ask(ownerBack('seen', order()));
    await until('roles');
    expect(view().state).toBe('handed back');
    expect(simulation.world.has('unblock-sender')).toEqual([]);
    expect(simulation.world.has('disable-inbox-rules')).toEqual(['rule']);
  });

  it('may be found by the last look, which then restores nothing and tells on-call', async () => {
    const refused: string[] = [];
    const { simulation, start, ask, order, until } = await live({ refused });
    await simulation.live(settled);
    refused.push('disable-inbox-rules');
    simulation.world.putBack('disable-inbox-rules', '!rule');
    await start();
    await simulation.live(
      (rows) => rows.run.row.summary.verdict?.startsWith('HANDING BACK') === true && settled(rows),
    );
    expect(simulation.mails.at(-1)).toBe('HANDING BACK, 1 TASK');
    expect(simulation.world.has('block-sign-in')).toEqual([]);
    refused.length = 0;
    await ask(retry(undefined, order()));
    await until('pass');
    expect(simulation.world.has('block-sign-in')).toEqual(['lock']);
  });

  it('may come up during the hand-back, which then stops there, and a retry continues', async () => {
    const refused = ['undo block-sign-in'];
    const { simulation, start, ask, order, until, view } = await live({ refused });
    await simulation.live(settled);
    await start();
    await simulation.live((rows) => outcomeOf(rows, 'block-sign-in') === 'failed' && settled(rows));
    expect(view().phases.find(({ state }) => state === 'blocked')?.phase).toBe('enable');
    refused.length = 0;
    await ask(retry(undefined, order()));
    await until('pass');
    expect(simulation.world.has('block-sign-in')).toEqual(['lock']);
  });

  it.each<[string, Partial<Scenario>, RegExp]>([
    ['held', { held: 'a protected account' }, /is held/],
    ['at work', {}, /still at work/],
  ])('is a run that is %s', async (_what, some, why) => {
    const { simulation, start } = await live(some);
    const { run, steps } = simulation.rows();
    expect(whyNotBegun({ run: run.row, steps: steps.map(({ row }) => row) })).toMatch(why);
    expect(await start()).toBe('lost');
  });

  it('may be an undo: after a false alarm everything is back already', async () => {
    const { simulation, engine, ask, order, start } = await live();
    await simulation.live(settled);
    await ask(undo(engine.playbook, undefined, order()));
    await simulation.live();
    expect(await start()).toBe('lost');
  });
});

describe('the pass', () => {
  const ready = async () => {
    const world = await live();
    await world.simulation.live(settled);
    await world.start();
    await world.until('pass');
    return world;
  };

  it('is made by only one of two operators who ask at once', async () => {
    const { ask, order } = await ready();
    const [one, other] = await Promise.all([
      ask(reservePass(false, null, order('one'))),
      ask(reservePass(false, null, order('other'))),
    ]);
    expect([one, other].filter((rows) => rows === 'lost')).toHaveLength(1);
  });

  it('for an administrator is never reserved for an operator who began the hand-back, even if they asked before that was written', async () => {
    const { ask, order } = await ready();
    const because = 'adele@contoso.com is an administrator';
    expect(await ask(reservePass(false, because, order()))).toBe('lost');
    expect(await ask(reservePass(false, because, order('another')))).not.toBe('lost');
  });

  it('is shown once: another replaces it only on request', async () => {
    const { ask, order, pass, simulation } = await ready();
    await pass();
    expect(await ask(reservePass(false, null, order()))).toBe('lost');
    expect(await ask(reservePass(true, null, order()))).not.toBe('lost');
    expect(
      (await simulation.progress.log(runRef(simulation.rows().run.row.id))).map(({ what }) => what),
    ).toEqual(
      expect.arrayContaining([
        'Temporary Access Pass made and shown, valid until 2026-11-21T10:00:00.000Z',
        'asked for another pass',
      ]),
    );
  });

  it('that is requested again and refused does not set back an owner who is already in', async () => {
    const { ask, order, pass, simulation } = await ready();
    await pass();
    await ask(ownerBack('seen', order()));
    const given = order();
    expect(await ask(reservePass(true, null, given))).not.toBe('lost');
    await ask(passRefused('switched off by policy', given));
    await simulation.live((rows) => phase(rows) === 'roles');
    expect(simulation.world.has('disable-mailbox-protocols')).toEqual(['imap']);
  });

  it('may be requested again two minutes after the process making it died, and at once if certainly none was made', async () => {
    const { ask, order, simulation } = await ready();
    const given = order();
    await ask(reservePass(false, null, given));
    const { run, steps } = simulation.rows();
    const state = { run: run.row, steps: steps.map(({ row }) => row) };
    expect(whyNoPass(state, false, new Date(given.now.getTime() + 119_000))).toMatch(/being made/);
    expect(whyNoPass(state, false, new Date(given.now.getTime() + 121_000))).toBeUndefined();
    await ask(passRefused('switched off by policy', given));
    expect(await ask(reservePass(false, null, order()))).not.toBe('lost');
  });
});

describe('a hand-back that is killed', () => {
  it('goes on where it stopped, in the same order, wherever that was', async () => {
    const chaos = {
      death: 0.02,
      lostAnswers: 0.04,
      lost: 0.03,
      throttled: 0.03,
      twice: 0.2,
      shuffled: true,
      together: 3,
    };
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const world = await live({}, chaos, seeded(seed));
        const { simulation, ask, order } = world;
        // After a death nobody knows whether it arrived, so a person has it done once more.
        simulation.person = async () => {
          if (outcomeOf(simulation.rows(), 'unblock-sender') !== 'needs-human') return false;
          await ask(retry(['unblock-sender'], order()));
          return true;
        };
        await handedBack(world);
        await ask(approveRoles(order()));
        await world.until('done');
        expect(simulation.broken).toEqual([]);
        const undone = simulation.world.effects.filter(
          ({ did, step }) => did === 'undo' || step.match(/pass|risk|sender/),
        );
        const sequence = [...new Set(undone.map(({ step }) => step))];
        const precedes = (one: string, other: string) =>
          expect(sequence.indexOf(one)).toBeLessThan(sequence.indexOf(other));
        precedes('delete-passes', 'block-sign-in');
        precedes('dismiss-risk', 'block-sign-in');
        precedes('block-sign-in', 'disable-mailbox-protocols');
        // Done at most once: after a death just before it, a person must do it.
        if (sequence.includes('unblock-sender')) precedes('block-sign-in', 'unblock-sender');
        precedes('disable-mailbox-protocols', 'remove-admin-roles');
        for (const [step, ids] of Object.entries(things)) {
          const restored = ['block-sign-in', 'disable-mailbox-protocols', 'remove-admin-roles'].includes(
            step,
          );
          if (step !== 'unblock-sender') expect(simulation.world.has(step)).toEqual(restored ? ids : []);
        }
      }),
      { numRuns: Number(process.env['HISTORIES'] ?? 40) },
    );
  }, 120_000);
});

describe('a run that is undone as a false alarm', () => {
  it('also dismisses the risk and tells Defender, once everything is put back', async () => {
    const { simulation, engine, ask, order, runId } = await live();
    await simulation.live(settled);
    simulation.world.putBack('update-alert', 'false alarm');
    await ask(undo(engine.playbook, undefined, order(), true));
    await simulation.live();
    const { effects } = simulation.world;
    const at = (step: string, did: string) =>
      effects.findLastIndex((effect) => effect.step === step && effect.did === did);
    expect(at('dismiss-risk', 'fix')).toBeGreaterThan(at('block-sign-in', 'undo'));
    expect(at('update-alert', 'fix')).toBeGreaterThan(at('block-sign-in', 'undo'));
    expect(simulation.rows().run.row).toMatchObject({ state: 'closed', endsAs: 'undone', falseAlarm: true });
    expect((await engine.progress.log(runRef(runId))).map(({ what }) => what)).toContain(
      'undo: the whole run, as a false alarm',
    );
    expect(simulation.mails.at(-1)).toBe('UNDONE');
  });

  it('dismisses nothing unless somebody called it that — an undo may have other reasons', async () => {
    const { simulation, engine, ask, order } = await live();
    await simulation.live(settled);
    await ask(undo(engine.playbook, undefined, order()));
    await simulation.live();
    expect(simulation.world.has('dismiss-risk')).toEqual(['user-risk']);
  });

  it('need not have done anything: a held run can be closed as a false alarm too', async () => {
    const { simulation, engine, ask, order } = await live({ held: 'a protected account' });
    await ask(undo(engine.playbook, undefined, order(), true));
    await simulation.live();
    expect(simulation.world.has('dismiss-risk')).toEqual([]);
    expect(simulation.world.has('block-sign-in')).toEqual(['lock']);
  });
});
