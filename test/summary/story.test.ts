// What the verdict is said to mean: no more than the record supports.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clock } from '../../shared/mail/plain.ts';
import { inZone, timeOf } from '../../shared/summary/given.ts';
import { reportOf } from '../../shared/summary/report.ts';
import { reported } from './read.ts';
import { at, done, given, having, lock, logsUntil, refused, run, signIns, step, task } from './rows.ts';
import { situations } from './situations.ts';

describe('the story', () => {
  it.each([
    [
      'contained',
      `Microsoft reported "Anomalous token" for Adele Vance's account from 203.0.113.7 at 08:57 UTC. The account has been locked since 09:12 UTC. Nothing of theirs is known to be left.`,
    ],
    [
      'contained with tasks',
      `Microsoft reported "Anomalous token" for Adele Vance's account from 203.0.113.7 at 08:57 UTC. The account has been locked since 09:12 UTC. 1 of 4 changes could NOT be checked yet.`,
    ],
    [
      'federated',
      `Microsoft reported "Anomalous token" for Adele Vance's account from 203.0.113.7 at 08:57 UTC. The account has been locked since 09:12 UTC. Not done without you: Reset the password.`,
    ],
    [
      'guest',
      `Microsoft reported "Anomalous token" for Megan Bowen's account from 203.0.113.7 at 08:57 UTC. The account has been shut out of this tenant since 09:12 UTC. Nothing of theirs is known to be left.`,
    ],
    [
      'the lock switched off',
      `Microsoft reported "Anomalous token" for Adele Vance's account from 203.0.113.7 at 08:57 UTC. The account is NOT locked: that step is switched off. 1 of 4 changes could NOT be checked yet.`,
    ],
    [
      'locked',
      `Microsoft reported "Anomalous token" for Adele Vance's account from 203.0.113.7 at 08:57 UTC. The account has been locked since 09:12 UTC. Evidence is still being collected; nothing else was changed.`,
    ],
    [
      'decide',
      `Microsoft reported "Anomalous token" for Adele Vance's account from 203.0.113.7 at 08:57 UTC. The account has been locked since 09:12 UTC. No evidence of an intruder was found, so nothing else was changed.`,
    ],
    [
      'decide, blind',
      `Microsoft reported "Anomalous token" for Adele Vance's account from 203.0.113.7 at 08:57 UTC. The account has been locked since 09:12 UTC. Nothing else was changed. Could NOT look: Collect sign-ins and find the intruder. That none was found proves nothing.`,
    ],
    [
      'rules only reported',
      `Microsoft reported "Anomalous token" for Adele Vance's account from 203.0.113.7 at 08:57 UTC. The account has been locked since 09:12 UTC. 1 change of an intruder found and left in place: a step is set to report only.`,
    ],
    [
      'not contained, refused',
      `Adele Vance's account is NOT secured: whoever attacked it may still be in. Failed: Block sign-in. Microsoft reported "Anomalous token" for Adele Vance's account from 203.0.113.7 at 08:57 UTC.`,
    ],
    [
      'not contained, the last administrator',
      `Adele Vance's account is NOT secured: whoever attacked it may still be in. Waits for you: Block sign-in. Microsoft reported "Anomalous token" for Adele Vance's account from 203.0.113.7 at 08:57 UTC.`,
    ],
    [
      'not contained after five minutes',
      `Adele Vance's account is NOT secured: whoever attacked it may still be in. Not finished: Block sign-in, Revoke sessions, Disable suspicious inbox rules. Microsoft reported "Anomalous token" for Adele Vance's account from 203.0.113.7 at 08:57 UTC.`,
    ],
    [
      'held',
      `Microsoft reported "Anomalous token" for Break Glass's account from 203.0.113.7 at 08:57 UTC. Nothing was done yet: breakglass@contoso.com is a protected account; Anomalous token (high) calls for a lock. Until somebody approves, whoever has the account keeps it.`,
    ],
    [
      'reverted',
      `1 thing removed from Adele Vance's account came back and is there NOW: somebody else is deciding. Microsoft reported "Anomalous token" for Adele Vance's account from 203.0.113.7 at 08:57 UTC. The account has been locked since 09:12 UTC.`,
    ],
    [
      'removed again',
      `Something removed from Adele Vance's account came back and was removed again: somebody or something puts it back. Microsoft reported "Anomalous token" for Adele Vance's account from 203.0.113.7 at 08:57 UTC. The account has been locked since 09:12 UTC.`,
    ],
    [
      'undone',
      'What was changed for Adele Vance was put back, as far as it can be. The account may sign in again.',
    ],
    [
      'undone in part',
      'NOT everything was put back for Adele Vance: Block sign-in. The account has been locked since 09:12 UTC.',
    ],
    [
      'dry run',
      'Nothing was changed for Adele Vance: this run only looked. It would make 4 changes. Microsoft reported "Anomalous token" for Adele Vance\'s account from 203.0.113.7 at 08:57 UTC.',
    ],
    [
      'nothing to do',
      `Microsoft reported "Anomalous token" for Adele Vance's account from 203.0.113.7 at 08:57 UTC. The account was checked, and nothing had to be changed. That is no proof that nobody was in. The account is locked: sign-in was blocked before this run looked.`,
    ],
  ] as const)('of a run that is %s', (name, story) => {
    expect(reported(name).story).toBe(story);
  });

  it('also gives the time where on-call works, with the day if it is a different one there', () => {
    const at = (timeZone: string) => reportOf({ ...situations.contained(), timeZone }, 30).story;
    expect(at('Europe/Berlin')).toContain('locked since 09:12 UTC (10:12 CET)');
    expect(at('Pacific/Auckland')).toContain('locked since 09:12 UTC (22:12');
    expect(at('Pacific/Honolulu')).toContain('locked since 09:12 UTC (2026-11-19 23:12');
    expect(at('UTC')).toContain('locked since 09:12 UTC.');
  });

  it('also does so for times in tasks, but not in a name or a command', () => {
    const from = situations.contained();
    const asked = task('ask', 'ask about "Call of 2026-11-20 08:00 UTC", sent 2026-11-20 08:49 UTC', {
      instruction: 'Opened 2026-11-19 23:30 UTC, read 2026-11-20 08:50:12 UTC.',
      commands: ["Get-SweepRule -Mailbox '2026-11-20 08:49 UTC'"],
    });
    const steps = having(from.steps, signIns({ tasks: [asked] }));
    const [line] = reportOf({ ...from, steps, timeZone: 'Europe/Berlin' }, 30).now.lines;
    expect(line?.text).toBe('Ask about "Call of 2026-11-20 08:00 UTC", sent 08:49 UTC (09:49 CET)');
    expect(line?.details).toEqual([
      'Opened 2026-11-19 23:30 UTC (2026-11-20 00:30 CET), read 2026-11-20 08:50:12 UTC (09:50 CET).',
    ]);
    expect(line?.commands?.at(-1)).toContain('2026-11-20 08:49 UTC');
  });

  it('adds the second clock to a time once, however often a text is made from another', () => {
    const zoned = { ...situations.contained(), timeZone: 'Asia/Kolkata' };
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }), (date) => {
        const once = inZone(zoned, `at ${timeOf(zoned, date.toISOString())}, ${clock(date.toISOString())}`);
        expect(inZone(zoned, once)).toBe(once);
      }),
    );
  });

  it('does not say locked before the lock is checked, without saying that', () => {
    const from = given(run(), [step('block-sign-in', done, { changes: [lock({ goneAt: null })] })]);
    expect(reportOf(from, 30).story).toContain(
      'has been locked since 09:12 UTC (sign-in blocked, NOT checked yet).',
    );
  });

  it('says that the account is locked if something else failed', () => {
    const from = situations.contained();
    const steps = having(from.steps, step('disable-inbox-rules', { is: 'failed', error: refused }));
    const { story } = reportOf({ ...from, steps }, 30);
    expect(story).toContain(
      "Adele Vance's account has been locked since 09:12 UTC. But NOT everything is done.",
    );
    expect(story).toContain('Failed: Disable suspicious inbox rules.');
    expect(story).not.toContain('may still be in');
  });

  it('does not say that an account was looked at while the look goes on, or if nobody could look', () => {
    const from = situations['nothing to do']();
    const looking = having(from.steps, step('collect-sign-ins', null, { state: 'running' }));
    expect(reportOf({ ...from, steps: looking }, 30).story).toContain('Still looking: Collect sign-ins');
    const off = having(from.steps, step('collect-sign-ins', { is: 'off' }));
    expect(reportOf({ ...from, steps: off }, 30).story).toContain('Could NOT look: Collect sign-ins');
  });

  it('does not mention a failed look if there was nothing to look at', () => {
    const from = situations.decide();
    const skipped = { is: 'skipped', reason: 'has no mailbox' } as const;
    const inapplicable = step('check-mailbox', skipped, { kind: 'investigation', startedAt: null });
    expect(reportOf({ ...from, steps: [...from.steps, inapplicable] }, 30).story).toContain(
      'No evidence of an intruder was found',
    );
  });

  it('does not say that there is no evidence while the logs are not complete up to the lock', () => {
    const from = situations.decide();
    const early = having(from.steps, signIns({ facts: logsUntil('08:30:00') }));
    const { story, text } = {
      ...reportOf({ ...from, steps: early }, 30),
      text: JSON.stringify(reportOf({ ...from, steps: early }, 30)),
    };
    expect(story).toContain('The logs show no act of an intruder so far, but they are not complete yet');
    expect(story).not.toContain('No evidence');
    expect(text).toContain('Logs complete until: sign-ins, unified audit log 08:30');
  });

  it('does not claim to have restored anything if the ended run had done nothing', () => {
    const steps = situations.held().steps.map((row) => step(row.name, { is: 'undone' }));
    expect(reportOf(given(run({ endsAs: 'undone' }), steps), 30).story).toBe(
      'The run for Adele Vance was ended; it had changed nothing that can be put back.',
    );
  });

  it('says so while an undo is on its way', () => {
    const from = situations.undone();
    const steps = having(
      from.steps,
      step('block-sign-in', done, { state: 'waiting', aim: 'undo', changes: [lock()] }),
    );
    expect(reportOf({ ...from, steps }, 30).story).toBe(
      'What was changed for Adele Vance is being put back. Not finished: Block sign-in.',
    );
  });

  it('says that sign-in is open if an operator undid the lock', () => {
    const from = situations.contained();
    const undone = step(
      'block-sign-in',
      { is: 'undone' },
      { aim: 'undo', changes: [lock({ undoneAt: at('09:40:00') })] },
    );
    const report = reportOf({ ...from, steps: having(from.steps, undone) }, 30);
    expect(report.verdict.word).toBe('NOT CONTAINED');
    expect(report.story).toContain('It may sign in again.');
    expect(report.now.lines).toMatchObject([
      { text: 'Lock the account again, unless whoever undid the lock meant it' },
    ]);
  });
});
