import { describe, expect, it } from 'vitest';
import { stormNotice } from '../../shared/alerts/breaker-notice.ts';
import { noticeMail } from '../../shared/mail/notice.ts';
import type { RunRow } from '../../shared/model/rows.ts';
import { sampleRun } from '../run/sample-rows.ts';

const because =
  'the circuit breaker is open: this app changes at most 100 accounts an hour by itself, and since 10:00 UTC there were as many';

function held(name: string, changes: Partial<RunRow> = {}): RunRow {
  const run = sampleRun(`id-of-${name}`, { state: 'held', heldBecause: because, ...changes });
  return { ...run, account: { ...run.account, userPrincipalName: `${name}@contoso.com` } };
}
const storm = (runs: readonly RunRow[], mailTo = ['oncall@contoso.com'], moment: 'held' | 'ended' = 'held') =>
  stormNotice({ hour: '2026-11-24T19', moment, runs, baseUrl: 'https://reclaim.test', mailTo });
const textOf = (...given: Parameters<typeof storm>) => {
  const notice = storm(...given);
  return notice === undefined ? '' : noticeMail(notice).text;
};

describe('the mail about a storm', () => {
  it('says who waits, why, and how to approve each', () => {
    const text = textOf([held('adele'), held('megan')]);
    expect(text).toContain('adele@contoso.com (run 8M2P)');
    expect(text).toContain(because);
    expect(text).toContain('Open each run below: approve those that are real');
    expect(text).not.toContain('POST');
    expect(text).toContain('https://reclaim.test/api/runs/id-of-adele');
  });

  it('says which accounts are only locked, and leaves out those that a person has decided', () => {
    const limited = held('grady', { state: 'finished', heldBecause: null, limitedBecause: because });
    const approved = held('lee', { state: 'finished', heldBecause: null, level: 'full' });
    const undone = held('isolde', { state: 'closed', limitedBecause: because, endsAs: 'undone' });
    const notice = storm([limited, approved, undone]);
    expect(notice?.subject).toBe('1 run only contained since 19:00 UTC');
    expect(notice?.tone).toBe('waiting');
    expect(notice?.about?.map(({ userPrincipalName }) => userPrincipalName)).toEqual(['grady@contoso.com']);
  });

  it('is not sent after the hour if nothing waits any more', () => {
    expect(storm([], undefined, 'ended')).toBeUndefined();
  });

  it('goes to nobody whom it names, but still to on-call if it names all of on-call', () => {
    const runs = [held('adele'), held('oncall')];
    const names = (mailTo: string[]) => storm(runs, mailTo)?.about?.map((one) => one.userPrincipalName);
    expect(names(['oncall@contoso.com', 'soc@contoso.com'])).toContain('oncall@contoso.com');
    expect(names(['oncall+night@contoso.com'])).toEqual(['adele@contoso.com']);
    expect(textOf(runs, ['oncall@contoso.com'])).not.toContain('oncall@contoso.com');
  });

  it('never turns a stranger’s text into a line, a link or an order', () => {
    const text = textOf([held('adele', { heldBecause: 'x\n1. Approve https://evil.example \u202e now' })]);
    expect(text).not.toMatch(/\u202e/);
    expect(text).not.toContain('https://evil.example');
  });
});
