// What may still happen to a run that was undone, was replaced by another, or was a rehearsal.
import { describe, expect, it } from 'vitest';
import { startRun } from '../../functions/runs/start-run.ts';
import { lastRunOf } from '../../shared/alerts/earlier-runs.ts';
import { advance } from '../../shared/run/advance.ts';
import { openRun, supersede } from '../../shared/run/open-run.ts';
import { approve, type Order, retry, undo } from '../../shared/run/operate.ts';
import { type RunRows, runRef } from '../../shared/run/progress.ts';
import { adele, chaosOf, outcomeOf, riskySignIn, type Scenario, Simulation } from './simulation.ts';

const things = {
  'block-sign-in': ['lock'],
  'reset-password': ['password'],
  'disable-inbox-rules': ['rule', '!rule'],
};
const settled = ({ run }: RunRows) => run.row.state === 'finished' && run.row.summary.state === 'sent';
const fixes = ({ world }: Simulation) => world.effects.filter(({ did }) => did === 'fix').length;
const rowOf = (simulation: Simulation, name: string) =>
  simulation.rows().steps.find(({ row }) => row.name === name)?.row;

async function live(some: Partial<Scenario> = {}) {
  const scenario: Scenario = { things, level: 'full', refused: [], ...some };
  const simulation = new Simulation(
    scenario,
    chaosOf(() => 0.5),
  );
  const runId = await simulation.open();
  const { engine } = simulation;
  const order: Order = { who: 'on-call', reason: 'the owner travels', now: new Date(simulation.clock) };
  const ask = (apply: Parameters<typeof advance>[2]) => advance(engine, runRef(runId), apply);
  const undoAll = () => ask(undo(engine.playbook, undefined, order));
  /** A worker has the lock in hand, and the undo waits for it; the result is an alert from that time. */
  const undoneBeforeTheLock = async () => {
    const until = new Date(simulation.clock + 60_000).toISOString();
    await ask((state) => ({
      ...state,
      steps: state.steps.map((row) =>
        row.name === 'block-sign-in' ? { ...row, state: 'running', until } : row,
      ),
    }));
    await undoAll();
    simulation.clock += 5000;
    return [fresh(simulation)];
  };
  return { simulation, engine, runId, order, ask, undoAll, undoneBeforeTheLock };
}

describe('retry after an undo that was refused', () => {
  it('undoes what is left and locks nothing again — the owner is back at work', async () => {
    const refused = ['undo block-sign-in'];
    const { simulation, ask, order, undoAll } = await live({ refused });
    await simulation.live(settled);
    await undoAll();
    await simulation.live((rows) => outcomeOf(rows, 'block-sign-in') === 'failed');
    expect(simulation.world.has('block-sign-in')).toEqual([]);
    const before = fixes(simulation);
    refused.length = 0;
    await ask(retry(undefined, order));
    expect(simulation.rows().run.row.endsAs).toBe('undone');
    await simulation.live();
    expect(simulation.world.has('block-sign-in')).toEqual(['lock']);
    expect(outcomeOf(simulation.rows(), 'block-sign-in')).toBe('undone');
    expect(fixes(simulation)).toBe(before);
    expect(simulation.rows().run.row).toMatchObject({ state: 'closed', endsAs: 'undone' });
  });

  it('fixes nothing in an undone run, even if it is named — a new run does that', async () => {
    const { simulation, ask, order, undoAll } = await live({ refused: ['reset-password'] });
    await simulation.live(settled);
    await undoAll();
    await simulation.live();
    const before = fixes(simulation);
    await ask(retry(['reset-password', 'block-sign-in'], order));
    await simulation.live();
    expect(fixes(simulation)).toBe(before);
    expect(simulation.world.has('block-sign-in')).toEqual(['lock']);
  });

  it('still knows a change whose answer was lost — nobody can tell whether it was made', async () => {
    const refused = ['undo block-sign-in'];
    const { simulation, ask, order, undoAll } = await live({ refused });
    await simulation.live(settled);
    await ask((state) => ({
      ...state,
      steps: state.steps.map((row) => ({
        ...row,
        changes: row.changes.map((change) => ({ ...change, fixedAt: null, goneAt: null })),
      })),
    }));
    await undoAll();
    await simulation.live((rows) => outcomeOf(rows, 'block-sign-in') === 'failed');
    refused.length = 0;
    await ask(retry(undefined, order));
    await simulation.live();
    expect(simulation.world.has('block-sign-in')).toEqual(['lock']);
  });
});

describe('retry of what came back twice', () => {
  it('removes it once more — the person who was asked has decided', async () => {
    const { simulation, ask, order } = await live();
    await simulation.live(settled);
    simulation.world.putBack('disable-inbox-rules', 'rule');
    await simulation.live((rows) => rows.run.row.checks === 1 && settled(rows));
    simulation.world.putBack('disable-inbox-rules', 'rule');
    await simulation.live((rows) => outcomeOf(rows, 'disable-inbox-rules') === 'needs-human');
    const record = () => rowOf(simulation, 'disable-inbox-rules')?.changes.find(({ id }) => id === 'rule');
    const { attemptedAt, fixedAt } = record() ?? {};
    // The second time it only looked, and attempted nothing.
    expect(Date.parse(attemptedAt ?? '')).toBeLessThanOrEqual(Date.parse(fixedAt ?? ''));
    await ask(retry(undefined, order));
    await simulation.live((rows) => outcomeOf(rows, 'disable-inbox-rules') === 'done');
    expect(simulation.world.has('disable-inbox-rules')).toEqual([]);
    simulation.world.putBack('disable-inbox-rules', 'rule');
    await simulation.live();
    expect(simulation.world.has('disable-inbox-rules')).toEqual(['rule']);
    expect(outcomeOf(simulation.rows(), 'disable-inbox-rules')).toBe('needs-human');
  });
});

describe('a held run that was approved', () => {
  it('is reported after five minutes whatever happened — the mail about it being held said nothing about that', async () => {
    const { simulation, ask, order } = await live({ held: 'a service account' });
    await simulation.live(({ run }) => run.row.summary.state === 'sent');
    simulation.clock += 3_600_000;
    const approvedAt = simulation.clock;
    await ask(approve('full', { ...order, now: new Date(approvedAt) }));
    // Every message is lost from here on: only the sweep moves the run.
    for (let round = 0; round < 60 && simulation.mails.length < 2; round += 1) {
      for (const message of simulation.bus.list()) {
        if (message.queue !== 'summaries') simulation.bus.drop(message);
      }
      const moved = () => simulation.bus.list().some(({ queue }) => queue !== 'summaries');
      await simulation.live(() => simulation.mails.length > 1 || moved());
    }
    expect(simulation.mails).toEqual(['HELD', 'NOT CONTAINED']);
    expect(simulation.clock - approvedAt).toBeLessThan(330_000);
    expect(simulation.clock - approvedAt).toBeGreaterThanOrEqual(300_000);
  });
});

const request = { account: adele, held: null, why: 'a second alert', level: 'contain' as const };
const fresh = (simulation: Simulation, some: object = {}) => ({
  ...riskySignIn,
  sourceId: 'd2',
  activityAt: new Date(simulation.clock).toISOString(),
  ...some,
});

describe('an alert while a run is undone', () => {
  it('opens a new run for what the intruder did after the lock, and begins nothing more of the undo', async () => {
    const { simulation, engine, runId, undoAll } = await live();
    await simulation.live(settled);
    await undoAll();
    const opened = await openRun(engine, { ...request, signals: [fresh(simulation)] });
    expect(opened).toMatchObject({ joined: false });
    expect(opened.run.id).not.toBe(runId);
    const mails = simulation.mails.length;
    await simulation.live();
    expect(simulation.rows().run.row).toMatchObject({ state: 'closed', endsAs: 'superseded' });
    expect(simulation.world.effects.filter(({ did }) => did === 'undo')).toEqual([]);
    expect(simulation.mails.length - mails).toBeLessThanOrEqual(1);
    expect((await engine.progress.log(runRef(runId))).at(-1)?.what).toMatch(
      /^a new run takes the place of this one; not undone any more: .*block-sign-in/,
    );
  });

  it('joins the run if its activity came before the lock — a late detection is no new case', async () => {
    const { simulation, engine, runId, undoAll } = await live();
    await simulation.live(settled);
    await undoAll();
    const late = { ...riskySignIn, sourceId: 'd2', detectedAt: new Date(simulation.clock).toISOString() };
    const opened = await openRun(engine, { ...request, signals: [late] });
    expect(opened).toMatchObject({ joined: true, raised: false, run: { id: runId, endsAs: 'undone' } });
    await simulation.live();
    expect(simulation.world.has('block-sign-in')).toEqual(['lock']);
  });

  it('leaves the undo alone while the new run is held — nobody has decided yet', async () => {
    const { simulation, engine, undoAll } = await live();
    await simulation.live(settled);
    await undoAll();
    const held = 'a protected account';
    const opened = await openRun(engine, { ...request, held, signals: [fresh(simulation)] });
    expect(opened.run.state).toBe('held');
    await simulation.live();
    expect(simulation.world.has('block-sign-in')).toEqual(['lock']);
    expect(simulation.rows().run.row.endsAs).toBe('undone');
  });
});

describe('an alert after its run was ended for a new one that never came', () => {
  it('opens the run when it comes again — the process that died in between has done nothing for it', async () => {
    const { simulation, engine, runId, undoneBeforeTheLock } = await live();
    const signals = await undoneBeforeTheLock();
    await supersede(engine, runId, { who: 'policy', why: 'a second alert' });
    await simulation.live();
    expect(simulation.rows().run.row).toMatchObject({ state: 'closed', endsAs: 'superseded' });
    expect(await openRun(engine, { ...request, signals })).toMatchObject({ joined: false });
  });
});

it('a late detection joins no run that was ended to make room — nothing is done in it any more', async () => {
  const { simulation, engine, runId } = await live();
  await simulation.live(settled);
  await supersede(engine, runId, { who: 'policy', why: 'a second alert' });
  const late = await openRun(engine, { ...request, signals: [{ ...riskySignIn, sourceId: 'd3' }] });
  expect(late).toMatchObject({ joined: false });
});

describe('a run that a person ended before its lock', () => {
  it('takes alerts about what came before it, none about what was done since — nobody has looked for that', async () => {
    const { simulation, engine, runId, undoneBeforeTheLock } = await live();
    const signals = await undoneBeforeTheLock();
    await simulation.live();
    expect(simulation.rows().run.row).toMatchObject({ state: 'closed', containedAt: null });
    const late = await openRun(engine, { ...request, signals: [{ ...riskySignIn, sourceId: 'd3' }] });
    expect(late).toMatchObject({ joined: true, run: { id: runId } });
    expect(await openRun(engine, { ...request, signals })).toMatchObject({ joined: false });
  });
});

describe('a new run', () => {
  it('ends the later checks of the run before it — two that watch would undo each other’s work', async () => {
    const { simulation, engine } = await live();
    await simulation.live(settled);
    const opened = await openRun(engine, { ...request, signals: [fresh(simulation)] });
    expect(opened.joined).toBe(false);
    await simulation.live();
    expect(simulation.rows().run.row).toMatchObject({ endsAs: 'superseded', checks: 0, state: 'closed' });
  });
});

describe('a dry run after a real run', () => {
  const rehearsed = async () => {
    const world = await live();
    await world.simulation.live();
    const dry = await openRun(world.engine, {
      ...request,
      signals: [fresh(world.simulation, { source: 'operator' as const, sourceId: 'on-call' })],
      dryRun: true,
    });
    expect(dry).toMatchObject({ joined: false, run: { dryRun: true, follows: world.runId } });
    return world;
  };

  it('leaves late alerts and echoes to the run they belong to — a rehearsal has locked nobody', async () => {
    const { engine, runId } = await rehearsed();
    const late = await openRun(engine, { ...request, signals: [{ ...riskySignIn, sourceId: 'd2' }] });
    expect(late).toMatchObject({ joined: true, run: { id: runId } });
    expect(await lastRunOf(engine.progress, adele.id)).toMatchObject({ runId });
  });

  it('still does so after a second rehearsal', async () => {
    const { engine, runId, simulation } = await rehearsed();
    simulation.clock += 60_000;
    const signals = [fresh(simulation, { source: 'operator' as const, sourceId: 'again' })];
    // The first one is still open, so this joins it; once it is closed there is a second.
    await openRun(engine, { ...request, signals, dryRun: true });
    const late = await openRun(engine, { ...request, signals: [{ ...riskySignIn, sourceId: 'd2' }] });
    expect(late).toMatchObject({ joined: true, run: { id: runId } });
  });

  it('does not stop new activity of the intruder from getting a run of its own', async () => {
    const { engine, runId, simulation } = await rehearsed();
    simulation.clock += 60_000;
    const opened = await openRun(engine, { ...request, signals: [fresh(simulation)] });
    expect(opened).toMatchObject({ joined: false, run: { dryRun: false } });
    expect(opened.run.id).not.toBe(runId);
    expect(opened.run.follows).toBeUndefined();
  });

  it('is refused beside a real run that was reopened after an earlier rehearsal', async () => {
    const { engine, ask, order } = await rehearsed();
    await ask((state) => ({ ...state, run: { ...state.run, state: 'open' } }));
    await ask(retry(['block-sign-in'], order));
    const start = startRun(
      engine,
      {
        params: {},
        query: {},
        url: 'http://127.0.0.1/api/runs',
        headers: {},
        text: JSON.stringify({ user: 'adele@contoso.com', reason: 'rehearsal', dryRun: true }),
        who: 'on-call',
      },
      { readAccount: async () => adele, heldBecause: async () => null },
    );
    await expect(start).rejects.toThrow(/which is open and no dry run/);
  });
});
