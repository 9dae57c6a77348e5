// Claims, leases and hand-overs, one at a time: here they must work at once and in order, where generated histories may
// survive by luck or thanks to the sweep.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { StepRow } from '../../shared/model/rows.ts';
import { investigation, remediation, type Step, settings } from '../../shared/model/step.ts';
import { advance } from '../../shared/run/advance.ts';
import type { Outgoing } from '../../shared/run/bus.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { type Progress, type RunRows, runRef } from '../../shared/run/progress.ts';
import { runStep } from '../../shared/run/run-step.ts';
import { timing } from '../../shared/run/timing.ts';
import { MemoryProgress } from '../fakes/memory-progress.ts';
import { noClients } from './no-clients.ts';
import { adele, riskySignIn } from './simulation.ts';

interface Bench {
  engine: Engine;
  progress: MemoryProgress;
  sent: Outgoing[];
  clock: { now: number };
}

const base = {
  title: 'A step',
  guide: [],
  settings: settings('act'),
  permissions: { graph: ['User.Read.All'] as const },
  appliesTo: () => true as const,
};

const looks = (name: string, collect = async () => {}, after: readonly string[] = []): Step =>
  investigation({
    ...base,
    name,
    collects: 'something',
    stage: 'collect',
    after,
    collect: async () => {
      await collect();
      return { findings: [] };
    },
  });

const fixes = (name: string, work: { fix: () => Promise<void>; present: () => boolean }): Step =>
  remediation({
    ...base,
    name,
    removes: 'something',
    stage: 'contain',
    before: z.null(),
    find: async () => ({
      changes: work.present() ? [{ id: 'it', what: 'it', why: 'it is there', before: null }] : [],
    }),
    fix: work.fix,
    undo: async () => undefined,
  });

function bench(playbook: readonly Step[], progress = new MemoryProgress()): Bench {
  const clock = { now: Date.parse('2026-11-20T09:00:00Z') };
  const sent: Outgoing[] = [];
  const engine: Engine = {
    progress,
    bus: { send: async (messages) => void sent.push(...messages) },
    playbook,
    stepSettings: {},
    clients: () => noClients,
    now: () => new Date(clock.now),
    random: () => 0.5,
    deadlineSeconds: 90,
    log: () => {},
  };
  return { engine, progress, sent, clock };
}

const open = async ({ engine }: Bench) => {
  const opened = await openRun(engine, {
    account: adele,
    signals: [riskySignIn],
    level: 'full',
    held: null,
    why: 'a test',
  });
  return opened.run.id;
};

/** A store that the process can no longer reach once it is dead. */
const dying = (progress: Progress, isDead: () => boolean): Progress => ({
  claimOf: (userId) => progress.claimOf(userId),
  open: (...given) => progress.open(...given),
  read: (ref) => progress.read(ref),
  write: async (ref, changes) => {
    if (isDead()) throw new Error('the process is gone');
    return progress.write(ref, changes);
  },
  log: (ref) => progress.log(ref),
  due: (now) => progress.due(now),
  held: () => progress.held(),
  list: (since, most) => progress.list(since, most),
});

const rowOf = (rows: RunRows | undefined, name: string): StepRow => {
  const row = rows?.steps.find((entry) => entry.row.name === name)?.row;
  if (row === undefined) throw new Error(`no row ${name}`);
  return row;
};

describe('two steps that settle side by side', () => {
  it('start the step that waits for both — each was planned without the other', async () => {
    const waiting: (() => void)[] = [];
    let meets = false;
    // Both writes wait for each other, so that both were planned before either took effect.
    const progress = new MemoryProgress({
      before: async ({ name }) => {
        if (!meets || name !== 'write') return;
        if (waiting.length === 1) {
          meets = false;
          for (const go of waiting) go();
          return;
        }
        await new Promise<void>((resolve) => waiting.push(resolve));
      },
    });
    const given = bench([looks('a'), looks('b'), looks('c', undefined, ['a', 'b'])], progress);
    const run = await open(given);
    const settle = (name: string) =>
      advance(given.engine, runRef(run), (state) => ({
        ...state,
        steps: state.steps.map((row) =>
          row.name === name
            ? { ...row, state: 'settled', outcome: { is: 'done' }, settledAt: '2026-11-20T09:00:00Z' }
            : row,
        ),
      }));
    // What the run row says about itself is already right; otherwise the second write would be refused, and would read
    // again.
    await advance(given.engine, runRef(run));
    meets = true;
    await Promise.all([settle('a'), settle('b')]);
    expect(rowOf(progress.peek(run), 'c').state).toBe('queued');
    expect(given.sent.filter((message) => message.queue === 'step-c')).toHaveLength(1);
  });
});

describe('a message of an earlier turn', () => {
  it('does nothing while a later turn is due — a retry must not come before its time', async () => {
    let tries = 0;
    const throttled = async () => {
      tries += 1;
      throw new RetryableError('throttled', { retryAfterSeconds: 30, tookEffect: 'no' });
    };
    const given = bench([looks('a', throttled)]);
    const run = await open(given);
    await runStep(given.engine, { run, step: 'a', turn: 1 }, 1);
    expect(rowOf(given.progress.peek(run), 'a')).toMatchObject({ state: 'queued', turn: 2, attempt: 1 });
    await runStep(given.engine, { run, step: 'a', turn: 1 }, 2);
    expect(tries).toBe(1);
    expect(given.sent.at(-1)?.at?.toISOString()).toBe('2026-11-20T09:00:30.000Z');
  });

  it('moves the run on anyway — its worker may have died before it could', async () => {
    const given = bench([looks('a')]);
    const run = await open(given);
    given.clock.now += timing.graceSeconds * 1000;
    await runStep(given.engine, { run, step: 'a', turn: 0 }, 1);
    const sent = given.sent.filter(({ queue }) => queue === 'step-a').map(({ id }) => id);
    expect(sent).toEqual([`${run}:a:1`, `${run}:a:2`]);
  });
});

describe('a worker that died', () => {
  it('is followed by the same message at once, not when its lease ends', async () => {
    let dead = false;
    let present = true;
    const given = bench([
      fixes('a', {
        present: () => present,
        fix: async () => {
          if (!dead) {
            dead = true;
            throw new Error('the process is gone');
          }
          present = false;
        },
      }),
    ]);
    const run = await open(given);
    const mortal: Engine = { ...given.engine, progress: dying(given.progress, () => dead) };
    await expect(runStep(mortal, { run, step: 'a', turn: 1 }, 1)).rejects.toThrow('the process is gone');
    expect(rowOf(given.progress.peek(run), 'a').state).toBe('running');
    await runStep(given.engine, { run, step: 'a', turn: 1 }, 2);
    expect(rowOf(given.progress.peek(run), 'a')).toMatchObject({ state: 'settled', outcome: { is: 'done' } });
  });

  it('is left alone by a copy of its message — it may be alive', async () => {
    let started = 0;
    const ending = Promise.withResolvers<void>();
    const given = bench([
      looks('a', async () => {
        started += 1;
        await ending.promise;
      }),
    ]);
    const run = await open(given);
    const first = runStep(given.engine, { run, step: 'a', turn: 1 }, 1);
    await new Promise((resolve) => setImmediate(resolve));
    await runStep(given.engine, { run, step: 'a', turn: 1 }, 1);
    expect(started).toBe(1);
    ending.resolve();
    await first;
    expect(rowOf(given.progress.peek(run), 'a').outcome).toEqual({ is: 'done' });
  });
});

describe('a step that comes after another', () => {
  it('is not sent before that one was tried, and goes on even if it failed', async () => {
    const failing = async () => {
      throw new RetryableError('throttled', { retryAfterSeconds: 60 });
    };
    const given = bench([looks('a', failing), looks('b', undefined, ['a'])]);
    const run = await open(given);
    expect(given.sent.map((message) => message.queue)).toEqual(['step-a']);
    await runStep(given.engine, { run, step: 'a', turn: 1 }, 1);
    expect(given.sent.map((message) => message.queue)).toContain('step-b');
  });
});

describe('a failure', () => {
  it('that is permanent is settled as failed at once, with what the service said', async () => {
    const refused = async () => {
      throw new PermanentError('refused', {
        status: 403,
        code: 'Authorization_RequestDenied',
        requestId: 'r1',
      });
    };
    const given = bench([looks('a', refused)]);
    const run = await open(given);
    await runStep(given.engine, { run, step: 'a', turn: 1 }, 1);
    expect(rowOf(given.progress.peek(run), 'a').outcome).toEqual({
      is: 'failed',
      error: { message: 'refused', status: 403, code: 'Authorization_RequestDenied', requestId: 'r1' },
    });
  });

  it('that passes is tried again eight times, then settled as failed', async () => {
    const failing = async () => {
      throw new Error('no idea');
    };
    const given = bench([looks('a', failing)]);
    const run = await open(given);
    for (let turn = 1; turn <= 8; turn += 1) await runStep(given.engine, { run, step: 'a', turn }, 1);
    expect(rowOf(given.progress.peek(run), 'a')).toMatchObject({
      state: 'settled',
      outcome: { is: 'failed' },
    });
    expect(given.sent.filter((message) => message.queue === 'step-a')).toHaveLength(8);
  });
});

describe('an execution that has ended', () => {
  it('leaves no timer — one running on for ninety seconds would keep everything that was read in memory', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const failing = async () => {
      throw new Error('no idea');
    };
    const given = bench([looks('a'), looks('b', failing)]);
    const run = await open(given);
    const before = timers();
    for (const step of ['a', 'b']) await runStep(given.engine, { run, step, turn: 1 }, 1);
    expect(timers()).toBe(before);
  });

  it('that hangs is ended by its deadline, and tried again', async () => {
    const given = bench([looks('a', () => new Promise(() => {}))]);
    given.engine.deadlineSeconds = 0.01;
    const run = await open(given);
    await runStep(given.engine, { run, step: 'a', turn: 1 }, 1);
    expect(rowOf(given.progress.peek(run), 'a')).toMatchObject({
      state: 'queued',
      lastError: { message: expect.stringContaining('not finished within 0.01 seconds') },
    });
  });
});
