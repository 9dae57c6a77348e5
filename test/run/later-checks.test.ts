// When settled steps are looked at again: a quarter of an hour, an hour, two hours and a day after the run finished,
// and when a step that they follow goes on. And when they are not.
import { describe, expect, it } from 'vitest';
import type { Outcome, RunRow } from '../../shared/model/rows.ts';
import { type Order, plan } from '../../shared/run/plan.ts';
import { sampleRun, sampleStep } from './sample-rows.ts';

const finishedAt = '2026-11-24T19:05:00.000Z';
const minutesOn = (minutes: number) => new Date(Date.parse(finishedAt) + minutes * 60_000);
const orders: Order[] = [
  { name: 'reset-password', stage: 'evict', kind: 'remediation', after: [], againAfter: [], requires: [] },
];

/** The summary is still to be sent, so the run is not closed, and only the rule itself can keep it from looking. */
const lookedAt = (minutes: number, changes: Partial<RunRow> = {}) => {
  const run = sampleRun('u1', { level: 'full', state: 'finished', finishedAt, ...changes });
  const step = sampleStep('reset-password', {
    stage: 'evict',
    state: 'settled',
    outcome: { is: 'done' },
    lookedAt: finishedAt,
    settledAt: finishedAt,
    until: null,
  });
  return plan(orders, { run, steps: [step] }, minutesOn(minutes)).steps[0]?.aim === 'check';
};

describe('a finished run', () => {
  it.each([
    [14, 0, false],
    [15, 0, true],
    [59, 1, false],
    [60, 1, true],
    [119, 2, false],
    [120, 2, true],
    [1439, 3, false],
    [1440, 3, true],
    [9999, 4, false],
  ])('after %i minutes and %i looks is looked at again: %s', (minutes, checks, looks) => {
    expect(lookedAt(minutes, { checks })).toBe(looks);
  });

  it.each<[string, Partial<RunRow>]>([
    ['it was undone', { endsAs: 'undone' }],
    ['it was handed back', { endsAs: 'handed back' }],
    ['another run holds the account', { endsAs: 'superseded' }],
    ['it was a rehearsal', { dryRun: true }],
  ])('is left alone when %s — the watch must not fight the owner', (_why, ended) => {
    expect(lookedAt(15, ended)).toBe(false);
  });
});

describe('a settled step whose followed step has gone on', () => {
  const follows: Order[] = [
    ...orders,
    {
      name: 'revoke-sessions',
      stage: 'contain',
      kind: 'remediation',
      after: [],
      againAfter: ['reset-password'],
      requires: [],
    },
  ];
  const following = (outcome: Outcome, changes: Partial<RunRow> = {}) => {
    const run = sampleRun('u1', { level: 'full', ...changes });
    const settled = { state: 'settled', until: null, settledAt: finishedAt } as const;
    const steps = [
      sampleStep('reset-password', { stage: 'evict', outcome: { is: 'done' }, ...settled }),
      sampleStep('revoke-sessions', { outcome, seen: {}, ...settled }),
    ];
    return plan(follows, { run, steps }, minutesOn(1)).steps[1]?.state;
  };

  it('is looked at again — a new password leaves sessions that the old one began', () => {
    expect(following({ is: 'done' })).toBe('queued');
  });

  it.each<[string, Outcome, Partial<RunRow>]>([
    ['the run was undone', { is: 'done' }, { endsAs: 'undone' }],
    ['it was undone itself', { is: 'undone' }, {}],
    ['it does not apply', { is: 'skipped', reason: 'has no mailbox' }, {}],
    ['it is off', { is: 'off' }, {}],
    ['the run is held', { is: 'done' }, { state: 'held' }],
  ])('stays as it is when %s', (_why, outcome, changes) => {
    expect(following(outcome, changes)).toBe('settled');
  });
});

describe('the logs', () => {
  const collects: Order[] = [
    {
      name: 'collect-audit-log',
      stage: 'collect',
      kind: 'investigation',
      after: [],
      againAfter: [],
      requires: [],
    },
  ];
  const readAgain = (minutes: number, checks: number, outcome: Outcome = { is: 'done' }) => {
    const run = sampleRun('u1', { level: 'contain', state: 'finished', finishedAt, checks });
    const step = sampleStep('collect-audit-log', {
      stage: 'collect',
      kind: 'investigation',
      state: 'settled',
      outcome,
      lookedAt: finishedAt,
      settledAt: finishedAt,
      until: null,
    });
    return plan(collects, { run, steps: [step] }, minutesOn(minutes)).steps[0]?.state === 'queued';
  };

  it.each([
    [15, 0, false],
    [60, 1, true],
    [120, 2, true],
    [1440, 3, true],
  ])(
    'are read again %i minutes on, at look %i: %s — before an hour there is little more in them',
    (minutes, checks, again) => {
      expect(readAgain(minutes, checks)).toBe(again);
    },
  );

  it.each<Outcome>([{ is: 'off' }, { is: 'skipped', reason: 'no licence' }])(
    'are left alone if the step is %o',
    (outcome) => {
      expect(readAgain(60, 1, outcome)).toBe(false);
    },
  );
});

describe('what an investigation proves', () => {
  const decided = (given: Partial<RunRow>, mode: 'act' | 'report' = 'act') => {
    const run = sampleRun('u1', { level: 'contain', state: 'open', ...given });
    const step = sampleStep('collect-audit-log', {
      stage: 'collect',
      kind: 'investigation',
      mode,
      state: 'settled',
      outcome: { is: 'done' },
      proof: 'the intruder sent a mail',
      settledAt: finishedAt,
      until: null,
    });
    return plan([], { run, steps: [step] }, minutesOn(1)).run;
  };

  it('lets the run go all the way, as evidence on a change does', () => {
    expect(decided({})).toMatchObject({ level: 'full', raisedBecause: 'the intruder sent a mail' });
  });

  it.each<[string, Partial<RunRow>]>([
    ['the circuit breaker stopped it', { limitedBecause: 'fifty runs in an hour' }],
    ['it was undone', { endsAs: 'undone' }],
  ])('does not if %s', (_why, given) => {
    expect(decided(given).level).toBe('contain');
  });

  it('does not if the administrator set the step to report', () => {
    expect(decided({}, 'report').level).toBe('contain');
  });
});
