// False alarms, evidence, counts and the next check.
import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../shared/run/verdict.ts';
import { summaryOf } from '../../shared/summary/summary.ts';
import { names, of, section } from './read.ts';
import { change, done, given, run, signIns, step, task, unchanged } from './rows.ts';
import { situations } from './situations.ts';

describe('a false alarm', () => {
  it('is undone by one request, and what that cannot restore is named', () => {
    expect(section(situations.contained(), 'False alarm?')).toEqual([
      expect.stringMatching(
        /^If it was the owner after all: undo puts back what can be put back, dismisses the risk, and closes the alert as a false positive \| Revoke sessions: Revoked sessions cannot be given back: the owner signs in again \| Reset the password: .* \| Undo the run: POST .*\/undo \{"falseAlarm":true,"reason":"…"\}$/,
      ),
    ]);
  });

  it('names only what was done: a password that was left alone needs no excuse', () => {
    const from = situations.decide();
    expect(section(from, 'False alarm?')[0]).not.toContain('password');
  });

  it('needs no undo where nothing was changed', () => {
    for (const name of ['held', 'dry run', 'nothing to do'] as const) {
      expect(section(situations[name](), 'False alarm?')).toEqual([]);
    }
  });

  it('that was undone leaves a list of what stays', () => {
    expect(section(situations.undone(), 'What stays as it is')).toEqual([
      'Could not be put back: Revoke sessions: Revoked sessions cannot be given back: the owner signs in again | all sessions of adele.vance@contoso.com',
      'Could not be put back: Reset the password: The old password is not known, and the intruder knows it: the owner gets a new one | the password of adele.vance@contoso.com',
    ]);
  });

  it('names what a person has to restore because the app can’t', () => {
    const from = situations.undone();
    const role = change('role', 'the role User Administrator, activated in PIM');
    const steps = [...from.steps, step('remove-admin-roles', { is: 'undone' }, { changes: [role] })];
    expect(section({ ...from, steps }, 'What stays as it is').at(-1)).toBe(
      'Was not put back (see what you do now): remove-admin-roles: the role User Administrator, activated in PIM',
    );
  });
});

describe('giving the account back', () => {
  const forms = task('forms', 'custom forms were not looked for', { atHandBack: true });
  const looked = step('check-mailbox', done, { kind: 'investigation', tasks: [forms] });

  it('has tasks of its own, which are not urgent and not counted', () => {
    const from = given(run({ level: 'full' }), [...situations.contained().steps, looked]);
    expect(section(from, 'When the account is given back')).toEqual([
      expect.stringMatching(/^Custom forms were not looked for \| Ask Adele Vance, .* \| https:\/\/entra/),
    ]);
    expect(section(from, 'What you do now').join()).not.toContain('forms');
    expect(verdictOf(from.run, from.steps).tasks).toBe(0);
  });

  it('is not mentioned if there is nothing to give back: undone, held or a rehearsal', () => {
    for (const name of ['undone', 'held', 'dry run'] as const) {
      const from = situations[name]();
      expect(section({ ...from, steps: [...from.steps, looked] }, 'When the account is given back')).toEqual(
        [],
      );
    }
  });
});

describe('the rest', () => {
  it('counts what was unchanged and skipped in one line, and proves nothing', () => {
    const from = situations['nothing to do']();
    expect(from.steps.filter((row) => ['unchanged', 'skipped'].includes(row.outcome?.is ?? ''))).toHaveLength(
      6,
    );
    expect(section(from, 'The rest')).toEqual([
      '6 steps found nothing to change or did not apply; 1 thing looked at and left as they are. That is no proof that nothing was there',
    ]);
  });

  it('names in the mail everything that sends mail out and is kept — nothing of that kind goes unsaid', () => {
    const from = situations['nothing to do']();
    const kept = [
      {
        what: 'rule "Falcon"',
        why: 'sends mail to anna@fabrikam.com; the log shows that the owner made it',
        told: true as const,
      },
      { what: 'rule "News"', why: 'neither hides mail nor sends it out' },
    ];
    const { text } = summaryOf({
      ...from,
      steps: [...from.steps, step('disable-inbox-rules', unchanged, { kept })],
    });
    expect(text).toContain('Rule "Falcon": sends mail to anna@fabrikam.com');
    expect(text).not.toContain('News');
  });

  it('shows what the investigations saw', () => {
    expect(section(given(run(), [signIns()]), 'What the evidence shows')[0]).toMatch(
      /^3 sign-ins from 203\.0\.113\.7 .* \| in the alert's session$/,
    );
  });

  it('says what the intruder sent, how much of it was taken back, and which other accounts were seen', () => {
    const sent = step('review-sent-mail', done, {
      kind: 'investigation',
      kept: [{ what: '2 messages sent by the intruder', why: 'message trace' }],
    });
    const retract = step('retract-sent-mail', done, {
      changes: [change('m1', '"Invoice" in 1 inbox'), change('m2', '"Bonus" in 2 inboxes', { goneAt: null })],
    });
    const victims = step('find-other-victims', done, {
      kind: 'investigation',
      kept: [{ what: 'megan@contoso.com was signed in to from 203.0.113.7', why: 'told to triage' }],
    });
    const from = given(run(), [sent, retract, victims]);
    expect(section(from, 'What the intruder sent')).toEqual([
      '2 messages sent by the intruder | message trace',
      'Taken out of inboxes inside: 1 of 2 messages, checked; what went outside cannot be taken back',
    ]);
    expect(section(from, 'Other accounts')).toEqual([
      'megan@contoso.com was signed in to from 203.0.113.7 | told to triage',
    ]);
    expect(section(from, 'What the evidence shows')).toEqual([]);
  });

  it('says which files go along with the mail, and which stay with the run', () => {
    const file = (name: string) => ({ name, type: 'text/csv', content: 'a@fabrikam.com' }) as const;
    const steps = [
      signIns({ attachments: [file('audit-log.csv')] }),
      step('review-sent-mail', done, {
        kind: 'investigation',
        tasks: [task('warn', '3 recipients are not warned yet')],
        attachments: [file('recipients.csv'), file('draft-notice.txt')],
      }),
    ];
    expect(section(given(run(), steps), 'What the evidence shows').slice(-2)).toEqual([
      'Attached to the mail: recipients.csv, draft-notice.txt',
      'Kept with the run, not attached: audit-log.csv',
    ]);
  });

  it('never calls an account clean, safe or secure', () => {
    for (const name of names) expect(of(name).text).not.toMatch(/\b(is|was|are) (clean|safe|secure)\b/i);
  });
});
