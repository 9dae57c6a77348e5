// Users: what can be read of them, and the routes of what can be changed.
import type { Row } from '../answers.ts';
import { findUser } from '../directory.ts';
import type { EntityType } from '../odata.ts';
import { userProperties } from '../schema/directory.ts';
import type { User } from '../schema.ts';
import { changeUser, revokeSessions } from './change-user.ts';
import type { GraphCall, GraphRoute } from './route.ts';
import { notFound, requireUser, userRow } from './user-row.ts';

const person: EntityType = { name: 'microsoft.graph.user', properties: userProperties };
const userType: EntityType = { ...person, navigation: { manager: person } };

const byDefault = [
  'businessPhones',
  'displayName',
  'givenName',
  'jobTitle',
  'mail',
  'mobilePhone',
  'officeLocation',
  'preferredLanguage',
  'surname',
  'userPrincipalName',
  'id',
];

function shown(call: GraphCall, user: User): Row {
  const row = userRow(user, call.store.loadedAt);
  const manager = user.manager ? findUser(call.file, user.manager) : undefined;
  const all = call.query.select ? row : Object.fromEntries(byDefault.map((name) => [name, row[name]]));
  if (!manager || !call.query.expand.has('manager')) return all;
  return {
    ...all,
    manager: { '@odata.type': '#microsoft.graph.user', ...userRow(manager, call.store.loadedAt) },
  };
}

const one = (call: GraphCall) => shown(call, requireUser(call.file, call.parameters['id'] ?? ''));

function managerOf(call: GraphCall): Row {
  const user = requireUser(call.file, call.parameters['id'] ?? '');
  const manager = user.manager ? findUser(call.file, user.manager) : undefined;
  if (!manager) throw notFound('manager');
  return { '@odata.type': '#microsoft.graph.user', ...shown(call, manager) };
}

export const userRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/users',
    behind: 'directory',
    entity: userType,
    query: {
      select: true,
      expand: true,
      count: true,
      page: { size: 100, most: 999 },
      orderBy: ['displayName', 'userPrincipalName'],
      advanced: ['ne', 'endswith'],
      filter: {
        id: 'eq ne in',
        userPrincipalName: 'eq ne in startswith endswith',
        mail: 'eq ne in startswith endswith',
        displayName: 'eq ne in startswith',
        accountEnabled: 'eq ne in',
        userType: 'eq ne in',
        otherMails: 'any',
        proxyAddresses: 'any',
        onPremisesSyncEnabled: 'eq ne',
        onPremisesSecurityIdentifier: 'eq',
        securityIdentifier: 'eq',
        createdDateTime: 'eq ge le',
      },
    },
    many: (call) => call.file.users.map((user) => shown(call, user)),
  },
  {
    method: 'GET',
    path: '/users/{id}',
    behind: 'directory',
    entity: userType,
    query: { select: true, expand: true },
    one,
  },
  {
    method: 'GET',
    path: '/users/{id}/manager',
    behind: 'directory',
    entity: person,
    query: { select: true },
    one: managerOf,
  },
  {
    method: 'PATCH',
    path: '/users/{id}',
    behind: 'directory',
    entity: userType,
    ownPermission: true,
    act: changeUser,
  },
  {
    method: 'POST',
    path: '/users/{id}/revokeSignInSessions',
    behind: 'directory',
    entity: userType,
    act: revokeSessions,
  },
];
