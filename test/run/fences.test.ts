// What keeps a slow worker and its successor from undoing each other's work.
import { describe, expect, it } from 'vitest';
import { RetryableError } from '../../shared/errors.ts';
import type { Remediation, Step } from '../../shared/model/step.ts';
import { advance } from '../../shared/run/advance.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { approve } from '../../shared/run/operate.ts';
import { runRef } from '../../shared/run/progress.ts';
import { runStep } from '../../shared/run/run-step.ts';
import { sendSummary } from '../../shared/run/send-summary.ts';
import { sweepRuns } from '../../shared/run/sweep.ts';
import { timing } from '../../shared/run/timing.ts';
import { adele, chaosOf, riskySignIn, Simulation } from './simulation.ts';

const things = { 'block-sign-in': ['lock'], 'reset-password': ['password'], 'revoke-sessions': ['sessions'] };

async function opened(fix?: Remediation['fix'], held?: string) {
  const simulation = new Simulation(
    { things, refused: [], level: 'full', ...(held === undefined ? {} : { held }) },
    chaosOf(() => 0.6),
  );
  if (fix !== undefined) {
    simulation.engine.playbook = simulation.engine.playbook.map(
      (step): Step =>
        step.name === 'block-sign-in' && step.kind === 'remediation' ? { ...step, fix } : step,
    );
  }
  const run = await simulation.open();
  const row = () => {
    const found = simulation.rows().steps.find((entry) => entry.row.name === 'block-sign-in')?.row;
    if (found === undefined) throw new Error('no such row');
    return found;
  };
  return { simulation, run, row, message: { run, step: 'block-sign-in', turn: 1 } };
}

/** Lets everything go on that can, until a condition holds. */
async function until(holds: () => boolean): Promise<void> {
  for (let round = 0; round < 1000 && !holds(); round += 1) await new Promise((done) => setImmediate(done));
  expect(holds()).toBe(true);
}

describe('a worker whose message was delivered again', () => {
  it('writes nothing more while the worker that took over is still busy', async () => {
    const going: (() => void)[] = [];
    const { simulation, row, message } = await opened(() => new Promise<void>((done) => going.push(done)));
    const first = runStep(simulation.engine, message, 1);
    await until(() => going.length === 1);
    const second = runStep(simulation.engine, message, 2);
    await until(() => going.length === 2);
    expect(row()).toMatchObject({ state: 'running', delivery: 2, attempt: 1 });
    going[0]?.();
    await first;
    expect(row()).toMatchObject({ state: 'running', delivery: 2 });
    going[1]?.();
    await second;
    expect(row().state).not.toBe('running');
  });

  it('writes nothing for a turn that is over either, whichever worker has the next one', async () => {
    const going: (() => void)[] = [];
    const { simulation, row, message } = await opened(() => new Promise<void>((done) => going.push(done)));
    const first = runStep(simulation.engine, message, 1);
    await until(() => going.length === 1);
    simulation.clock += (timing.leaseSeconds + 1) * 1000;
    await sweepRuns(simulation.engine);
    expect(row()).toMatchObject({ state: 'queued', turn: 2 });
    const second = runStep(simulation.engine, { ...message, turn: 2 }, 1);
    await until(() => going.length === 2);
    going[0]?.();
    await first;
    expect(row()).toMatchObject({ state: 'running', turn: 2, delivery: 1 });
    going[1]?.();
    await second;
  });

  it('is not replaced by the same delivery, nor by an earlier one', async () => {
    const going: (() => void)[] = [];
    const { simulation, row, message } = await opened(() => new Promise<void>((done) => going.push(done)));
    const work = runStep(simulation.engine, message, 5);
    await until(() => going.length === 1);
    await runStep(simulation.engine, message, 5);
    await runStep(simulation.engine, message, 4);
    expect(going).toHaveLength(1);
    expect(row()).toMatchObject({ state: 'running', delivery: 5, attempt: 0 });
    going[0]?.();
    await work;
  });
});

describe('two alerts of one account at the same instant', () => {
  it('open one run, and the second joins it', async () => {
    const { simulation } = await opened();
    const account = { ...adele, id: '8a1f4c1a-2f5b-4b0e-9a57-0d5b7c1e6f24' };
    const ask = (sourceId: string) =>
      openRun(simulation.engine, {
        account,
        signals: [{ ...riskySignIn, sourceId, userId: account.id }],
        level: 'full',
        held: null,
        why: 'a high-risk sign-in',
      });
    const both = await Promise.all([ask('d1'), ask('d2')]);
    expect(both.map(({ joined }) => joined).toSorted()).toEqual([false, true]);
    expect(new Set(both.map(({ run }) => run.id)).size).toBe(1);
  });
});

describe('a lease', () => {
  it('counts from when the work begins, however long the message was on its way', async () => {
    const going: (() => void)[] = [];
    const { simulation, row, message } = await opened(() => new Promise<void>((done) => going.push(done)));
    simulation.clock += 80_000;
    const begun = simulation.clock;
    const work = runStep(simulation.engine, message, 1);
    await until(() => going.length === 1);
    const length = Date.parse(row().until ?? '') - begun;
    expect(length).toBeGreaterThanOrEqual(timing.leaseSeconds * 1000);
    expect(length).toBeLessThan(timing.leaseSeconds * 1000 + 100);
    going[0]?.();
    await work;
  });
});

describe('a message', () => {
  it('is sent only for rows that were written — nobody may act on a write that failed', async () => {
    const { simulation, run } = await opened(undefined, 'a protected account');
    await simulation.live(({ run: { row } }) => row.summary.state === 'sent');
    const held = simulation.bus.list().length;
    const engine: Engine = {
      ...simulation.engine,
      progress: {
        claimOf: (userId) => simulation.progress.claimOf(userId),
        open: (...given) => simulation.progress.open(...given),
        read: (ref) => simulation.progress.read(ref),
        write: () => Promise.reject(new RetryableError('the storage is down')),
        log: (ref) => simulation.progress.log(ref),
        due: (now) => simulation.progress.due(now),
        held: () => simulation.progress.held(),
        list: (...given) => simulation.progress.list(...given),
      },
    };
    const order = { who: 'on-call', reason: 'agreed', now: new Date(simulation.clock) };
    await expect(advance(engine, runRef(run), approve('full', order))).rejects.toThrow('the storage is down');
    expect(simulation.bus.list()).toHaveLength(held);
  });
});

describe('a mail on its way', () => {
  it('is waited for when the verdict changes meanwhile — two senders would both write', async () => {
    const { simulation, run } = await opened(undefined, 'a protected account');
    const summary = () => simulation.rows().run.row.summary;
    let sent = () => {};
    const sending = sendSummary(
      simulation.engine,
      { send: () => new Promise<void>((done) => (sent = done)), wasSent: async () => false },
      { run, turn: 1 },
    );
    await until(() => summary().state === 'sending');
    const order = { who: 'on-call', reason: 'agreed', now: new Date(simulation.clock) };
    await advance(simulation.engine, runRef(run), approve('full', order));
    simulation.clock += 61_000;
    await simulation.live(({ steps }) =>
      steps.every(({ row }) => row.stage === 'hand-back' || row.state === 'settled'),
    );
    expect(summary()).toMatchObject({ state: 'sending', turn: 1, verdict: 'HELD' });
    await until(() => true);
    sent();
    await sending;
    expect(summary().turn).toBe(2);
  });
});
