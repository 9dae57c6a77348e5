// What the mail says about an account that is being given back: done, or stuck.
import { describe, expect, it } from 'vitest';
import { reportOf } from '../../shared/summary/report.ts';
import { section } from './read.ts';
import { at, change, given, lock, refused, run, step } from './rows.ts';

type HandBack = NonNullable<ReturnType<typeof run>['handBack']>;
const handBack = (changes: Partial<HandBack> = {}): HandBack => ({
  phase: 'done',
  begunAt: at('13:00:00'),
  by: 'Alex Wilber',
  identified: 'called back on the number in the file of HR',
  despite: [],
  pass: { askedAt: at('13:02:00'), by: 'Alex Wilber', shownAt: at('13:02:01'), expiresAt: at('14:02:00') },
  ownerBackAt: at('13:20:00'),
  rolesApprovedAt: null,
  doneAt: at('13:21:00'),
  watches: 0,
  ...changes,
});
const rule = change('rule', "rule '..'", { evidence: "made in the intruder's session 4c1a" });
const situation = (
  changes: Partial<HandBack> = {},
  rows = [step('disable-inbox-rules', { is: 'done' }, { changes: [rule] })],
) => given(run({ endsAs: 'handed back', handBack: handBack(changes) }), rows);

describe('the mail of a hand-back', () => {
  it('says that it is done, on whose word, and when the intruder’s things are looked for again', () => {
    const report = reportOf(situation(), 30);
    expect(report.verdict.word).toBe('HANDED BACK');
    expect(report.story).toBe(
      'Adele Vance has the account back. How they were identified: called back on the number in the file of HR.',
    );
    expect(section(situation(), 'Next')[0]).toBe(
      "What had been the intruder's is looked for at about 14:21 UTC; nothing is changed, and you hear of it if it is there again",
    );
    expect(section(situation({ watches: 2 }), 'Next')[0]).toBe('This run does not look at the account again');
  });

  it('says that roles wait for an approval of their own', () => {
    const { story: lead, now } = reportOf(situation({ phase: 'roles' }), 30);
    expect(lead).toContain(
      'Its administrator roles were not given back: they wait for an approval of their own.',
    );
    expect(now.lines[0]?.text).toMatch(/^Decide which administrator roles/);
  });

  it('says where it is stuck and what failed, and does not promise a lock that is gone', () => {
    const failed = step(
      'block-sign-in',
      { is: 'failed', error: refused },
      { aim: 'undo', changes: [lock()] },
    );
    const { verdict, story } = reportOf(situation({ phase: 'enable', doneAt: null }, [failed]), 30);
    expect(verdict).toEqual({ word: 'HANDING BACK', tasks: 1 });
    expect(story).toContain('is being given back, and waits. Failed: Block sign-in.');
  });

  it('mentions no exposure once the owner has the account', () => {
    expect(section(situation(), 'Still open').join('\n')).not.toMatch(/Access tokens/);
  });
});
