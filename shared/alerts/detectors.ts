// Which detections mean what. Titles and detector names drift from release to release, so this is data: names are
// compared whole and titles by a phrase in them, both without case. Says nothing about what follows; see policy-rows.ts.
import type { Signal } from './signal.ts';

interface Entry {
  kind: string;
  /** Risk event types of Entra ID Protection, detector ids of alerts, and titles that are only meant whole. */
  names?: readonly string[];
  /** Part of the title that the alert's product gives it. */
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
const catalogue = [
  { kind: 'attack-disruption', names: ['attackDisruption'], phrases: ['(attack disruption)'] },
  { kind: 'stolen-session-cookie', phrases: ['stolen session cookie was used'], implies: true },
  { kind: 'attacker-in-the-middle', names: ['attackerInTheMiddle'], phrases: ['attacker in the middle'] },
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
] as const satisfies readonly Entry[];

export type Kind = (typeof catalogue)[number]['kind'];

const entries: readonly (Entry & { kind: Kind })[] = catalogue;

type Named = Pick<Signal, 'detector' | 'title'> & Partial<Pick<Signal, 'confirmedByPerson'>>;

/** What kind of detection it is, or undefined for one that only its level speaks for. */
export function kindOf(signal: Named): Kind | undefined {
  if (signal.confirmedByPerson) return 'confirmed-compromise';
  return entryOf(signal)?.kind;
}

/** Whether an alert of this kind is about the account it lists, without a word about compromise. */
export const impliesItsUser = (signal: Named): boolean => entryOf(signal)?.implies === true;

function entryOf({ detector, title }: Named): (Entry & { kind: Kind }) | undefined {
  const name = detector.toLowerCase();
  const line = title.toLowerCase().replaceAll(/\s+/g, ' ');
  return (
    entries.find(({ names = [] }) => names.some((known) => [name, line].includes(known.toLowerCase()))) ??
    entries.find(({ phrases = [] }) => phrases.some((phrase) => line.includes(phrase)))
  );
}
