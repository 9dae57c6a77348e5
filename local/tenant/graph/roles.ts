// Directory roles: definitions, assignments, PIM's schedules (Entra ID P2), and the older directoryRoles.
import { type Row, TenantRefusal } from '../answers.ts';
import { findRole, hasPlan, rolesOf } from '../directory.ts';
import { guidOf } from '../ids.ts';
import type { EntityType } from '../odata.ts';
import { instant, text } from '../schema/fields.ts';
import {
  definitionRow,
  definitionType,
  directoryRoleRow,
  directoryRoleType,
  objectType,
  principalRow,
} from './principals.ts';
import { activeRows, assignmentRows, eligibleRows } from './role-rows.ts';
import type { GraphCall, GraphRoute } from './route.ts';
import { notFound } from './user-row.ts';

const navigation = { roleDefinition: definitionType, principal: objectType };
const reference = {
  id: text,
  principalId: text,
  roleDefinitionId: text,
  directoryScopeId: text,
  appScopeId: text,
};
export const assignmentType: EntityType = {
  name: 'microsoft.graph.unifiedRoleAssignment',
  properties: { ...reference, condition: text, principalOrganizationId: text },
  navigation,
};
const instance = { ...reference, startDateTime: instant, endDateTime: instant, memberType: text };
const activeType: EntityType = {
  name: 'microsoft.graph.unifiedRoleAssignmentScheduleInstance',
  properties: {
    ...instance,
    assignmentType: text,
    roleAssignmentOriginId: text,
    roleAssignmentScheduleId: text,
  },
  navigation,
};
const eligibleType: EntityType = {
  name: 'microsoft.graph.unifiedRoleEligibilityScheduleInstance',
  properties: { ...instance, roleEligibilityScheduleId: text },
  navigation,
};

const byId = (rows: (call: GraphCall) => Row[]) => (call: GraphCall) => {
  const id = call.parameters['id'] ?? '';
  const found = rows(call).find((row) => row['id'] === id);
  if (!found) throw notFound(id);
  return found;
};

const definitions = (call: GraphCall) => rolesOf(call.file).map(definitionRow);

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

function members(call: GraphCall): Row[] {
  const key = call.parameters['id'] ?? '';
  const role = rolesOf(call.file).find(({ id }) => guidOf('directoryRole', id) === key);
  if (!role) throw notFound(key);
  return (call.file.roleAssignments ?? [])
    .filter(
      (one) =>
        findRole(call.file, one.roleDefinitionId)?.id === role.id && (one.directoryScopeId ?? '/') === '/',
    )
    .map((one) => principalRow(call, one.principalId))
    .filter((row) => row !== null);
}

/** Assignments cannot be listed for the whole tenant. */
function assignments(call: GraphCall): Row[] {
  if (!call.query.filter) {
    throw new TenantRefusal(
      400,
      'Request_BadRequest',
      'A filter on principalId or roleDefinitionId is required.',
    );
  }
  return assignmentRows(call);
}

/** PIM needs Entra ID P2. */
export function requirePim(call: GraphCall): void {
  if (hasPlan(call.file, 'AAD_PREMIUM_P2')) return;
  throw new TenantRefusal(
    400,
    'AadPremiumLicenseRequired',
    'The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.',
  );
}

const withPim = (rows: (call: GraphCall) => Row[]) => (call: GraphCall) => {
  requirePim(call);
  return rows(call);
};

const behind = 'directory';
const list = { select: true, count: true, page: { size: 100, most: 999 } } as const;
const filter = { principalId: 'eq', roleDefinitionId: 'eq', directoryScopeId: 'eq', id: 'eq' };
const scheduled = { ...filter, memberType: 'eq', startDateTime: 'eq ge le', endDateTime: 'eq ge le' };
export const base = '/roleManagement/directory';

export const roleRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: `${base}/roleDefinitions`,
    behind,
    entity: definitionType,
    query: { ...list, filter: { displayName: 'eq startswith', templateId: 'eq', isBuiltIn: 'eq', id: 'eq' } },
    many: definitions,
  },
  {
    method: 'GET',
    path: `${base}/roleDefinitions/{id}`,
    behind,
    entity: definitionType,
    query: { select: true },
    one: byId(definitions),
  },
  {
    method: 'GET',
    path: `${base}/roleAssignments`,
    behind,
    entity: assignmentType,
    query: { ...list, expand: true, expandMost: 1, filter },
    many: assignments,
  },
  {
    method: 'GET',
    path: `${base}/roleAssignments/{id}`,
    behind,
    entity: assignmentType,
    query: { select: true, expand: true, expandMost: 1 },
    one: byId(assignmentRows),
  },
  {
    method: 'GET',
    path: `${base}/roleAssignmentScheduleInstances`,
    behind,
    entity: activeType,
    query: { ...list, expand: true, filter: { ...scheduled, assignmentType: 'eq' } },
    many: withPim(activeRows),
  },
  {
    method: 'GET',
    path: `${base}/roleEligibilityScheduleInstances`,
    behind,
    entity: eligibleType,
    query: { ...list, expand: true, filter: scheduled },
    many: withPim(eligibleRows),
  },
  {
    method: 'GET',
    path: '/directoryRoles',
    behind,
    entity: directoryRoleType,
    query: { select: true, filter: { roleTemplateId: 'eq', displayName: 'eq' } },
    many: activated,
  },
  {
    method: 'GET',
    path: '/directoryRoles/{id}',
    behind,
    entity: directoryRoleType,
    query: { select: true },
    one: byId(activated),
  },
  {
    method: 'GET',
    path: '/directoryRoles/{id}/members',
    behind,
    entity: objectType,
    query: { select: true },
    many: members,
  },
];
