// What an operator's orders do to a run, played through on the engine in memory.
import { describe, expect, it } from 'vitest';
import { advance } from '../../shared/run/advance.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { approve, type Order, retry, undo } from '../../shared/run/operate.ts';
import { type RunRows, runRef } from '../../shared/run/progress.ts';
import { timing } from '../../shared/run/timing.ts';
import { adele, chaosOf, outcomeOf, riskySignIn, type Scenario, Simulation } from './simulation.ts';

const things = {
  'block-sign-in': ['lock'],
  'reset-password': ['password'],
  'revoke-sessions': ['sessions'],
  'disable-inbox-rules': ['rule', '!rule'],
  'remove-auth-methods': ['phone'],
  'scan-devices': ['laptop'],
  'update-alert': ['comment'],
  'unblock-sender': ['adele@contoso.com'],
};

const scenario = (some: Partial<Scenario> = {}): Scenario => ({
  things,
  level: 'contain',
  refused: [],
  ...some,
});
const settled = (rows: RunRows) => rows.run.row.state === 'finished' && rows.run.row.summary.state === 'sent';

async function live(
  some: Partial<Scenario> = {},
): Promise<{ simulation: Simulation; runId: string; order: Order }> {
  const simulation = new Simulation(
    scenario(some),
    chaosOf(() => 0.5),
  );
  const runId = await simulation.open();
  const order: Order = { who: 'on-call', reason: 'as agreed by telephone', now: new Date(simulation.clock) };
  return { simulation, runId, order };
}

describe('undo of a whole run', () => {
  it('puts back everything that was changed, newest first, and ends the run as undone', async () => {
    const { simulation, runId, order } = await live({ level: 'full' });
    await simulation.live(settled);
    await advance(simulation.engine, runRef(runId), undo(simulation.engine.playbook, undefined, order));
    await simulation.live();
    const { rows, world, broken } = simulation.end();
    expect(broken).toEqual([]);
    for (const [step, ids] of Object.entries(things).filter(([name]) => name !== 'revoke-sessions'))
      expect(world.has(step)).toEqual(expect.arrayContaining(ids));
    expect(rows.run.row).toMatchObject({ state: 'closed', endsAs: 'undone' });
    expect(simulation.mails.at(-1)).toBe('UNDONE');
    const undone = world.effects.filter((effect) => effect.did === 'undo').map((effect) => effect.step);
    const fixed = world.effects.filter((effect) => effect.did === 'fix').map((effect) => effect.step);
    const canBe = fixed.filter((step) => step !== 'revoke-sessions');
    expect([...new Set(undone)]).toEqual([...new Set(canBe.toReversed())]);
  });

  it('never lets a later check fix again what was undone — the watch must not fight the owner', async () => {
    const { simulation, runId, order } = await live({ level: 'full' });
    await simulation.live(settled);
    await advance(simulation.engine, runRef(runId), undo(simulation.engine.playbook, undefined, order));
    const before = simulation.world.effects.filter((effect) => effect.did === 'fix').length;
    await simulation.live();
    expect(simulation.world.effects.filter((effect) => effect.did === 'fix')).toHaveLength(before);
  });

  it('touches nothing that the run did not change itself — somebody else decided that', async () => {
    const { simulation, runId, order } = await live({
      things: { ...things, 'block-sign-in': [] },
      level: 'full',
    });
    await simulation.live(settled);
    await advance(simulation.engine, runRef(runId), undo(simulation.engine.playbook, undefined, order));
    await simulation.live();
    expect(simulation.world.has('block-sign-in')).toEqual([]);
  });

  it('ends a held run without having done anything', async () => {
    const { simulation, runId, order } = await live({ held: 'a protected account' });
    await advance(simulation.engine, runRef(runId), undo(simulation.engine.playbook, undefined, order));
    await simulation.live();
    expect(simulation.world.effects).toEqual([]);
    expect(simulation.rows().run.row.state).toBe('closed');
  });
});

describe('undo of named steps', () => {
  it('puts back only these and goes on watching the rest', async () => {
    const { simulation, runId, order } = await live({ level: 'full' });
    await simulation.live(settled);
    await advance(
      simulation.engine,
      runRef(runId),
      undo(simulation.engine.playbook, ['disable-inbox-rules'], order),
    );
    await simulation.live();
    const { rows, world } = simulation.end();
    expect(world.has('disable-inbox-rules')).toEqual(expect.arrayContaining(['rule', '!rule']));
    expect(world.has('block-sign-in')).toEqual([]);
    expect(outcomeOf(rows, 'disable-inbox-rules')).toBe('undone');
    expect(rows.run.row.endsAs).toBeNull();
    expect(rows.run.row.checks).toBe(timing.checkMinutes.length);
  });
});

describe('approve', () => {
  it('lets a held run begin at the level that was approved', async () => {
    const { simulation, runId, order } = await live({ held: 'a service account' });
    await simulation.live((rows) => rows.run.row.summary.state === 'sent');
    expect(simulation.mails).toEqual(['HELD']);
    expect(simulation.world.effects).toEqual([]);
    await advance(simulation.engine, runRef(runId), approve('contain', order));
    await simulation.live(settled);
    expect(simulation.world.has('block-sign-in')).toEqual([]);
  });

  it('makes a locked run full, so that reported changes are made', async () => {
    const { simulation, runId, order } = await live({
      things: { ...things, 'disable-inbox-rules': ['rule'] },
    });
    await simulation.live(settled);
    expect(outcomeOf(simulation.rows(), 'reset-password')).toBe('reported');
    expect(simulation.mails.at(-1)).toBe('DECIDE');
    await advance(simulation.engine, runRef(runId), approve('full', order));
    await simulation.live(settled);
    expect(outcomeOf(simulation.rows(), 'reset-password')).toBe('done');
    expect(simulation.mails.at(-1)).toBe('CONTAINED');
  });

  it('does not make an undone run full — its owner is back at work', async () => {
    const { simulation, runId, order } = await live({ things: { 'block-sign-in': ['lock'] } });
    await simulation.live(settled);
    await advance(simulation.engine, runRef(runId), undo(simulation.engine.playbook, undefined, order));
    await advance(simulation.engine, runRef(runId), approve('full', order));
    expect(simulation.rows().run.row).toMatchObject({ level: 'contain', endsAs: 'undone' });
    expect((await simulation.progress.log(runRef(runId))).at(-1)?.what).toBe('approve full: nothing to do');
  });

  it('keeps who and why in the log for ever', async () => {
    const { simulation, runId, order } = await live({ held: 'a service account' });
    await advance(simulation.engine, runRef(runId), approve('full', order));
    expect(await simulation.progress.log(runRef(runId))).toContainEqual(
      expect.objectContaining({
        who: 'on-call',
        why: 'as agreed by telephone',
        what: 'approved at level full',
      }),
    );
  });
});

describe('retry', () => {
  it('runs again only what did not end well, and mails the new verdict', async () => {
    const refused = ['disable-inbox-rules'];
    const { simulation, runId, order } = await live({ level: 'full', refused });
    await simulation.live(settled);
    expect(outcomeOf(simulation.rows(), 'disable-inbox-rules')).toBe('failed');
    expect(simulation.mails.at(-1)).toMatch(/^NOT CONTAINED/);
    refused.length = 0;
    const requests = simulation.world.requests.length;
    await advance(simulation.engine, runRef(runId), retry(undefined, order));
    await simulation.live((rows) => settled(rows) && outcomeOf(rows, 'disable-inbox-rules') === 'done');
    const again = simulation.world.requests.slice(requests);
    expect(again).toContain('fix disable-inbox-rules');
    expect(again.filter((request) => request.startsWith('fix'))).toEqual(
      expect.not.arrayContaining(['fix reset-password', 'fix block-sign-in']),
    );
    expect(simulation.mails.at(-1)).toBe('CONTAINED');
  });

  it('reopens a closed run', async () => {
    const refused = ['disable-inbox-rules'];
    const { simulation, runId, order } = await live({ level: 'full', refused });
    await simulation.live();
    refused.length = 0;
    await advance(simulation.engine, runRef(runId), retry(undefined, order));
    await simulation.live();
    expect(outcomeOf(simulation.rows(), 'disable-inbox-rules')).toBe('done');
    expect(simulation.rows().run.row.state).toBe('closed');
  });
});

describe('a second alert for the account', () => {
  const request = { account: adele, held: null, why: 'a second alert' };
  const second = { ...riskySignIn, sourceId: 'd2', detector: 'attackerInTheMiddle' };

  it('joins the open run — never two runs at once', async () => {
    const { simulation, runId } = await live();
    const opened = await openRun(simulation.engine, { ...request, signals: [second], level: 'contain' });
    expect(opened).toMatchObject({ joined: true, raised: false, run: { id: runId } });
    expect(opened.run.signals.map((signal) => signal.sourceId)).toEqual(['d1', 'd2']);
  });

  it('makes an open run look again at once if it reports newer activity — not only at the later checks', async () => {
    const { simulation } = await live({ level: 'full' });
    const done = ({ steps }: RunRows) =>
      steps.some(({ row }) => row.name === 'disable-inbox-rules' && row.outcome?.is === 'done');
    await simulation.live((rows) => done(rows) && rows.run.row.state === 'open');
    simulation.world.putBack('disable-inbox-rules', '!rule');
    const at = () => new Date(simulation.clock).toISOString();
    const before = { ...second, activityAt: '2026-11-20T08:59:00Z' };
    await openRun(simulation.engine, { ...request, signals: [before], level: 'full' });
    const stateOf = () =>
      simulation.rows().steps.find(({ row }) => row.name === 'disable-inbox-rules')?.row.state;
    expect(stateOf()).toBe('settled');
    const since = { ...second, sourceId: 'd3', activityAt: at() };
    const opened = await openRun(simulation.engine, { ...request, signals: [since], level: 'full' });
    expect([opened.joined, stateOf()]).toEqual([true, 'queued']);
    await simulation.live(settled);
    expect(simulation.world.has('disable-inbox-rules')).toEqual([]);
    expect(simulation.rows().run.row.checks).toBe(0);
  });

  it('raises a contained run if it is stronger', async () => {
    const { simulation } = await live({ things: { ...things, 'disable-inbox-rules': ['rule'] } });
    await simulation.live(settled);
    const opened = await openRun(simulation.engine, { ...request, signals: [second], level: 'full' });
    expect(opened).toMatchObject({ joined: true, raised: true, run: { level: 'full' } });
  });

  it('never opens a run whose reason for being held still stands', async () => {
    const { simulation } = await live({ held: 'a protected account' });
    const held = 'a protected account';
    const opened = await openRun(simulation.engine, { ...request, held, signals: [second], level: 'full' });
    expect(opened).toMatchObject({ joined: true, raised: false, run: { state: 'held' } });
  });

  it('joins a finished run if its activity came before the lock — a late detection is no new case', async () => {
    const { simulation, runId } = await live();
    await simulation.live();
    const opened = await openRun(simulation.engine, { ...request, signals: [second], level: 'contain' });
    expect(opened).toMatchObject({ joined: true, run: { id: runId } });
  });

  it('joins a finished run if it is the same alert again — a replay is no new case', async () => {
    const { simulation, runId } = await live();
    await simulation.live();
    const again = { ...riskySignIn, activityAt: null, detectedAt: null };
    const opened = await openRun(simulation.engine, { ...request, signals: [again], level: 'contain' });
    expect(opened).toMatchObject({ joined: true, run: { id: runId } });
  });

  it('opens a new run if a finished run’s alert has grown by activity after the lock', async () => {
    const { simulation } = await live();
    await simulation.live();
    const lastActivityAt = new Date(simulation.clock).toISOString();
    const grown = { ...riskySignIn, version: lastActivityAt, lastActivityAt };
    const opened = await openRun(simulation.engine, { ...request, signals: [grown], level: 'contain' });
    expect(opened.joined).toBe(false);
  });

  it('opens a new run if the intruder acts after the lock', async () => {
    const { simulation, runId } = await live();
    await simulation.live();
    const later = { ...second, activityAt: new Date(simulation.clock).toISOString() };
    const opened = await openRun(simulation.engine, { ...request, signals: [later], level: 'contain' });
    expect(opened.joined).toBe(false);
    expect(opened.run.id).not.toBe(runId);
  });
});

describe('what comes back after it was removed', () => {
  it('is removed once more, and left to a person the second time — somebody else is deciding', async () => {
    const { simulation } = await live({ level: 'full' });
    await simulation.live(settled);
    simulation.world.putBack('disable-inbox-rules', 'rule');
    await simulation.live((rows) => rows.run.row.checks === 1 && settled(rows));
    expect(simulation.world.has('disable-inbox-rules')).toEqual([]);
    expect(simulation.mails.at(-1)).toBe('REVERTED');
    simulation.world.putBack('disable-inbox-rules', 'rule');
    await simulation.live();
    expect(simulation.world.has('disable-inbox-rules')).toEqual(['rule']);
    expect(outcomeOf(simulation.rows(), 'disable-inbox-rules')).toBe('needs-human');
    expect(simulation.mails.at(-1)).toBe('REVERTED, 1 TASK');
  });
});

describe('a step that was to be undone when a later run took over', () => {
  it('ends as not done — a settled step without an outcome has no owner', async () => {
    const { simulation, runId, order } = await live({ level: 'full' });
    const ref = runRef(runId);
    const until = new Date(simulation.clock + timing.leaseSeconds * 1000).toISOString();
    await advance(simulation.engine, ref, (state) => ({
      ...state,
      steps: state.steps.map((row) =>
        row.name === 'reset-password' ? { ...row, state: 'running', turn: row.turn + 1, until } : row,
      ),
    }));
    await advance(simulation.engine, ref, undo(simulation.engine.playbook, undefined, order));
    simulation.clock += 2000;
    const activityAt = new Date(simulation.clock).toISOString();
    const signals = [{ ...riskySignIn, sourceId: 'd9', activityAt }];
    const request = { account: adele, signals, level: 'contain', held: null, why: 'a later alert' } as const;
    expect((await openRun(simulation.engine, request)).joined).toBe(false);
    const rows = simulation.progress.peek(runId)?.steps.map(({ row }) => row) ?? [];
    expect(rows.filter(({ state, outcome }) => state === 'settled' && outcome === null)).toEqual([]);
    expect(rows.find(({ name }) => name === 'reset-password')?.outcome).toMatchObject({ is: 'skipped' });
  });
});
