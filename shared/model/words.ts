// The vocabulary of rows and steps.

/** What can be stored: no Date, no undefined. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export const stages = ['contain', 'evict', 'collect', 'close', 'hand-back'] as const;
export type Stage = (typeof stages)[number];

/**
 * A step's role for the rest of the app, which looks it up by this and never by its name. At most one step of a
 * playbook has each part; its row carries it along.
 */
export const parts = [
  /** Blocks sign-in: while it stands, the account is locked. */
  'lock',
  /** Ends the sessions, and sets the password: together they replace a lock that is switched off. */
  'sessions',
  'password',
  /** Removes Entra ID roles, which keep shielding the account for minutes. */
  'admin-roles',
  /** Removes the intruder's sign-in methods; the owner registers new ones. */
  'methods',
  /** Acts in Active Directory: it doesn't apply to a cloud account, so that leaves no gap. */
  'active-directory',
  /** Confirms the compromise to Entra ID Protection, which then raises an alert of its own. */
  'risk-confirmation',
  /** Both come before the owner can sign in; the second also if a run was a false alarm. */
  'passes',
  'risk-dismissal',
  /** Takes back the mail that the intruder sent. */
  'retraction',
] as const;
export type Part = (typeof parts)[number];

/** What goes wrong until a person has acted, the worst first. */
export const dangers = [
  /** Another account is in the intruder's hands, or within their reach. */
  'account',
  /** Data or money is still leaving, or the intruder can still read or send. */
  'leak',
  /** People may believe the intruder. */
  'people',
] as const;
export type Danger = (typeof dangers)[number];

export const modes = ['act', 'report', 'off'] as const;
export type Mode = (typeof modes)[number];
