// Finds the accounts that an alert is about. Apart from the account that was taken over, its evidence lists senders,
// recipients, administrators and service accounts. Only accounts called compromised count, or the one account that such
// an alert is about.
import { z } from 'zod';
import type { Kept } from '../model/step.ts';
import { guid, maybe, text, word, words } from './payload-fields.ts';
import { cloudIdOf, isDomainSid } from './security-identifier.ts';

/** https://learn.microsoft.com/graph/api/resources/security-useraccount */
const accountSchema = z.object({
  azureAdUserId: guid,
  userPrincipalName: text,
  accountName: text,
  domainName: text,
  userSid: word,
  tenantId: guid,
});

/**
 * One entry of an alert's evidence (https://learn.microsoft.com/graph/api/resources/security-alertevidence):
 * `{"@odata.type":"#microsoft.graph.security.userEvidence","verdict":"suspicious","remediationStatus":"none",
 * "roles":["compromised"],"userAccount":{"accountName":"adele","domainName":null,"userSid":"S-1-12-1-…",
 * "azureAdUserId":"87d349ed-…","userPrincipalName":"adele@contoso.com"}}`
 */
export const evidenceSchema = z
  .object({
    '@odata.type': word,
    roles: words,
    verdict: word,
    userAccount: maybe(accountSchema),
    primaryAddress: text,
    upn: text,
    displayName: text,
    ipAddress: word,
    sessionId: word,
    userAgent: text,
    requestId: word,
    processId: z.unknown().optional(),
  })
  .transform((entry) => ({
    kind: kindOf(entry['@odata.type']) || guessedKind(entry),
    roles: entry.roles.map(lower),
    verdict: lower(entry.verdict ?? ''),
    userAccount: entry.userAccount,
    address: entry.upn ?? entry.primaryAddress,
    displayName: entry.displayName,
    ipAddress: entry.ipAddress,
    sessionId: entry.sessionId,
    userAgent: entry.userAgent,
    requestId: entry.requestId,
  }));

export type Evidence = z.infer<typeof evidenceSchema>;

const lower = (text: string) => text.toLowerCase();
const kindOf = (type: string | null) => lower(type?.split('.').at(-1) ?? '');

/** Some publishers drop the annotation. A process has a user account too, but that may be anybody's. */
function guessedKind(entry: {
  primaryAddress: unknown;
  userAccount: unknown;
  ipAddress: unknown;
  processId?: unknown;
}): string {
  if (entry.primaryAddress !== null) return 'mailboxevidence';
  if (entry.userAccount !== null && entry.processId === undefined) return 'userevidence';
  return entry.ipAddress === null ? '' : 'ipevidence';
}

/** An account named by evidence; `label` is for people. */
export interface Person {
  userId: string | null;
  userPrincipalName: string | null;
  sid: string | null;
  tenantId: string | null;
  label: string;
}

export interface People {
  named: readonly Person[];
  /** Only the alert's type says so; no evidence does. */
  implied: boolean;
  left: readonly Kept[];
}

/**
 * Roles with which the only account of an alert may be the one it is about: roles for what it did, not for what was done
 * to it. A role that is not listed here, perhaps a new one, makes nobody the victim.
 */
const mayBeTheOne = new Set(['unknown', 'source', 'suspicious', 'attacker', 'edited']);

/** `aboutItsUser`: alerts of this type are about the one account they list, whatever roles they give. */
export function peopleIn(evidence: readonly Evidence[], aboutItsUser: boolean): People {
  const entries = evidence.filter(({ kind }) => kind === 'userevidence' || kind === 'mailboxevidence');
  const compromised = entries.filter(
    ({ roles, verdict }) => roles.includes('compromised') && verdict !== 'nothreatsfound',
  );
  const chosen = compromised.length > 0 ? compromised : aboutItsUser ? theOne(entries) : [];
  const named = distinct(chosen.map(personOf));
  const rest = distinct(entries.filter((entry) => !chosen.includes(entry)).map(personOf));
  const others = rest.filter((person) => !named.some((other) => same(person, other)));
  return {
    named,
    implied: compromised.length === 0 && named.length > 0,
    left: others.map((person) => ({ what: person.label, why: whyNot(person, entries, named.length > 0) })),
  };
}

/** The only user, or else the only mailbox. */
function theOne(entries: readonly Evidence[]): readonly Evidence[] {
  const possible = entries.filter(
    ({ roles, verdict }) => roles.every((role) => mayBeTheOne.has(role)) && verdict !== 'nothreatsfound',
  );
  for (const kind of ['userevidence', 'mailboxevidence']) {
    const ofKind = possible.filter((entry) => entry.kind === kind);
    if (distinct(ofKind.map(personOf)).length === 1) return ofKind;
  }
  return [];
}

function whyNot(person: Person, entries: readonly Evidence[], others: boolean): string {
  const entry = entries.find((candidate) => same(personOf(candidate), person));
  if (entry?.verdict === 'nothreatsfound') return 'was investigated and no threat was found';
  const roles = entry?.roles.filter((role) => role !== 'compromised') ?? [];
  if (roles.length > 0) return `is listed as ${roles.join(', ')}, not as compromised`;
  return others ? 'is listed beside the account in question' : 'is not called compromised';
}

function personOf({ userAccount, address, displayName }: Evidence): Person {
  const sid = userAccount?.userSid ?? null;
  const name = userAccount?.userPrincipalName ?? (address?.includes('@') ? address : null);
  const local = [userAccount?.domainName, userAccount?.accountName].filter((part) => part).join('\\');
  // A name says who it is today; the id is only derived from the SID if there is no name.
  const userId = userAccount?.azureAdUserId ?? (sid === null || name !== null ? null : cloudIdOf(sid));
  return {
    userId,
    userPrincipalName: name,
    sid: sid !== null && isDomainSid(sid) ? sid : null,
    tenantId: userAccount?.tenantId ?? null,
    label: name ?? (local || userId || displayName || 'an account without a name'),
  };
}

const idOf = ({ userId, sid }: Person) => userId ?? (sid === null ? null : cloudIdOf(sid));

const same = (a: Person, b: Person): boolean =>
  (idOf(a) !== null && idOf(a) === idOf(b)) ||
  (a.sid !== null && a.sid === b.sid) ||
  (a.userPrincipalName !== null && lower(a.userPrincipalName) === lower(b.userPrincipalName ?? '')) ||
  (a.userId === null && b.userId === null && a.userPrincipalName === null && a.label === b.label);

/** Merges an account named by id in one place and by name in another; the entry that says most is kept. */
function distinct(people: readonly Person[]): Person[] {
  const found: Person[] = [];
  for (const person of people) {
    const index = found.findIndex((other) => same(person, other));
    const other = found[index];
    if (other === undefined) found.push(person);
    else if (other.userId === null && person.userId !== null) found[index] = person;
  }
  return found;
}
