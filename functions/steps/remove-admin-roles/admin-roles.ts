// The ways in which an account holds directory roles: directly, through PIM (active or eligible), and through groups with
// roles, as a member or as an owner who could become one. Only reads; see change-admin-roles.ts.
import { z } from 'zod';
import {
  globalAdministrator,
  isLastGlobalAdministrator,
} from '../../../shared/microsoft365/global-administrators.ts';
import {
  carryingGroups,
  eligibleGroups,
  type Group,
  ifLicensed,
  type Relation,
  type Row,
  relationSchema,
  rolesOfGroup,
  rowsOf,
} from '../../../shared/microsoft365/role-lists.ts';
import type { GraphReader } from '../../../shared/model/clients.ts';

const role = {
  roleDefinitionId: z.string(),
  directoryScopeId: z.string().nullable(),
  appScopeId: z.string().nullable(),
};
const period = { startDateTime: z.string().nullable(), endDateTime: z.string().nullable() };

/** Everything needed to remove one of these ways and to restore it. */
export const grantSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('active'),
    ...role,
    ...period,
    /** null: PIM knows it, but the assignments do not show it yet. */
    assignmentId: z.string().nullable(),
    condition: z.string().nullable(),
    inPim: z.boolean(),
    /** The user activated it from an eligibility, for some hours. */
    activated: z.boolean(),
  }),
  z.object({ kind: z.literal('eligible'), ...role, ...period }),
  z.object({
    kind: z.literal('group'),
    groupId: z.string(),
    relation: relationSchema,
    /** The user may also activate it, so the present assignment ends by itself. */
    activated: z.boolean(),
  }),
  z.object({ kind: z.literal('eligible-group'), groupId: z.string(), relation: relationSchema, ...period }),
]);
export type RoleGrant = z.infer<typeof grantSchema>;

interface HeldGrant {
  grant: RoleGrant;
  id: string;
  what: string;
  /** Gives the role Global Administrator over the whole tenant. */
  global: boolean;
}

export interface AdminRoles {
  grants: readonly HeldGrant[];
  /** Nobody else who is enabled is Global Administrator; asked only if a grant is about that role. */
  lastGlobalAdministrator: boolean;
  /** Which part is unknown, and why. */
  gaps: readonly string[];
}

const isOwn = ({ memberType }: Row) => memberType === null || memberType === 'Direct';
const scopeOf = (row: Row) => row.appScopeId ?? row.directoryScopeId ?? '/';
const sameRole = (one: Row) => (other: Row) =>
  one.roleDefinitionId === other.roleDefinitionId && scopeOf(one) === scopeOf(other);
const nameOf = (row: Row) =>
  (row.roleDefinition?.displayName ?? row.roleDefinitionId) +
  (scopeOf(row) === '/' ? '' : ` over ${scopeOf(row)}`);
const reference = ({ roleDefinitionId, directoryScopeId, appScopeId }: Row) => ({
  roleDefinitionId,
  directoryScopeId,
  appScopeId,
});

/** Present roles, and groups with roles. Throws what Graph refuses, except for lack of a licence. */
export async function readAdminRoles(graph: GraphReader, userId: string): Promise<AdminRoles> {
  const [assigned, active, eligible, groups, mayJoin] = await Promise.all([
    rowsOf(graph, 'roleAssignments', userId),
    ifLicensed(rowsOf(graph, 'roleAssignmentScheduleInstances', userId)),
    ifLicensed(rowsOf(graph, 'roleEligibilityScheduleInstances', userId)),
    carryingGroups(graph, userId),
    eligibleGroups(graph, userId),
  ]);
  const inPim = (active ?? []).filter(isOwn);
  const notYetAssigned = inPim.filter((row) => !assigned.some(sameRole(row)));
  const roles = [...assigned, ...notYetAssigned].map((row): HeldGrant => {
    const schedule = inPim.find(sameRole(row));
    const activated = schedule?.assignmentType === 'Activated';
    return {
      id: `active:${row.roleDefinitionId}:${scopeOf(row)}`,
      what: `the role ${nameOf(row)}${activated ? ', activated in PIM' : ''}`,
      global: globalAdministrator(row),
      grant: {
        kind: 'active',
        ...reference(row),
        startDateTime: schedule?.startDateTime ?? null,
        endDateTime: schedule?.endDateTime ?? null,
        assignmentId: notYetAssigned.includes(row) ? null : row.id,
        condition: row.condition,
        inPim: schedule !== undefined,
        activated,
      },
    };
  });
  const mayActivate = (eligible ?? []).filter(isOwn).map((row): HeldGrant => {
    const { startDateTime, endDateTime } = row;
    return {
      id: `eligible:${row.roleDefinitionId}:${scopeOf(row)}`,
      what: `the right to activate ${nameOf(row)} in PIM`,
      global: globalAdministrator(row),
      grant: { kind: 'eligible', ...reference(row), startDateTime, endDateTime },
    };
  });
  const carried = new Map<string, Promise<Row[]>>();
  const rolesOf = (groupId: string) => {
    const known = carried.get(groupId) ?? rolesOfGroup(graph, groupId, eligible !== undefined);
    carried.set(groupId, known);
    return known;
  };
  const throughGroups = await Promise.all(
    groups.map(async ({ group, relation }): Promise<HeldGrant> => {
      const activated = (mayJoin ?? []).some(
        (entry) => entry.group.id === group.id && entry.relation === relation,
      );
      return {
        ...describe(group, relation, await rolesOf(group.id)),
        id: `${relation}:${group.id}`,
        grant: { kind: 'group', groupId: group.id, relation, activated },
      };
    }),
  );
  const mayJoinGroups = await Promise.all(
    (mayJoin ?? []).map(async ({ group, relation, startDateTime, endDateTime }): Promise<HeldGrant> => {
      const described = describe(group, relation, await rolesOf(group.id));
      return {
        ...described,
        what: `the right to activate in PIM ${described.what}`,
        id: `eligible-${relation}:${group.id}`,
        grant: { kind: 'eligible-group', groupId: group.id, relation, startDateTime, endDateTime },
      };
    }),
  );
  // What keeps the lock from reaching the account comes first; an eligibility may have to wait for PIM.
  const grants = [...roles, ...throughGroups, ...mayActivate, ...mayJoinGroups];
  const gap = 'what it may activate in PIM for Groups: Microsoft Graph refused to tell';
  return {
    grants,
    lastGlobalAdministrator:
      grants.some(({ global }) => global) && (await isLastGlobalAdministrator(graph, userId)),
    gaps: mayJoin === undefined && eligible !== undefined ? [gap] : [],
  };
}

function describe(group: Group, relation: Relation, roles: readonly Row[]) {
  const names = [...new Set(roles.map(nameOf))].join(', ') || 'no role now';
  return {
    what: `${relation === 'member' ? 'membership' : 'ownership'} of the group ${group.displayName ?? group.id} (${names})`,
    global: roles.some(globalAdministrator),
  };
}
