// What a tick changes, and what it leaves to the service to say.
import { describe, expect, it } from 'vitest';
import type { RunState, StepRow } from '../../shared/model/rows.ts';
import type { Order } from '../../shared/run/operate.ts';
import { plan } from '../../shared/run/plan.ts';
import { taskKey, tickOff } from '../../shared/run/tick-off.ts';
import { verdictOf, verdictText } from '../../shared/run/verdict.ts';
import { at, having, refused, signIns, step, task } from '../summary/rows.ts';
import { situations } from '../summary/situations.ts';

const order: Order = {
  who: 'megan@contoso.com',
  reason: 'reset twice by the AD team',
  now: new Date(at('10:00:00')),
};
const told = ({ run, steps }: RunState): RunState => ({
  run: { ...run, summary: { ...run.summary, state: 'sent', verdict: verdictText(verdictOf(run, steps)) } },
  steps,
});
const of = (name: keyof typeof situations): RunState => told(situations[name]());
function ticked(state: RunState, name: string, id: string, done = true) {
  const after = tickOff(name, taskKey(id), done, order)(state);
  if (after === undefined) throw new Error('it withdrew');
  return after;
}
const rowOf = ({ steps }: RunState, name: string) => steps.find((row) => row.name === name);
const openTask = { doneAt: null };

describe('an essential task', () => {
  const id = 'password-at-the-source';

  it('lets its step end well — a person has done what no program can', () => {
    const after = ticked(of('federated'), 'reset-password', id);
    expect(rowOf(after, 'reset-password')).toMatchObject({
      outcome: { is: 'done' },
      settledAt: at('10:00:00'),
      tasks: [{ id, doneAt: at('10:00:00') }],
    });
  });

  it('is waited for again when the tick is taken back', () => {
    const there = ticked(of('federated'), 'reset-password', id);
    const back = ticked(there, 'reset-password', id, false);
    expect(rowOf(back, 'reset-password')).toMatchObject({
      outcome: { is: 'needs-human', waitsFor: [id] },
      tasks: [{ id, doneAt: null }],
    });
  });

  it('outweighs an earlier refusal by the service — if a person must do it anyway, that changes nothing', () => {
    const state = of('federated');
    const row = rowOf(state, 'reset-password');
    const failed = { ...row?.changes[0], id: 'cloud' };
    const withRefusal: StepRow = step(
      'reset-password',
      { is: 'needs-human', waitsFor: [id] },
      {
        tasks: row?.tasks ?? [],
        changes: [
          {
            ...failed,
            what: 'the password',
            why: 'old',
            evidence: null,
            before: null,
            once: false,
            recordedAt: at('09:12:01'),
            attemptedAt: at('09:12:01'),
            fixedAt: null,
            goneAt: null,
            returned: 0,
            undoneAt: null,
            failure: refused,
          },
        ],
      },
    );
    const after = ticked(told({ ...state, steps: having(state.steps, withRefusal) }), 'reset-password', id);
    expect(rowOf(after, 'reset-password')?.outcome).toEqual({ is: 'done' });
  });

  it('leaves a second task in the way', () => {
    const state = of('federated');
    const tasks = [
      ...(rowOf(state, 'reset-password')?.tasks ?? []),
      task('other', 'another', { essential: true }),
    ];
    const waitsFor = tasks.map((entry) => entry.id);
    const row = step('reset-password', { is: 'needs-human', waitsFor }, { tasks });
    const after = ticked(told({ ...state, steps: having(state.steps, row) }), 'reset-password', id);
    expect(rowOf(after, 'reset-password')?.outcome).toEqual({ is: 'needs-human', waitsFor: ['other'] });
  });

  it('does not hide that the step waits for another step', () => {
    const state = of('federated');
    const row = step(
      'reset-password',
      { is: 'needs-human', waitsFor: ['block-sign-in'] },
      { tasks: rowOf(state, 'reset-password')?.tasks ?? [] },
    );
    const after = ticked(told({ ...state, steps: having(state.steps, row) }), 'reset-password', id);
    expect(rowOf(after, 'reset-password')?.outcome).toEqual({
      is: 'needs-human',
      waitsFor: ['block-sign-in'],
    });
  });

  it('for a lock by hand changes the verdict, so on-call hears of it', () => {
    const before = of('not contained, the last administrator');
    const state = { ...before, run: { ...before.run, checks: 3 } };
    const after = ticked(state, 'block-sign-in', 'last-global-administrator');
    expect(verdictOf(after.run, after.steps).word).not.toBe('NOT CONTAINED');
    const planned = plan([], after, order.now);
    expect(planned.run.summary.state).toBe('queued');
  });

  it('reopens a closed run if something depends on it — else nobody would watch what goes on', () => {
    const state = of('federated');
    const closed = { ...state, run: { ...state.run, state: 'closed' as const } };
    expect(ticked(closed, 'reset-password', id).run.state).toBe('finished');
    const ended = { ...closed, run: { ...closed.run, endsAs: 'undone' as const } };
    expect(ticked(ended, 'reset-password', id).run.state).toBe('closed');
  });
});

describe('any other task', () => {
  it('is no longer counted, and leaves the outcome alone', () => {
    const state = of('contained with tasks');
    const after = ticked(state, 'collect-sign-ins', 'ask-owner');
    expect(verdictText(verdictOf(after.run, after.steps))).toBe('CONTAINED, 1 TASK');
    expect(rowOf(after, 'collect-sign-ins')?.outcome).toEqual({ is: 'done' });
  });

  it('sends no mail for the new count — the person who ticks sees it', () => {
    const planned = plan([], ticked(of('contained with tasks'), 'collect-sign-ins', 'ask-owner'), order.now);
    expect(planned.run.summary).toMatchObject({ state: 'sent', verdict: 'CONTAINED, 1 TASK' });
    expect(planned.send.map(({ queue }) => queue)).not.toContain('summaries');
  });

  it('stays as it was first ticked — the log says who asked again', () => {
    const once = ticked(of('contained with tasks'), 'collect-sign-ins', 'ask-owner');
    const later = { ...order, now: new Date(at('11:00:00')) };
    const twice = tickOff('collect-sign-ins', 'ask-owner', true, later)(once);
    expect(rowOf(twice ?? once, 'collect-sign-ins')?.tasks).toMatchObject([{ doneAt: at('10:00:00') }]);
    expect(twice?.log?.[0]?.what).toMatch(/nothing to do$/);
  });
});

describe('every tick', () => {
  it('is in the log with who and why', () => {
    expect(ticked(of('contained with tasks'), 'collect-sign-ins', 'ask-owner').log).toEqual([
      {
        at: at('10:00:00'),
        who: 'megan@contoso.com',
        what: "ticked off: 2 sign-ins may be the owner's or the intruder's (collect-sign-ins)",
        why: 'reset twice by the AD team',
      },
    ]);
  });

  it.each(['no-such-task', ''])('of an unknown task (%s) withdraws', (key) => {
    expect(tickOff('collect-sign-ins', key, true, order)(of('contained with tasks'))).toBeUndefined();
  });

  it('withdraws while a worker has the step in hand — its own write would take the tick away', () => {
    const state = of('contained with tasks');
    const running = signIns({ state: 'running', tasks: [task('ask-owner', 'ask', openTask)] });
    const busy = { ...state, steps: having(state.steps, running) };
    expect(tickOff('collect-sign-ins', 'ask-owner', true, order)(busy)).toBeUndefined();
  });
});

describe('the key of a task', () => {
  it('is its id if that is a plain word', () => {
    expect(taskKey('password-at-the-source')).toBe('password-at-the-source');
  });

  it.each(['link:2026-11-20T09:00:00Z:/sites/a/b.docx:x@evil.example', '..', 'ä', 'a'.repeat(200), '%2F'])(
    'is a digest if a path could read it differently (%s)',
    (id) => {
      expect(taskKey(id)).toMatch(/^t\.[0-9a-f]{16}$/);
    },
  );
});
