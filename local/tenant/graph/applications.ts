// Applications: who may act for whom and who owns what. What an app changes about it is in application-writes.ts.
import type { Row } from '../answers.ts';
import {
  applicationObjectId,
  applicationRowOf,
  assignmentRowOf,
  grantRowOf,
  principalObjectId,
  principalRowOf,
} from '../applications.ts';
import { principalIdOf, userIdOf } from '../directory.ts';
import type { EntityType } from '../odata.ts';
import {
  applicationProperties,
  appRoleAssignmentProperties,
  grantProperties,
  servicePrincipalProperties,
} from '../schema/application.ts';
import {
  addApplication,
  addAssignment,
  addGrant,
  addOwner,
  addPrincipal,
  live,
  patchPrincipal,
  removeApplication,
  removeAssignment,
  removeGrant,
  removeOwner,
} from './application-writes.ts';
import { groupRow, objectType } from './principals.ts';
import type { GraphCall, GraphRoute } from './route.ts';
import { notFound, requireUser } from './user-row.ts';

const applicationType: EntityType = {
  name: 'microsoft.graph.application',
  properties: applicationProperties,
};
const principalType: EntityType = {
  name: 'microsoft.graph.servicePrincipal',
  properties: servicePrincipalProperties,
};
const grantType: EntityType = { name: 'microsoft.graph.oAuth2PermissionGrant', properties: grantProperties };
const assignmentType: EntityType = {
  name: 'microsoft.graph.appRoleAssignment',
  properties: appRoleAssignmentProperties,
};
const ownableType: EntityType = {
  ...objectType,
  properties: { ...objectType.properties, ...servicePrincipalProperties, ...applicationProperties },
};

const idIn = (call: GraphCall) => call.parameters['id'] ?? '';
const userIdIn = (call: GraphCall) => userIdOf(requireUser(call.store.file, idIn(call)));

const grants = (call: GraphCall): Row[] =>
  (call.file.oauth2PermissionGrants ?? []).map((grant) => grantRowOf(call.file, grant));
const ofUser = (call: GraphCall, rows: readonly Row[]) =>
  rows.filter((row) => row['principalId'] === userIdIn(call));
const assignments = (call: GraphCall): Row[] =>
  ofUser(
    call,
    (call.file.appRoleAssignments ?? []).map((one) => assignmentRowOf(call.file, one)),
  );

/** Who may use an application (`resourceId`), or what an application itself may (`principalId`). */
function assignmentsWhere(call: GraphCall, which: 'principalId' | 'resourceId'): Row[] {
  const id = principalObjectId(live(call));
  return (call.file.appRoleAssignments ?? [])
    .map((one) => assignmentRowOf(call.file, one))
    .filter((row) => row[which] === id);
}

function owned(call: GraphCall): Row[] {
  const { file } = call;
  const id = userIdIn(call);
  const isOwned = ({ owners }: { owners?: readonly string[] | undefined }) =>
    owners?.some((name) => principalIdOf(file, name) === id) ?? false;
  return [
    ...(file.applications ?? []).filter(isOwned).map((app) => ({
      '@odata.type': '#microsoft.graph.application',
      ...applicationRowOf(file, app, call.store.loadedAt),
    })),
    ...(file.servicePrincipals ?? []).filter(isOwned).map((app) => ({
      '@odata.type': '#microsoft.graph.servicePrincipal',
      ...principalRowOf(file, app),
    })),
    ...(file.groups ?? []).filter(isOwned).map(groupRow),
  ];
}

const behind = 'directory';
const list = { select: true, page: { size: 100, most: 999 } } as const;

export const applicationRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/users/{id}/oauth2PermissionGrants',
    behind,
    entity: grantType,
    query: list,
    many: (call) => ofUser(call, grants(call)),
  },
  {
    method: 'GET',
    path: '/oauth2PermissionGrants',
    behind,
    entity: grantType,
    query: {
      ...list,
      filter: { clientId: 'eq', consentType: 'eq', principalId: 'eq', resourceId: 'eq', scope: 'eq' },
    },
    many: grants,
  },
  { method: 'POST', path: '/oauth2PermissionGrants', behind, entity: grantType, act: addGrant },
  { method: 'DELETE', path: '/oauth2PermissionGrants/{id}', behind, entity: grantType, act: removeGrant },
  {
    method: 'GET',
    path: '/users/{id}/appRoleAssignments',
    behind,
    entity: assignmentType,
    query: { ...list, filter: { resourceId: 'eq' } },
    many: assignments,
  },
  {
    method: 'POST',
    path: '/users/{id}/appRoleAssignments',
    behind,
    entity: assignmentType,
    act: addAssignment,
  },
  {
    method: 'DELETE',
    path: '/users/{id}/appRoleAssignments/{assignment}',
    behind,
    entity: assignmentType,
    act: removeAssignment,
  },
  { method: 'GET', path: '/users/{id}/ownedObjects', behind, entity: ownableType, query: list, many: owned },
  {
    method: 'GET',
    path: '/servicePrincipals',
    behind,
    entity: principalType,
    query: {
      ...list,
      count: true,
      filter: { id: 'eq in', appId: 'eq in', displayName: 'eq startswith', accountEnabled: 'eq' },
    },
    many: (call) => (call.file.servicePrincipals ?? []).map((app) => principalRowOf(call.file, app)),
  },
  {
    method: 'GET',
    path: '/servicePrincipals/{id}',
    behind,
    entity: principalType,
    query: { select: true },
    one: (call) => principalRowOf(call.file, live(call)),
  },
  {
    method: 'GET',
    path: '/servicePrincipals/{id}/appRoleAssignedTo',
    behind,
    entity: assignmentType,
    query: list,
    many: (call) => assignmentsWhere(call, 'resourceId'),
  },
  {
    method: 'GET',
    path: '/servicePrincipals/{id}/appRoleAssignments',
    behind,
    entity: assignmentType,
    query: list,
    many: (call) => assignmentsWhere(call, 'principalId'),
  },
  { method: 'POST', path: '/servicePrincipals', behind, entity: principalType, act: addPrincipal },
  {
    method: 'GET',
    path: '/applications',
    behind,
    entity: applicationType,
    query: { ...list, filter: { displayName: 'eq startswith', appId: 'eq' } },
    many: (call) =>
      (call.file.applications ?? []).map((app) => applicationRowOf(call.file, app, call.store.loadedAt)),
  },
  { method: 'POST', path: '/applications', behind, entity: applicationType, act: addApplication },
  { method: 'DELETE', path: '/applications/{id}', behind, entity: applicationType, act: removeApplication },
  { method: 'PATCH', path: '/servicePrincipals/{id}', behind, entity: principalType, act: patchPrincipal },
  {
    method: 'GET',
    path: '/applications/{id}',
    behind,
    entity: applicationType,
    query: { select: true },
    one: (call) => {
      const app = call.file.applications?.find((one) => applicationObjectId(one) === idIn(call));
      if (!app) throw notFound(idIn(call));
      return applicationRowOf(call.file, app, call.store.loadedAt);
    },
  },
  ...(['applications', 'servicePrincipals'] as const).flatMap((collection): GraphRoute[] => [
    {
      method: 'POST',
      path: `/${collection}/{id}/owners/$ref`,
      behind,
      entity: objectType,
      act: addOwner(collection),
    },
    {
      method: 'DELETE',
      path: `/${collection}/{id}/owners/{owner}/$ref`,
      behind,
      entity: objectType,
      act: removeOwner(collection),
    },
  ]),
];
