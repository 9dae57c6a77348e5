// What the directory shows: consents to applications that intruders use, methods registered from their addresses, and
// administrators without a second factor. Each part is read completely or not at all, and reports what it couldn't see.
import { z } from 'zod';
import { path } from '../../shared/clients/path.ts';
import {
  organizationSchema,
  plansInUse,
  plansPath,
  premiumPlans,
  premiumRefusal,
} from '../../shared/clients/plans.ts';
import { PermanentError } from '../../shared/errors.ts';
import { networkOf } from '../../shared/intruder/address.ts';
import { type DirectoryAudit, directoryAuditSchema, readable } from '../../shared/intruder/audit.ts';
import { clock, count } from '../../shared/mail/plain.ts';
import { abusedApps } from '../../shared/microsoft365/abused-apps.ts';
import { grantsOf, principalsBy, type ServicePrincipal } from '../../shared/microsoft365/app-access.ts';
import { isRegistration, type Method, methodSchema, nearMs } from '../../shared/microsoft365/auth-methods.ts';
import { applicationPage, authMethodsPage } from '../../shared/microsoft365/links.ts';
import type { GraphPages, GraphReader } from '../../shared/model/clients.ts';
import { inQuotes, nullableText, odataText, wholeSeconds } from '../../shared/model/text.ts';
import type { Find, Gap, Person, Seen } from './find.ts';
import { needing } from './refused.ts';

export type Directory = GraphReader & GraphPages;

const userSchema = z.object({
  id: z.string(),
  userPrincipalName: nullableText,
  accountEnabled: z.boolean().nullish(),
});
type User = z.infer<typeof userSchema>;

/** The most values that a filter takes with `in`. */
const mostInFilter = 15;

/** The existing users, by id; deleted ones are left out. */
async function usersBy(graph: GraphReader, ids: readonly string[]): Promise<Map<string, User>> {
  const found = new Map<string, User>();
  for (let from = 0; from < ids.length; from += mostInFilter) {
    const some = ids.slice(from, from + mostInFilter).map(odataText);
    const filter = encodeURIComponent(`id in (${some.join(',')})`);
    const users = await graph.list(
      `/users?$filter=${filter}&$select=id,userPrincipalName,accountEnabled`,
      userSchema,
    );
    for (const user of users) found.set(user.id, user);
  }
  return found;
}

const nameOf = (users: ReadonlyMap<string, User>, id: string): Person => ({
  id,
  userPrincipalName: users.get(id)?.userPrincipalName || id,
});

const assignedSchema = z.object({ principalId: z.string(), principalType: nullableText });
const roleSchema = z.object({ id: z.string(), resourceDisplayName: nullableText });

/**
 * GET /servicePrincipals by the ids on the list, then who consented to each: Directory.Read.All
 * (https://learn.microsoft.com/graph/api/oauth2permissiongrant-list,
 * https://learn.microsoft.com/graph/api/serviceprincipal-list-approleassignedto).
 */
export const lookAtApplications = (graph: Directory): Promise<Seen> =>
  needing('Directory.Read.All', async () => {
    const principals = await principalsBy(graph, 'appId', [...abusedApps.keys()]);
    const finds: Find[] = [];
    for (const principal of principals) finds.push(...(await consentsTo(graph, principal)));
    return { looked: abusedApps.size, finds, gaps: [] };
  });

async function consentsTo(graph: Directory, principal: ServicePrincipal): Promise<Find[]> {
  const { id, appId, name, enabled } = principal;
  const known = abusedApps.get(appId ?? '');
  if (known === undefined) return [];
  const grants = await grantsOf(graph, id);
  const assigned = await graph.list(path`/servicePrincipals/${id}/appRoleAssignedTo`, assignedSchema);
  const roles = await graph.list(path`/servicePrincipals/${id}/appRoleAssignments`, roleSchema);
  const scopes = new Map<string | null, Set<string>>();
  for (const { consentType, principalId, scope } of grants) {
    const whose = consentType === 'AllPrincipals' ? null : principalId;
    const all = scopes.get(whose) ?? new Set();
    for (const one of (scope ?? '').split(' ').filter(Boolean)) all.add(one);
    scopes.set(whose, all);
  }
  for (const { principalId, principalType } of assigned)
    if (principalType === 'User' && !scopes.has(principalId)) scopes.set(principalId, new Set());
  const users = await usersBy(
    graph,
    [...scopes.keys()].flatMap((whose) => whose ?? []),
  );
  const what = `application ${inQuotes(name)}${enabled ? '' : ', which is disabled'}`;
  const why = `intruders are known to use it to ${known.use} (${known.source})`;
  const common = { kind: 'application' as const, link: applicationPage(id) };
  const finds = [...scopes].map(([whose, all]): Find => {
    const may = all.size === 0 ? '' : `; may ${[...all].join(', ')}`;
    return {
      ...common,
      id: `application:${id}:${whose ?? 'everybody'}`,
      verdict: enabled && whose !== null ? 'remove' : 'ask',
      person: whose === null ? null : nameOf(users, whose),
      what: whose === null ? `${what}, for everybody in the organisation` : what,
      why: `${why}${may}`,
      now:
        whose === null
          ? 'Ask whoever administers applications why it was consented to for everybody; if nobody knows, disable it.'
          : 'Ask the owner, by phone, whether they use it; if not, answer it as a compromise.',
    };
  });
  if (roles.length > 0) {
    const on = [...new Set(roles.map(({ resourceDisplayName }) => resourceDisplayName ?? 'an API'))];
    finds.push({
      ...common,
      id: `application:${id}:itself`,
      verdict: 'ask',
      person: null,
      what: `${what}, with rights of its own on ${on.join(', ')}`,
      why,
      now: 'Ask whoever administers applications why it may act without a user; if nobody knows, disable it.',
    });
  }
  if (finds.length > 0) return finds;
  return [
    {
      ...common,
      id: `application:${id}:nobody`,
      verdict: 'ask',
      person: null,
      what: `${what}, to which nobody consents any more`,
      why,
      now: 'Somebody did once: look in the audit log for whom, and disable the application.',
    },
  ];
}

/** By network: where an address comes from, in words. */
export type KnownAddresses = ReadonlyMap<string, string>;

const detectionSchema = z.object({
  id: z.string(),
  ipAddress: nullableText,
  riskLevel: nullableText,
  riskState: nullableText,
  riskDetail: nullableText,
  detectedDateTime: nullableText,
});

/** A detection that the owner cleared doesn't make the address an intruder's. */
const cleared = new Set(['dismissed', 'confirmedSafe']);
const provedOwner = new Set(['userPassedMFADrivenByRiskBasedPolicy']);

/** IdentityRiskEvent.Read.All and Entra ID P1 (https://learn.microsoft.com/graph/api/riskdetection-list). */
export const addressesAtRisk = (graph: Directory, since: Date): Promise<Map<string, string>> =>
  needing('IdentityRiskEvent.Read.All, and Entra ID P1 or P2', async () => {
    const found = new Map<string, string>();
    const first = path`/identityProtection/riskDetections?$filter=detectedDateTime ge ${wholeSeconds(since)}&$top=500`;
    for await (const page of graph.pages(first, readable(detectionSchema))) {
      for (const one of page) {
        if (one === null || !one.ipAddress || cleared.has(one.riskState ?? '')) continue;
        const grave =
          one.riskLevel === 'high' || one.riskLevel === 'medium' || one.riskState === 'confirmedCompromised';
        if (!grave || provedOwner.has(one.riskDetail ?? '')) continue;
        const network = networkOf(one.ipAddress);
        if (!found.has(network))
          found.set(network, `a risk detection of ${clock(one.detectedDateTime ?? '')}`);
      }
    }
    return found;
  });

/** The services that log registrations; the second logs Windows Hello. */
const services = ['Authentication Methods', 'Device Registration Service'];

/** How long the directory audit log is kept (https://learn.microsoft.com/entra/identity/monitoring-health/reference-reports-data-retention). */
const keptDays = { premium: 30, free: 7 };

/**
 * The registrations in the directory audit log, compared with the addresses: AuditLog.Read.All. The methods registered
 * today: UserAuthenticationMethod.Read.All.
 */
export async function lookAtMethods(
  graph: Directory,
  since: Date,
  now: Date,
  known: KnownAddresses,
): Promise<Seen> {
  const gaps: Gap[] = [];
  const organizations = await needing('Directory.Read.All', () => graph.list(plansPath, organizationSchema));
  const plans = plansInUse(organizations);
  const kept = premiumPlans.some((plan) => plans.has(plan)) ? keptDays.premium : keptDays.free;
  const oldest = new Date(now.getTime() - kept * 86_400_000);
  if (since < oldest) {
    gaps.push({
      what: `methods registered before ${clock(oldest.toISOString())}`,
      why: `the directory audit log of this tenant is kept for ${kept} days`,
      again: false,
    });
  }
  const from = wholeSeconds(since < oldest ? oldest : since);
  const theirs = new Map<string, { entry: DirectoryAudit; source: string }>();
  let looked = 0;
  let nameless = 0;
  let unread = 0;
  await needing('AuditLog.Read.All', async () => {
    for (const service of services) {
      const first = path`/auditLogs/directoryAudits?$filter=activityDateTime ge ${from} and loggedByService eq '${service}'&$top=1000`;
      for await (const page of graph.pages(first, readable(directoryAuditSchema))) {
        for (const entry of page) {
          if (entry === null) unread += 1;
          if (entry === null || !isRegistration(entry)) continue;
          looked += 1;
          if (entry.trace.address === null) nameless += 1;
          const source = known.get(networkOf(entry.trace.address ?? ''));
          if (source !== undefined) theirs.set(entry.id, { entry, source });
        }
      }
    }
  });
  if (nameless > 0)
    gaps.push({
      what: `${count(nameless, 'registration')} of a method`,
      why: 'the log does not say from which address',
      again: false,
    });
  if (unread > 0)
    gaps.push({ what: `${unread} records of the audit log`, why: "they can't be read", again: false });
  const finds: Find[] = [];
  for (const { entry, source } of theirs.values())
    finds.push(...(await methodFind(graph, entry, source, gaps)));
  return { looked, finds, gaps };
}

async function methodFind(
  graph: Directory,
  entry: DirectoryAudit,
  source: string,
  gaps: Gap[],
): Promise<Find[]> {
  const target = entry.targets.find(({ type, id }) => type?.toLowerCase() === 'user' && id !== null);
  const id = target?.id ?? entry.actor.id;
  if (id === null) {
    gaps.push({
      what: `whose method was registered at ${clock(entry.at)}`,
      why: 'the log names nobody',
      again: false,
    });
    return [];
  }
  const name = target?.userPrincipalName ?? entry.actor.userPrincipalName ?? id;
  const today = await methodsToday(graph, id, name, gaps);
  const there =
    today?.filter(({ createdAt }) => Math.abs(Date.parse(createdAt ?? '') - entry.time) <= nearMs) ?? [];
  const still =
    today === undefined
      ? ''
      : there.length > 0
        ? `; still there: ${there.map((method) => method.name).join(', ')}`
        : '; none of that minute is there today';
  return [
    {
      id: `method:${entry.id}`,
      kind: 'method',
      verdict: there.length > 0 ? 'remove' : 'ask',
      person: { id, userPrincipalName: name },
      what: entry.reason ?? entry.activity,
      why: `registered at ${clock(entry.at)} from ${entry.trace.address}, which is known from ${source}${still}`,
      now: 'Ask the owner, by phone, whether they registered it there; if not, answer it as a compromise.',
      link: authMethodsPage(id),
    },
  ];
}

/** undefined if they can't be read, which is noted; a deleted account has none. */
async function methodsToday(
  graph: GraphReader,
  id: string,
  name: string,
  gaps: Gap[],
): Promise<Method[] | undefined> {
  try {
    return await needing('UserAuthenticationMethod.Read.All', () =>
      graph.list(path`/users/${id}/authentication/methods`, methodSchema),
    );
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    if (error.status === 404) return [];
    gaps.push({ what: `the methods that ${name} has today`, why: error.message, again: true });
    return undefined;
  }
}

const roleDefinitionSchema = z.object({ id: z.string(), displayName: nullableText });
const heldSchema = z.object({
  principalId: z.string(),
  principal: z.looseObject({ '@odata.type': nullableText, displayName: nullableText }).nullish(),
  roleDefinitionId: z.string(),
});
const memberSchema = z.object({ id: z.string() });

/**
 * Everybody who holds or may activate a directory role, directly or through a group: RoleManagement.Read.Directory; and
 * everybody whom the registration report calls an administrator: AuditLog.Read.All and Entra ID P1
 * (https://learn.microsoft.com/graph/api/authenticationmethodsroot-list-userregistrationdetails). Their current methods
 * decide: UserAuthenticationMethod.Read.All. If those can't be read, the report does, which is hours old.
 */
export async function lookAtAdministrators(graph: Directory): Promise<Seen> {
  const gaps: Gap[] = [];
  const held = await roleHolders(graph, gaps);
  const reported = await reportedAdministrators(graph, gaps);
  for (const id of reported.keys()) if (!held.has(id)) held.set(id, new Set(['a directory role']));
  const users = await needing('Directory.Read.All', () => usersBy(graph, [...held.keys()]));
  const finds: Find[] = [];
  for (const [id, carried] of held) {
    const user = users.get(id);
    // Nobody can sign in to a disabled or deleted account.
    if (user === undefined || user.accountEnabled === false) continue;
    const person = nameOf(users, id);
    const unread: Gap[] = [];
    const methods = await methodsToday(graph, id, person.userPrincipalName, unread);
    const hasFactor = methods?.some(isSecondFactor) ?? reported.get(id);
    if (hasFactor === undefined) gaps.push(...unread);
    if (hasFactor !== false) continue;
    finds.push({
      id: `administrator:${id}`,
      kind: 'administrator',
      verdict: 'ask',
      person,
      what: `holds ${[...carried].join(', ')}`,
      why: 'no method is registered that counts as a second factor, so a password is enough, or whoever has it registers the first one',
      now: 'Have them register one, or take the roles away. An emergency account needs a passkey or a certificate too.',
      link: authMethodsPage(id),
    });
  }
  return { looked: held.size, finds, gaps };
}

/** The names of their roles, by the id of the user who signs in with them. */
async function roleHolders(graph: Directory, gaps: Gap[]): Promise<Map<string, Set<string>>> {
  const reading = <T>(work: () => Promise<T>) => needing('RoleManagement.Read.Directory', work);
  const roles = await reading(() =>
    graph.list('/roleManagement/directory/roleDefinitions?$select=id,displayName', roleDefinitionSchema),
  );
  const names = new Map(roles.map(({ id, displayName }) => [id, displayName ?? id]));
  const held = new Map<string, Set<string>>();
  const groups = new Map<string, Set<string>>();
  const note = ({ principalId, principal, roleDefinitionId }: z.infer<typeof heldSchema>, how: string) => {
    const type = principal?.['@odata.type'];
    if (type === '#microsoft.graph.servicePrincipal') return;
    const into = type === '#microsoft.graph.group' ? groups : held;
    const all = into.get(principalId) ?? new Set();
    into.set(principalId, all.add(`${names.get(roleDefinitionId) ?? roleDefinitionId}${how}`));
  };
  for (const { id } of roles) {
    const holders = await reading(() =>
      graph.list(
        path`/roleManagement/directory/roleAssignments?$filter=roleDefinitionId eq '${id}'&$expand=principal`,
        heldSchema,
      ),
    );
    for (const holder of holders) note(holder, '');
  }
  try {
    const eligible = await reading(() =>
      graph.list('/roleManagement/directory/roleEligibilityScheduleInstances?$expand=principal', heldSchema),
    );
    for (const holder of eligible) note(holder, ' (eligible)');
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    // Without Entra ID P2 the list doesn't exist, so nobody is on it.
    const again = error.status === 403;
    gaps.push({
      what: 'who may activate a role in Privileged Identity Management',
      why: error.message,
      again,
    });
  }
  for (const [groupId, carried] of groups) {
    const members = await needing('Directory.Read.All', () =>
      graph.list(
        path`/groups/${groupId}/transitiveMembers/microsoft.graph.user?$select=id&$count=true`,
        memberSchema,
        { headers: { ConsistencyLevel: 'eventual' } },
      ),
    );
    for (const { id } of members) held.set(id, new Set([...(held.get(id) ?? []), ...carried]));
  }
  return held;
}

const registrationSchema = z.object({ id: z.string(), isMfaRegistered: z.boolean().nullish() });

/** Whether each has registered a second factor, by id, according to the report. */
async function reportedAdministrators(graph: Directory, gaps: Gap[]): Promise<Map<string, boolean>> {
  const first = path`/reports/authenticationMethods/userRegistrationDetails?$filter=isAdmin eq true`;
  try {
    const all = await needing('AuditLog.Read.All', () => graph.list(first, registrationSchema));
    return new Map(all.map(({ id, isMfaRegistered }) => [id, isMfaRegistered === true]));
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    const what = 'whom the report on registrations calls an administrator';
    gaps.push(
      error.code === premiumRefusal
        ? { what, why: 'the report needs a licence of Entra ID P1', again: false }
        : { what, why: error.message, again: true },
    );
    return new Map();
  }
}

/** Methods that can't be deleted have no name but their type's. */
const otherFactors = new Set(['hardwareOath', 'x509Certificate']);

const isSecondFactor = ({ kind, name }: Method) =>
  kind === null ? otherFactors.has(name) : kind !== 'email' && kind !== 'temporaryAccessPass';
