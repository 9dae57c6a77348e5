// Role assignments as rows: direct ones, and as PIM shows them with members of groups one by one.
import type { Row } from '../answers.ts';
import { findGroup, findRole, groupsOf, principalIdOf, userIdOf } from '../directory.ts';
import { guidOf } from '../ids.ts';
import type { TenantFile } from '../schema.ts';
import { definitionRow, principalRow } from './principals.ts';
import type { GraphCall } from './route.ts';

interface Reference {
  id?: string | undefined;
  principalId: string;
  roleDefinitionId: string;
  directoryScopeId?: string | null | undefined;
  appScopeId?: string | null | undefined;
}

/** The id of an assignment, which a file need not name. */
export function assignmentIdOf(file: TenantFile, assignment: Reference): string {
  const role = findRole(file, assignment.roleDefinitionId)?.id ?? assignment.roleDefinitionId;
  const principalId = principalIdOf(file, assignment.principalId);
  return assignment.id ?? guidOf('roleAssignment', principalId, role, assignment.directoryScopeId ?? '/');
}

function referenceRow(call: GraphCall, kind: string, reference: Reference): Row {
  const principalId = principalIdOf(call.file, reference.principalId);
  const role = findRole(call.file, reference.roleDefinitionId);
  const roleDefinitionId = role?.id ?? reference.roleDefinitionId;
  const directoryScopeId = reference.directoryScopeId ?? '/';
  const { expand } = call.query;
  return {
    id: reference.id ?? guidOf(kind, principalId, roleDefinitionId, directoryScopeId),
    principalId,
    roleDefinitionId,
    directoryScopeId,
    appScopeId: reference.appScopeId ?? null,
    ...(expand.has('roleDefinition') ? { roleDefinition: role ? definitionRow(role) : null } : {}),
    ...(expand.has('principal') ? { principal: principalRow(call, principalId) } : {}),
  };
}

export const assignmentRows = (call: GraphCall): Row[] =>
  [...(call.file.roleAssignments ?? []), ...ownAssignments(call)].map((assignment) => ({
    ...referenceRow(call, 'roleAssignment', assignment),
    condition: assignment.condition ?? null,
    principalOrganizationId: call.claims.tid,
  }));

/** The app's own assignments are listed beside those of the tenant's users. */
const ownAssignments = ({ claims, directoryRoles }: GraphCall) =>
  directoryRoles.map((roleDefinitionId) => ({ principalId: claims.oid, roleDefinitionId, condition: null }));

/** PIM lists a role held through a group for the group and for each of its members. */
function instances<T extends Reference>(
  call: GraphCall,
  kind: string,
  entries: readonly T[],
  own: (entry: T, id: unknown) => Row,
): Row[] {
  return entries.flatMap((entry) => {
    const row = referenceRow(call, kind, entry);
    const group = findGroup(call.file, entry.principalId);
    const members = group
      ? call.file.users.filter((user) => groupsOf(call.file, userIdOf(user)).includes(group)).map(userIdOf)
      : [];
    return [
      { ...row, ...own(entry, row['id']), memberType: 'Direct' },
      ...members.map((principalId) => ({
        ...referenceRow(call, kind, { ...entry, principalId, id: undefined }),
        ...own(entry, row['id']),
        memberType: 'Group',
      })),
    ];
  });
}

export const activeRows = (call: GraphCall): Row[] =>
  instances(call, 'assignment schedule', call.file.roleAssignments ?? [], (entry, id) => ({
    startDateTime: entry.startDateTime ?? null,
    endDateTime: entry.endDateTime ?? null,
    assignmentType: entry.assignmentType ?? 'Assigned',
    roleAssignmentOriginId: id,
    roleAssignmentScheduleId: id,
  }));

export const eligibleRows = (call: GraphCall): Row[] =>
  instances(call, 'eligibility schedule', call.file.roleEligibilities ?? [], (entry, id) => ({
    startDateTime: entry.startDateTime ?? null,
    endDateTime: entry.endDateTime ?? null,
    roleEligibilityScheduleId: id,
  }));
