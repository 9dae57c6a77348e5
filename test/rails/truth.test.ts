// Rail 10, for what the rails themselves do: a run that was stopped short says so first, and calls nothing clean.
import { describe, expect, it } from 'vitest';
import { summaryOf } from '../../shared/summary/summary.ts';
import { given, locked, onlyFound, rule, run, step } from '../summary/rows.ts';

const limitedBecause =
  'the circuit breaker lets 20 runs an hour go further by themselves, and since 10:00 UTC there were more';
const held = rule(onlyFound);

describe('a run that the circuit breaker stopped at the lock', () => {
  it('says that the intruder’s things were found but left, and why', () => {
    const found = step('disable-inbox-rules', { is: 'reported' }, { changes: [held] });
    const { subject, text } = summaryOf(
      given(run({ level: 'contain', raisedBecause: null, limitedBecause }), [...locked(), found]),
    );
    expect(subject).toContain('DECIDE');
    expect(text).toContain(
      `1 change of an intruder found and LEFT IN PLACE, whatever turns up: ${limitedBecause}.`,
    );
    expect(text).not.toMatch(/\bclean\b|was removed, and checked/);
  });

  it('is not contained if the lock failed too', () => {
    const error = { message: 'refused', status: 403, code: null, requestId: null };
    const failed = step('block-sign-in', { is: 'failed', error });
    const { subject, text } = summaryOf(
      given(run({ level: 'contain', raisedBecause: null, limitedBecause, containedAt: null }), [failed]),
    );
    expect(subject).toContain('NOT CONTAINED');
    expect(text).toContain('is NOT secured');
  });
});

describe('a run that the circuit breaker holds', () => {
  it('says that nothing was changed and that whoever has the account keeps it', () => {
    const heldBecause =
      'the circuit breaker is open: this app changes at most 100 accounts an hour by itself, and since 10:00 UTC there were as many';
    const waiting = step('block-sign-in', null, { state: 'waiting' });
    const { subject, text } = summaryOf(
      given(run({ state: 'held', heldBecause, containedAt: null, finishedAt: null }), [waiting]),
    );
    expect(subject).toContain('HELD');
    expect(text).toContain(`Nothing was done yet: ${heldBecause}.`);
    expect(text).toContain('Until somebody approves, whoever has the account keeps it.');
    expect(text).toMatch(/approve/i);
  });
});

describe('a run that only looks since its account is protected', () => {
  it('says so, and how to let it continue', () => {
    const onlyLooksBecause = 'adele.vance@contoso.com is a protected account';
    const looked = step('disable-inbox-rules', { is: 'reported' }, { changes: [held] });
    const { text } = summaryOf(given(run({ onlyLooksBecause }), [...locked(), looked]));
    expect(text).toContain(`Nothing more is changed until somebody approves it: ${onlyLooksBecause}.`);
    expect(text).toContain('It may: go on');
  });

  it('does not say that nothing else was changed while a full run’s steps still have their turn to come', () => {
    const slow = step('disable-inbox-rules', null, { state: 'waiting' });
    const { subject, text } = summaryOf(
      given(run({ level: 'full', state: 'open', finishedAt: null }), [...locked(), slow]),
    );
    expect(subject).toContain('LOCKED');
    expect(text).toContain('Not finished:');
    expect(text).not.toContain('nothing else was changed');
  });
});
