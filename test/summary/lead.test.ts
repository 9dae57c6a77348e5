// What the verdict is said to mean: no more than the record bears.
import { describe, expect, it } from 'vitest';
import { reportOf } from '../../shared/summary/report.ts';
import { reported } from './read.ts';
import { at, done, given, having, lock, refused, run, step } from './rows.ts';
import { situations } from './situations.ts';

describe('the lead', () => {
  it.each([
    ['contained', 'adele.vance@contoso.com is locked. What was found was removed, and read back.'],
    [
      'contained with tasks',
      'adele.vance@contoso.com is locked. What was found was removed, but 1 of 4 changes could NOT be read back yet.',
    ],
    ['federated', 'adele.vance@contoso.com is locked. Not done without you: Reset the password.'],
    [
      'guest',
      'megan_fabrikam.com#EXT#@contoso.onmicrosoft.com is shut out of this tenant. What was found was removed, and read back.',
    ],
    [
      'the lock switched off',
      'adele.vance@contoso.com is NOT locked: block-sign-in is switched off. What was found was removed, but 1 of 4 changes could NOT be read back yet.',
    ],
    [
      'locked',
      'adele.vance@contoso.com is locked. Evidence is still being collected; nothing else was changed.',
    ],
    [
      'decide',
      'adele.vance@contoso.com is locked. No evidence of an intruder was found, so nothing else was changed. Decide whether this is real.',
    ],
    [
      'decide, blind',
      'adele.vance@contoso.com is locked. Nothing else was changed. Could NOT look: Collect sign-ins and find the intruder. That none was found proves nothing. Decide whether this is real.',
    ],
    [
      'rules only reported',
      'adele.vance@contoso.com is locked. 1 change of an intruder found and left in place: a step is set to report only. Decide whether this is real.',
    ],
    [
      'not contained, refused',
      'adele.vance@contoso.com is NOT secured: whoever attacked it may still be in. Failed: Block sign-in.',
    ],
    [
      'not contained, the last administrator',
      'adele.vance@contoso.com is NOT secured: whoever attacked it may still be in. Waits for you: Block sign-in.',
    ],
    [
      'not contained after five minutes',
      'adele.vance@contoso.com is NOT secured: whoever attacked it may still be in. Not finished: Block sign-in, Revoke sessions, Disable suspicious inbox rules.',
    ],
    [
      'held',
      'Nothing was changed: breakglass@contoso.com is a protected account; Anomalous token (high) locks the account. Until somebody approves, whoever has the account keeps it.',
    ],
    [
      'reverted',
      '1 thing removed from adele.vance@contoso.com came back and is there NOW: somebody else is deciding. adele.vance@contoso.com is locked.',
    ],
    [
      'removed again',
      'Something removed from adele.vance@contoso.com came back and was removed again: somebody or something puts it back. adele.vance@contoso.com is locked.',
    ],
    [
      'undone',
      'What was changed for adele.vance@contoso.com was put back, as far as it can be. adele.vance@contoso.com may sign in again.',
    ],
    [
      'undone in part',
      'NOT everything was put back for adele.vance@contoso.com: Block sign-in. adele.vance@contoso.com is locked.',
    ],
    [
      'dry run',
      'Nothing was changed for adele.vance@contoso.com: this run only looked. It would make 4 changes.',
    ],
    [
      'nothing to do',
      'adele.vance@contoso.com was looked at and nothing had to be changed. That is no proof that nobody was in. adele.vance@contoso.com is locked: sign-in was blocked before this run looked.',
    ],
  ] as const)('of a run that is %s', (name, lead) => {
    expect(reported(name).lead).toBe(lead);
  });

  it('does not say locked before the lock is read back without saying so', () => {
    const from = given(run(), [step('block-sign-in', done, { changes: [lock({ goneAt: null })] })]);
    expect(reportOf(from, 30).lead).toContain('is locked (sign-in blocked, NOT read back yet).');
  });

  it('says that the account is locked all the same, when what failed is something else', () => {
    const from = situations.contained();
    const steps = having(from.steps, step('disable-inbox-rules', { is: 'failed', error: refused }));
    expect(reportOf({ ...from, steps }, 30).lead).toBe(
      'adele.vance@contoso.com is NOT secured: whoever attacked it may still be in. It is locked. Failed: Disable suspicious inbox rules.',
    );
  });

  it('does not call an account looked at while the look goes on, or where nobody could look', () => {
    const from = situations['nothing to do']();
    const looking = having(from.steps, step('collect-sign-ins', null, { state: 'running' }));
    expect(reportOf({ ...from, steps: looking }, 30).lead).toContain('Still looking: Collect sign-ins');
    const off = having(from.steps, step('collect-sign-ins', { is: 'off' }));
    expect(reportOf({ ...from, steps: off }, 30).lead).toContain('Could NOT look: Collect sign-ins');
  });

  it('does not speak of a failed look where there was nothing to look at', () => {
    const from = situations.decide();
    const skipped = { is: 'skipped', reason: 'has no mailbox' } as const;
    const inapplicable = step('check-mailbox', skipped, { kind: 'investigation', startedAt: null });
    expect(reportOf({ ...from, steps: [...from.steps, inapplicable] }, 30).lead).toContain(
      'No evidence of an intruder was found',
    );
  });

  it('of an ended run that had done nothing does not claim to have put anything back', () => {
    const steps = situations.held().steps.map((row) => step(row.name, { is: 'undone' }));
    expect(reportOf(given(run({ endsAs: 'undone' }), steps), 30).lead).toBe(
      'The run for adele.vance@contoso.com was ended; it had changed nothing that can be put back.',
    );
  });

  it('of an undo that is on its way says so', () => {
    const from = situations.undone();
    const steps = having(
      from.steps,
      step('block-sign-in', done, { state: 'waiting', aim: 'undo', changes: [lock()] }),
    );
    expect(reportOf({ ...from, steps }, 30).lead).toBe(
      'What was changed for adele.vance@contoso.com is being put back. Not finished: Block sign-in.',
    );
  });

  it('of a lock that an operator undid says that sign-in is open', () => {
    const from = situations.contained();
    const undone = step(
      'block-sign-in',
      { is: 'undone' },
      { aim: 'undo', changes: [lock({ undoneAt: at('09:40:00') })] },
    );
    const report = reportOf({ ...from, steps: having(from.steps, undone) }, 30);
    expect(report.verdict.word).toBe('NOT CONTAINED');
    expect(report.lead).toContain('It may sign in again.');
    expect(report.now.lines).toMatchObject([
      { text: 'Lock the account again, unless whoever undid the lock meant it' },
    ]);
  });
});
