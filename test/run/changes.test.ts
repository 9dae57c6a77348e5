// The record decides what was done and what is undone; the last look only says what is still there.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChangeRecord } from '../../shared/model/rows.ts';
import type { Change } from '../../shared/model/step.ts';
import type { Json } from '../../shared/model/words.ts';
import {
  type Attempt,
  afterAttempt,
  identity,
  isInDoubt,
  mostReturns,
  reconcile,
  toUndo,
  verificationOf,
  verify,
} from '../../shared/run/changes.ts';
import { refused } from '../summary/rows.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 20, 9, minute)).toISOString();

const rule = (id = 'AAMkAGI2', before: Json = { enabled: true }, more: Partial<Change> = {}): Change => ({
  id,
  what: `rule '${id}' forwards to collector@evil.example`,
  why: 'it forwards outside and hides it',
  before,
  ...more,
});
const sender = rule('adele.vance@contoso.com', { reason: 'spam' }, { once: true });

/** One turn of a step: look, fix, look again. */
function turn(
  records: readonly ChangeRecord[],
  found: readonly Change[],
  minute: number,
  ends: Attempt = { is: 'fixed' },
  left: readonly Change[] = [],
) {
  const { records: next, toFix } = reconcile(records, found, at(minute), true);
  const fixed = next.map((record) =>
    toFix.has(identity(record)) ? afterAttempt(record, ends, at(minute)) : record,
  );
  return { records: verify(fixed, left, at(minute)), fixed: toFix.size };
}
const only = (records: readonly ChangeRecord[]): ChangeRecord => {
  const [record, ...more] = records;
  if (record === undefined || more.length > 0) throw new Error(`${records.length} records`);
  return record;
};

describe('the identity of a change', () => {
  it('consists of its id and the state it was in — the same rule in a new state is a new change', () => {
    expect(identity(rule('a', { enabled: true }))).not.toBe(identity(rule('a', { enabled: false })));
    expect(identity(rule('a'))).not.toBe(identity(rule('b')));
  });

  it('does not depend on the order of keys, at any depth — a service may answer in another one', () => {
    const one = rule('a', { smtp: null, nested: [{ x: 1, y: 2 }] });
    const other = rule('a', { nested: [{ y: 2, x: 1 }], smtp: null });
    expect(identity(one)).toBe(identity(other));
  });

  it('tells similar values apart, whatever characters an id contains', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), fc.string(), fc.jsonValue(), (idA, a, idB, b) => {
        const same = idA === idB && JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        const [one, other] = [a, b].map((value) => JSON.parse(JSON.stringify(value)));
        expect(identity({ id: idA, before: one }) === identity({ id: idB, before: other })).toBe(same);
      }),
    );
  });
});

const sorted = (value: unknown): unknown => {
  // Marked, so that a list of entries does not look like the object that has them.
  if (Array.isArray(value)) return { list: value.map(sorted) };
  if (value === null || typeof value !== 'object') return value;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, entry]) => ({ key, entry: sorted(entry) }));
};

describe('a change that is found for the first time', () => {
  it('is recorded as attempted before it is made — after a crash every change must be known', () => {
    const { records, toFix } = reconcile([], [rule()], at(1), true);
    expect(only(records)).toMatchObject({
      recordedAt: at(1),
      attemptedAt: at(1),
      fixedAt: null,
      evidence: null,
    });
    expect([...toFix]).toEqual([identity(rule())]);
  });

  it('is only recorded when the step may not act', () => {
    const { records, toFix } = reconcile([], [rule()], at(1), false);
    expect(only(records).attemptedAt).toBeNull();
    expect(toFix.size).toBe(0);
    expect(toUndo(records)).toEqual([]);
  });

  it('is one change when it is found twice in one look', () => {
    expect(reconcile([], [rule(), rule()], at(1), true).records).toHaveLength(1);
  });
});

describe('what may be said of a change', () => {
  it('is verified once a look no longer finds it', () => {
    const { records } = turn([], [rule()], 1);
    expect(verificationOf(only(records))).toBe('verified');
  });

  it('is unverified while it is still found — a directory reads late, which is no failure', () => {
    const { records } = turn([], [rule()], 1, { is: 'fixed' }, [rule()]);
    expect(verificationOf(only(records))).toBe('unverified');
    expect(only(records).failure).toBeNull();
  });

  it('is open when the answer was lost, and verified when a later look does not find it', () => {
    const { records } = turn([], [rule()], 1, { is: 'unknown' }, [rule()]);
    expect(verificationOf(only(records))).toBe('open');
    expect(verificationOf(only(reconcile(records, [], at(2), true).records))).toBe('verified');
  });
});

describe('after a crash between the fix and its record', () => {
  it('the change counts as made although nothing is found — undo must know of it', () => {
    const { records } = reconcile([], [rule()], at(1), true);
    const later = reconcile(records, [], at(5), true);
    expect(only(later.records)).toMatchObject({ fixedAt: at(5), goneAt: at(5) });
    expect(toUndo(later.records)).toHaveLength(1);
  });
});

describe('what the service refused', () => {
  const { records } = turn([], [rule()], 1, { is: 'refused', failure: refused }, [rule()]);

  it('is kept with its reason and not undone — nothing happened', () => {
    expect(only(records).failure).toEqual(refused);
    expect(toUndo(records)).toEqual([]);
  });

  it('is tried again by the next look that may act, and the old reason is gone', () => {
    const again = turn(records, [rule()], 9);
    expect(again.fixed).toBe(1);
    expect(only(again.records).failure).toBeNull();
  });

  it('leaves no record when somebody else did it meanwhile — undo never reverses that', () => {
    expect(reconcile(records, [], at(9), true).records).toEqual([]);
    expect(verify(records, [], at(9))).toEqual([]);
  });

  it('is tried again even if it is done only once — refused is not done', () => {
    const first = turn([], [sender], 1, { is: 'refused', failure: refused }, [sender]);
    const again = turn(first.records, [sender], 9, { is: 'fixed' }, [sender]);
    expect(again.fixed).toBe(1);
    expect(only(again.records)).toMatchObject({ fixedAt: at(9), failure: null });
  });

  it('no longer mentions a refusal once the thing is gone after all', () => {
    const first = turn([], [rule()], 1).records;
    const back = turn(first, [rule()], 15, { is: 'refused', failure: refused }, [rule()]).records;
    expect(only(back).failure).toEqual(refused);
    expect(only(reconcile(back, [], at(60), true).records)).toMatchObject({ failure: null, goneAt: at(60) });
  });
});

describe('what is done only once', () => {
  it('is never repeated because it is still found — the effect is slow, scarce or invisible', () => {
    const first = turn([], [sender], 1, { is: 'fixed' }, [sender]);
    for (const [minute, verification] of [
      [2, 'unverified'],
      [5, 'unverified'],
      [15, 'ineffective'],
      [60, 'ineffective'],
    ] as const) {
      const next = turn(first.records, [sender], minute, { is: 'fixed' }, [sender]);
      expect(next.fixed).toBe(0);
      expect(verificationOf(only(next.records))).toBe(verification);
    }
  });

  it('may take as long as it says before its effect is seen', () => {
    const slow = { ...sender, seenWithinMinutes: 50 };
    const first = turn([], [slow], 1, { is: 'fixed' }, [slow]);
    expect(verificationOf(only(turn(first.records, [slow], 50, undefined, [slow]).records))).toBe(
      'unverified',
    );
    expect(verificationOf(only(turn(first.records, [slow], 51, undefined, [slow]).records))).toBe(
      'ineffective',
    );
  });

  it('is not repeated when the answer was lost; a person is asked — it may or may not have happened', () => {
    const first = turn([], [sender], 1, { is: 'unknown' }, [sender]);
    const soon = reconcile(first.records, [sender], '2026-11-20T09:01:30.000Z', true);
    expect(isInDoubt(only(soon.records))).toBe(true);
    const next = turn(first.records, [sender], 2, { is: 'fixed' }, [sender]);
    expect(next.fixed).toBe(0);
    expect(verificationOf(only(next.records))).toBe('ineffective');
    expect(verificationOf(only(turn(next.records, [], 3).records))).toBe('verified');
  });

  it('is asked for again if nobody knows whether it arrived and asking twice does no harm', () => {
    const scan = { ...sender, again: true as const };
    const first = turn([], [scan], 1, { is: 'unknown' }, [scan]);
    const next = turn(first.records, [scan], 2, { is: 'fixed' }, [scan]);
    expect(next.fixed).toBe(1);
    expect(verificationOf(only(next.records))).toBe('unverified');
    // Accepted but without effect: asked for again, and a person is told anyway.
    const later = turn(next.records, [scan], 20, { is: 'fixed' }, [scan]);
    expect(later.fixed).toBe(1);
    expect(verificationOf(only(later.records))).toBe('ineffective');
  });

  it('is made later when the service refused before doing anything, as when it throttles', () => {
    const first = turn([], [sender], 1, { is: 'untouched' }, [sender]);
    expect(turn(first.records, [sender], 5).fixed).toBe(1);
  });

  it('is not repeated because its undo was refused', () => {
    const first = turn([], [sender], 1, { is: 'fixed' }, [sender]).records;
    const undoFailed = first.map((record) => ({ ...record, failure: refused }));
    expect(turn(undoFailed, [sender], 5).fixed).toBe(0);
  });
});

describe('what comes back', () => {
  it('is removed once more, and the second time left to a person — somebody else is deciding', () => {
    let { records } = turn([], [rule()], 1);
    const first = turn(records, [rule()], 15);
    expect(first.fixed).toBe(1);
    expect(verificationOf(only(first.records))).toBe('verified');
    expect(only(first.records).returned).toBe(1);
    const second = turn(first.records, [rule()], 60, { is: 'fixed' }, [rule()]);
    expect(second.fixed).toBe(0);
    expect(only(second.records).returned).toBe(mostReturns);
    expect(verificationOf(only(second.records))).toBe('reverted');
    records = turn(second.records, [rule()], 90, { is: 'fixed' }, [rule()]).records;
    expect(only(records).returned).toBe(mostReturns);
  });

  it('counts as reverted, not verified, until it is gone again', () => {
    const { records } = turn([], [rule()], 1);
    expect(verificationOf(only(turn(records, [rule()], 15, { is: 'unknown' }, [rule()]).records))).toBe(
      'reverted',
    );
  });

  it('in a new state is a new change, and undo walks back through both, newest first', () => {
    const first = turn([], [rule('a', { forwardTo: 'x@evil.example' })], 1).records;
    const both = turn(first, [rule('a', { forwardTo: 'y@evil.example' })], 15).records;
    expect(both.map((record) => record.returned)).toEqual([0, 0]);
    expect(toUndo(both).map((record) => record.before)).toEqual([
      { forwardTo: 'y@evil.example' },
      { forwardTo: 'x@evil.example' },
    ]);
  });

  it('is made again after it was undone — the level rose again', () => {
    const undone = turn([], [rule()], 1).records.map((record) => ({ ...record, undoneAt: at(5) }));
    const again = turn(undone, [rule()], 9);
    expect(again.fixed).toBe(1);
    expect(only(again.records)).toMatchObject({ undoneAt: null, fixedAt: at(9), returned: 0 });
  });
});

describe('what was only reported', () => {
  const reported = reconcile([], [rule()], at(1), false).records;

  it('leaves no record when it is gone by itself — nothing was done about it', () => {
    expect(reconcile(reported, [], at(5), false).records).toEqual([]);
  });

  it('is made when the run becomes full', () => {
    const { records, toFix } = reconcile(reported, [rule()], at(5), true);
    expect(toFix.size).toBe(1);
    expect(only(records)).toMatchObject({ recordedAt: at(1), attemptedAt: at(5) });
  });

  it('changes nothing about what was done before, when the step only looks', () => {
    const { records } = turn([], [rule()], 1);
    const look = reconcile(records, [rule()], at(5), false);
    expect(look.records).toEqual(records);
    expect(look.toFix.size).toBe(0);
  });
});

describe('undo', () => {
  it('goes through what this run did or may have done, never through what was refused or is undone', () => {
    const made = turn([], [rule('made')], 1).records;
    const lost = turn([], [rule('lost')], 2, { is: 'unknown' }, [rule('lost')]).records;
    const denied = turn([], [rule('denied')], 3, { is: 'refused', failure: refused }, [
      rule('denied'),
    ]).records;
    const undone = turn([], [rule('undone')], 4).records.map((record) => ({ ...record, undoneAt: at(5) }));
    const all = [...made, ...lost, ...denied, ...undone];
    expect(toUndo(all).map((record) => record.id)).toEqual(['lost', 'made']);
  });

  it('treats a change that comes and goes as one change', () => {
    const { records } = turn(turn([], [rule()], 1).records, [rule()], 15);
    expect(toUndo(records)).toHaveLength(1);
  });
});

describe('a change that was only reported so far', () => {
  const reported = (changes: readonly Change[], records: readonly ChangeRecord[] = []) =>
    reconcile(records, changes, at(1), false).records;

  it('takes what the latest look says — logs tell late who made a thing', () => {
    const evidence = "made in the intruder's session at 09:12";
    const late = rule(
      'a',
      { enabled: true },
      { what: 'rule "a" of the intruder', why: 'it hides mail', evidence },
    );
    expect(only(reported([late], reported([rule('a')])))).toMatchObject({
      what: late.what,
      why: late.why,
      evidence,
      recordedAt: at(1),
      attemptedAt: null,
    });
  });

  it('loses its evidence when a mark turns out to be the owner’s', () => {
    const tied = rule('a', { enabled: true }, { evidence: "made from the intruder's address" });
    expect(only(reported([rule('a')], reported([tied]))).evidence).toBeNull();
  });

  it('keeps its reason once it was attempted', () => {
    const { records } = turn([], [rule('a')], 1, { is: 'fixed' }, [rule('a')]);
    const late = rule('a', { enabled: true }, { why: 'another reason', evidence: 'late' });
    expect(only(reconcile(records, [late], at(2), true).records)).toMatchObject({
      why: rule('a').why,
      evidence: null,
    });
  });
});
