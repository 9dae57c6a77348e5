// A log that is read right away is not the whole log, and nobody may be called clean because of records still to come.
import { describe, expect, it } from 'vitest';
import { horizonOf, horizonsIn, isCompleteUntil } from '../../shared/intruder/horizon.ts';

const read = Date.parse('2026-11-20T09:30:00Z');

describe('until when a log is complete', () => {
  it('lies behind the reading by as long as records take to arrive', () => {
    expect(horizonOf('sign-ins', read).completeUntil).toBe('2026-11-20T09:15:00.000Z');
    expect(horizonOf('unified audit log', read).completeUntil).toBe('2026-11-20T08:00:00.000Z');
  });

  it('does not exist for a log that could not be read', () => {
    const horizons = [horizonOf('sign-ins', read), horizonOf('unified audit log', null)];
    expect(isCompleteUntil(horizons, 0)).toBe(false);
  });

  it('is the latest that any investigation of the run reached', () => {
    const facts = {
      'sign-ins': { horizons: [horizonOf('sign-ins', read)] },
      acts: { horizons: [horizonOf('unified audit log', null)], acts: [] },
      'sent-mail': { horizons: [horizonOf('sign-ins', read + 60_000)], messages: [] },
    };
    expect(horizonsIn({ facts })).toEqual([
      { log: 'sign-ins', completeUntil: '2026-11-20T09:16:00.000Z' },
      { log: 'unified audit log', completeUntil: null },
    ]);
  });

  it('must reach the given time in every log', () => {
    const horizons = [horizonOf('sign-ins', read), horizonOf('unified audit log', read)];
    expect(isCompleteUntil(horizons, Date.parse('2026-11-20T07:59:00Z'))).toBe(true);
    expect(isCompleteUntil(horizons, Date.parse('2026-11-20T08:30:00Z'))).toBe(false);
    expect(isCompleteUntil([], 0)).toBe(false);
  });
});
