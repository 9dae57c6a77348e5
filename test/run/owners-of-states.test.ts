// Every state has an owner: either it moves by itself, or a person is told. And nothing that was only asked for is
// called done.
import { describe, expect, it } from 'vitest';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { StepRow } from '../../shared/model/rows.ts';
import type { Remediation, Step } from '../../shared/model/step.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { plan } from '../../shared/run/plan.ts';
import type { Progress } from '../../shared/run/progress.ts';
import { sweepRuns } from '../../shared/run/sweep.ts';
import { timing } from '../../shared/run/timing.ts';
import { openTasks, verdictOf, verdictText } from '../../shared/run/verdict.ts';
import { adele, chaosOf, outcomeOf, riskySignIn, type Scenario, Simulation } from './simulation.ts';

const things = {
  'block-sign-in': ['lock'],
  'reset-password': ['password'],
  'revoke-sessions': ['sessions'],
  'disable-inbox-rules': ['rule'],
};

const finished = (simulation: Simulation) =>
  simulation.live(({ run }) => run.row.state === 'finished' && run.row.summary.state === 'sent');

async function opened(some: Partial<Scenario> = {}, adapt: (playbook: Step[]) => Step[] = (all) => all) {
  const simulation = new Simulation(
    { things, refused: [], level: 'full', ...some },
    chaosOf(() => 0.6),
  );
  simulation.engine.playbook = adapt([...simulation.engine.playbook]);
  await simulation.open();
  return simulation;
}

/** The same store, with some operations that end differently. */
function storeOf({ progress }: Simulation, other: Partial<Progress>): Progress {
  return {
    claimOf: (userId) => progress.claimOf(userId),
    open: (...given) => progress.open(...given),
    read: (ref) => progress.read(ref),
    write: (...given) => progress.write(...given),
    log: (ref) => progress.log(ref),
    due: (now) => progress.due(now),
    held: () => progress.held(),
    list: (...given) => progress.list(...given),
    ...other,
  };
}

const rowOf = (simulation: Simulation, name: string): StepRow => {
  const row = simulation.rows().steps.find((entry) => entry.row.name === name)?.row;
  if (row === undefined) throw new Error(`no row ${name}`);
  return row;
};

/** One remediation of the playbook with another fix or find. */
const changed = (name: string, change: (step: Remediation) => Partial<Remediation>) => (playbook: Step[]) =>
  playbook.map((step) =>
    step.name === name && step.kind === 'remediation' ? { ...step, ...change(step) } : step,
  );

describe('a step that an upgrade has removed', () => {
  it.each(['waiting', 'queued', 'running', 'settled'] as const)(
    'keeps no run open when its row was %s — a person does what it would have done',
    async (state) => {
      const simulation = await opened();
      const rows = simulation.rows();
      const now = new Date(simulation.clock);
      const until = state === 'running' ? new Date(simulation.clock + 60_000).toISOString() : null;
      const steps = rows.steps.map(({ row }) =>
        row.name === 'disable-inbox-rules' ? { ...row, state, until, turn: 1 } : row,
      );
      await simulation.progress.write(
        { userId: adele.id, runId: rows.run.row.id },
        { run: rows.run, steps: steps.map((row, index) => ({ row, etag: rows.steps[index]?.etag ?? '' })) },
      );
      simulation.engine.playbook = simulation.engine.playbook.filter(
        ({ name }) => name !== 'disable-inbox-rules',
      );
      await simulation.live(({ run }) => run.row.state === 'closed');
      expect(simulation.broken).toEqual([]);
      if (state === 'settled') return;
      const row = rowOf(simulation, 'disable-inbox-rules');
      expect(row).toMatchObject({ state: 'settled', outcome: { is: 'needs-human' } });
      expect(openTasks(row)).toHaveLength(1);
      const settledAfter = Date.parse(row.settledAt ?? '') - now.getTime();
      expect(settledAfter).toBeGreaterThanOrEqual(timing.otherVersionMinutes * 60_000 - 1000);
    },
  );

  it('is left to another version that still has it — two run side by side during a deployment', async () => {
    const simulation = await opened();
    const known = simulation.engine.playbook;
    const without = known.filter(({ name }) => name !== 'disable-inbox-rules');
    const state = {
      run: simulation.rows().run.row,
      steps: simulation
        .rows()
        .steps.map(({ row }) =>
          row.name === 'disable-inbox-rules' ? { ...row, state: 'waiting' as const, until: null } : row,
        ),
    };
    const now = new Date(simulation.clock);
    const passed = plan(without, state, now);
    const back = plan(known, passed, new Date(now.getTime() + 60_000));
    const row = back.steps.find(({ name }) => name === 'disable-inbox-rules');
    expect(row?.unknownSince ?? null).toBe(row?.state === 'queued' ? null : row?.unknownSince);
    expect(row?.outcome).toBeNull();
    expect(passed.run.wakeAt).not.toBeNull();
  });

  it('does not open the gates that it kept shut', async () => {
    const simulation = await opened({}, (all) => all.filter(({ name }) => name !== 'block-sign-in'));
    await finished(simulation);
    expect(rowOf(simulation, 'remove-auth-methods').outcome).toMatchObject({
      is: 'needs-human',
      waitsFor: ['block-sign-in'],
    });
  });
});

describe('a run that is open', () => {
  it('always has a time to wake, whatever its rows say', async () => {
    const simulation = await opened();
    const { run, steps } = simulation.rows();
    for (const state of ['waiting', 'queued', 'running', 'settled'] as const) {
      const rows = steps.map(({ row }) => ({ ...row, state, until: null, outcome: null }));
      const sent = { ...run.row, summary: { ...run.row.summary, state: 'sent' as const, turn: 1 } };
      const planned = plan([], { run: sent, steps: rows }, new Date(simulation.clock));
      if (planned.run.state === 'open') expect(planned.run.wakeAt).not.toBeNull();
    }
  });

  it('is looked at again within the hour even if a step waits for a gate that nobody opens', async () => {
    const simulation = await opened({ level: 'contain' });
    const { run, steps } = simulation.rows();
    const now = new Date(simulation.clock + 3_600_000);
    const two = ['block-sign-in', 'remove-auth-methods'];
    const known = simulation.engine.playbook.filter(({ name }) => two.includes(name));
    const own = steps.filter(({ row }) => two.includes(row.name));
    const rows = own.map(({ row }): StepRow => {
      if (row.name === 'remove-auth-methods') return { ...row, state: 'waiting', until: null, outcome: null };
      const outcome =
        row.name === 'block-sign-in' ? ({ is: 'reported' } as const) : ({ is: 'unchanged' } as const);
      return { ...row, state: 'settled', until: null, outcome, settledAt: run.row.openedAt };
    });
    const state = { run: { ...run.row, only: ['remove-auth-methods'], wakeAt: null }, steps: rows };
    const first = plan(known, state, now);
    const summary = { ...first.run.summary, state: 'sent' as const, until: null, claimedAt: null };
    const told = { ...first, run: { ...first.run, summary, wakeAt: null } };
    const { run: planned } = plan(known, told, now);
    expect(planned.state).toBe('open');
    const minutes = (Date.parse(planned.wakeAt ?? '') - now.getTime()) / 60_000;
    expect(minutes).toBeGreaterThan(0);
    expect(minutes).toBeLessThanOrEqual(timing.longestSleepMinutes);
  });

  it('takes no alert if it can’t be read — a new run is opened, and says why', async () => {
    const simulation = await opened();
    const engine: Engine = {
      ...simulation.engine,
      progress: storeOf(simulation, {
        read: async (ref) => {
          if (ref.runId === simulation.rows().run.row.id)
            throw new PermanentError('row can’t be read', { code: 'UnreadableRow' });
          return await simulation.progress.read(ref);
        },
      }),
    };
    simulation.clock += 60_000;
    const again = await openRun(engine, {
      account: adele,
      signals: [{ ...riskySignIn, sourceId: 'd2' }],
      level: 'full',
      held: null,
      why: 'a high-risk sign-in',
    });
    expect(again.joined).toBe(false);
    const log = await simulation.progress.log({ userId: adele.id, runId: again.run.id });
    expect(log[0]?.what).toContain("can't be read");
  });
});

describe('one run that can’t be read', () => {
  it('does not keep the others from being swept', async () => {
    const simulation = await opened();
    const seen: string[] = [];
    const lines: string[] = [];
    const own = simulation.rows().run.row.id;
    const engine: Engine = {
      ...simulation.engine,
      log: (line) => lines.push(line),
      progress: storeOf(simulation, {
        due: async () => [
          { userId: 'x', runId: 'x.unreadable' },
          { userId: adele.id, runId: own },
        ],
        read: async (ref) => {
          seen.push(ref.runId);
          if (ref.runId === 'x.unreadable')
            throw new PermanentError('can’t be read', { code: 'UnreadableRow' });
          return await simulation.progress.read(ref);
        },
      }),
    };
    expect(await sweepRuns(engine)).toBe(2);
    expect(seen).toContain(own);
    expect(lines.join()).toContain('x.unreadable');
  });
});

describe('a once-only change that never arrived', () => {
  const neverArrives = changed('scan-devices', () => ({
    fix: async () => {
      throw new RetryableError('no answer', { tookEffect: 'unknown' });
    },
  }));

  it('is not called done: it waits for a person', async () => {
    const simulation = await opened({ things: { ...things, 'scan-devices': ['laptop'] } }, neverArrives);
    await finished(simulation);
    const row = rowOf(simulation, 'scan-devices');
    expect(row.outcome?.is).toBe('needs-human');
    expect(openTasks(row)).toHaveLength(1);
    expect(simulation.mails.at(-1)).toBe('CONTAINED, 1 TASK');
  });
});

describe('a write that answers 2xx and has no effect', () => {
  const inVain = (name: string) => changed(name, () => ({ fix: async () => {} }));

  it.each(['block-sign-in', 'reset-password', 'revoke-sessions', 'disable-inbox-rules'])(
    'by %s is looked at within seconds, and then makes the run NOT CONTAINED, with a task and a mail',
    async (name) => {
      const simulation = await opened({}, inVain(name));
      const begin = simulation.clock;
      await finished(simulation);
      expect(simulation.clock - begin).toBeLessThan(5 * 60_000);
      expect(rowOf(simulation, name).quickLooks).toBe(timing.quickLookSeconds.length);
      await simulation.live(
        ({ run, steps }) =>
          run.row.checks === 1 &&
          steps.every(({ row }) => row.state === 'settled') &&
          run.row.summary.state === 'sent',
      );
      expect(rowOf(simulation, name).outcome?.is).toBe('needs-human');
      expect(simulation.mails.at(-1)).toMatch(/^NOT CONTAINED, \d TASKS?$/);
    },
  );

  it('is no problem once its effect is seen — the task goes, and on-call hears of it', async () => {
    let works = false;
    const simulation = await opened({}, (all) =>
      changed('block-sign-in', (step) => ({
        fix: async (...given: Parameters<Remediation['fix']>) => {
          if (works) await step.fix(...given);
        },
      }))(all),
    );
    await simulation.live(
      ({ run }) => run.row.checks === 1 && run.row.summary.state === 'sent' && run.row.state === 'finished',
    );
    expect(simulation.mails.at(-1)).toMatch(/^NOT CONTAINED/);
    works = true;
    await simulation.live(({ run }) => run.row.state === 'closed');
    expect(outcomeOf(simulation.rows(), 'block-sign-in')).toBe('done');
    expect(simulation.mails.at(-1)).toBe('CONTAINED');
  });
});

describe('a look that fails for good', () => {
  it('does not leave a change in doubt: made but never seen is not called done', async () => {
    let blind = false;
    const simulation = await opened({}, (all) =>
      changed('block-sign-in', (step) => ({
        fix: async () => {
          blind = true;
        },
        find: async (...given: Parameters<Remediation['find']>) => {
          const { aim } = rowOf(simulation, 'block-sign-in');
          if (blind && aim === 'check')
            throw new PermanentError('reading was forbidden meanwhile', { status: 403 });
          return await step.find(...given);
        },
      }))(all),
    );
    await finished(simulation);
    expect(outcomeOf(simulation.rows(), 'block-sign-in')).toBe('failed');
    expect(simulation.mails.at(-1)).toMatch(/^NOT CONTAINED/);
  });

  it('does not affect what was already seen', async () => {
    let blind = false;
    const simulation = await opened({}, (all) =>
      changed('block-sign-in', (step) => ({
        find: async (...given: Parameters<Remediation['find']>) => {
          if (blind) throw new PermanentError('reading was forbidden meanwhile', { status: 403 });
          return await step.find(...given);
        },
      }))(all),
    );
    await finished(simulation);
    blind = true;
    await simulation.live(({ run }) => run.row.state === 'closed');
    expect(outcomeOf(simulation.rows(), 'block-sign-in')).toBe('done');
    expect(simulation.mails.at(-1)).toBe('CONTAINED');
  });
});

describe('a run that another has replaced', () => {
  it('says nothing more, however its steps end — the later run speaks for the account', async () => {
    const simulation = await opened();
    const { run, steps } = simulation.rows();
    const summary = { ...run.row.summary, state: 'sent' as const, turn: 1, verdict: 'CONTAINED' };
    // It has something to say: a verdict other than the one it sent.
    const settled = steps.map(
      ({ row }): StepRow => ({
        ...row,
        state: row.name === 'collect-sign-ins' ? 'running' : 'settled',
        until: '2026-11-20T12:00:00.000Z',
        outcome: { is: 'unchanged' },
        settledAt: run.row.openedAt,
      }),
    );
    const state = {
      run: { ...run.row, endsAs: 'superseded' as const, summary },
      steps: settled,
    };
    const later = new Date(simulation.clock + 600_000);
    const planned = plan(simulation.engine.playbook, state, later);
    expect(planned.send.filter(({ queue }) => queue === 'summaries')).toEqual([]);
    expect(planned.run.summary).toEqual(summary);
  });
});

describe('what only the second look finds', () => {
  it('is recorded and removed like any other finding', async () => {
    let once = false;
    const simulation = await opened({}, (all) =>
      changed('disable-inbox-rules', (step) => ({
        fix: async (...given: Parameters<Remediation['fix']>) => {
          await step.fix(...given);
          if (!once) simulation.world.putBack('disable-inbox-rules', 'another address');
          once = true;
        },
      }))(all),
    );
    await finished(simulation);
    expect(simulation.world.has('disable-inbox-rules')).toEqual([]);
    expect(rowOf(simulation, 'disable-inbox-rules').changes).toMatchObject([
      { id: 'rule' },
      { id: 'another address' },
    ]);
    expect(simulation.broken).toEqual([]);
  });

  it('is not chased for ever: if things keep appearing, the step fails and says so', async () => {
    let number = 0;
    const simulation = await opened({}, (all) =>
      changed('disable-inbox-rules', (step) => ({
        fix: async (...given: Parameters<Remediation['fix']>) => {
          await step.fix(...given);
          number += 1;
          simulation.world.putBack('disable-inbox-rules', `rule ${number}`);
        },
      }))(all),
    );
    await finished(simulation);
    expect(outcomeOf(simulation.rows(), 'disable-inbox-rules')).toBe('failed');
    expect(simulation.mails.at(-1)).toMatch(/^NOT CONTAINED/);
  });
});

describe('a locked run with an evict step that is slow', () => {
  it('says LOCKED after five minutes, since nothing failed', async () => {
    const simulation = await opened({}, (all) =>
      changed('disable-inbox-rules', (step) => ({
        find: async (...given: Parameters<Remediation['find']>) => {
          if (simulation.mails.length === 0)
            throw new RetryableError('throttled', { retryAfterSeconds: 120 });
          return await step.find(...given);
        },
      }))(all),
    );
    await simulation.live(() => simulation.mails.length > 0);
    const { run, steps } = simulation.rows();
    expect(simulation.mails).toEqual(['LOCKED']);
    expect(
      verdictText(
        verdictOf(
          run.row,
          steps.map(({ row }) => row),
        ),
      ),
    ).toBe('LOCKED');
    await finished(simulation);
    expect(simulation.mails.at(-1)).toBe('CONTAINED');
  });
});
