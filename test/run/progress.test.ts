// What the engine may rely on, whichever store is behind it. Failures that only a real service has are in
// table-progress.test.ts.
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunRow } from '../../shared/model/rows.ts';
import { type Progress, type RunRows, runRef } from '../../shared/run/progress.ts';
import { memoryStore, type Store, tableStore } from './progress-stores.ts';
import { sampleLog, sampleRun, sampleStep, sampleSteps } from './sample-rows.ts';

let time = new Date();
const stores = { memory: memoryStore, table: () => tableStore(() => time) };

describe.each(['memory', 'table'] as const)('progress in %s', (kind) => {
  let store: Store;
  let progress: Progress;

  beforeEach(async () => {
    time = new Date('2026-11-24T19:05:00.000Z');
    store = await stores[kind]();
    progress = store.progress;
  });
  afterEach(() => store.close());

  const opened = async (run: RunRow, steps = sampleSteps()): Promise<RunRows> => {
    const rows = await progress.open(run, steps, undefined, [sampleLog('run opened at level contain')]);
    if (rows === 'taken') throw new Error('the account is taken');
    return rows;
  };
  const written = async (changes: Parameters<Progress['write']>[1], runId: string): Promise<RunRows> => {
    const rows = await progress.write(runRef(runId), changes);
    if (rows === 'conflict') throw new Error('somebody else wrote');
    return rows;
  };
  const stepOf = (rows: RunRows, name: string) => {
    const step = rows.steps.find(({ row }) => row.name === name);
    if (step === undefined) throw new Error(`no step ${name}`);
    return step;
  };

  it('opens claim, run and steps together and reads them back in the order of the playbook', async () => {
    const run = sampleRun(randomUUID());
    const ref = runRef(run.id);
    expect(await progress.claimOf(ref.userId)).toBeUndefined();
    expect(await progress.read(ref)).toBeUndefined();
    const rows = await opened(run);
    expect(rows.run.row).toEqual(run);
    expect(rows.steps.map(({ row }) => row)).toEqual(sampleSteps());
    expect(await progress.read(ref)).toEqual(rows);
    expect((await progress.claimOf(ref.userId))?.runId).toBe(run.id);
  });

  it('gives an account to one of fifty simultaneous alerts — two runs would undo each other', async () => {
    const userId = randomUUID();
    const runs = Array.from({ length: 50 }, (_, index) =>
      sampleRun(userId, { id: `${userId}.20261124T190500-${1000 + index}` }),
    );
    const answers = await Promise.all(
      runs.map((run) => progress.open(run, sampleSteps(), undefined, [sampleLog('run opened')])),
    );
    const winners = answers.flatMap((answer) => (answer === 'taken' ? [] : [answer.run.row.id]));
    expect(winners).toHaveLength(1);
    expect((await progress.claimOf(userId))?.runId).toBe(winners[0]);
    expect((await progress.list(time, 100)).map(({ runId }) => runId)).toEqual(winners);
    time = new Date('2026-11-24T20:00:00.000Z');
    expect((await progress.due(time)).map(({ runId }) => runId)).toEqual(winners);
  });

  it('lets a later run replace a claim once — checked by the version that its opener saw', async () => {
    const userId = randomUUID();
    const [first, second, third] = ['AAAA', 'BBBB', 'CCCC'].map((code) =>
      sampleRun(userId, { id: `${userId}.20261124T190500-${code}` }),
    );
    if (!first || !second || !third) throw new Error('three runs');
    await opened(first);
    const claim = await progress.claimOf(userId);
    expect(await progress.open(second, sampleSteps(), undefined, [])).toBe('taken');
    expect(await progress.open(second, sampleSteps(), claim, [])).not.toBe('taken');
    expect(await progress.open(third, sampleSteps(), claim, [])).toBe('taken');
    expect((await progress.claimOf(userId))?.runId).toBe(second.id);
    expect(await progress.read(runRef(first.id))).toBeDefined();
    expect(await progress.read(runRef(third.id))).toBeUndefined();
  });

  it('counts a run as opened when only the answer was lost', async () => {
    const run = sampleRun(randomUUID());
    store.loseAnswer('open');
    const rows = await opened(run);
    expect(await progress.read(runRef(run.id))).toEqual(rows);
    expect(await progress.log(runRef(run.id))).toHaveLength(1);
  });

  it('returns the existing run when the same one is opened again — its opener may have died unheard', async () => {
    const run = sampleRun(randomUUID());
    const first = await opened(run);
    expect(await opened(run)).toEqual(first);
    expect(await progress.log(runRef(run.id))).toHaveLength(1);
  });

  it('refuses a new run under the id of an old one — a code may repeat', async () => {
    const run = sampleRun(randomUUID());
    await opened(run);
    const again = { ...run, openedAt: '2026-11-24T19:05:00.001Z' };
    const claim = await progress.claimOf(run.account.id);
    expect(await progress.open(again, sampleSteps(), claim, [])).toBe('taken');
    expect((await progress.read(runRef(run.id)))?.run.row).toEqual(run);
    time = new Date('2026-11-24T20:00:00.000Z');
    expect(await progress.due(time)).toEqual([runRef(run.id)]);
  });

  it('writes run, steps and log in one transaction and returns all rows', async () => {
    const run = sampleRun(randomUUID());
    const rows = await opened(run);
    const step = stepOf(rows, 'block-sign-in');
    const after = await written(
      {
        run: { ...rows.run, row: { ...run, level: 'full' } },
        steps: [{ ...step, row: { ...step.row, state: 'running' } }],
        log: [sampleLog('run became full')],
      },
      run.id,
    );
    expect(after.run.row.level).toBe('full');
    expect(after.steps.map(({ row }) => row.name)).toEqual(rows.steps.map(({ row }) => row.name));
    expect(stepOf(after, 'block-sign-in').row.state).toBe('running');
    expect(await progress.read(runRef(run.id))).toEqual(after);
  });

  it('writes nothing at all when one row is stale — half a transition would be a state nobody planned', async () => {
    const run = sampleRun(randomUUID());
    const rows = await opened(run);
    const [a, b] = [stepOf(rows, 'block-sign-in'), stepOf(rows, 'revoke-sessions')];
    const first = await written({ steps: [{ ...a, row: { ...a.row, turn: 2 } }] }, run.id);
    const second = await progress.write(runRef(run.id), {
      run: { ...rows.run, row: { ...run, level: 'full' } },
      steps: [
        { ...b, row: { ...b.row, turn: 3 } },
        { ...a, row: { ...a.row, turn: 3 } },
      ],
      log: [sampleLog('lost')],
    });
    expect(second).toBe('conflict');
    expect(await progress.read(runRef(run.id))).toEqual(first);
    expect(await progress.log(runRef(run.id))).toHaveLength(1);
  });

  it('lets only one of two writers win that read the same version', async () => {
    const run = sampleRun(randomUUID());
    const rows = await opened(run);
    const answers = await Promise.all(
      ['reset-password', 'close'].map((what) =>
        progress.write(runRef(run.id), { run: { ...rows.run, row: { ...run, why: what } } }),
      ),
    );
    expect(answers.filter((answer) => answer === 'conflict')).toHaveLength(1);
  });

  it('shows the later of two steps that settle at once both of them — else nobody would go on', async () => {
    const run = sampleRun(randomUUID());
    const rows = await opened(run);
    const answers = await Promise.all(
      ['block-sign-in', 'revoke-sessions'].map((name) => {
        const step = stepOf(rows, name);
        return written({ steps: [{ ...step, row: { ...step.row, state: 'settled' } }] }, run.id);
      }),
    );
    const settled = answers.map((answer) => answer.steps.filter(({ row }) => row.state === 'settled').length);
    expect(Math.max(...settled)).toBe(2);
  });

  it.each([
    ['with a log entry', [sampleLog('who did what')]],
    ['without one', []],
  ])('counts a write as written, and once, when only the answer was lost: %s', async (_, log) => {
    const run = sampleRun(randomUUID());
    const rows = await opened(run);
    store.loseAnswer('write');
    const after = await written({ run: { ...rows.run, row: { ...run, checks: 1 } }, log }, run.id);
    expect(after.run.row.checks).toBe(1);
    expect(await progress.log(runRef(run.id))).toHaveLength(1 + log.length);
  });

  it('returns the rows that a write was based on with their new versions, and reads no others — a claim needs no second read', async () => {
    const run = sampleRun(randomUUID());
    const rows = await opened(run);
    const [a, b] = [stepOf(rows, 'block-sign-in'), stepOf(rows, 'revoke-sessions')];
    await written({ steps: [{ ...b, row: { ...b.row, turn: 7 } }] }, run.id);
    const own = await progress.write(
      runRef(run.id),
      {
        run: { ...rows.run, row: { ...run, level: 'full' } },
        steps: [{ ...a, row: { ...a.row, turn: 2 } }],
      },
      rows,
    );
    if (own === 'conflict') throw new Error('somebody else wrote');
    expect(own.run.row.level).toBe('full');
    expect(stepOf(own, 'block-sign-in').row.turn).toBe(2);
    expect(stepOf(own, 'revoke-sessions')).toEqual(b);
    const again = stepOf(own, 'block-sign-in');
    const next = await written(
      { run: own.run, steps: [{ ...again, row: { ...again.row, turn: 3 } }] },
      run.id,
    );
    expect(stepOf(next, 'block-sign-in').row.turn).toBe(3);
    expect(stepOf(next, 'revoke-sessions').row.turn).toBe(7);
  });

  it('appends to the log alone once, even when the answer was lost', async () => {
    const run = sampleRun(randomUUID());
    await opened(run);
    store.loseAnswer('write');
    await written({ log: [sampleLog('Megan Bowen asked to retry', '2026-11-24T19:09:00.000Z')] }, run.id);
    expect((await progress.log(runRef(run.id))).map(({ what }) => what)).toEqual([
      'run opened at level contain',
      'Megan Bowen asked to retry',
    ]);
  });

  it('refuses to write to a run that does not exist', async () => {
    const ghost = sampleRun(randomUUID());
    const changes = { run: { row: ghost, etag: 'W/"datetime\'2026-11-24T19%3A05%3A00.0000000Z\'"' } };
    expect(await progress.write(runRef(ghost.id), changes)).toBe('conflict');
    expect(await progress.read(runRef(ghost.id))).toBeUndefined();
    expect(await progress.log(runRef(ghost.id))).toEqual([]);
  });

  it('keeps the log in the order of time, and within one write in the order given', async () => {
    const run = sampleRun(randomUUID());
    await opened(run);
    const late = Array.from({ length: 12 }, (_, index) =>
      sampleLog(`late ${index}`, '2026-11-24T19:07:00.000Z'),
    );
    await written({ log: late }, run.id);
    await written({ log: [sampleLog('early', '2026-11-24T19:06:00.000Z')] }, run.id);
    const log = await progress.log(runRef(run.id));
    expect(log.map(({ what }) => what)).toEqual([
      'run opened at level contain',
      'early',
      ...late.map(({ what }) => what),
    ]);
  });

  it('lists as due what must be woken by now, earliest first, and nothing else', async () => {
    const at = (wakeAt: string | null) => sampleRun(randomUUID(), { wakeAt });
    const late = at('2026-11-24T19:08:00.000Z');
    const early = at('2026-11-24T19:06:00.000Z');
    const exact = at('2026-11-24T19:10:00.000Z');
    for (const run of [late, at(null), exact, at('2026-11-24T19:10:00.001Z'), early]) await opened(run);
    time = new Date('2026-11-24T19:10:00.000Z');
    expect(await progress.due(time)).toEqual([early, late, exact].map(({ id }) => runRef(id)));
    expect(await progress.due(new Date('2026-11-24T19:06:00.000Z'))).toEqual([runRef(early.id)]);
  });

  it('follows a run’s time to wake when it moves back and forth — also after the sweep has parked it', async () => {
    const run = sampleRun(randomUUID());
    let rows = await opened(run);
    const wakeAt = async (wakes: string | null, state: RunRow['state'] = 'finished') => {
      rows = await written({ run: { ...rows.run, row: { ...rows.run.row, state, wakeAt: wakes } } }, run.id);
    };
    const dueAt = async (now: string) => {
      time = new Date(now);
      const due = await progress.due(time);
      rows = (await progress.read(runRef(run.id))) ?? rows;
      return due.length;
    };
    await wakeAt('2026-11-25T19:05:00.000Z');
    expect(await dueAt('2026-11-24T19:10:00.000Z')).toBe(0);
    expect(await dueAt('2026-11-24T19:11:00.000Z')).toBe(0);
    await wakeAt('2026-11-24T19:12:00.000Z', 'open');
    expect(await dueAt('2026-11-24T19:12:00.000Z')).toBe(1);
    await wakeAt('2026-11-24T20:12:00.000Z');
    expect(await dueAt('2026-11-24T19:13:00.000Z')).toBe(0);
    expect(await dueAt('2026-11-24T20:12:00.000Z')).toBe(1);
    await wakeAt(null, 'closed');
    expect(await dueAt('2026-11-26T19:05:00.000Z')).toBe(0);
    await wakeAt('2026-11-26T19:06:00.000Z', 'open');
    expect(await dueAt('2026-11-26T19:06:00.000Z')).toBe(1);
  });

  it('lists the runs from a day on, newest first, and no more than asked for', async () => {
    const on = (openedAt: string) => sampleRun(randomUUID(), { openedAt });
    const runs = [
      on('2026-11-24T19:05:00.000Z'),
      on('2026-11-24T00:00:00.000Z'),
      on('2026-11-23T23:59:59.999Z'),
      on('2025-12-31T12:00:00.000Z'),
    ];
    for (const run of runs.toReversed()) await opened(run);
    const ids = async (since: string, most: number) =>
      (await progress.list(new Date(since), most)).map(({ runId }) => runId);
    const all = runs.map(({ id }) => id);
    expect(await ids('2026-11-24T08:00:00.000Z', 10)).toEqual(all.slice(0, 2));
    expect(await ids('2026-11-23T00:00:00.000Z', 10)).toEqual(all.slice(0, 3));
    expect(await ids('2020-01-01T00:00:00.000Z', 10)).toEqual(all);
    expect(await ids('2020-01-01T00:00:00.000Z', 1)).toEqual(all.slice(0, 1));
  });

  it('knows the runs that are held, however long ago, until they are let go', async () => {
    const held = sampleRun(randomUUID(), {
      state: 'held',
      wakeAt: null,
      openedAt: '2024-02-29T10:00:00.000Z',
    });
    await opened(sampleRun(randomUUID()));
    const { run } = await opened(held);
    const mine = async () => (await progress.held()).filter(({ runId }) => runId === held.id);
    expect(await mine()).toEqual([runRef(held.id)]);
    const open = { ...run.row, state: 'open' as const, wakeAt: '2026-11-24T19:06:00.000Z' };
    await written({ run: { ...run, row: open } }, held.id);
    expect(await mine()).toEqual([]);
    expect(await mine()).toEqual([]);
  });

  it('takes a playbook of thirty steps and their log in one transaction', async () => {
    const run = sampleRun(randomUUID());
    const steps = Array.from({ length: 30 }, (_, index) => sampleStep(`step-${(index * 7) % 30}`));
    const rows = await opened(run, steps);
    const settled = rows.steps.map((step) => ({
      ...step,
      row: { ...step.row, state: 'settled' as const, outcome: { is: 'done' as const } },
    }));
    const after = await written({ run: rows.run, steps: settled, log: [sampleLog('all settled')] }, run.id);
    expect(after.steps.map(({ row }) => row)).toEqual(settled.map(({ row }) => row));
  });

  it('stores rows larger than one property, and any text, unharmed', async () => {
    const run = sampleRun(randomUUID());
    const content = `${'x'.repeat(31_990)}${'😀'.repeat(40_000)}"\\\u0000\u2028'é`;
    const step = sampleStep('collect-sign-ins', {
      attachments: [{ name: 'sign-ins.csv', type: 'text/csv', content }],
    });
    await opened(run, [step]);
    const rows = await progress.read(runRef(run.id));
    expect(rows?.steps[0]?.row).toEqual(step);
    const grown = rows?.steps[0];
    if (!grown) throw new Error('no step');
    const after = await written({ steps: [{ ...grown, row: { ...step, attachments: [] } }] }, run.id);
    expect(after.steps[0]?.row.attachments).toEqual([]);
  });

  it('does not change when a caller alters a row it holds — a step must not change rows by accident', async () => {
    const run = sampleRun(randomUUID());
    const steps = sampleSteps();
    await opened(run, steps);
    const first = await progress.read(runRef(run.id));
    const alter = (row: typeof run | undefined, turn: number) => {
      try {
        if (row) row.summary.turn = turn;
      } catch (refused) {
        expect(refused).toBeInstanceOf(TypeError);
      }
    };
    alter(run, 8);
    alter(first?.run.row, 7);
    expect((await progress.read(runRef(run.id)))?.run.row.summary.turn).toBe(0);
  });

  it('keeps accounts and runs apart', async () => {
    const [one, other] = [sampleRun(randomUUID()), sampleRun(randomUUID())];
    await opened(one);
    await opened(other, [sampleStep('block-sign-in')]);
    expect((await progress.read(runRef(one.id)))?.steps).toHaveLength(3);
    expect((await progress.read(runRef(other.id)))?.steps).toHaveLength(1);
    const claim = await progress.claimOf(one.account.id);
    const next = sampleRun(one.account.id, { id: `${one.id}2` });
    await progress.open(next, [sampleStep('reset-password')], claim, []);
    expect((await progress.read(runRef(one.id)))?.steps).toHaveLength(3);
    expect((await progress.read(runRef(next.id)))?.steps).toHaveLength(1);
    expect(await progress.log(runRef(one.id))).toHaveLength(1);
  });
});
