// A run that a person let begin with a reset and the end of sessions, and without the lock.
import { expect, it } from 'vitest';
import { summaryOf } from '../../shared/summary/summary.ts';
import { given, having, lock, onlyFound, password, rule, run, sessions, signIns, step } from './rows.ts';

const only = ['reset-password', 'revoke-sessions'];
const summary = summaryOf(
  given(
    run({ level: 'contain', only, raisedBecause: null, containedAt: null }),
    having([
      step('block-sign-in', { is: 'reported' }, { changes: [lock(onlyFound)] }),
      step('revoke-sessions', { is: 'done' }, { changes: [sessions()] }),
      step('reset-password', { is: 'done' }, { changes: [password()] }),
      step('disable-inbox-rules', { is: 'reported' }, { changes: [rule({ ...onlyFound, evidence: null })] }),
      signIns(),
    ]),
  ),
);

it('says first that nobody is locked out, and why, and what was done — the subject asks for a decision', () => {
  expect(summary.subject).toMatch(/^\[Reclaim\] DECIDE: /);
  expect(summary.text).toContain(
    'The account is NOT locked: whoever approved the run chose to go without. Done, as chosen: Revoke sessions, Reset the password.',
  );
});

it('promises no unlocking where nothing was locked', () => {
  expect(summary.text).toContain('It was: put back what can be');
  expect(summary.text).not.toContain('unlock the account');
});
