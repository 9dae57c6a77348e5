// Whose pass takes two people: each class of account, as it was when the run opened and as it is now.
import { describe, expect, it } from 'vitest';
import { secondOperatorBecause } from '../../shared/auth/second-operator.ts';
import type { Account } from '../../shared/model/account.ts';
import { adele } from '../run/simulation.ts';

const plain: Account = { ...adele, roles: [], privileged: false };
const admin: Account = { ...plain, roles: ['Helpdesk Administrator'], privileged: true };
const nobody = { VIP_ACCOUNTS: [] };

describe('a pass', () => {
  it('takes one operator for an account that is nothing special', () => {
    expect(secondOperatorBecause(plain, plain, null, null, nobody)).toBeNull();
  });

  it.each<[string, Account, Account, string | null, { VIP_ACCOUNTS: string[] }, RegExp]>([
    ['an administrator', admin, admin, null, nobody, /is an administrator \(Helpdesk/],
    ['one whose roles the run removed', admin, plain, null, nobody, /is an administrator/],
    ['one who became administrator since', plain, admin, null, nobody, /is an administrator/],
    [
      'one eligible for a role only',
      { ...plain, privileged: true },
      plain,
      null,
      nobody,
      /is an administrator$/,
    ],
    [
      'a VIP by name, in any case',
      plain,
      plain,
      null,
      { VIP_ACCOUNTS: [adele.userPrincipalName.toUpperCase()] },
      /named VIP/,
    ],
    ['a VIP by id', plain, plain, null, { VIP_ACCOUNTS: [adele.id] }, /named VIP/],
    ['a protected account', plain, plain, 'adele@contoso.com is a protected account', nobody, /protected/],
    [
      'one where that could not be read',
      plain,
      plain,
      'whether it is protected could not be read',
      nobody,
      /could not/,
    ],
  ])('takes two for %s', (_what, recorded, now, protectedBecause, named, why) => {
    expect(secondOperatorBecause(recorded, now, protectedBecause, null, named)).toMatch(why);
  });
});
