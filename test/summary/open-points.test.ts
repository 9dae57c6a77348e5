// What is not safe, not done or not known, said before what went well.
import { describe, expect, it } from 'vitest';
import { names, section, sectionsOf, stillOpen } from './read.ts';
import { at, change, done, given, password, refused, rule, run, sessions, step } from './rows.ts';
import { situations } from './situations.ts';

describe('what is still open', () => {
  it('is said before anything that went well', () => {
    for (const name of names) {
      const titles = sectionsOf(situations[name]()).map(({ title }) => title);
      const open = titles.indexOf('Still open');
      if (open >= 0) expect(open).toBe(1);
    }
  });

  it('begins with how long the intruder may still be in', () => {
    expect(stillOpen('contained')).toEqual([
      'Access tokens from before the lock may work until about 10:42 UTC; applications outside Microsoft 365 keep sessions of their own',
    ]);
  });

  it('names no end while sign-in is not blocked, even if the password is new', () => {
    for (const name of [
      'not contained, refused',
      'not contained, the last administrator',
      'not contained after five minutes',
    ] as const) {
      expect(stillOpen(name)[0]).toBe('The intruder may still sign in: nothing blocks it');
    }
  });

  it('counts from the later of new password and revoked sessions if the lock is off by choice', () => {
    expect(stillOpen('the lock switched off')[0]).toContain('may work until about 10:42 UTC');
  });

  it('is silent about tokens that have run out', () => {
    const from = { ...situations.contained(), now: new Date(at('10:42:02')) };
    expect(section(from, 'Still open')).toEqual([]);
  });

  it('lists what was refused, what came back, what is in doubt and what was not checked, worst first', () => {
    const steps = [
      step('reset-password', done, { changes: [password({ goneAt: null })] }),
      step('revoke-sessions', done, { changes: [sessions({ fixedAt: null, goneAt: null })] }),
      step(
        'disable-inbox-rules',
        { is: 'failed', error: refused },
        {
          changes: [
            rule({ returned: 2, attemptedAt: at('10:12:00'), goneAt: null }),
            change('fwd', 'forwarding to x@evil.example', { fixedAt: null, goneAt: null, failure: refused }),
          ],
        },
      ),
    ];
    const words = section(given(run(), steps), 'Still open').map((line) => line.split('. ')[0]);
    expect(words.slice(1)).toEqual(['FAILED', 'CAME BACK', 'UNKNOWN whether done', 'Done, NOT checked yet']);
  });

  it('reports a refusal once, where a person is asked to act, and here only if it is a different one', () => {
    const other = { ...refused, message: 'Exchange refused Disable-InboxRule' };
    const failure = change('a', "rule 'a'", { fixedAt: null, goneAt: null, failure: refused });
    const steps = [
      step(
        'disable-inbox-rules',
        { is: 'failed', error: refused },
        { changes: [failure, { ...failure, id: 'b', failure: other }] },
      ),
    ];
    expect(section(given(run(), steps), 'Still open').filter((line) => line.includes('Refused: '))).toEqual([
      expect.stringContaining('Refused: Exchange refused Disable-InboxRule'),
    ]);
  });

  it('lists what was not covered, one line per reason', () => {
    expect(stillOpen('nothing to do')).toContain(
      'Not covered: Remove mail forwarding, Disable suspicious inbox rules, Take the account off the restricted senders (has no mailbox)',
    );
    expect(stillOpen('guest')).toContain(
      'Not covered: Reset the password (is a guest: the password belongs to the home tenant (fabrikam.com))',
    );
  });

  it('lists what is switched off, and what is not finished', () => {
    expect(stillOpen('the lock switched off')).toContain('Switched off: Block sign-in');
    expect(stillOpen('locked')).toContain('Not finished: Collect sign-ins and find the intruder');
    expect(stillOpen('contained').join()).not.toContain('Take the account off');
  });

  it('leaves out a step that closes the run and waits for its news, unless it is in trouble', () => {
    const from = situations.contained();
    const waits = { state: 'waiting', stage: 'close' } as const;
    const busy = { message: 'Microsoft Graph is busy', status: 503, code: null, requestId: null };
    const open = (more: object) =>
      section(
        { ...from, steps: [...from.steps, step('update-alert', null, { ...waits, ...more })] },
        'Still open',
      );
    expect(open({}).join()).not.toContain('Not finished');
    expect(open({ lastError: busy }).join()).toContain('Not finished: update-alert');
  });
});
