// Accounts as Sentinel and Azure Monitor name them, outside any schema of Microsoft Graph, and the signal that is made
// of such a name. Microsoft Graph has no original of it, so it never decides more than that a person should look.
import { z } from 'zod';
import type { RiskLevel, Signal } from '../model/signal.ts';
import { guid, text, word } from './payload-fields.ts';
import { cloudIdOf, isDomainSid } from './security-identifier.ts';
import type { Subject } from './source.ts';

/** In each service's own words, compared without case and without separators. */
const idNames = [
  'aaduserid',
  'userid',
  'accountobjectid',
  'azureaduserid',
  'aadobjectid',
  'useraadid',
  'initiatedbyid',
  'externaldirectoryobjectid',
];
const upnNames = [
  'userprincipalname',
  'upn',
  'accountupn',
  'userupn',
  'accountuserprincipalname',
  'user',
  'useremail',
  'username',
  'mailboxprimaryaddress',
];

/** Fields by name in lower case, letters only. */
export function namesIn(given: Readonly<Record<string, unknown>>): Map<string, unknown> {
  return new Map(
    Object.entries(given).map(([name, value]) => [name.toLowerCase().replaceAll(/[^a-z]/g, ''), value]),
  );
}

const entity = z.object({
  name: text,
  accountname: text,
  upnsuffix: text,
  aadtenantid: guid,
  sid: word,
  objectguid: guid,
});

export interface NamedAccount {
  userId: string | null;
  userPrincipalName: string | null;
  sid: string | null;
  tenantId: string | null;
}

/** null where the fields name nobody. */
export function accountIn(given: Readonly<Record<string, unknown>>): NamedAccount | null {
  const fields = namesIn(given);
  const found = <T>(names: readonly string[], read: (value: unknown) => T | null): T | null =>
    names.map((name) => read(fields.get(name))).find((value) => value !== null) ?? null;
  const { name, accountname, upnsuffix, aadtenantid, sid } = entity.parse(Object.fromEntries(fields));
  const local = accountname ?? name;
  const joined =
    local !== null && upnsuffix !== null && !local.includes('@') ? `${local}@${upnsuffix}` : null;
  const address = (value: unknown) => {
    const line = text.parse(value);
    return line?.includes('@') ? line : null;
  };
  const userPrincipalName = found(upnNames, address) ?? joined ?? address(local);
  const fromSid = sid === null || userPrincipalName !== null ? null : cloudIdOf(sid);
  const account = {
    userId: found(idNames, (value) => guid.parse(value)) ?? fromSid,
    userPrincipalName,
    sid: sid !== null && isDomainSid(sid) ? sid : null,
    tenantId: aadtenantid,
  };
  return (account.userId ?? account.userPrincipalName ?? account.sid) ? account : null;
}

export interface Told {
  source: 'sentinel' | 'azureMonitor' | 'incident';
  id: string;
  version: string;
  tenantId: string | null;
  detector: string;
  title: string;
  product: string;
  level: RiskLevel;
  standing: boolean;
  state: string;
  activityAt: string | null;
  detectedAt: string | null;
  link: string | null;
}

export const subjectOf = (account: NamedAccount, { id, ...told }: Told): Subject => ({
  signal: {
    ...told,
    sourceId: id,
    tenantId: account.tenantId ?? told.tenantId,
    userId: account.userId,
    userPrincipalName: account.userPrincipalName,
    address: null,
    sessionId: null,
    requestId: null,
    correlationId: null,
    deviceId: null,
    userAgent: null,
  } satisfies Signal,
  sid: account.sid,
});

/** Each account once, under the entry that says most. */
export function distinctAccounts(accounts: readonly NamedAccount[]): NamedAccount[] {
  const found: NamedAccount[] = [];
  for (const account of accounts.toSorted((a, b) => Number(b.userId !== null) - Number(a.userId !== null))) {
    const same = (other: NamedAccount) =>
      (account.userId !== null && account.userId === other.userId) ||
      (account.userPrincipalName !== null &&
        account.userPrincipalName.toLowerCase() === other.userPrincipalName?.toLowerCase()) ||
      (account.sid !== null && account.sid === other.sid);
    if (!found.some(same)) found.push(account);
  }
  return found;
}
