// Whose account it is, in the words that fit it.
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
    ['contained with tasks', /Synced from Active Directory, where it must be disabled too/],
    [
      'federated',
      /Synced from Active Directory, where it must be disabled too; federated: another identity provider checks the password/,
    ],
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

  it('has an administrator who holds no role by name', () => {
    expect(section(given(run({}, { privileged: true }), []), 'Who')[0]).toContain(
      'ADMINISTRATOR: through a role-assignable group',
    );
  });
});
