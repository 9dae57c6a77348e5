// What a person does now: complete, urgent things first, each with its page or request.
import { describe, expect, it } from 'vitest';
import { blockSignIn } from '../../functions/steps/block-sign-in.ts';
import { confirmCompromise } from '../../functions/steps/confirm-compromise.ts';
import type { StepRow } from '../../shared/model/rows.ts';
import { openTasks } from '../../shared/run/verdict.ts';
import type { Given } from '../../shared/summary/given.ts';
import { reportOf } from '../../shared/summary/report.ts';
import { summaryOf } from '../../shared/summary/summary.ts';
import { doNow, names, of, reported, section } from './read.ts';
import { at, done, given, having, refused, run, step, task } from './rows.ts';
import { situations } from './situations.ts';

const counted = (from: Given) => reportOf(from, 30).now.lines.filter(({ uncounted }) => uncounted !== true);

describe('what a person does now', () => {
  it('comes first in every situation, and is never empty', () => {
    for (const name of names) {
      const first = reported(name).now;
      expect(first?.title).toBe('What you do now');
      expect(first?.lines.length).toBeGreaterThan(0);
    }
  });

  it('includes every open task, with its instruction and the page to do it on', () => {
    for (const name of names) {
      const from = situations[name]();
      for (const { instruction, link } of from.steps.flatMap(openTasks)) {
        const lines = doNow(name).filter((line) => line.includes(instruction) && line.endsWith(link));
        expect(lines).toHaveLength(1);
      }
    }
  });

  it('has as many entries as the subject counts, and no task that was ticked off', () => {
    expect(counted(situations['contained with tasks']())).toHaveLength(2);
    expect(counted(situations['not contained, refused']())).toHaveLength(1);
    const from = situations['contained with tasks']();
    const ticked = from.steps.map((row) => ({
      ...row,
      tasks: row.tasks.map((entry) => ({ ...entry, doneAt: at('09:30:00') })),
    }));
    expect(section({ ...from, steps: ticked }, 'What you do now')).toEqual([
      expect.stringMatching(
        /^Give the account back, once its owner is identified by phone or in person \| Begin the hand-back: GET .*\/hand-back$/,
      ),
    ]);
  });

  it('asks for a new password for the owner after an undo, without which they stay locked out', () => {
    expect(doNow('undone')).toEqual([
      expect.stringMatching(/^Give Adele Vance a new password, in person or by phone: the old one is gone/),
    ]);
    const from = situations.undone();
    const guest = from.steps.filter(({ part }) => part !== 'password');
    expect(section({ ...from, steps: guest }, 'What you do now')).toEqual([
      expect.stringMatching(/^Tell the owner that the account is theirs again/),
    ]);
  });

  it('names a step that failed and the page to do it by hand, then why it failed and how to try again', () => {
    expect(doNow('not contained, refused')).toEqual([
      expect.stringMatching(
        /^Block sign-in by hand\. This app could not \| https:\/\/entra\.microsoft\.com\/.*f5e829f5/,
      ),
      expect.stringMatching(
        /^Let this app try again, once the cause is gone \| Microsoft Graph refused PATCH .* \| 403, Authorization_RequestDenied, request 2f9e4a80-.* \| Try again: POST https:.*\/retry \{"reason":"…"\}/,
      ),
    ]);
  });

  it('says what to select and where before why — there is an intruder inside while somebody reads this on a phone', () => {
    const from = situations.contained();
    const steps = having(from.steps, step('block-sign-in', { is: 'failed', error: refused }));
    const { text } = summaryOf({ ...from, playbook: [blockSignIn], steps });
    const [select, page, why] = [
      'Select Edit properties,',
      '/overview/userId/',
      'Microsoft Graph refused PATCH',
    ];
    const places = [select, page, why].map((said) => text.indexOf(said));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it('says each reason once, after the last step that failed, with the steps it applies to', () => {
    const from = situations.contained();
    const failedFor = (names: readonly string[], message: string) =>
      names.map((name) => step(name, { is: 'failed', error: { ...refused, message } }));
    const lines = (...failed: StepRow[]) =>
      section({ ...from, steps: having(from.steps, ...failed) }, 'What you do now');
    const same = lines(...failedFor(['block-sign-in', 'disable-inbox-rules'], refused.message));
    expect(same.filter((line) => line.includes(refused.message))).toEqual([same[2]]);
    const two = lines(
      ...failedFor(['block-sign-in'], 'one'),
      ...failedFor(['disable-inbox-rules'], 'another'),
    );
    expect(two[2]).toMatch(/\| Block sign-in: one \| .*\| Disable suspicious inbox rules: another \|/);
  });

  it('leads to the mailbox for work on a mailbox', () => {
    const from = situations.contained();
    const steps = having(from.steps, step('disable-inbox-rules', { is: 'failed', error: refused }));
    expect(section({ ...from, steps }, 'What you do now')[0]).toContain(
      'https://admin.exchange.microsoft.com/#/mailboxes',
    );
  });

  it('puts the lock before all else, whatever the order of the steps', () => {
    const from = situations['contained with tasks']();
    const steps = having(
      [...from.steps].reverse(),
      step('disable-inbox-rules', { is: 'failed', error: refused }),
      step('block-sign-in', { is: 'failed', error: refused }),
    );
    expect(section({ ...from, steps }, 'What you do now').map((line) => line.split(' | ')[0])).toEqual([
      'Block sign-in by hand. This app could not',
      'Disable suspicious inbox rules by hand. This app could not',
      'Let this app try again, once the cause is gone',
      "2 sign-ins may be the owner's or the intruder's",
      expect.stringMatching(/^The password of CN=Adele Vance/),
    ]);
  });

  it('puts what only informs a service after the people to warn, and links to the page that the step names', () => {
    const from = situations.contained();
    const steps = [
      ...from.steps,
      step('confirm-compromise', { is: 'failed', error: refused }, { stage: 'evict' }),
      step('review-sent-mail', done, { tasks: [task('warn', 'warn 2 people', { danger: 'people' })] }),
    ];
    const playbook = [...from.playbook, confirmCompromise];
    const [first, second] = section({ ...from, playbook, steps }, 'What you do now');
    expect(first).toMatch(/^Warn 2 people/);
    expect(second).toMatch(/^Confirm the compromise .*RiskyUsers$/);
  });

  it('puts a task without which a step is not done before those that can wait', () => {
    const steps = [
      step('collect-sign-ins', done, { tasks: [task('ask-owner', 'ask the owner')] }),
      step(
        'block-sign-in',
        { is: 'needs-human', waitsFor: ['last'] },
        { tasks: [task('last', 'the last administrator', { essential: true })] },
      ),
    ];
    expect(section(given(run(), steps), 'What you do now').map((line) => line.split(' | ')[0])).toEqual([
      'The last administrator',
      'Ask the owner',
    ]);
  });

  it('says after five minutes what is not done and why — a person may be quicker', () => {
    const [first, ...others] = doNow('not contained after five minutes');
    expect(first).toMatch(
      /^Block sign-in by hand, if you are quicker \| Not done yet, and tried again by itself \| Microsoft Graph is throttled/,
    );
    expect(others.map((line) => line.split(',')[0])).toEqual([
      'Revoke sessions by hand',
      'Disable suspicious inbox rules by hand',
    ]);
  });

  it('promises no unlocking if somebody else had locked it — undo would leave that lock', () => {
    const from = situations.decide();
    const steps = having(from.steps, step('block-sign-in', { is: 'unchanged' }));
    const [ask] = section({ ...from, steps }, 'What you do now');
    expect(ask).toContain(
      'It was: put back what can be; sign-in stays blocked, as another hand left it: POST',
    );
  });

  it('offers both answers if a person must decide, as requests ready to send', () => {
    expect(doNow('decide')).toEqual([
      expect.stringMatching(
        /^Phone Adele Vance and ask whether this was them \| .* \| It was not: .*\/approve \{"level":"full","reason":"…"\} \| It was: .*\/undo \{"falseAlarm":true,"reason":"…"\}/,
      ),
    ]);
    expect(doNow('held')).toEqual([
      expect.stringMatching(/"level":"contain".*"level":"full".*No attack: end the run: POST .*\/undo/),
    ]);
  });

  it('leaves to a person what a step was told only to report', () => {
    expect(doNow('rules only reported')[0]).toMatch(
      /^Disable suspicious inbox rules: 1 finding left in place, since the step is set to report only\. Decide, and do it by hand \| https:\/\/admin\.exchange/,
    );
  });

  it('asks for nothing after a rehearsal, whatever a step is set to', () => {
    const from = situations['dry run']();
    const steps = from.steps.map((row) => ({ ...row, mode: 'report' as const }));
    expect(section({ ...from, steps }, 'What you do now')).toEqual(['Nothing. This was a rehearsal']);
  });

  it('says what a step waits for, and that it goes on by itself', () => {
    const from = situations['not contained, refused']();
    const waits = step('disable-inbox-rules', { is: 'needs-human', waitsFor: ['block-sign-in'] });
    const all = { ...from, steps: having(from.steps, waits) };
    expect(section(all, 'Still open')).toContain(
      'Disable suspicious inbox rules: waits for Block sign-in, and is then done by itself',
    );
    // Not something that a person does, so not something that the subject counts.
    expect(counted(all)).toHaveLength(1);
    // And it does not wait for that person, although the story could sound like it.
    expect(reportOf(all, 30).story).toContain('Waits for that: Disable suspicious inbox rules.');
    expect(reportOf(all, 30).story).not.toContain('Waits for you');
  });

  it('does not promise what waits for a step that is switched off', () => {
    const from = situations['the lock switched off']();
    const waits = step('disable-inbox-rules', { is: 'needs-human', waitsFor: ['block-sign-in'] });
    expect(section({ ...from, steps: having(from.steps, waits) }, 'What you do now')).toEqual([
      expect.stringMatching(
        /^Disable suspicious inbox rules by hand\. It is only done behind Block sign-in, which is switched off \| https:\/\/admin\.exchange/,
      ),
    ]);
  });

  it('sends nobody to a page that can’t show what an investigation failed to read', () => {
    const steps = having(
      situations.contained().steps,
      step('collect-sign-ins', { is: 'failed', error: refused }),
    );
    const [line] = section(given(run(), steps), 'What you do now');
    expect(line).toMatch(/^Look yourself\. This app could not: Collect sign-ins and find the intruder/);
    expect(line).not.toContain('entra.microsoft.com');
  });

  it('asks to restore by hand or undo again after a refused undo — a retry would lock the account again', () => {
    const [hand, app] = doNow('undone in part');
    expect(hand).toMatch(/^Put it back by hand\. This app could not undo: Block sign-in/);
    expect(app).toMatch(/^Let this app put back what is left, .*\/undo /);
    expect(of('undone in part').text).not.toContain('/retry');
  });

  it('does not offer to give back an account that nobody took', () => {
    expect(doNow('the lock switched off')).toEqual([
      'Help the owner in: every session has ended, and the old password is gone',
    ]);
  });
});
