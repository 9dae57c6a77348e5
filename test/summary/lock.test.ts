// When the account was locked, checked and contained, according to the record.
import { describe, expect, it } from 'vitest';
import { reportOf } from '../../shared/summary/report.ts';
import { section } from './read.ts';
import { at, given, having, lock, run, step } from './rows.ts';
import { situations } from './situations.ts';

describe('when', () => {
  it('the account was locked, checked, and contained', () => {
    expect(section(situations.contained(), 'Locked')).toEqual([
      'Sign-in blocked 2026-11-20 09:12:01 UTC, checked 09:12:02 UTC',
      'Sessions revoked 2026-11-20 09:12:01 UTC, checked 09:12:02 UTC',
      'Contained 2026-11-20 09:12:02 UTC, 2.0 s after the run opened',
    ]);
  });

  it.each([
    [
      'guest',
      'Sessions are NOT revoked: is a guest: revoking has no effect here, the administrators of fabrikam.com must do it',
    ],
    ['nothing to do', 'Sign-in was blocked already, by another hand'],
    ['undone', 'Sign-in allowed again 2026-11-20 09:40:02 UTC'],
    ['the lock switched off', 'Sign-in is NOT blocked: that step is switched off'],
    ['not contained, refused', 'Sign-in is NOT blocked: the step failed'],
    ['not contained after five minutes', 'Sign-in is NOT blocked: not done yet'],
  ] as const)('of a run that is %s', (name, line) => {
    expect(section(situations[name](), 'Locked')).toContain(line);
  });

  it('the lock was given back by somebody else, it is not called locked', () => {
    const from = situations.contained();
    const back = step(
      'block-sign-in',
      { is: 'needs-human', waitsFor: [] },
      { changes: [lock({ returned: 2, goneAt: null, attemptedAt: at('10:12:00') })] },
    );
    const steps = having(from.steps, back);
    expect(section({ ...from, steps }, 'Locked')[0]).toBe('Sign-in is NOT blocked: somebody allows it again');
    expect(reportOf({ ...from, steps }, 30).story).not.toContain('is locked');
  });

  it('an answer was lost, it is called neither locked nor open', () => {
    const from = situations.contained();
    const lost = step('block-sign-in', null, {
      state: 'waiting',
      changes: [lock({ fixedAt: null, goneAt: null })],
    });
    expect(section({ ...from, steps: having(from.steps, lost) }, 'Locked')[0]).toBe(
      'Whether sign-in is blocked is not known',
    );
  });

  it.each([
    ['contained', 'Everything is checked again at about 09:27 UTC; you hear only of a new verdict'],
    ['reverted', 'Everything is checked again at about 11:12 UTC; you hear only of a new verdict'],
    [
      'locked',
      'Everything is checked again 15 minutes after the last step has ended; you hear only of a new verdict',
    ],
    ['held', 'Nothing happens until somebody approves or ends the run'],
    ['undone', 'This run does not look at the account again'],
    ['dry run', 'This run does not look at the account again'],
  ] as const)('the next check of a run that is %s', (name, line) => {
    expect(section(situations[name](), 'Next')[0]).toBe(line);
  });

  it('no check is left, none is promised', () => {
    expect(section(given(run({ checks: 4 }), []), 'Next')[0]).toBe('That was the last check');
  });
});
