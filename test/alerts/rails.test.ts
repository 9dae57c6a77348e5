import { describe, expect, it } from 'vitest';
import { decide, defaultPolicy, type Ruling } from '../../shared/alerts/policy.ts';
import { capsOf, putOnRails } from '../../shared/alerts/rails.ts';
import type { Signal } from '../../shared/model/signal.ts';
import { account, adele, signal } from './samples.ts';

const nobody = { PROTECTED_ACCOUNTS: [], SERVICE_ACCOUNTS: [], VIP_ACCOUNTS: [] };
function ruled(given: Signal): Ruling {
  const ruling = decide(given, { earlier: [] }, defaultPolicy);
  if ('needs' in ruling) throw new Error('needs a fact');
  return ruling;
}

describe('protected accounts', () => {
  it.each([[adele.toUpperCase()], ['Adele@Contoso.com']])(
    '%s is held, by id or name, in any case',
    (entry) => {
      const named = { ...nobody, PROTECTED_ACCOUNTS: [entry] };
      const given = signal({ detector: 'attackerInTheMiddle' });
      const railed = putOnRails({ account: account(), named }, ruled(given));
      expect(railed).toMatchObject({
        action: 'hold',
        level: 'full',
        row: 'protected',
        why: expect.stringContaining('adele@contoso.com is a protected account'),
      });
    },
  );

  it('of another name change nothing', () => {
    const named = { ...nobody, PROTECTED_ACCOUNTS: ['breakglass@contoso.com'] };
    const ruling = ruled(signal());
    expect(putOnRails({ account: account(), named }, ruling)).toEqual(ruling);
  });
});

describe('capsOf', () => {
  it.each([
    ['an ordinary account', account(), nobody, []],
    [
      'an administrator',
      account({ privileged: true, roles: ['Exchange Administrator'] }),
      nobody,
      ['administrator'],
    ],
    ['a member of a group that may hold roles', account({ privileged: true }), nobody, ['administrator']],
    ['a named VIP', account(), { ...nobody, VIP_ACCOUNTS: ['adele@contoso.com'] }, ['administrator']],
    ['a guest', account({ guest: true }), nobody, ['guest']],
    ['a service account', account(), { ...nobody, SERVICE_ACCOUNTS: [adele] }, ['service-account']],
    [
      'a guest with a role',
      account({ guest: true, roles: ['Global Reader'] }),
      nobody,
      ['guest', 'administrator'],
    ],
  ])('%s', (_, given, named, expected) => {
    expect(capsOf(given, named)).toEqual(expected);
  });
});
