// The word in the subject of the summary: what may be claimed about a run, from its rows.
import { describe, expect, it } from 'vitest';
import type { Outcome, RunRow, StepRow } from '../../shared/model/rows.ts';
import { nextSummary } from '../../shared/run/summary-turn.ts';
import { endedBadly, endedWell, openTasks, verdictOf, verdictText, words } from '../../shared/run/verdict.ts';
import {
  change,
  done,
  lock,
  onlyFound,
  password,
  refused,
  rule,
  run,
  sessions,
  step,
  task,
  unchanged,
} from '../summary/rows.ts';
import { situations } from '../summary/situations.ts';
import { sampleRun, sampleStep } from './sample-rows.ts';

const failed: Outcome = { is: 'failed', error: refused };
const skipped: Outcome = { is: 'skipped', reason: 'has no mailbox' };
const needsHuman: Outcome = { is: 'needs-human', waitsFor: ['block-sign-in'] };

const contained = [
  step('block-sign-in', done, { changes: [lock()] }),
  step('revoke-sessions', done, { changes: [sessions()] }),
];
const evicted = [
  step('reset-password', done, { changes: [password()] }),
  step('disable-inbox-rules', done, { changes: [rule()] }),
];
const full = run({ level: 'full' });
const onlyLocked = run({ level: 'contain' });
const word = (row: RunRow, steps: readonly StepRow[]) => verdictOf(row, steps).word;

describe('the word', () => {
  it.each([
    ['contained', 'CONTAINED'],
    ['contained with tasks', 'CONTAINED, 2 TASKS'],
    ['not contained, refused', 'NOT CONTAINED, 1 TASK'],
    ['not contained, the last administrator', 'NOT CONTAINED, 1 TASK'],
    ['not contained after five minutes', 'NOT CONTAINED'],
    ['locked', 'LOCKED'],
    ['decide', 'DECIDE'],
    ['held', 'HELD'],
    ['reverted', 'REVERTED, 1 TASK'],
    ['removed again', 'REVERTED'],
    ['undone', 'UNDONE'],
    ['undone in part', 'UNDONE, 1 TASK'],
    ['dry run', 'DRY RUN'],
    ['nothing to do', 'NOTHING TO DO'],
    ['guest', 'CONTAINED, 1 TASK'],
    ['federated', 'CONTAINED, 1 TASK'],
    ['rules only reported', 'DECIDE'],
  ] as const)('of a run that is %s is %s', (name, text) => {
    const { run: row, steps } = situations[name]();
    expect(verdictText(verdictOf(row, steps))).toBe(text);
  });

  it('is never CONTAINED before every contain step ended well — a lock in doubt is no lock', () => {
    for (const outcome of [null, failed, needsHuman, { is: 'reported' }, { is: 'undone' }] as const) {
      for (const name of ['block-sign-in', 'revoke-sessions']) {
        const steps = [...contained, ...evicted].map((row) =>
          row.name === name ? step(name, outcome) : row,
        );
        expect(word(full, steps)).toBe('NOT CONTAINED');
        expect(word(onlyLocked, steps)).toBe('NOT CONTAINED');
      }
    }
  });

  it('is NOT CONTAINED when an evict step failed — mail may still flow out', () => {
    expect(word(full, [...contained, step('disable-inbox-rules', failed)])).toBe('NOT CONTAINED');
  });

  it('is LOCKED while an evict step has yet to have its turn — slow is no failure, and the lock stands', () => {
    const unlocked = contained.map((row) => ({ ...row, outcome: null }));
    expect(word(full, [...contained, step('disable-inbox-rules', null)])).toBe('LOCKED');
    expect(word(full, [...unlocked, step('disable-inbox-rules', null)])).toBe('NOT CONTAINED');
  });

  it.each(['contain', 'evict'] as const)(
    'is NOT CONTAINED while what a step of stage %s removed is still there long after — a 2xx is only a claim',
    (stage) => {
      const made = { ...rule(), stillThereAt: '2026-11-20T09:20:00.000Z' };
      const row = (more: object) =>
        step('disable-inbox-rules', { is: 'done' }, { stage, changes: [{ ...made, ...more }] });
      expect(word(full, [...contained, row({ goneAt: null })])).toBe('NOT CONTAINED');
      expect(word(full, [...contained, row({ goneAt: '2026-11-20T09:21:00.000Z' })])).toBe('CONTAINED');
      // A scan that was started keeps nobody out.
      expect(word(full, [...contained, row({ goneAt: null, once: true })])).toBe('CONTAINED');
    },
  );

  it('is LOCKED while a step that only reported still has to act because the level has risen', () => {
    const reported = step(
      'disable-inbox-rules',
      { is: 'reported' },
      { changes: [rule(onlyFound)], state: 'waiting' },
    );
    expect(word(full, [...contained, reported])).toBe('LOCKED');
    expect(word(onlyLocked, [...contained, reported])).toBe('DECIDE');
  });

  it('is DECIDE when a step found something and is set to report only — nobody else will remove it', () => {
    const left = step(
      'disable-inbox-rules',
      { is: 'reported' },
      { mode: 'report', changes: [rule(onlyFound)] },
    );
    expect(word(full, [...contained, left])).toBe('DECIDE');
    expect(word(full, [...contained, { ...left, changes: [] }])).toBe('CONTAINED');
  });

  it('does not wait for steps of the hand-back, or of the alert', () => {
    const later = [
      step('unblock-sender', null, { state: 'waiting' }),
      step('update-alert', failed, { stage: 'close' }),
    ];
    expect(word(full, [...contained, ...evicted, ...later])).toBe('CONTAINED');
  });

  it('never says LOCKED when a contain step is switched off — something was left open by choice', () => {
    const steps = [
      step('block-sign-in', { is: 'off' }),
      ...contained.slice(1),
      step('collect-sign-ins', null),
    ];
    expect(word(onlyLocked, steps)).toBe('DECIDE');
    expect(word(onlyLocked, [...contained, step('collect-sign-ins', null)])).toBe('LOCKED');
  });

  it('is REVERTED as long as what came back was not undone by us', () => {
    const back = rule({ returned: 1, goneAt: null });
    expect(word(full, [...contained, step('disable-inbox-rules', done, { changes: [back] })])).toBe(
      'REVERTED',
    );
    const undone = { ...back, undoneAt: '2026-11-20T10:00:00.000Z' };
    expect(
      word(full, [...contained, step('disable-inbox-rules', { is: 'undone' }, { changes: [undone] })]),
    ).toBe('CONTAINED');
  });

  it('is NOT CONTAINED rather than REVERTED when the lock itself is open again', () => {
    const open = step('block-sign-in', needsHuman, { changes: [lock({ returned: 2, goneAt: null })] });
    expect(word(full, [open, ...contained.slice(1), ...evicted])).toBe('NOT CONTAINED');
  });

  it('is NOTHING TO DO only when nothing was changed and nobody has a task', () => {
    const idle = [step('block-sign-in', unchanged), step('reset-password', skipped)];
    expect(word(full, idle)).toBe('NOTHING TO DO');
    expect(
      word(full, [...idle, step('scan-devices', done, { changes: [change('laptop', 'LAPTOP-7')] })]),
    ).toBe('CONTAINED');
    expect(
      word(full, [...idle, step('collect-sign-ins', done, { tasks: [task('ask', 'ask the owner')] })]),
    ).toBe('CONTAINED');
  });

  it('says nothing about a held run’s steps, or about an undone or dry run’s level', () => {
    expect(word(run({ state: 'held' }), contained)).toBe('HELD');
    expect(word(run({ endsAs: 'undone' }), [step('block-sign-in', failed)])).toBe('UNDONE');
    expect(word(run({ dryRun: true }), [step('block-sign-in', failed)])).toBe('DRY RUN');
  });

  it.each([
    ['check', 'HANDING BACK'],
    ['owner', 'HANDING BACK'],
    ['roles', 'HANDED BACK'],
    ['done', 'HANDED BACK'],
  ] as const)(
    'for an account on its way back, in phase %s, is %s whatever the state of its lock',
    (phase, is) => {
      const handBack = {
        phase,
        begunAt: '2026-11-20T13:00:00.000Z',
        by: 'on-call',
        identified: 'seen in person',
        despite: [],
        pass: null,
        ownerBackAt: null,
        rolesApprovedAt: null,
        doneAt: null,
        watches: 0,
      };
      expect(word(run({ endsAs: 'handed back', handBack }), [step('block-sign-in', { is: 'undone' })])).toBe(
        is,
      );
    },
  );

  it('is one of those in the glossary', () => {
    for (const make of Object.values(situations)) {
      const { run: row, steps } = make();
      expect(words).toContain(word(row, steps));
    }
  });
});

describe('the count', () => {
  it('is of open tasks and failed steps: what somebody has to do', () => {
    const steps = [
      step('block-sign-in', failed),
      step('reset-password', done, {
        tasks: [task('a', 'one'), task('b', 'two', { doneAt: '2026-11-20T09:30:00.000Z' })],
      }),
      step('collect-sign-ins', done, { tasks: [task('c', 'three')] }),
    ];
    expect(verdictOf(full, steps).tasks).toBe(3);
  });

  it('leaves out the tasks of a step that only looked — they would be premature', () => {
    expect(openTasks(step('reset-password', { is: 'reported' }, { tasks: [task('a', 'reset it')] }))).toEqual(
      [],
    );
  });

  it('has the tasks that an undo leaves — a rule may have lost what only the owner can give back', () => {
    const row = step('disable-inbox-rules', { is: 'undone' }, { tasks: [task('a', 'look at the rule')] });
    expect(openTasks(row)).toHaveLength(1);
  });

  it('is written in the singular or plural, and left out when there is none', () => {
    expect(verdictText({ word: 'CONTAINED', tasks: 0 })).toBe('CONTAINED');
    expect(verdictText({ word: 'CONTAINED', tasks: 1 })).toBe('CONTAINED, 1 TASK');
    expect(verdictText({ word: 'CONTAINED', tasks: 2 })).toBe('CONTAINED, 2 TASKS');
  });
});

describe('an outcome', () => {
  it.each([
    [{ is: 'done' }, true, false],
    [{ is: 'unchanged' }, true, false],
    [skipped, true, false],
    [{ is: 'reported' }, false, false],
    [{ is: 'undone' }, false, false],
    [{ is: 'off' }, false, false],
    [needsHuman, false, true],
    [failed, false, true],
    [null, false, false],
  ] satisfies [Outcome | null, boolean, boolean][])(
    '%j opens a gate: %s, calls for another try: %s',
    (outcome, well, badly) => {
      expect(endedWell(outcome)).toBe(well);
      expect(endedBadly(outcome)).toBe(badly);
    },
  );
});

it('is a task, and the account still contained, if a step fails that takes nothing from the intruder', () => {
  const evicting = (name: string, part?: StepRow['part']) =>
    step(name, failed, { stage: 'evict', ...(part === undefined ? {} : { part }) });
  const word = (row: StepRow) =>
    verdictText(verdictOf(run({ level: 'full' }), [...contained, ...evicted, row]));
  expect(word(evicting('confirm-compromise', 'risk-confirmation'))).toBe('CONTAINED, 1 TASK');
  expect(word(evicting('disable-devices'))).toBe('NOT CONTAINED, 1 TASK');
});

it('keeps a second mail waiting until contain and evict have ended — half a change is no news', () => {
  const settled = { state: 'settled', outcome: { is: 'done' }, until: null } as const;
  const lock = sampleStep('block-sign-in', settled);
  const summary = { ...sampleRun('u').summary, state: 'sent' as const, turn: 1, verdict: 'NOT CONTAINED' };
  const run = sampleRun('u', { summary, level: 'full' });
  const now = new Date('2026-11-24T19:20:00Z');
  const next = (evict: Partial<StepRow>) =>
    nextSummary(run, [lock, sampleStep('reset-password', { stage: 'evict', ...evict })], now);
  expect(next({ state: 'running' })).toBeUndefined();
  expect(next(settled)?.send?.queue).toBe('summaries');
});
