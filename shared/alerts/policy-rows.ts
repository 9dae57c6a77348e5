// Which signal does what: the table, top to bottom, first match wins. Rows that name a detector come before rows that
// name only a level; the two halves of a combination stand together. Conditions are computed in conditions.ts; POLICY
// in the settings replaces `does`, as in {"high":"full"}.

import type { RiskLevel } from '../model/signal.ts';
import type { ConditionName } from './conditions.ts';
import type { actions } from './decisions.ts';
import type { Kind } from './detectors.ts';

export type Action = (typeof actions)[number];

export interface Row {
  /** Its name in the settings and in decisions. */
  id: string;
  kinds?: readonly Kind[];
  levels?: readonly RiskLevel[];
  /** Only if the alert itself calls the account compromised; not if its type implies it. */
  named?: true;
  when?: ConditionName;
  does: Action;
  /** Ends the sentence "Anomalous token (high) …". */
  because: string;
}

const mailboxAbuse = ['mail-forwarding', 'inbox-rule', 'restricted-forms'] as const;
const credentials = ['password-spray', 'leaked-credentials'] as const;
const harmless = ['low', 'informational', 'none'] as const;
const notHarmless = ['medium', 'high', 'hidden', 'unknown'] as const;

export const rows = [
  { id: 'ignored', kinds: ['ignored'], does: 'none', because: 'is ignored by the settings (DETECTORS)' },
  {
    id: 'certain',
    kinds: ['attack-disruption', 'confirmed-compromise', 'stolen-session-cookie', 'attacker-in-the-middle'],
    does: 'full',
    because: 'counts as a takeover by itself',
  },
  {
    id: 'any-level',
    kinds: ['nation-state', 'prt-access'],
    does: 'contain',
    because: 'is acted on at any level',
  },
  {
    id: 'other-victim',
    kinds: ['intruders-sign-in'],
    when: 'intruders-address',
    does: 'contain',
    because: 'that another run has found means that this account is in the same hands',
  },
  {
    id: 'restricted-sender-and-risky-sign-in',
    kinds: ['restricted-sender'],
    when: 'risky-sign-in',
    does: 'full',
    because: 'follows a risky sign-in that succeeded within 48 hours',
  },
  {
    id: 'mailbox-abuse-and-risky-sign-in',
    kinds: mailboxAbuse,
    levels: notHarmless,
    when: 'risky-sign-in',
    does: 'full',
    because: 'goes with a risky sign-in that succeeded within 48 hours',
  },
  {
    id: 'risky-sign-in-and-mailbox-abuse',
    levels: ['medium', 'high'],
    when: 'mailbox-abuse-before',
    does: 'full',
    because: 'with a sign-in that succeeded goes with what was done to the mailbox within 48 hours',
  },
  {
    id: 'restricted-sender',
    kinds: ['restricted-sender'],
    does: 'contain',
    because: 'means that the account sent spam; no risky sign-in is known that explains it',
  },
  {
    id: 'forwarding-high',
    kinds: ['mail-forwarding'],
    levels: ['high'],
    does: 'contain',
    because: 'means that mail leaves the company; no risky sign-in is known that explains it',
  },
  {
    id: 'mailbox-abuse',
    kinds: mailboxAbuse,
    levels: notHarmless,
    does: 'hold',
    because: "may be the owner's own doing: no risky sign-in is known that explains it",
  },
  {
    id: 'user-reported',
    kinds: ['user-reported'],
    levels: ['high'],
    does: 'contain',
    because: 'means that somebody else knows the password',
  },
  {
    id: 'phishing-page',
    kinds: ['phishing-page'],
    levels: notHarmless,
    does: 'contain',
    because: 'means that an intruder has seen the password and may hold a session',
  },
  {
    id: 'account-compromised',
    kinds: ['account-compromised'],
    levels: notHarmless,
    does: 'contain',
    because: 'means that somebody else has got into the account',
  },
  {
    id: 'token-granted',
    kinds: ['token-granted'],
    levels: ['high'],
    does: 'contain',
    because: 'means that an intruder may hold a session that no password guards',
  },
  {
    id: 'password-used',
    kinds: credentials,
    levels: notHarmless,
    when: 'tied-sign-in',
    does: 'contain',
    because: 'was followed by a sign-in that succeeded',
  },
  {
    id: 'password-known',
    kinds: credentials,
    levels: notHarmless,
    does: 'hold',
    because:
      'means that somebody else knows the password; no sign-in is tied to it, so a reset and revoke may be enough',
  },
  {
    id: 'new-country-and-another',
    kinds: ['new-country'],
    when: 'second-detector',
    does: 'contain',
    because: 'and a different detection within 24 hours, with a sign-in that succeeded, speak of an intruder',
  },
  {
    id: 'new-country',
    kinds: ['new-country'],
    does: 'none',
    because: 'is no proof alone; it counts as the first of two for 24 hours',
  },
  {
    id: 'high',
    levels: ['high'],
    named: true,
    does: 'contain',
    because: 'calls for a lock; evidence calls for more',
  },
  {
    id: 'two-detectors',
    levels: ['medium', 'high'],
    when: 'second-detector',
    does: 'contain',
    because: 'and a different detection within 24 hours, with a sign-in that succeeded, speak of an intruder',
  },
  { id: 'low', levels: harmless, does: 'none', because: 'is below what is acted on' },
  { id: 'one-alone', does: 'none', because: 'is no proof alone; it counts as the first of two for 24 hours' },
] as const satisfies readonly Row[];

export interface Cap {
  id: string;
  /** The most that a signal does to such an account. */
  most: Action;
  /** The same for a signal of the row `certain`. */
  certain: Action;
  because: string;
}

/** Limits on what the rows above say; all that apply count. */
export const caps = {
  administrator: {
    id: 'administrator',
    most: 'contain',
    certain: 'contain',
    because: 'an administrator or named VIP is only contained until there is evidence',
  },
  guest: {
    id: 'guest',
    most: 'hold',
    certain: 'contain',
    because: 'password, methods and sessions of a guest belong to the home tenant',
  },
  'service-account': {
    id: 'service-account',
    most: 'hold',
    certain: 'contain',
    because: 'a service account may carry what others depend on',
  },
} as const satisfies Record<string, Cap>;
