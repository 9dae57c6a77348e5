import { describe, expect, it } from 'vitest';
import type { Known, SignIn } from '../../shared/alerts/facts.ts';
import {
  decide,
  defaultPolicy,
  limit,
  type Ruling,
  readPolicy,
  unconfirmed,
} from '../../shared/alerts/policy.ts';
import { rows } from '../../shared/alerts/policy-rows.ts';
import type { Signal } from '../../shared/model/signal.ts';
import { mailAlert, signal } from './samples.ts';

const restricted = (changes: Partial<Signal> = {}) =>
  mailAlert('User restricted from sending email', changes);
const forwarding = (changes: Partial<Signal> = {}) =>
  mailAlert('Suspicious email forwarding activity', changes);
const detection = (detector: string, level: Signal['level'], changes: Partial<Signal> = {}) =>
  signal({ detector, title: detector, level, ...changes });

const signIn = (changes: Partial<SignIn> = {}): SignIn => ({
  id: 'ee4f4c5d-0a8c-4f3a-8f1c-3b6f4d1b5300',
  at: '2026-11-20T09:12:04.000Z',
  address: '203.0.113.7',
  correlationId: null,
  risk: 'none',
  ...changes,
});
/** By somebody else from somewhere else. */
const elsewhere = signIn({ id: '11111111-2222-4333-8444-555555555555', address: '198.51.100.20' });

const nothing: Known = { signIns: [], detections: [], earlier: [] };
const known = (changes: Known = {}): Known => ({ ...nothing, ...changes });

function ruled(given: Signal, facts: Known = nothing, policy = defaultPolicy): Ruling {
  const ruling = decide(given, facts, policy);
  if ('needs' in ruling) throw new Error(`needs ${ruling.needs}`);
  return ruling;
}
const result = (given: Signal, facts?: Known) => {
  const { action, row } = ruled(given, facts);
  return `${action} by ${row}`;
};

describe('the state of the risk comes first', () => {
  it.each([['high'], ['medium']] as const)('nothing happens for a %s risk that is closed', (level) => {
    expect(result(detection('attackerInTheMiddle', level, { standing: false }))).toBe('none by closed');
  });

  it('says who closed it — on-call may wonder why nothing ran', () => {
    const why = 'dismissed, adminDismissedAllRiskForUser';
    expect(ruled(signal({ standing: false, state: why })).why).toBe(
      `Anomalous token (high) is already closed at its source: ${why}`,
    );
  });
});

describe('a certain signal runs in full, at any level', () => {
  it.each([
    ['attackerInTheMiddle', signal({ detector: 'attackerInTheMiddle' })],
    [
      'attackerinTheMiddle in the casing of the documentation',
      signal({ detector: 'attackerinTheMiddle', level: 'low' }),
    ],
    [
      'adminConfirmedUserCompromised',
      signal({ detector: 'adminConfirmedUserCompromised', level: 'unknown' }),
    ],
    [
      'what a person confirmed',
      signal({ detector: 'unfamiliarFeatures', level: 'medium', confirmedByPerson: true }),
    ],
    [
      'a stolen session cookie',
      mailAlert('Stolen session cookie was used', { product: 'microsoft365Defender' }),
    ],
    [
      'attack disruption',
      mailAlert('BEC financial fraud attack launched from a compromised account (attack disruption)'),
    ],
  ])('%s', (_, given) => {
    expect(result(given)).toBe('full by certain');
  });
});

describe('two detectors are acted on at any level', () => {
  it.each([['nationStateIP'], ['attemptedPrtAccess']])('%s locks even when it is low', (detector) => {
    for (const level of ['low', 'medium', 'high', 'hidden'] as const) {
      expect(result(detection(detector, level))).toBe('contain by any-level');
    }
  });
});

describe('abuse of the mailbox', () => {
  const risky = known({ signIns: [signIn({ risk: 'medium', at: '2026-11-19T10:00:00Z' })] });

  it.each([
    ['a restricted sender', restricted()],
    ['suspicious forwarding', forwarding({ level: 'medium' })],
    ['a suspicious rule', detection('mcasSuspiciousInboxManipulationRules', 'medium')],
  ])('%s runs in full with a risky sign-in that succeeded within 48 hours', (_, given) => {
    expect(ruled(given, risky)).toMatchObject({ action: 'full' });
  });

  it.each([
    ['too long ago', signIn({ risk: 'high', at: '2026-11-18T08:00:00Z' })],
    ['too little risk', signIn({ risk: 'low' })],
  ])('is not made worse by a sign-in with %s', (_, entry) => {
    expect(result(restricted(), known({ signIns: [entry] }))).toBe('contain by restricted-sender');
  });

  it.each([
    ['a restricted sender', restricted(), 'contain by restricted-sender'],
    ['a restricted sender that is called low', restricted({ level: 'low' }), 'contain by restricted-sender'],
    ['forwarding, high', forwarding(), 'contain by forwarding-high'],
    ['forwarding, medium', forwarding({ level: 'medium' }), 'hold by mailbox-abuse'],
    ['a rule, high', detection('mcasSuspiciousInboxManipulationRules', 'high'), 'hold by mailbox-abuse'],
    [
      'a rule, medium',
      mailAlert('Suspicious inbox manipulation rule', { level: 'medium' }),
      'hold by mailbox-abuse',
    ],
    [
      'any new forwarding rule',
      mailAlert('Creation of forwarding/redirect rule', { level: 'informational' }),
      'none by low',
    ],
  ])('alone: %s', (_, given, expected) => {
    expect(result(given)).toBe(expected);
  });

  it('is a tenant’s matter when the tenant is restricted — no user is meant', () => {
    expect(result(mailAlert('Tenant restricted from sending email'))).toBe('none by one-alone');
  });

  it.each([['medium'], ['high']] as const)('before a %s risk that got in runs in full, too', (level) => {
    const facts = known({
      earlier: [restricted({ activityAt: '2026-11-19T20:00:00Z' })],
      signIns: [signIn()],
    });
    expect(result(signal({ level }), facts)).toBe('full by risky-sign-in-and-mailbox-abuse');
  });

  it('before a risk changes nothing where it was closed meanwhile', () => {
    const closed = restricted({ standing: false, activityAt: '2026-11-19T20:00:00Z' });
    expect(result(signal(), known({ earlier: [closed], signIns: [signIn()] }))).toBe('contain by high');
  });

  it('before a risk that did not get in changes nothing', () => {
    const facts = known({ earlier: [restricted()], signIns: [elsewhere] });
    expect(result(signal(), facts)).toBe('contain by high');
  });
});

describe('a known password', () => {
  it.each([
    ['passwordSpray', 'medium'],
    ['passwordSpray', 'high'],
    ['leakedCredentials', 'high'],
  ] as const)('%s (%s) locks when a sign-in is tied to it, else a person decides', (detector, level) => {
    const given = detection(detector, level);
    expect(result(given, known({ signIns: [signIn()] }))).toBe('contain by password-used');
    expect(result(given, known({ signIns: [elsewhere] }))).toBe('hold by password-known');
  });

  it.each([
    ['request', signIn({ address: null })],
    ['correlation', { ...elsewhere, correlationId: 'ABC8A8B4-1B3F-4D56-9A77-0F6F5F0E3D21' }],
    ['address', signIn({ id: elsewhere.id })],
  ])('is tied to a sign-in by the same %s', (_, entry) => {
    expect(result(detection('passwordSpray', 'high'), known({ signIns: [entry] }))).toBe(
      'contain by password-used',
    );
  });

  it('is decided without reading anything where nothing could tie it to a sign-in', () => {
    const leaked = detection('leakedCredentials', 'high', {
      address: null,
      requestId: null,
      correlationId: null,
    });
    expect(decide(leaked, { earlier: [] }, defaultPolicy)).toMatchObject({
      action: 'hold',
      row: 'password-known',
    });
  });

  it('that was only tried at low risk is recorded', () => {
    expect(result(detection('passwordSpray', 'low'), known({ signIns: [signIn()] }))).toBe('none by low');
  });
});

describe('any other signal', () => {
  it.each([
    ['a high risk', signal()],
    ['a high risk of a detector not known yet', detection('aiCompoundAccountRisk', 'high')],
    ['a high generic risk, all that a tenant without P2 learns', detection('generic', 'high')],
    [
      'an alert that calls the account compromised',
      signal({ source: 'alert', detector: 'Suspicious activity' }),
    ],
    ['a high risk of a user', signal({ source: 'riskyUser', detector: 'riskyUser' })],
  ])('%s locks', (_, given) => {
    expect(result(given)).toBe('contain by high');
  });

  it('userReportedSuspiciousActivity locks when it is high, and is recorded when it is not', () => {
    expect(result(detection('userReportedSuspiciousActivity', 'high'))).toBe('contain by user-reported');
    expect(result(detection('userReportedSuspiciousActivity', 'medium'))).toBe('none by one-alone');
  });

  it('a high alert that calls nobody compromised is recorded', () => {
    expect(result(mailAlert('Email sending limit exceeded'))).toBe('none by one-alone');
  });

  it.each([
    ['medium', 'none by one-alone'],
    ['hidden', 'none by one-alone'],
    ['unknown', 'none by one-alone'],
    ['low', 'none by low'],
    ['informational', 'none by low'],
    ['none', 'none by low'],
  ] as const)('%s alone: %s', (level, expected) => {
    expect(result(signal({ level }))).toBe(expected);
  });

  it('a new country alone is recorded, whatever its level', () => {
    for (const level of ['low', 'medium', 'high'] as const) {
      expect(result(detection('newCountry', level))).toBe('none by new-country');
    }
  });
});

describe('two different detectors within 24 hours', () => {
  const medium = signal({ level: 'medium' });
  const other = (changes: Partial<Signal> = {}) =>
    detection('unfamiliarFeatures', 'medium', {
      sourceId: 'other',
      requestId: null,
      correlationId: null,
      address: '192.0.2.9',
      activityAt: '2026-11-19T12:00:00Z',
      ...changes,
    });
  const both = (second: Signal, entry: SignIn = signIn()) =>
    known({ detections: [medium, second], signIns: [entry] });

  it('lock with a sign-in tied to one of them, and are recorded without', () => {
    expect(result(medium, both(other()))).toBe('contain by two-detectors');
    expect(result(medium, both(other(), signIn({ id: 'x', address: '192.0.2.9' })))).toBe(
      'contain by two-detectors',
    );
    expect(result(medium, both(other(), elsewhere))).toBe('none by one-alone');
  });

  it.each([
    ['the same detector', other({ detector: 'anomalousToken' })],
    ['too far apart', other({ activityAt: '2026-11-19T09:00:00Z' })],
    ['low', other({ level: 'low' })],
    ['closed', other({ standing: false })],
  ])('do not count when the other is %s', (_, second) => {
    expect(result(medium, both(second))).toBe('none by one-alone');
  });

  it('count a new country at any level, as the first or the second', () => {
    const country = other({ detector: 'newCountry', level: 'low' });
    expect(result(medium, both(country))).toBe('contain by two-detectors');
    expect(result(country, known({ detections: [country, medium], signIns: [signIn()] }))).toBe(
      'contain by new-country-and-another',
    );
  });

  it('count an alert that was recorded before', () => {
    const sending = mailAlert('Suspicious email sending patterns detected', { level: 'medium' });
    expect(result(medium, known({ detections: [medium], earlier: [sending], signIns: [signIn()] }))).toBe(
      'contain by two-detectors',
    );
  });

  it('do not count a recorded detection that Graph no longer holds up', () => {
    const facts = known({
      earlier: [other()],
      detections: [medium, other({ standing: false })],
      signIns: [signIn()],
    });
    expect(result(medium, facts)).toBe('none by one-alone');
  });

  it('are not one detection that Defender shows once more as an alert', () => {
    const shown = signal({
      source: 'alert',
      product: 'azureAdIdentityProtection',
      detector: 'UnfamiliarLocation',
      title: 'Unfamiliar sign-in properties',
      level: 'medium',
    });
    const facts = known({ detections: [medium], earlier: [shown], signIns: [signIn()] });
    expect(result(medium, facts)).toBe('none by one-alone');
    expect(result(shown, known({ detections: [medium], signIns: [signIn()] }))).toBe('none by one-alone');
  });

  it('are not one thing that Defender for Cloud Apps raises as detection and alert', () => {
    const travel = detection('mcasImpossibleTravel', 'medium');
    const alert = signal({
      source: 'alert',
      sourceId: 'ca902c56',
      product: 'microsoftDefenderForCloudApps',
      detector: 'Impossible travel activity',
      title: 'Impossible travel activity',
      level: 'medium',
    });
    expect(result(alert, known({ detections: [travel], signIns: [signIn()] }))).toBe('none by one-alone');
  });
});

describe('what is read before deciding', () => {
  it.each([
    ['a certain signal', signal({ detector: 'attackerInTheMiddle' }), {}],
    ['nationStateIP', detection('nationStateIP', 'low'), {}],
    ['a high alert', signal({ source: 'alert', detector: 'AnomalousToken' }), {}],
    ['a high risk', signal(), { earlier: [] }],
  ] as const)('is nothing of the logs for %s — the lock does not wait', (_, given, facts) => {
    expect(decide(given, facts, defaultPolicy)).not.toHaveProperty('needs');
  });

  it('is one fact after the other, cheapest first', () => {
    const medium = signal({ level: 'medium' });
    const other = detection('unfamiliarFeatures', 'medium', { sourceId: 'other' });
    expect(decide(medium, {}, defaultPolicy)).toEqual({ needs: 'earlier' });
    expect(decide(medium, { earlier: [] }, defaultPolicy)).toEqual({ needs: 'detections' });
    expect(decide(medium, { earlier: [], detections: [other] }, defaultPolicy)).toEqual({ needs: 'signIns' });
    expect(decide(medium, { earlier: [], detections: [] }, defaultPolicy)).toMatchObject({ action: 'none' });
    expect(decide(restricted(), {}, defaultPolicy)).toEqual({ needs: 'signIns' });
  });

  it('is told when it could not be read — "none known" is not "none"', () => {
    const unread = { signIns: 'the sign-in log could not be read (no licence)' };
    expect(ruled(restricted(), known({ unread })).why).toMatch(
      /; the sign-in log could not be read \(no licence\)$/,
    );
  });
});

describe('what an account is limits what is done', () => {
  const full = ruled(signal({ detector: 'attackerInTheMiddle' }));
  const contain = ruled(signal());
  const fullByAbuse = ruled(restricted(), known({ signIns: [signIn({ risk: 'high' })] }));
  const none = ruled(signal({ level: 'low' }));

  it.each([
    ['administrator', full, 'contain'],
    ['administrator', contain, 'contain'],
    ['guest', contain, 'hold'],
    ['guest', full, 'contain'],
    ['guest', fullByAbuse, 'hold'],
    ['service-account', contain, 'hold'],
    ['service-account', full, 'contain'],
    ['guest', none, 'none'],
  ] as const)('%s: %o becomes %s', (cap, ruling, action) => {
    expect(limit(ruling, [cap], defaultPolicy).action).toBe(action);
  });

  it('in all ways that apply, and says so', () => {
    const limited = limit(contain, ['service-account', 'administrator'], defaultPolicy);
    expect(limited).toMatchObject({ action: 'hold', row: 'high' });
    expect(limited.why).toContain('a service account may carry what others depend on');
  });

  it('lowers the level with the action — a held run opens no further than its cap', () => {
    expect(limit(fullByAbuse, ['guest'], defaultPolicy)).toMatchObject({ action: 'hold', level: 'contain' });
  });
});

describe('the table', () => {
  it('names each row once, and every combination before the same without it', () => {
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    const order = rows.map(({ id }) => id);
    expect(order.indexOf('password-used')).toBeLessThan(order.indexOf('password-known'));
    expect(order.indexOf('new-country-and-another')).toBeLessThan(order.indexOf('new-country'));
  });

  it('puts rows that name a detector above those that name only a level', () => {
    const plain = rows.findIndex((row) => !('kinds' in row) && !('when' in row));
    expect(rows.slice(plain).filter((row) => 'kinds' in row)).toEqual([]);
  });

  it('ends with a row for everything — no signal goes without a decision', () => {
    expect(Object.keys(rows.at(-1) ?? {}).toSorted()).toEqual(['because', 'does', 'id']);
  });

  it('holds what Graph cannot confirm', () => {
    expect(unconfirmed(signal(), 'no permission')).toMatchObject({
      action: 'hold',
      level: 'contain',
      why: 'Anomalous token (high) is not confirmed: no permission',
    });
  });
});

describe('POLICY in the settings', () => {
  function policy(overrides: unknown) {
    const read = readPolicy(overrides);
    if ('problems' in read) throw new Error(read.problems.join());
    return read.policy;
  }

  it('answers any other high risk in full by one line', () => {
    expect(ruled(signal(), nothing, policy({ high: 'full' }))).toMatchObject({
      action: 'full',
      level: 'full',
    });
    expect(ruled(signal({ level: 'medium' }), nothing, policy({ high: 'full' }))).toMatchObject({
      action: 'none',
    });
  });

  it('lifts or tightens a cap', () => {
    const full = ruled(signal({ detector: 'attackerInTheMiddle' }));
    expect(limit(full, ['administrator'], policy({ administrator: 'full' })).action).toBe('full');
    expect(limit(full, ['administrator'], policy({ administrator: 'hold' })).action).toBe('hold');
  });

  it('is the default when it says nothing', () => {
    expect(policy({})).toEqual(defaultPolicy);
  });

  it('reports rows and actions that do not exist, all at once — a typing error must not pass for a policy', () => {
    const read = readPolicy({ hihg: 'full', high: 'fulll', closed: 'full' });
    expect('problems' in read && read.problems).toEqual([
      expect.stringContaining('POLICY.high: '),
      expect.stringMatching(/^POLICY: .*"hihg", "closed"/),
    ]);
  });
});
