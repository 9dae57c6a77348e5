// Accounts as Sentinel and Azure Monitor name them, outside any schema of Microsoft Graph, and the signal made from such a
// name. Graph holds no original, so at most a person is asked to look.
import { z } from 'zod';
import { noTraces, type RiskLevel, type Signal } from '../model/signal.ts';
import type { Kept } from '../model/step.ts';
import { inQuotes } from '../model/text.ts';
import { guid, text, word } from './payload-fields.ts';
import { cloudIdOf, isDomainSid } from './security-identifier.ts';
import type { Subject } from './source.ts';

/** Each service's names for it, compared without case and separators. */
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

/** Fields by name, in lower case and letters only. */
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
  objectguid: word,
  puid: word,
  ntdomain: text,
  dnsdomain: text,
  domainname: text,
  displayname: text,
});

export interface NamedAccount {
  userId: string | null;
  userPrincipalName: string | null;
  sid: string | null;
  tenantId: string | null;
}

/** null if the fields name nobody. */
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

/** Why fields that stand for an account lead to nobody; null if they name somebody, or nothing at all. */
function namedOtherwise(given: Readonly<Record<string, unknown>>): Kept | null {
  if (accountIn(given) !== null) return null;
  const { name, accountname, ntdomain, dnsdomain, domainname, displayname, objectguid, puid } = entity.parse(
    Object.fromEntries(namesIn(given)),
  );
  const local = accountname ?? name;
  const domain = ntdomain ?? domainname ?? dnsdomain;
  if (objectguid !== null) {
    const why = 'is an objectGuid of Active Directory, by which Microsoft Graph finds nobody';
    return {
      what: local ?? objectguid,
      why: local === null ? why : `is named with ${objectguid}, which ${why}`,
    };
  }
  if (local !== null && domain !== null) {
    const why =
      'is an account of a Windows domain, named without the UPN or SID that Microsoft Graph finds it by';
    return { what: `${domain}\\${local}`, why };
  }
  if (puid !== null) return { what: puid, why: 'is a PUID, by which Microsoft Graph finds nobody' };
  const bare = local ?? displayname;
  return bare === null ? null : { what: bare, why: "is a name without a domain, which may be anybody's" };
}

/** For a payload that leads to no account: what it names instead. */
export function namesNobody(title: string, named: readonly Readonly<Record<string, unknown>>[] = []): Kept[] {
  const others = named.flatMap((fields) => namedOtherwise(fields) ?? []);
  if (others.length > 0) return others;
  const hasAddress = named.some((fields) =>
    [...namesIn(fields).entries()].some(
      ([key, value]) => addressNames.has(key) && word.parse(value) !== null,
    ),
  );
  const why = hasAddress ? 'names an IP address and no account' : 'names no account';
  return [{ what: inQuotes(title), why }];
}

const addressNames = new Set(['address', 'ipaddress', 'clientip', 'clientipaddress', 'sourceip', 'callerip']);

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
    ...noTraces,
  } satisfies Signal,
  sid: account.sid,
});

/** Each account once, by the entry that says most. */
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
