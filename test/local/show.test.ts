// What `npm start` prints while a run happens: a line when a step settles, in words that a terminal doesn't obey.
import { styleText } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inert, lookLines, shown } from '../../local/show.ts';
import type { StepRow } from '../../shared/model/rows.ts';
import type { RunRows } from '../../shared/run/progress.ts';
import { sampleRun, sampleStep } from '../run/sample-rows.ts';

const id = '2b3a9c1e-5d47-4b8e-9a57-6f2f0d1c8e11';
const rowsOf = (steps: readonly StepRow[], run = sampleRun(id, { state: 'finished' })): RunRows => ({
  run: { row: run, etag: '1' },
  steps: steps.map((row) => ({ row, etag: '1' })),
});
const step = (given: Partial<StepRow> = {}) => sampleStep('disable-inbox-rules', given);
const change = {
  id: 'rule:1',
  what: 'rule "a"',
  why: 'x',
  evidence: null,
  before: { rule: 1 },
  once: false,
  recordedAt: '2026-11-20T09:15:00Z',
  attemptedAt: '2026-11-20T09:15:00Z',
  fixedAt: '2026-11-20T09:15:01Z',
  goneAt: null,
  returned: 0,
  undoneAt: null,
  failure: null,
};
const task = {
  id: 't1',
  what: 'Ask the owner',
  instruction: 'x',
  link: 'https://portal.example',
  essential: false,
  doneAt: null,
};
const seen = (row: StepRow, before: StepRow['state'] | undefined, all = false) =>
  shown({ at: new Date(), run: rowsOf([row]), step: row, before }, all);

describe('the live view', () => {
  it('has a line for a step that settled or is tried again, and for other states only on request', () => {
    const settled = step({ state: 'settled', outcome: { is: 'done' } });
    expect(seen(settled, 'running')).toContain('done');
    // Off, or not for this account: nobody ever worked on it.
    expect(seen(settled, undefined)).toBeUndefined();
    const failing = { message: 'throttled', status: 429, code: null, requestId: null };
    const again = step({ state: 'waiting', attempt: 1, lastError: failing });
    expect(seen(again, 'running')).toContain('throttled');
    for (const state of ['queued', 'running'] as const) {
      expect(seen(step({ state }), 'waiting')).toBeUndefined();
      expect(seen(step({ state }), 'waiting', true)).toContain(state);
    }
  });

  it('shows no control characters, whatever a rule is called', () => {
    const evil = fc.string({ unit: 'binary' }).map((text) => `\u001b]0;owned\u0007\u009b2J${text}\r\n`);
    fc.assert(
      fc.property(evil, (name) => {
        const changes = [{ ...change, what: `rule "${name}"` }];
        const line = seen(step({ state: 'settled', outcome: { is: 'done' }, changes }), 'running') ?? '';
        const rest = line.replace(styleText('green', 'done'), 'done');
        expect(rest).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        expect(inert(`${name}\n\tx`).replace(/[\n\t]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });
});

describe('a later look', () => {
  const settled = (given: Partial<StepRow> = {}) =>
    step({ state: 'settled', outcome: { is: 'unchanged' }, ...given });
  const lines = (before: StepRow, after: StepRow) =>
    lookLines({ before: [rowsOf([before])], after: [rowsOf([after])] });

  it('says nothing about what has not changed', () => {
    expect(lines(settled({ changes: [change] }), settled({ changes: [change], turn: 9 }))).toEqual([]);
  });

  it('says what it found, what came back, and what a person is now or no longer asked', () => {
    expect(lines(settled(), settled({ changes: [change], outcome: { is: 'done' } }))).toEqual([
      expect.stringMatching(/unchanged → done/),
      expect.stringMatching(/found: rule "a" \(unverified\)/),
    ]);
    const back = { ...change, returned: 1 };
    expect(lines(settled({ changes: [change] }), settled({ changes: [back] }))).toContainEqual(
      expect.stringMatching(/came back: rule "a" \(reverted\)/),
    );
    expect(lines(settled(), settled({ tasks: [task] }))).toContainEqual(
      expect.stringMatching(/for a person: Ask the owner/),
    );
    expect(
      lines(settled({ tasks: [task] }), settled({ tasks: [{ ...task, doneAt: 'now' }] })),
    ).toContainEqual(expect.stringMatching(/asked no more: Ask the owner/));
  });

  it('names a run that was not there before', () => {
    const after = [rowsOf([settled()])];
    expect(lookLines({ before: [], after })).toEqual([expect.stringMatching(/is a new run/)]);
  });
});
