// What each detection means, as data. An entry with a kind has its own rows in the policy (policy-rows.ts); one without is
// known, but judged by its level alone. Titles and names change from release to release: add new ones here, or in the
// DETECTORS setting. What happens next is not decided here.

export interface Entry {
  /** Its name in the policy's rows. */
  kind?: string;
  /** Risk event types of Entra ID Protection, detector ids of alerts, and titles that must match as a whole. */
  names?: readonly string[];
  /** Part of the alert's title. Case, hyphens and spaces don't matter. */
  phrases?: readonly string[];
  /** Alerts with this title are about the one account they list, even if no evidence calls it compromised. */
  implies?: true;
}

/**
 * https://learn.microsoft.com/entra/id-protection/concept-identity-protection-risks,
 * https://learn.microsoft.com/defender-xdr/alert-policies,
 * https://learn.microsoft.com/defender-xdr/session-cookie-theft-alert,
 * https://learn.microsoft.com/defender-cloud-apps/anomaly-detection-policy,
 * https://learn.microsoft.com/defender-for-identity/alerts-xdr,
 * https://www.microsoft.com/security/blog/2026/04/06/ai-enabled-device-code-phishing-campaign-april-2026/
 */
export const catalogue = [
  // Mail that was blocked or removed. First, because these titles mention the attack in the mail.
  { phrases: ['predelivery protection for', 'removed after delivery'] },
  { kind: 'attack-disruption', names: ['attackDisruption'], phrases: ['(attack disruption)'] },
  {
    kind: 'stolen-session-cookie',
    phrases: [
      'stolen session cookie was used',
      'stolen session cookie used',
      'stolen session cookie replay',
      'session cookie hijack',
    ],
    implies: true,
  },
  {
    kind: 'attacker-in-the-middle',
    names: ['attackerInTheMiddle'],
    phrases: [
      'attacker in the middle',
      'compromised in aitm phishing attack',
      'compromised in an aitm phishing attack',
      'compromised via aitm',
      'aitm phishing kit',
      'risky sign-in after clicking a possible aitm',
      'adversary-in-the-middle session',
    ],
    implies: true,
  },
  {
    // The user met a phishing page or gave a code away. The intruder may hold a session, but no use of it was seen yet.
    kind: 'phishing-page',
    names: ['xdr_PossibleAitMConsentFix', 'xdr_PossibleOauthCodeTheft'],
    phrases: [
      'authentication request from aitm-related phishing page',
      'possible aitm phishing attempt',
      'possible aitm attempt',
      'possible adversary-in-the-middle (aitm) attack',
      'possible aitm attack',
      'oauth code theft',
      'possible use of a stolen session cookie',
      'possible device code phishing',
      'potential device code phishing',
    ],
    implies: true,
  },
  {
    kind: 'confirmed-compromise',
    names: ['adminConfirmedUserCompromised', 'adminConfirmedSigninCompromised'],
    phrases: ['admin confirmed user compromised', 'admin confirmed sign-in compromised'],
    implies: true,
  },
  { kind: 'nation-state', names: ['nationStateIP'], phrases: ['verified threat actor ip'] },
  {
    kind: 'prt-access',
    names: ['attemptedPrtAccess'],
    phrases: ['possible attempt to access primary refresh token', 'primary refresh token access'],
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
    phrases: [
      'suspicious inbox manipulation rule',
      'suspicious inbox rule',
      'malicious inbox rule',
      'bec-related inbox rule',
    ],
    implies: true,
  },
  {
    kind: 'mail-sending',
    names: ['suspiciousSendingPatterns'],
    phrases: [
      'suspicious email sending patterns',
      'suspicious sending patterns',
      'email sending limit exceeded',
    ],
    implies: true,
  },
  {
    kind: 'user-reported',
    names: ['userReportedSuspiciousActivity'],
    phrases: ['user reported suspicious activity'],
  },
  { kind: 'intruders-sign-in', names: ['signInFromIntruder'] },
  {
    // Microsoft says that somebody got in, not just that somebody tried. Before the attempts, whose names these contain.
    kind: 'account-compromised',
    phrases: [
      'account compromised following',
      'compromised account conducting',
      'successful password spray',
      'bec financial fraud',
      'compromised user account',
      'account compromise via',
      'account compromised by',
      'account compromise identified',
      'launched from a compromised account',
      'with compromised credentials',
      'using compromised credentials',
      'authentication after password spray',
      'authentication following password spray',
      'by a compromised user',
      'by compromised user',
      'aitm attack infrastructure',
      'emails sent by bec-related user',
    ],
    implies: true,
  },
  {
    kind: 'password-spray',
    names: ['passwordSpray', 'password spray'],
    phrases: [
      'password spray involving',
      'password spray detected',
      'password spray activity',
      'password-spray associated ip',
      'password spray attack',
    ],
  },
  {
    kind: 'leaked-credentials',
    names: ['leakedCredentials'],
    phrases: ['leaked credentials', 'possible account secret leak'],
  },
  {
    // Access given to a stranger's device or application rather than to a page.
    kind: 'token-granted',
    names: ['xdr_AnomalousDeviceCodeAuth', 'xdr_MfaTamperingAndEmailSoftwareAbuse'],
    phrases: [
      'device code authentication',
      'using device code flow',
      'device code phishing',
      'suspicious email app consent grant',
      'malicious oauth app consent',
      'risky oauth app consent',
    ],
    implies: true,
  },
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
    phrases: [
      ...['anomalous token', 'token issuer anomaly', 'atypical travel', 'unfamiliar sign-in properties'],
      ...['anonymous ip address', 'malicious ip address', 'suspicious browser', 'suspicious api traffic'],
      ...['anomalous user activity', 'additional risk detected', 'threat intelligence session'],
      ...['azure ad threat intelligence', 'microsoft entra threat intelligence'],
      ...['mass access to sensitive files', 'suspicious mfa authentication approval'],
    ],
  },
  // A person's doubt, an attempt, or a symptom that proves nothing alone.
  {
    phrases: [
      ...['admin triggered user compromise investigation', 'suspicious email deletion activity'],
      ...['bec-related credential harvesting attack', 'user identity risk elevated'],
      ...['credential abuse', 'suspicious os switch sign-in', 'csrf speedbump'],
      ...['suspicious shared client infrastructure activity', 'conditional access bypass'],
      ...['suspicious account sign-in and configuration changes', 'skipped mfa on remembered device'],
    ],
  },
  // What many do, and intruders too.
  { phrases: ['multiple failed login attempts', 'multiple failed sign-in', 'mass download', 'mfa fatigue'] },
  { phrases: ['potential nation-state activity'], implies: true },
  {
    // Sign-ins with an unusual origin or client.
    phrases: [
      ...['activity from suspicious ip address', 'activity from a tor ip address', 'anonymous proxy'],
      ...['successful logon from a suspicious ip address', 'known malicious ip address'],
      ...['successful authentication from a suspicious ip', 'successful authentication from a malicious ip'],
      ...['malicious sign-in from', 'suspicious sign-in from', 'suspicious user agent sign-in'],
      ...[
        'suspicious sign-in made to an admin account',
        'suspicious sign-in made using a malicious certificate',
      ],
      ...['suspicious entra cookie request', 'suspicious entra p2p certificate request'],
    ],
  },
  {
    // Ways back that an intruder leaves behind. The account counts as taken over only if the alert says so.
    phrases: [
      ...['registration of a new', 'registration of a device', 'registration of an attacker controlled'],
      ...['suspicious entra device join or registration', 'suspicious intune device registration'],
      ...['device registration after', 'mfa tampering', 'mfa phone number tampering'],
      ...['suspicious addition of', 'suspicious entra role addition', 'suspicious guest user invitation'],
      ...['account enablement after disruption', 'risky sign-in followed by privilege role grant'],
    ],
  },
  {
    // About applications. Such alerts list their owners and everybody who consented.
    phrases: [
      ...['oauth app', 'unusual addition of credentials', 'misleading publisher name'],
      ...['consent granted to application', 'mail exfiltration by app', 'graph api activity'],
      ...['via graph api', 'entra graph api query', 'consent granted to', 'app with malicious'],
    ],
  },
  // A click on a link, or a matter of the whole tenant: neither says that an account was taken over.
  {
    phrases: [
      'a user clicked through to a potentially malicious url',
      'a potentially malicious url click was detected',
      'adversary-in-the-middle (aitm) phishing site',
    ],
  },
  { phrases: ['suspicious connector activity', 'tenant restricted from sending'] },
  {
    // What an administrator's or an application's session does, unusual or not.
    phrases: [
      ...['from entra id sync application', 'to entra id sync application', 'sync account risky sign-in'],
      ...['shared client infrastructure', 'global administrator elevation', 'bulk user deletion'],
      ...['guest user account promoted to member', 'removal of privileged app role assignment'],
      ...[
        'assigned to global administrator role',
        'assigned to sensitive role',
        'suspicious account creation',
      ],
      ...['reciprocal temporary access pass', 'suspicious activity after password sync'],
      ...['spike in account update activity', 'spike in distinct application-resource access'],
    ],
  },
  {
    // Behaviour by Defender for Cloud Apps that owners show as well.
    phrases: [
      ...['ransomware activity', 'activity performed by terminated user', 'unusual administrative activity'],
      ...['unusual file download', 'unusual file share activity', 'unusual file deletion activity'],
      ...['unusual impersonated activity', 'suspicious power bi report sharing', 'multiple vm creation'],
      ...['multiple storage deletion', 'logon from an outdated browser', 'malware linked ip address'],
    ],
  },
  {
    // Policies of Defender for Office 365 about mail and forms, not about who signed in.
    phrases: [
      ...['email reported by user as', 'phish delivered due to', 'form blocked due to potential phishing'],
      ...['form flagged and confirmed as phishing', 'tenant allow block list entry'],
      ...['not zapped because zap is disabled', 'messages have been delayed'],
      ...['unusual volume of external file sharing', 'ediscovery search started or exported'],
      ...['elevation of exchange admin privilege', 'malicious entity not removed after delivery'],
    ],
  },
] as const satisfies readonly Entry[];

/** Kinds with rows in the policy, or shared by two names for one thing. */
export type CatalogueKind = Extract<(typeof catalogue)[number], { kind: string }>['kind'];
