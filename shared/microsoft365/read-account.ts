// Classifies the account. Everything else waits for it, so it asks for as much as possible at once: one round trip for most
// accounts, plus the domain; two more for a Global Administrator. If something can't be read, it fails, because an
// administrator mistaken for a user would be handled wrongly. Only a missing licence is no failure.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError } from '../errors.ts';
import type { Account } from '../model/account.ts';
import type { ExchangeReader, GraphReader } from '../model/clients.ts';
import { nullableText } from '../model/text.ts';
import { hasCloudMailbox, planSchema } from './cloud-mailbox.ts';
import { globalAdministrator, isLastGlobalAdministrator } from './global-administrators.ts';

/** The permissions that reading an account needs. */
export const accountPermissions = {
  graph: ['User.Read.All', 'Domain.Read.All', 'RoleManagement.Read.Directory', 'GroupMember.Read.All'],
  exchange: ['Get-Mailbox'],
} as const;

interface Reading {
  graph: GraphReader;
  /** Only asked if the directory can't tell whether there is a mailbox (a shared one has no licence). */
  exchange?: ExchangeReader;
  tenantId: string;
  /** Object id, or user principal name. */
  id: string;
  /** Its user principal name from the alert. If it is right, the domain is read at the same time. */
  likelyName?: string | null;
  now: Date;
}

const userSchema = z.object({
  id: z.string(),
  userPrincipalName: z.string(),
  displayName: nullableText,
  accountEnabled: z.boolean(),
  userType: nullableText,
  mail: nullableText,
  assignedPlans: z.array(planSchema).nullish(),
  onPremisesSyncEnabled: z.boolean().nullish(),
  onPremisesDistinguishedName: nullableText,
  isManagementRestricted: z.boolean().nullish(),
  // For the steps that lock: they ask for no more than this, and need not ask again (see `remembering`).
  signInSessionsValidFromDateTime: z.string().nullish(),
});
const userSelect = Object.keys(userSchema.shape).join(',');

const groupSchema = z.object({ id: z.string(), isAssignableToRole: z.boolean().nullish() });
const roleSchema = z.object({
  roleDefinitionId: z.string(),
  directoryScopeId: nullableText,
  roleDefinition: z.object({ displayName: nullableText }).nullish(),
  startDateTime: nullableText,
  endDateTime: nullableText,
});
type Role = z.infer<typeof roleSchema>;

/** Reads yield to containment, except this one: containment waits for it. */
const urgent = { 'x-ms-throttle-priority': 'high' };
/** A cast needs it; the index behind it may lag by minutes. */
const eventual = { ConsistencyLevel: 'eventual' };

/**
 * Throws PermanentError: with status 404 if the account does not exist or was deleted, with 403 if a permission of
 * `accountPermissions` is missing.
 */
export async function readAccount(reading: Reading): Promise<Account> {
  const { graph, tenantId, now } = reading;
  const id = await objectId(graph, reading.id);
  const likely = domainOf(reading.likelyName ?? reading.id);
  const [likelyFederated, user, direct, groups, activated, eligible] = await Promise.all([
    likely === undefined ? undefined : isFederated(graph, likely),
    graph.get(`${path`/users/${id}`}?$select=${userSelect}`, userSchema, { headers: urgent }),
    rolesOf(graph, 'roleAssignments', id),
    roleAssignableGroups(graph, id),
    ifLicensed(rolesOf(graph, 'roleAssignmentScheduleInstances', id)),
    ifLicensed(rolesOf(graph, 'roleEligibilityScheduleInstances', id)),
  ]);
  const guest = user.userType === 'Guest' || user.userPrincipalName.includes('#EXT#');
  const last = () => isLastGlobalAdministrator(graph, user.id);
  const federatedBy = (name: string) => {
    const domain = domainOf(name);
    if (domain === undefined) return false;
    return domain === likely ? likelyFederated : isFederated(graph, domain);
  };
  const [throughGroups, federated, hasMailbox, lastDirectly] = await Promise.all([
    Promise.all(groups.map((group) => rolesOf(graph, 'roleAssignments', group.id))),
    guest ? false : federatedBy(user.userPrincipalName),
    guest ? false : hasCloudMailbox(user, reading.exchange),
    [...direct, ...activated].some(globalAdministrator) ? last() : undefined,
  ]);
  // Roles activated in PIM also appear among the assignments, but a little later.
  const held = [...direct, ...throughGroups.flat(), ...activated.filter((role) => current(role, now))];
  const soon = eligible.filter((role) => current(role, now));
  return {
    id: user.id,
    tenantId,
    userPrincipalName: user.userPrincipalName,
    displayName: user.displayName ?? user.userPrincipalName,
    enabled: user.accountEnabled,
    guest,
    synced: user.onPremisesSyncEnabled === true,
    federated: federated === true,
    hasMailbox,
    roles: [...new Set(held.map((role) => role.roleDefinition?.displayName ?? role.roleDefinitionId))].sort(),
    privileged: [...held, ...soon, ...groups].length > 0 || user.isManagementRestricted === true,
    lastGlobalAdministrator: lastDirectly ?? (held.some(globalAdministrator) && (await last())),
    onPremisesDistinguishedName: user.onPremisesDistinguishedName ?? null,
  };
}

const guid = z.guid();

/** Role assignments are found only by object id: by name, an administrator would look like a user. */
async function objectId(graph: GraphReader, idOrName: string): Promise<string> {
  if (guid.safeParse(idOrName).success) return idOrName;
  const user = await graph.get(path`/users/${idOrName}?$select=id`, z.object({ id: z.string() }));
  return user.id;
}

type RoleList = 'roleAssignments' | 'roleAssignmentScheduleInstances' | 'roleEligibilityScheduleInstances';

/** https://learn.microsoft.com/graph/api/rbacapplication-list-roleassignments: RoleManagement.Read.Directory. */
const rolesOf = (graph: GraphReader, list: RoleList, principalId: string): Promise<Role[]> =>
  graph.list(
    path`/roleManagement/directory/${list}?$filter=principalId eq '${principalId}'&$expand=roleDefinition($select=id,displayName)`,
    roleSchema,
    { headers: urgent },
  );

/** PIM needs Entra ID P2; without it, there is nothing to find. */
const ifLicensed = (roles: Promise<Role[]>): Promise<Role[]> =>
  roles.catch((error: unknown) => {
    if (error instanceof PermanentError && (error.status === 400 || error.status === 403)) return [];
    throw error;
  });

/** https://learn.microsoft.com/graph/api/user-list-transitivememberof: the cast needs the header and $count. */
async function roleAssignableGroups(graph: GraphReader, id: string) {
  const groups = await graph.list(
    path`/users/${id}/transitiveMemberOf/microsoft.graph.group?$select=id,isAssignableToRole&$filter=isAssignableToRole eq true&$count=true`,
    groupSchema,
    { headers: { ...urgent, ...eventual } },
  );
  return groups.filter((group) => group.isAssignableToRole === true);
}

function current({ startDateTime, endDateTime }: Role, now: Date): boolean {
  const time = now.getTime();
  return (
    (!startDateTime || Date.parse(startDateTime) <= time) && (!endDateTime || Date.parse(endDateTime) > time)
  );
}

/** A guest's name says nothing about the domain. */
const domainOf = (name: string): string | undefined =>
  name.includes('@') && !name.includes('#EXT#')
    ? name.slice(name.lastIndexOf('@') + 1).toLowerCase()
    : undefined;

/** https://learn.microsoft.com/graph/api/domain-get: Domain.Read.All. A suffix that is no domain is managed here. */
async function isFederated(graph: GraphReader, name: string): Promise<boolean> {
  try {
    const domain = await graph.get(
      path`/domains/${name}?$select=id,authenticationType`,
      z.object({ authenticationType: z.string() }),
      { headers: urgent },
    );
    return domain.authenticationType === 'Federated';
  } catch (error) {
    if (error instanceof PermanentError && error.status === 404) return false;
    throw error;
  }
}
