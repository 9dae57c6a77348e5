// Which detections mean what, as data: an entry with a kind has rows of its own in the policy (policy-rows.ts), one
// without is known and weighed by its level alone. Titles and names drift from release to release, so this is the place
// to add them, or DETECTORS in the settings. Says nothing about what follows.

export interface Entry {
  /** What the policy's rows call it. */
  kind?: string;
  /** Risk event types of Entra ID Protection, detector ids of alerts, and titles that are only meant whole. */
  names?: readonly string[];
  /** Part of the title that the alert's product gives it, in lower case. */
  phrases?: readonly string[];
  /** Alerts of this title speak of the one account they list, though no evidence calls it compromised. */
  implies?: true;
}

/**
 * https://learn.microsoft.com/entra/id-protection/concept-identity-protection-risks,
 * https://learn.microsoft.com/defender-xdr/alert-policies,
 * https://learn.microsoft.com/defender-xdr/session-cookie-theft-alert,
 * https://learn.microsoft.com/defender-cloud-apps/anomaly-detection-policy
 */
export const catalogue = [
  { kind: 'attack-disruption', names: ['attackDisruption'], phrases: ['(attack disruption)'] },
  { kind: 'stolen-session-cookie', phrases: ['stolen session cookie was used'], implies: true },
  {
    kind: 'attacker-in-the-middle',
    names: ['attackerInTheMiddle'],
    phrases: ['attacker in the middle'],
  },
  {
    // A request, of which nobody says yet whether it got in: less than the cookie that was used.
    kind: 'phishing-page',
    phrases: ['authentication request from aitm-related phishing page'],
    implies: true,
  },
  {
    kind: 'confirmed-compromise',
    names: ['adminConfirmedUserCompromised', 'adminConfirmedSigninCompromised'],
    phrases: ['admin confirmed user compromised'],
  },
  { kind: 'nation-state', names: ['nationStateIP'], phrases: ['verified threat actor ip'] },
  {
    kind: 'prt-access',
    names: ['attemptedPrtAccess'],
    phrases: ['possible attempt to access primary refresh token'],
  },
  { kind: 'restricted-sender', phrases: ['user restricted from sending email'], implies: true },
  {
    // Phishing by Microsoft Forms rather than by mail.
    kind: 'restricted-forms',
    phrases: ['user restricted from sharing forms and collecting responses'],
    implies: true,
  },
  {
    kind: 'mail-forwarding',
    names: ['suspiciousInboxForwarding', 'mcasSuspiciousInboxForwarding'],
    phrases: [
      'suspicious email forwarding',
      'suspicious inbox forwarding',
      'creation of forwarding/redirect rule',
    ],
    implies: true,
  },
  {
    kind: 'inbox-rule',
    names: ['mcasSuspiciousInboxManipulationRules', 'suspiciousInboxManipulationRules'],
    phrases: ['suspicious inbox manipulation rule', 'suspicious inbox rule', 'malicious inbox rule'],
    implies: true,
  },
  {
    kind: 'mail-sending',
    names: ['suspiciousSendingPatterns'],
    phrases: ['suspicious email sending patterns', 'email sending limit exceeded'],
    implies: true,
  },
  {
    kind: 'user-reported',
    names: ['userReportedSuspiciousActivity'],
    phrases: ['user reported suspicious activity'],
  },
  { kind: 'intruders-sign-in', names: ['signInFromIntruder'] },
  { kind: 'password-spray', names: ['passwordSpray', 'password spray'] },
  { kind: 'leaked-credentials', names: ['leakedCredentials', 'leaked credentials'] },
  {
    kind: 'new-country',
    names: ['newCountry', 'mcasNewCountry', 'new country'],
    phrases: ['activity from infrequent country'],
  },
  {
    kind: 'impossible-travel',
    names: ['impossibleTravel', 'mcasImpossibleTravel'],
    phrases: ['impossible travel'],
  },
  {
    names: [
      ...[
        'anomalousToken',
        'investigationsThreatIntelligence',
        'investigationsThreatIntelligenceSigninLinked',
      ],
      ...['suspiciousAPITraffic', 'anomalousUserActivity', 'maliciousIPAddress', 'malwareInfectedIPAddress'],
      ...['maliciousIPAddressValidCredentialsBlockedIP', 'suspiciousIPAddress', 'riskyIPAddress'],
      ...['anonymizedIPAddress', 'unfamiliarFeatures', 'unlikelyTravel', 'suspiciousBrowser'],
      ...['tokenIssuerAnomaly', 'mcasFinSuspiciousFileAccess', 'suspiciousAuthAppApproval'],
      ...['aiCompoundAccountRisk', 'generic', 'riskyUser'],
    ],
    phrases: ['anomalous token', 'atypical travel', 'unfamiliar sign-in properties', 'anonymous ip address'],
  },
  // Of Defender: a person's doubt, an attempt, a symptom that needs another beside it.
  { phrases: ['admin triggered user compromise investigation', 'suspicious email deletion activity'] },
  { phrases: ['potential nation-state activity'], implies: true },
  {
    phrases: [
      'activity from suspicious ip address',
      'successful logon from a suspicious ip address',
      'activity from a tor ip address',
    ],
  },
  // Whoever clicked is a victim, and what concerns the tenant is nobody's: neither says that an account is taken over.
  { phrases: ['a user clicked through to a potentially malicious url'] },
  { phrases: ['suspicious connector activity', 'tenant restricted from sending'] },
] as const satisfies readonly Entry[];

/** Kinds that the policy has rows for, or that two names of one thing share. */
export type CatalogueKind = Extract<(typeof catalogue)[number], { kind: string }>['kind'];
