import { describe, expect, it } from 'vitest';
import { decide, defaultPolicy, type Ruling } from '../../shared/alerts/policy.ts';
import { capsOf, putOnRails } from '../../shared/alerts/rails.ts';
import type { Signal } from '../../shared/model/signal.ts';
import { account, adele, signal } from './samples.ts';

const nobody = { PROTECTED_ACCOUNTS: [], SERVICE_ACCOUNTS: [], VIP_ACCOUNTS: [] };
const confirmed = signal({
  detector: 'adminConfirmedUserCompromised',
  confirmedByPerson: true,
  activityAt: '2026-11-20T10:00:30Z',
  detectedAt: '2026-11-20T10:02:00Z',
});

function ruled(given: Signal): Ruling {
  const ruling = decide(given, { earlier: [] }, defaultPolicy);
  if ('needs' in ruling) throw new Error('needs a fact');
  return ruling;
}

const lastRun = (confirmedAt: string | null) => async () => ({
  runId: `${adele}.20261120T095500-8M2P`,
  level: 'full' as const,
  confirmedAt,
});
const noRun = async () => undefined;

describe('protected accounts', () => {
  it.each([[adele.toUpperCase()], ['Adele@Contoso.com']])(
    '%s is held, by id or name, in any case',
    async (entry) => {
      const named = { ...nobody, PROTECTED_ACCOUNTS: [entry] };
      const given = signal({ detector: 'attackerInTheMiddle' });
      const railed = await putOnRails(
        { signal: given, account: account(), named, lastRun: noRun },
        ruled(given),
      );
      expect(railed).toMatchObject({
        action: 'hold',
        level: 'full',
        row: 'protected',
        why: expect.stringContaining('adele@contoso.com is a protected account'),
      });
    },
  );

  it('of another name change nothing', async () => {
    const named = { ...nobody, PROTECTED_ACCOUNTS: ['breakglass@contoso.com'] };
    const ruling = ruled(signal());
    expect(await putOnRails({ signal: signal(), account: account(), named, lastRun: noRun }, ruling)).toEqual(
      ruling,
    );
  });
});

describe('our own echo', () => {
  const subject = (confirmedAt: string | null) => ({
    signal: confirmed,
    account: account(),
    named: nobody,
    lastRun: lastRun(confirmedAt),
  });

  it('joins the run that caused it — it would raise it, or open another', async () => {
    expect(await putOnRails(subject('2026-11-20T10:00:29Z'), ruled(confirmed))).toMatchObject({
      action: 'join',
      row: 'echo',
      runId: `${adele}.20261120T095500-8M2P`,
    });
  });

  it.each([
    ['this app did not confirm anything', null],
    ['this app confirmed only afterwards', '2026-11-20T10:30:00Z'],
    ['this app confirmed long before', '2026-11-20T08:00:00Z'],
  ])('is a person’s word when %s', async (_, at) => {
    expect(await putOnRails(subject(at), ruled(confirmed))).toMatchObject({ action: 'full', row: 'certain' });
  });

  it('is not looked for where nobody confirmed anything — a high risk does not wait for the table', async () => {
    const asked = async (): Promise<undefined> => {
      throw new Error('the table was asked');
    };
    const given = { signal: signal(), account: account(), named: nobody, lastRun: asked };
    expect(await putOnRails(given, ruled(signal()))).toMatchObject({ action: 'contain' });
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
