// Microsoft Graph's lists about directory roles: assignments, PIM's instances, and groups with roles. admin-roles.ts
// says what they mean together.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError } from '../errors.ts';
import type { GraphReader } from '../model/clients.ts';

export const relationSchema = z.enum(['member', 'owner']);
export type Relation = z.infer<typeof relationSchema>;

const text = z
  .string()
  .nullish()
  .transform((given) => given ?? null);
const rowSchema = z.object({
  id: z.string(),
  roleDefinitionId: z.string(),
  directoryScopeId: text,
  appScopeId: text,
  condition: text,
  roleDefinition: z.object({ displayName: text }).nullish(),
  startDateTime: text,
  endDateTime: text,
  assignmentType: text,
  memberType: text,
});
export type Row = z.infer<typeof rowSchema>;
const groupSchema = z.object({
  id: z.string(),
  displayName: text,
  isAssignableToRole: z.boolean().nullish(),
});
export type Group = z.infer<typeof groupSchema>;
const accessSchema = z.object({
  groupId: z.string(),
  accessId: relationSchema,
  memberType: text,
  startDateTime: text,
  endDateTime: text,
});

type List = 'roleAssignments' | 'roleAssignmentScheduleInstances' | 'roleEligibilityScheduleInstances';

/** RoleManagement.Read.Directory (https://learn.microsoft.com/graph/api/rbacapplication-list-roleassignments). */
export const rowsOf = (graph: GraphReader, list: List, principalId: string) =>
  graph.list(
    path`/roleManagement/directory/${list}?$filter=principalId eq '${principalId}'&$expand=roleDefinition($select=id,displayName)`,
    rowSchema,
  );

/** undefined without Entra ID P2 or Governance: then there is no PIM, and nothing in it. */
export async function ifLicensed<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof PermanentError && (error.status === 400 || error.status === 403)) return undefined;
    throw error;
  }
}

/** A cast needs it; the index behind it may lag by minutes. */
const eventual = { headers: { ConsistencyLevel: 'eventual' } };

/**
 * https://learn.microsoft.com/graph/api/user-list-transitivememberof and user-list-ownedobjects: User.Read.All, and
 * GroupMember.Read.All to see the groups' properties. No group lies inside a role-assignable one.
 */
export async function carryingGroups(graph: GraphReader, userId: string) {
  const [member, owner] = await Promise.all([
    graph.list(
      path`/users/${userId}/transitiveMemberOf/microsoft.graph.group?$select=id,displayName,isAssignableToRole&$filter=isAssignableToRole eq true&$count=true`,
      groupSchema,
      eventual,
    ),
    graph.list(
      path`/users/${userId}/ownedObjects/microsoft.graph.group?$select=id,displayName,isAssignableToRole&$count=true`,
      groupSchema,
      eventual,
    ),
  ]);
  return [
    ...member.map((group) => ({ group, relation: 'member' as const })),
    ...owner.map((group) => ({ group, relation: 'owner' as const })),
  ].filter(({ group }) => group.isAssignableToRole === true);
}

/** PIM for Groups: PrivilegedEligibilitySchedule.Read.AzureADGroup. Only groups that carry roles matter here. */
export async function eligibleGroups(graph: GraphReader, userId: string) {
  const entries = await ifLicensed(
    graph.list(
      path`/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances?$filter=principalId eq '${userId}'`,
      accessSchema,
    ),
  );
  const own = (entries ?? []).filter(({ memberType }) => memberType?.toLowerCase() !== 'group');
  const found = await Promise.all(
    own.map(async ({ groupId, accessId, startDateTime, endDateTime }) => {
      const group = await graph.get(
        path`/groups/${groupId}?$select=id,displayName,isAssignableToRole`,
        groupSchema,
      );
      return { group, relation: accessId, startDateTime, endDateTime };
    }),
  );
  return entries && found.filter(({ group }) => group.isAssignableToRole === true);
}

/** What a group carries now, and what it may activate. */
export async function rolesOfGroup(graph: GraphReader, groupId: string, withPim: boolean): Promise<Row[]> {
  const [now, later] = await Promise.all([
    rowsOf(graph, 'roleAssignments', groupId),
    withPim ? rowsOf(graph, 'roleEligibilityScheduleInstances', groupId) : [],
  ]);
  return [...now, ...later];
}
