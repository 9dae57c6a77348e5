// Who the account belongs to, in words that fit.
import { describe, expect, it } from 'vitest';
import { type Name, section } from './read.ts';
import { given, run } from './rows.ts';
import { situations } from './situations.ts';

describe('who', () => {
  const who = (name: Name) => section(situations[name](), 'Who')[0];
  it.each([
    [
      'contained',
      /^Adele Vance \(adele\.vance@contoso\.com\) \| Cloud account; has a mailbox \| No administrator roles \| Object id f5e829f5-/,
    ],
    ['contained with tasks', /Synced from Active Directory; has a mailbox/],
    ['federated', /Synced from Active Directory; federated: another identity provider checks the password/],
    [
      'guest',
      /Guest of fabrikam\.com: password, sessions and methods belong there, only this tenant's door is shut; has no mailbox/,
    ],
    ['held', /ADMINISTRATOR: Global Administrator/],
    [
      'not contained, the last administrator',
      /ADMINISTRATOR: Global Administrator; no other enabled account is Global Administrator/,
    ],
  ] as const)('is told of a run that is %s', (name, text) => {
    expect(who(name)).toMatch(text);
  });

  it('mentions an administrator even if no role has a name', () => {
    expect(section(given(run({}, { privileged: true }), []), 'Who')[0]).toContain(
      'ADMINISTRATOR: through a role-assignable group',
    );
  });
});

describe('why', () => {
  const why = (changes: Parameters<typeof run>[0]) => section(given(run(changes), []), 'Why');
  const [signal] = run().signals;
  if (signal === undefined) throw new Error('no signal');

  it('is the policy, what made the run full, and each alert with its times, address and page', () => {
    expect(why({})).toEqual([
      'Anomalous token (high) calls for a lock; evidence calls for more',
      "Went from contain to full: rule '..' forwards to collector@evil.example: made in the intruder's session 4c1a",
      'Alert: Anomalous token (anomalousToken, high) | activity 2026-11-20 08:57:41 UTC, detected 2026-11-20 09:11:58 UTC, from 203.0.113.7 | https://security.microsoft.com/alerts/da637551227677560813',
    ]);
  });

  it('does not link an alert that leads away from Microsoft — it may be forged', () => {
    expect(why({ signals: [{ ...signal, link: 'https://evil.example/login' }] }).at(-1)).toMatch(
      /203\.0\.113\.7$/,
    );
  });

  it('names the first alerts and counts the rest', () => {
    const signals = Array.from({ length: 11 }, (_, index) => ({ ...signal, sourceId: `d${index}` }));
    expect(why({ signals }).at(-1)).toBe('3 more alerts');
  });

  it('says nothing that the alert does not say', () => {
    const bare = { ...signal, activityAt: null, detectedAt: null, address: null, link: null };
    expect(why({ signals: [bare], raisedBecause: null })).toEqual([
      'Anomalous token (high) calls for a lock; evidence calls for more',
      'Alert: Anomalous token (anomalousToken, high)',
    ]);
  });
});
