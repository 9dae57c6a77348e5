// Groups, and what a user belongs to: role-assignable groups make their members privileged.
import type { Row } from '../answers.ts';
import { activeRolesOf, findGroup, type Group, groupsOf, userIdOf } from '../directory.ts';
import { groupProperties, userProperties } from '../schema/directory.ts';
import {
  directoryRoleRow,
  directoryRoleType,
  groupRow,
  groupType,
  objectType,
  principalRow,
} from './principals.ts';
import type { GraphCall, GraphRoute } from './route.ts';
import { notFound, requireUser } from './user-row.ts';

function requireGroup(call: GraphCall): Group {
  const id = call.parameters['id'] ?? '';
  const group = findGroup(call.file, id);
  if (!group) throw notFound(id);
  return group;
}

const direct = (call: GraphCall, names: readonly string[]): Row[] =>
  names.map((name) => principalRow(call, name)).filter((row) => row !== null);

/** Members of members too, each once. */
function transitive(call: GraphCall): Row[] {
  const found = new Map<unknown, Row>();
  const visit = (group: Group) => {
    for (const name of group.members ?? []) {
      const row = principalRow(call, name);
      if (!row || found.has(row['id'])) continue;
      found.set(row['id'], row);
      const inner = findGroup(call.file, name);
      if (inner) visit(inner);
    }
  };
  visit(requireGroup(call));
  return [...found.values()];
}
const onlyUsers = (rows: readonly Row[]) =>
  rows.filter((row) => row['@odata.type'] === '#microsoft.graph.user');

const userIdIn = (call: GraphCall) => userIdOf(requireUser(call.file, call.parameters['id'] ?? ''));
const groupRows = (call: GraphCall): Row[] => groupsOf(call.file, userIdIn(call)).map(groupRow);
function roleRows(call: GraphCall): Row[] {
  const unique = new Map(activeRolesOf(call.file, userIdIn(call)).map((role) => [role.id, role]));
  return [...unique.values()].filter((role) => role.isBuiltIn).map(directoryRoleRow);
}

const list = { select: true, count: true, page: { size: 100, most: 999 } } as const;
/** On an index that lags: each filter and each cast with one needs ConsistencyLevel: eventual and $count=true. */
const indexed = { ...list, advanced: true } as const;
const memberOf = '/users/{id}/transitiveMemberOf';
const personType = { name: 'microsoft.graph.user', properties: userProperties };

export const groupRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: memberOf,
    behind: 'directory',
    entity: objectType,
    query: list,
    many: (call) => [...groupRows(call), ...roleRows(call)],
  },
  {
    method: 'GET',
    path: `${memberOf}/microsoft.graph.directoryRole`,
    behind: 'directory',
    entity: directoryRoleType,
    query: list,
    many: roleRows,
  },
  {
    method: 'GET',
    path: `${memberOf}/microsoft.graph.group`,
    behind: 'directory',
    entity: groupType,
    query: { ...indexed, filter: { isAssignableToRole: 'eq', displayName: 'eq startswith', id: 'eq in' } },
    many: (call) => {
      if (call.query.filter !== undefined || call.query.select?.some((name) => name !== 'id') !== false)
        call.require('properties');
      return groupRows(call);
    },
  },
  {
    method: 'GET',
    path: '/groups/{id}',
    behind: 'directory',
    entity: { name: 'microsoft.graph.group', properties: groupProperties },
    query: { select: true },
    one: (call) => groupRow(requireGroup(call)),
  },
  {
    method: 'GET',
    path: '/groups/{id}/members',
    behind: 'directory',
    entity: objectType,
    query: list,
    many: (call) => direct(call, requireGroup(call).members ?? []),
  },
  {
    method: 'GET',
    path: '/groups/{id}/owners',
    behind: 'directory',
    entity: objectType,
    query: list,
    many: (call) => direct(call, requireGroup(call).owners ?? []),
  },
  {
    method: 'GET',
    path: '/groups/{id}/transitiveMembers',
    behind: 'directory',
    entity: objectType,
    query: list,
    many: transitive,
  },
  {
    method: 'GET',
    path: '/groups/{id}/transitiveMembers/microsoft.graph.user',
    behind: 'directory',
    entity: personType,
    query: { ...indexed, filter: { accountEnabled: 'eq', id: 'eq in', userType: 'eq' } },
    many: (call) => onlyUsers(transitive(call)),
  },
];
