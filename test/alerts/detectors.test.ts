// Which detections mean what: row by row as Microsoft documents them, as the settings say otherwise, and those that
// nobody knows.
import { describe, expect, it } from 'vitest';
import { classifier, detectorsSchema } from '../../shared/alerts/detector-settings.ts';
import { impliesItsUser, isKnownDetection, kindOf, settableKinds } from '../../shared/alerts/detectors.ts';
import { decide, defaultPolicy } from '../../shared/alerts/policy.ts';
import { unknownLine } from '../../shared/alerts/unknown-titles.ts';
import { memoryUnknownTitles } from '../fakes/memory-stores.ts';
import { mailAlert, signal } from './samples.ts';

const detection = (detector: string) => ({ detector, title: detector });
const titled = (title: string) => ({ detector: title, title });

describe('risk event types', () => {
  it.each([
    ['leakedCredentials', 'leaked-credentials'],
    ['attackerinTheMiddle', 'attacker-in-the-middle'],
    ['attackerInTheMiddle', 'attacker-in-the-middle'],
    ['adminConfirmedUserCompromised', 'confirmed-compromise'],
    ['attemptedPrtAccess', 'prt-access'],
    ['nationStateIP', 'nation-state'],
    ['passwordSpray', 'password-spray'],
    ['mcasSuspiciousInboxManipulationRules', 'inbox-rule'],
    ['suspiciousInboxForwarding', 'mail-forwarding'],
    ['suspiciousSendingPatterns', 'mail-sending'],
    ['userReportedSuspiciousActivity', 'user-reported'],
    ['newCountry', 'new-country'],
    ['mcasImpossibleTravel', 'impossible-travel'],
    ['impossibleTravel', 'impossible-travel'],
  ])('%s is %s, however it is spelt', (name, kind) => {
    expect(kindOf(detection(name))).toBe(kind);
    expect(kindOf(detection(name.toUpperCase()))).toBe(kind);
  });

  it.each([
    ...[
      'anomalousToken',
      'investigationsThreatIntelligence',
      'suspiciousAPITraffic',
      'anomalousUserActivity',
    ],
    ...[
      'maliciousIPAddress',
      'unfamiliarFeatures',
      'unlikelyTravel',
      'anonymizedIPAddress',
      'riskyIPAddress',
    ],
    ...['suspiciousBrowser', 'tokenIssuerAnomaly', 'mcasFinSuspiciousFileAccess', 'generic'],
    ...['suspiciousAuthAppApproval', 'aiCompoundAccountRisk'],
  ])('%s is known, and weighed by its level', (name) => {
    expect(kindOf(detection(name))).toBeUndefined();
    expect(isKnownDetection(detection(name))).toBe(true);
  });
});

describe('titles of alerts', () => {
  it.each([
    ['User restricted from sending email', 'restricted-sender', true],
    ['User restricted from sharing forms and collecting responses', 'restricted-forms', true],
    ['Suspicious email forwarding activity', 'mail-forwarding', true],
    ['Suspicious email forwarding rule created by third-party app', 'mail-forwarding', true],
    ['Suspicious inbox forwarding', 'mail-forwarding', true],
    ['Creation of forwarding/redirect rule', 'mail-forwarding', true],
    ['Suspicious inbox manipulation rules', 'inbox-rule', true],
    ['Suspicious email sending patterns detected', 'mail-sending', true],
    ['Email sending limit exceeded', 'mail-sending', true],
    ['Stolen session cookie was used', 'stolen-session-cookie', true],
    ['Risky sign-in after clicking a possible AiTM phishing URL', 'attacker-in-the-middle', true],
    ['Potential adversary-in-the-middle session hijacking', 'attacker-in-the-middle', true],
    ['Compromised account conducting hands-on-keyboard attack', 'account-compromised', true],
    ['Successful password spray', 'account-compromised', true],
    ['Primary refresh token access attempt', 'prt-access', false],
    ['Password spray attack originating from single ISP', 'password-spray', false],
    ['Multiple failed login attempts', undefined, false],
    ['Authentication request from AiTM-related phishing page', 'phishing-page', true],
    [
      'BEC financial fraud attack launched from a compromised account (attack disruption)',
      'attack-disruption',
      false,
    ],
    ['Stolen session cookie replay detected', 'stolen-session-cookie', true],
    ['User compromised through session cookie hijack', 'stolen-session-cookie', true],
    ['User compromised in AiTM phishing attack', 'attacker-in-the-middle', true],
    ['User compromised via a known AiTM phishing kit', 'attacker-in-the-middle', true],
    ['Possible AiTM phishing attempt', 'phishing-page', true],
    ['Possible AiTM phishing attempt in Okta', 'phishing-page', true],
    ['Possible adversary-in-the-middle (AiTM) attack detected (ConsentFix)', 'phishing-page', true],
    ['Possible OAuth code theft detected through consent abuse', 'phishing-page', true],
    ['Possible use of a stolen session cookie', 'phishing-page', true],
    ['Suspicious Azure authentication through possible device code phishing', 'phishing-page', true],
    ['Device registration after potential device code phishing', 'phishing-page', true],
    ['User account compromise via OAuth device code phishing', 'account-compromised', true],
    ['User account compromised by device code phishing', 'account-compromised', true],
    ['Account compromised following a password-spray attack', 'account-compromised', true],
    ['Compromised user account identified in Password Spray activity', 'account-compromised', true],
    ['Compromised user account in a recognized attack pattern', 'account-compromised', true],
    ['Successful authentication after password spray attack', 'account-compromised', true],
    ['Successful authentication using compromised credentials', 'account-compromised', true],
    ['A compromised user account signed in', 'account-compromised', true],
    ['Malicious OAuth application added by a compromised user', 'account-compromised', true],
    ['Suspicious OAuth app-related activity by a compromised user', 'account-compromised', true],
    ['Suspicious phishing emails sent by BEC-related user', 'account-compromised', true],
    ['Malicious sign-in from a known AiTM attack infrastructure', 'account-compromised', true],
    ['Anomalous OAuth device code authentication activity', 'token-granted', true],
    [
      'Suspicious device code authentication following a URL click in an email from rare sender',
      'token-granted',
      true,
    ],
    [
      'Suspicious sign-in from an unusual user agent and IP address using device code flow',
      'token-granted',
      true,
    ],
    ['Suspicious email app consent grant', 'token-granted', true],
    ['Possible BEC-related inbox rule', 'inbox-rule', true],
    ['Password Spray', 'password-spray', false],
    ['Password Spray detected via suspicious Teams client (TeamFiltration)', 'password-spray', false],
    ['Activity from a password-spray associated IP address', 'password-spray', false],
    ['Leaked credentials involving one user', 'leaked-credentials', false],
    ['Possible account secret leak', 'leaked-credentials', false],
    ['Admin confirmed user compromised', 'confirmed-compromise', true],
    ['Predelivery protection for device code phishing emails', undefined, false],
    ['Malicious sign in from a risky IP address', undefined, false],
    ['Malicious sign\u2011in from a randomized user agent', undefined, false],
    ['Suspicious OAuth app registration', undefined, false],
    ['Suspicious OAuth app registered through Azure CLI or PowerShell', undefined, false],
    ['Suspicious registration of a new Authenticator MFA method', undefined, false],
    ['Potential Credential Abuse in Entra ID Authentication', undefined, false],
    ['Connection to adversary-in-the-middle (AiTM) phishing site', undefined, false],
    ['Microsoft Entra threat intelligence', undefined, false],
    ['Anomalous Token', undefined, false],
    ['Atypical travel', undefined, false],
    ['Potential nation-state activity', undefined, true],
    ['Admin triggered user compromise investigation', undefined, false],
    ['Suspicious email deletion activity', undefined, false],
    ['Activity from suspicious IP addresses', undefined, false],
    ['Activity from anonymous IP addresses', undefined, false],
    ['Successful logon from a suspicious IP address', undefined, false],
    ['Activity from a TOR IP address', undefined, false],
    ['A user clicked through to a potentially malicious URL', undefined, false],
    ['Suspicious connector activity', undefined, false],
    ['Tenant restricted from sending email', undefined, false],
    ['Suspicious sign-in observed from Entra ID sync application', undefined, false],
    ['Anomalous activity following Global Administrator elevation', undefined, false],
    ['Reciprocal Temporary Access Pass creation between users', undefined, false],
    ['User was created and assigned to Global Administrator role', undefined, false],
    ['Guest user account promoted to member', undefined, false],
    ['Unusual file download (by user)', undefined, false],
    ['Email reported by user as malware or phish', undefined, false],
    ['Form flagged and confirmed as phishing', undefined, false],
  ] as const)('"%s" is %s', (title, kind, implies) => {
    for (const one of [
      titled(title),
      titled(title.toUpperCase()),
      titled(`  ${title.replace(' ', '  ')} `),
    ]) {
      expect(kindOf(one)).toBe(kind);
      expect(impliesItsUser(one)).toBe(implies);
      expect(isKnownDetection(one)).toBe(true);
    }
  });

  it('falls back on the detector if the title says nothing — "Atypical travel" is ImpossibleTravel', () => {
    expect(kindOf({ detector: 'ImpossibleTravel', title: 'Atypical travel' })).toBe('impossible-travel');
  });

  it('made up by a tenant are not known', () => {
    expect(isKnownDetection(titled('Contoso: token replay'))).toBe(false);
    expect(isKnownDetection(titled('Suspicious'))).toBe(false);
  });
});

describe('what a phishing page does', () => {
  it('locks, even if the alert does not call the account compromised — the password is known', () => {
    const page = mailAlert('Authentication request from AiTM-related phishing page');
    for (const one of [page, signal({ source: 'alert', detector: page.detector, title: page.title })]) {
      expect(decide(one, {}, defaultPolicy)).toMatchObject({ action: 'contain', row: 'phishing-page' });
    }
  });
});

describe('what a compromise that Microsoft has seen does', () => {
  it.each(['medium', 'high', 'unknown'] as const)('locks at level %s, without a second detector', (level) => {
    const seen = mailAlert('Account compromised following a password-spray attack', { level });
    expect(decide(seen, {}, defaultPolicy)).toMatchObject({ action: 'contain', row: 'account-compromised' });
  });

  it('is only recorded if Microsoft itself rates it low', () => {
    const seen = mailAlert('Account compromised following a password-spray attack', { level: 'low' });
    expect(decide(seen, {}, defaultPolicy)).toMatchObject({ action: 'none' });
  });
});

describe('a code or a consent that may have been given to an intruder', () => {
  const device = (changes: object) =>
    mailAlert('Anomalous OAuth device code authentication activity', changes);

  it('locks when it is high, even if no evidence calls the account compromised', () => {
    expect(decide(device({ level: 'high' }), {}, defaultPolicy)).toMatchObject({
      action: 'contain',
      row: 'token-granted',
    });
  });

  it('is the first of two when it is medium — room devices and command lines sign in like that', () => {
    const known = { detections: [], earlier: [], signIns: [] };
    expect(decide(device({ level: 'medium' }), known, defaultPolicy)).toMatchObject({ row: 'one-alone' });
  });
});

describe('what restricted forms do', () => {
  const forms = mailAlert('User restricted from sharing forms and collecting responses');

  it('counts like other abuse of an account: full with a risky sign-in, otherwise a person decides', () => {
    const signIn = {
      ...{ id: 's1', at: '2026-11-20T09:00:00Z', address: null, correlationId: null },
      risk: 'high' as const,
    };
    const known = { detections: [], earlier: [], intruders: [] };
    expect(decide(forms, { ...known, signIns: [signIn] }, defaultPolicy)).toMatchObject({ action: 'full' });
    expect(decide(forms, { ...known, signIns: [] }, defaultPolicy)).toMatchObject({
      action: 'hold',
      row: 'mailbox-abuse',
    });
  });
});

describe('DETECTORS in the settings', () => {
  const classify = (entries: unknown) => classifier(detectorsSchema.parse(entries));

  it('gives a tenant’s own rules a meaning', () => {
    const replay = signal({
      source: 'sentinel',
      detector: 'Contoso: token replay (v2)',
      title: 'Contoso: Token Replay (v2)',
      product: 'Azure Sentinel',
    });
    const known = classify([
      { source: 'sentinel', title: 'contoso: token replay*', kind: 'stolen-session-cookie' },
    ]);
    expect(kindOf(known(replay))).toBe('stolen-session-cookie');
    expect(decide(known(replay), {}, defaultPolicy)).toMatchObject({ action: 'full', row: 'certain' });
    expect(isKnownDetection(known(replay))).toBe(true);
    expect(kindOf(known({ ...replay, source: 'alert' }))).toBeUndefined();
  });

  it('ignores what is only noise here, at any level, and does not count it', () => {
    const known = classify([{ detector: 'unlikelyTravel', kind: 'ignored' }]);
    const travel = known(signal({ detector: 'unlikelyTravel', level: 'high' }));
    expect(decide(travel, {}, defaultPolicy)).toMatchObject({ action: 'none', row: 'ignored' });
    const medium = signal({ level: 'medium', detector: 'unfamiliarFeatures' });
    const signIns = [
      {
        id: medium.requestId ?? '',
        at: '2026-11-20T09:12:04Z',
        address: null,
        correlationId: null,
        risk: 'none' as const,
      },
    ];
    const facts = { earlier: [], intruders: [], signIns, detections: [medium, travel] };
    expect(decide(medium, facts, defaultPolicy)).toMatchObject({ row: 'one-alone' });
  });

  it('takes a detection out of the rows that name it, so that its level decides', () => {
    const known = classify([{ title: 'Password spray', kind: 'level' }]);
    const spray = known(signal({ detector: 'passwordSpray', title: 'Password spray' }));
    expect(decide(spray, { earlier: [] }, defaultPolicy)).toMatchObject({ action: 'contain', row: 'high' });
  });

  it('cannot overrule a person who called the account compromised', () => {
    const known = classify(
      [{ title: '*', kind: 'ignored', detector: '*token' }].map((one) => ({ ...one, title: '**' })),
    );
    expect(kindOf(known(signal({ confirmedByPerson: true })))).toBe('confirmed-compromise');
  });

  it('are compared as whole titles, and the first match counts', () => {
    const known = classify([
      { title: 'replay', kind: 'ignored' },
      { title: 'token replay', kind: 'prt-access' },
      { title: '*replay*', kind: 'level' },
    ]);
    expect(known(signal({ title: 'Token replay' })).kind).toBe('prt-access');
    expect(known(signal({ title: 'A replay of tokens' })).kind).toBe('level');
    expect(known(signal({ title: 'a.c' })).kind).toBeUndefined();
  });

  it.each([
    ['a kind that does not exist', [{ title: 'x y', kind: 'stolen-cookie' }], 'kind'],
    ['a misspelt key', [{ titel: 'x y', kind: 'level' }], 'titel'],
    ['nothing to go by', [{ source: 'alert', kind: 'ignored' }], 'neither a detector nor a title'],
    ['no list', { title: 'x y', kind: 'level' }, 'array'],
  ])('refuse %s — a setting that silently does nothing protects nobody', (_, given, named) => {
    const { error } = detectorsSchema.safeParse(given);
    expect(JSON.stringify(error?.issues)).toContain(named);
  });

  it('name only kinds that the policy’s rows know', () => {
    expect(settableKinds).toEqual(expect.arrayContaining(['level', 'ignored', 'restricted-sender']));
    expect(new Set(settableKinds).size).toBe(settableKinds.length);
  });
});

describe('a title that nobody knows', () => {
  const at = (time: string) => new Date(`2026-11-${time}Z`);
  const replay = signal({ source: 'alert', title: 'Contoso: token replay', detector: 'x' });

  it('is told once a day, however often it comes and however it is spelt', async () => {
    const titles = memoryUnknownTitles();
    expect(await titles.isNew(replay, at('20T09:00:00'))).toBe(true);
    expect(await titles.isNew({ ...replay, title: 'CONTOSO: token replay' }, at('20T23:59:59'))).toBe(false);
    expect(await titles.isNew({ ...replay, title: 'Contoso: other' }, at('20T23:59:59'))).toBe(true);
    expect(await titles.isNew(replay, at('21T00:00:00'))).toBe(true);
  });

  it('cannot flood the log', async () => {
    const titles = memoryUnknownTitles();
    const told = await Promise.all(
      Array.from({ length: 1000 }, (_, index) =>
        titles.isNew({ ...replay, title: `t${index}` }, at('20T09:00:00')),
      ),
    );
    expect(told.filter(Boolean)).toHaveLength(200);
  });

  it('takes one line, whatever it contains', () => {
    expect(unknownLine({ ...replay, title: `a\r\nunknown-title: b\u202e${'x'.repeat(500)}` })).toMatch(
      /^unknown-title: alert "a unknown-title: b x+…" \(detector x, product IdentityProtection\)[^\r\n]*$/,
    );
  });
});
