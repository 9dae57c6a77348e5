// The lock, made by the process that opens the run: cases from the generated histories, one at a time.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { RetryableError } from '../../shared/errors.ts';
import { investigation, remediation, type Step, settings } from '../../shared/model/step.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { firstMove } from '../../shared/run/first-move.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { runRef } from '../../shared/run/progress.ts';
import { runStep } from '../../shared/run/run-step.ts';
import { timing } from '../../shared/run/timing.ts';
import { MemoryBus } from '../fakes/memory-bus.ts';
import { MemoryProgress, type MemoryProgressHooks } from '../fakes/memory-progress.ts';
import { noClients } from './no-clients.ts';
import { adele, riskySignIn } from './simulation.ts';

const base = {
  title: 'A step',
  guide: [],
  settings: settings('act'),
  permissions: { graph: ['User.Read.All'] as const },
  appliesTo: () => true as const,
};

interface Account {
  enabled: boolean;
  /** What was called, in order: `find`, `fix`. */
  asked: string[];
}

const lock = (account: Account, { find = async () => {}, fix = async () => {} } = {}): Step =>
  remediation({
    ...base,
    name: 'block-sign-in',
    removes: 'sign-in',
    stage: 'contain',
    before: z.object({ enabled: z.boolean() }),
    async find() {
      account.asked.push('find');
      await find();
      return {
        changes: account.enabled
          ? [{ id: 'sign-in', what: 'sign-in', why: 'attacked', before: { enabled: true } }]
          : [],
      };
    },
    async fix() {
      account.asked.push('fix');
      await fix();
      account.enabled = false;
    },
    undo: async () => undefined,
  });

const looks: Step = investigation({
  ...base,
  name: 'collect-sign-ins',
  collects: 'sign-ins',
  stage: 'collect',
  collect: async () => ({ findings: [] }),
});

function bench(playbook: readonly Step[], given: Partial<Engine> = {}, hooks: MemoryProgressHooks = {}) {
  const clock = { now: Date.parse('2026-11-20T10:00:00Z') };
  const now = () => new Date(clock.now);
  const progress = new MemoryProgress(hooks);
  const bus = new MemoryBus({ now });
  const engine: Engine = {
    ...{ progress, bus, playbook, stepSettings: {}, clients: () => noClients, now, random: () => 0.5 },
    deadlineSeconds: 90,
    log: () => {},
    ...given,
  };
  const request = {
    ...{ account: adele, signals: [riskySignIn], held: null, why: 'a high-risk sign-in' },
    level: 'contain' as const,
  };
  const open = (held: string | null = null) => openRun(engine, { ...request, held }, firstMove(engine));
  const rowOf = async (runId: string, name: string) =>
    (await progress.read(runRef(runId)))?.steps.find(({ row }) => row.name === name)?.row;
  return { clock, engine, bus, progress, open, rowOf };
}

const queues = (bus: MemoryBus) => bus.ready().map(({ queue }) => queue);

describe('the first move', () => {
  it('locks before the run is answered, with the record written first — a crash must leave nothing unrecorded', async () => {
    const account: Account = { enabled: true, asked: [] };
    const recorded: (string | null | undefined)[] = [];
    let progress: MemoryProgress | undefined;
    const step = lock(account, {
      fix: async () => {
        const [row] = (await progress?.list(new Date(0), 1)) ?? [];
        const rows = row === undefined ? undefined : await progress?.read(row);
        recorded.push(rows?.steps[0]?.row.changes[0]?.attemptedAt);
      },
    });
    const it = bench([step, looks]);
    progress = it.progress;
    const { run } = await it.open();
    expect(account).toEqual({ enabled: false, asked: ['find', 'fix', 'find'] });
    expect(recorded).toEqual([expect.any(String)]);
    expect(await it.rowOf(run.id, 'block-sign-in')).toMatchObject({
      state: 'settled',
      outcome: { is: 'done' },
      changes: [{ goneAt: expect.any(String) }],
    });
  });

  it('lets the rest of the run begin once the lock has ended, not before', async () => {
    const account: Account = { enabled: true, asked: [] };
    const sentBefore: string[][] = [];
    let bus: MemoryBus | undefined;
    const it = bench([
      lock(account, { fix: async () => void sentBefore.push(bus === undefined ? [] : queues(bus)) }),
      looks,
    ]);
    bus = it.bus;
    await it.open();
    expect(sentBefore).toEqual([[]]);
    expect(queues(it.bus)).toContain('step-collect-sign-ins');
  });

  it('settles all parts of the lock in one transaction, whichever ends first — fifty victims share the tables', async () => {
    const account: Account = { enabled: true, asked: [] };
    const slow: Account = { enabled: true, asked: [] };
    const operations: string[] = [];
    const it = bench(
      [
        lock(account),
        // The slower of the two.
        {
          ...lock(slow, { fix: () => new Promise((done) => setTimeout(done, 20)) }),
          name: 'revoke-sessions',
        },
        looks,
      ],
      {},
      { after: ({ name }) => void operations.push(name) },
    );
    const { run } = await it.open();
    expect(operations).toEqual(['claimOf', 'open', 'write']);
    for (const name of ['block-sign-in', 'revoke-sessions'])
      expect(await it.rowOf(run.id, name)).toMatchObject({ state: 'settled', outcome: { is: 'done' } });
    expect(queues(it.bus)).toContain('step-collect-sign-ins');
  });

  it('settles what has ended when the other part fails', async () => {
    const account: Account = { enabled: true, asked: [] };
    const failing: Account = { enabled: true, asked: [] };
    const it = bench([
      lock(account),
      {
        ...lock(failing, { fix: () => Promise.reject(new RetryableError('busy')) }),
        name: 'revoke-sessions',
      },
      looks,
    ]);
    const { run } = await it.open();
    expect(await it.rowOf(run.id, 'block-sign-in')).toMatchObject({
      state: 'settled',
      outcome: { is: 'done' },
    });
    expect(await it.rowOf(run.id, 'revoke-sessions')).toMatchObject({ state: 'queued', attempt: 1 });
  });

  it('leaves the lock to its queue when the process dies — the message comes when the lease is over', async () => {
    const account: Account = { enabled: true, asked: [] };
    let dies = true;
    // The process is gone: its work neither ends nor fails.
    const fix = () => (dies ? new Promise<never>(() => {}) : Promise.resolve());
    const it = bench([lock(account, { fix }), looks]);
    void it.open();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(queues(it.bus)).toEqual([]);
    dies = false;
    it.clock.now += timing.firstMoveLeaseSeconds * 1000;
    const message = it.bus.take();
    expect(message?.queue).toBe('step-block-sign-in');
    if (message === undefined || !('step' in message.body)) throw new Error('no message of a step');
    await runStep(it.engine, message.body, message.deliveryCount);
    expect(account.enabled).toBe(false);
  });

  it('leaves a look that fails to the step’s own turn, which can wait and say so', async () => {
    const account: Account = { enabled: true, asked: [] };
    const it = bench([lock(account, { find: () => Promise.reject(new RetryableError('throttled')) }), looks]);
    const { run } = await it.open();
    expect(await it.rowOf(run.id, 'block-sign-in')).toMatchObject({ state: 'queued', changes: [], turn: 1 });
    expect(queues(it.bus)).toEqual(['step-block-sign-in']);
  });

  it.each([
    ['a run that is held', 'a person decides', {}],
    ['an account that only a person changes', null, { protects: () => 'break-glass account' }],
  ])('does nothing for %s', async (_, held, given) => {
    const account: Account = { enabled: true, asked: [] };
    const it = bench([lock(account), looks], given);
    await it.open(held);
    expect(account.enabled).toBe(true);
    expect(account.asked).not.toContain('fix');
  });

  it('delays nobody for long when the lock hangs: the other steps begin without it', async () => {
    const account: Account = { enabled: true, asked: [] };
    const it = bench([lock(account, { find: () => Promise.reject(new RetryableError('busy')) }), looks]);
    const { run } = await it.open();
    it.clock.now += timing.lockFirstSeconds * 1000;
    const due = await it.progress.due(new Date(it.clock.now));
    expect(due).toEqual([runRef(run.id)]);
  });
});
