// Directory roles and group memberships, to tell who is privileged and who is the last Global Administrator.
import { Refusal, type Row } from '../answers.ts';
import {
  activeRolesOf,
  findGroup,
  findRole,
  findUser,
  type Group,
  groupIdOf,
  groupsOf,
  principalIdOf,
  type RoleDefinition,
  rolesOf,
  userIdOf,
} from '../directory.ts';
import { guidOf } from '../ids.ts';
import { type EntityType, withDefaults } from '../odata.ts';
import { groupProperties, roleDefinitionProperties, userProperties } from '../schema/directory.ts';
import { instant, text } from '../schema/fields.ts';
import type { TenantFile } from '../schema.ts';
import type { GraphCall, GraphRoute } from './route.ts';
import { notFound, requireUser, userRow } from './users.ts';

const roleProperties = {
  id: text,
  displayName: text,
  description: text,
  roleTemplateId: text,
  deletedDateTime: instant,
};
const directoryRoleType: EntityType = { name: 'microsoft.graph.directoryRole', properties: roleProperties };
const groupType: EntityType = { name: 'microsoft.graph.group', properties: groupProperties };
const objectType: EntityType = {
  name: 'microsoft.graph.directoryObject',
  properties: { ...userProperties, ...groupProperties, ...roleProperties },
};
const definitionType: EntityType = {
  name: 'microsoft.graph.unifiedRoleDefinition',
  properties: roleDefinitionProperties,
};
const navigation = { roleDefinition: definitionType, principal: objectType };
const assignmentProperties = {
  id: text,
  principalId: text,
  roleDefinitionId: text,
  directoryScopeId: text,
  appScopeId: text,
  condition: text,
  principalOrganizationId: text,
};
const assignmentType: EntityType = {
  name: 'microsoft.graph.unifiedRoleAssignment',
  properties: assignmentProperties,
  navigation,
};
const instanceProperties = {
  id: text,
  principalId: text,
  roleDefinitionId: text,
  directoryScopeId: text,
  appScopeId: text,
  startDateTime: instant,
  endDateTime: instant,
  memberType: text,
};
const activeProperties = {
  ...instanceProperties,
  assignmentType: text,
  roleAssignmentOriginId: text,
  roleAssignmentScheduleId: text,
};
const activeType: EntityType = {
  name: 'microsoft.graph.unifiedRoleAssignmentScheduleInstance',
  properties: activeProperties,
  navigation,
};
const eligibleProperties = { ...instanceProperties, roleEligibilityScheduleId: text };
const eligibleType: EntityType = {
  name: 'microsoft.graph.unifiedRoleEligibilityScheduleInstance',
  properties: eligibleProperties,
  navigation,
};

const definitionRow = (role: RoleDefinition): Row =>
  withDefaults(role, roleDefinitionProperties, { resourceScopes: ['/'] });

const directoryRoleRow = (role: RoleDefinition): Row => ({
  '@odata.type': '#microsoft.graph.directoryRole',
  id: guidOf('directoryRole', role.id),
  deletedDateTime: null,
  description: role.description,
  displayName: role.displayName,
  roleTemplateId: role.templateId,
});

const groupRow = (group: Group): Row => ({
  '@odata.type': '#microsoft.graph.group',
  ...withDefaults(group, groupProperties, {
    id: groupIdOf(group),
    securityEnabled: true,
    mailEnabled: false,
  }),
});

function principalRow(call: GraphCall, id: string): Row | null {
  const user = findUser(call.file, id);
  if (user) return { '@odata.type': '#microsoft.graph.user', ...userRow(user, call.store.loadedAt) };
  const group = findGroup(call.file, id);
  return group ? groupRow(group) : null;
}

const roleRowsOf = (file: TenantFile, userId: string): Row[] => {
  const unique = new Map(activeRolesOf(file, userId).map((role) => [role.id, role]));
  return [...unique.values()].filter((role) => role.isBuiltIn).map(directoryRoleRow);
};
const groupRowsOf = (file: TenantFile, userId: string): Row[] =>
  groupsOf(file, userId).map((group) => groupRow(group));

const userIdIn = (call: GraphCall) => userIdOf(requireUser(call.file, call.parameters['id'] ?? ''));

interface Reference {
  id?: string | undefined;
  principalId: string;
  roleDefinitionId: string;
  directoryScopeId?: string | null | undefined;
  appScopeId?: string | null | undefined;
}
function referenceRow(call: GraphCall, kind: string, reference: Reference): Row {
  const principalId = principalIdOf(call.file, reference.principalId);
  const role = findRole(call.file, reference.roleDefinitionId);
  const directoryScopeId = reference.directoryScopeId ?? '/';
  return {
    id: reference.id ?? guidOf(kind, principalId, role?.id ?? reference.roleDefinitionId, directoryScopeId),
    principalId,
    roleDefinitionId: role?.id ?? reference.roleDefinitionId,
    directoryScopeId,
    appScopeId: reference.appScopeId ?? null,
    ...(call.query.expand.has('roleDefinition') ? { roleDefinition: role ? definitionRow(role) : null } : {}),
    ...(call.query.expand.has('principal') ? { principal: principalRow(call, principalId) } : {}),
  };
}

const assignmentRows = (call: GraphCall): Row[] =>
  (call.file.roleAssignments ?? []).map((assignment) => ({
    ...referenceRow(call, 'roleAssignment', assignment),
    condition: assignment.condition ?? null,
    principalOrganizationId: call.claims.tid,
  }));

/** Schedules as PIM shows them: a role held through a group stands there for the group and for each member. */
function instanceRows(call: GraphCall, kind: 'roleAssignments' | 'roleEligibilities'): Row[] {
  return (call.file[kind] ?? []).flatMap((entry) => {
    const row = referenceRow(call, kind, entry);
    const own = {
      startDateTime: entry.startDateTime ?? null,
      endDateTime: entry.endDateTime ?? null,
      ...('assignmentType' in entry || kind === 'roleAssignments'
        ? {
            assignmentType: ('assignmentType' in entry ? entry.assignmentType : null) ?? 'Assigned',
            roleAssignmentOriginId: row['id'],
            roleAssignmentScheduleId: row['id'],
          }
        : { roleEligibilityScheduleId: row['id'] }),
    };
    const group = findGroup(call.file, entry.principalId);
    const members = group
      ? call.file.users.filter((user) => groupsOf(call.file, userIdOf(user)).includes(group)).map(userIdOf)
      : [];
    return [
      { ...row, ...own, memberType: 'Direct' },
      ...members.map((member) => ({
        ...referenceRow(call, kind, { ...entry, principalId: member, id: undefined }),
        ...own,
        memberType: 'Group',
      })),
    ];
  });
}

function byId(rows: readonly Row[], id: string): Row {
  const found = rows.find((row) => row['id'] === id);
  if (!found) throw notFound(id);
  return found;
}

function membersOf(call: GraphCall): Row[] {
  const key = call.parameters['id'] ?? '';
  const role = rolesOf(call.file).find(
    ({ id, templateId }) => guidOf('directoryRole', id) === key || templateId === key,
  );
  if (!role) throw notFound(key);
  return (call.file.roleAssignments ?? [])
    .filter(
      (assignment) =>
        findRole(call.file, assignment.roleDefinitionId)?.id === role.id &&
        (assignment.directoryScopeId ?? '/') === '/',
    )
    .map((assignment) => principalRow(call, assignment.principalId))
    .filter((row) => row !== null);
}

/** Only roles that somebody holds are activated and listed. */
function activated(call: GraphCall): Row[] {
  const held = new Set(
    (call.file.roleAssignments ?? []).map(
      ({ roleDefinitionId }) => findRole(call.file, roleDefinitionId)?.id,
    ),
  );
  return rolesOf(call.file)
    .filter((role) => role.isBuiltIn && held.has(role.id))
    .map(directoryRoleRow);
}

const needsFilter = (rows: (call: GraphCall) => Row[]) => (call: GraphCall) => {
  if (!call.query.filter)
    throw new Refusal(400, 'MissingParameters', 'The required filter parameters are not supplied.');
  return rows(call);
};

const listOf = { select: true, count: true, page: { size: 100, most: 999 } } as const;
const references = { principalId: 'eq', roleDefinitionId: 'eq', directoryScopeId: 'eq', id: 'eq' };
const base = '/roleManagement/directory';
const memberOf = '/users/{id}/transitiveMemberOf';

export const roleRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: memberOf,
    behind: 'directory',
    entity: objectType,
    query: listOf,
    many: (call) => [...groupRowsOf(call.file, userIdIn(call)), ...roleRowsOf(call.file, userIdIn(call))],
  },
  {
    method: 'GET',
    path: `${memberOf}/microsoft.graph.directoryRole`,
    behind: 'directory',
    entity: directoryRoleType,
    query: listOf,
    many: (call) => roleRowsOf(call.file, userIdIn(call)),
  },
  {
    method: 'GET',
    path: `${memberOf}/microsoft.graph.group`,
    behind: 'directory',
    entity: groupType,
    query: {
      ...listOf,
      advanced: true,
      filter: { isAssignableToRole: 'eq', displayName: 'eq startswith', id: 'eq in' },
    },
    many: (call) => groupRowsOf(call.file, userIdIn(call)),
  },
  {
    method: 'GET',
    path: '/directoryRoles',
    behind: 'directory',
    entity: directoryRoleType,
    query: { select: true, filter: { roleTemplateId: 'eq', displayName: 'eq' } },
    many: activated,
  },
  {
    method: 'GET',
    path: '/directoryRoles/{id}',
    behind: 'directory',
    entity: directoryRoleType,
    query: { select: true },
    one: (call) => byId(activated(call), call.parameters['id'] ?? ''),
  },
  {
    method: 'GET',
    path: '/directoryRoles/{id}/members',
    behind: 'directory',
    entity: objectType,
    query: { select: true },
    many: membersOf,
  },
  {
    method: 'GET',
    path: `${base}/roleDefinitions`,
    behind: 'directory',
    entity: definitionType,
    query: {
      ...listOf,
      filter: { displayName: 'eq startswith', templateId: 'eq', isBuiltIn: 'eq', id: 'eq' },
    },
    many: (call) => rolesOf(call.file).map(definitionRow),
  },
  {
    method: 'GET',
    path: `${base}/roleDefinitions/{id}`,
    behind: 'directory',
    entity: definitionType,
    query: { select: true },
    one: (call) => byId(rolesOf(call.file).map(definitionRow), call.parameters['id'] ?? ''),
  },
  {
    method: 'GET',
    path: `${base}/roleAssignments`,
    behind: 'directory',
    entity: assignmentType,
    query: { ...listOf, expand: true, expandMost: 1, filter: references },
    many: needsFilter(assignmentRows),
  },
  {
    method: 'GET',
    path: `${base}/roleAssignments/{id}`,
    behind: 'directory',
    entity: assignmentType,
    query: { select: true, expand: true, expandMost: 1 },
    one: (call) => byId(assignmentRows(call), call.parameters['id'] ?? ''),
  },
  {
    method: 'GET',
    path: `${base}/roleAssignmentScheduleInstances`,
    behind: 'directory',
    entity: activeType,
    query: {
      ...listOf,
      expand: true,
      filter: { ...references, assignmentType: 'eq', memberType: 'eq', endDateTime: 'eq ge le' },
    },
    many: (call) => instanceRows(call, 'roleAssignments'),
  },
  {
    method: 'GET',
    path: `${base}/roleEligibilityScheduleInstances`,
    behind: 'directory',
    entity: eligibleType,
    query: { ...listOf, expand: true, filter: { ...references, memberType: 'eq', endDateTime: 'eq ge le' } },
    many: (call) => instanceRows(call, 'roleEligibilities'),
  },
];
