// Users: reading, blocking, passwords and sessions. Sensitive writes need a role of the app that reaches the target
// (https://learn.microsoft.com/graph/api/user-update).
import { isRow, Refusal, type Row } from '../answers.ts';
import { findUser, isFederated, isGuest, primaryAddressOf, userIdOf } from '../directory.ts';
import { type EntityType, withDefaults } from '../odata.ts';
import { roleThatReaches } from '../reach.ts';
import { userProperties } from '../schema/directory.ts';
import type { TenantFile, User } from '../schema.ts';
import { passwordProblem } from './password.ts';
import type { GraphCall, GraphRoute } from './route.ts';

const person: EntityType = { name: 'microsoft.graph.user', properties: userProperties };
export const userType: EntityType = { ...person, navigation: { manager: person } };

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

export const notFound = (id: string) =>
  new Refusal(
    404,
    'Request_ResourceNotFound',
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );

export function requireUser(file: TenantFile, id: string): User {
  const user = findUser(file, id);
  if (!user) throw notFound(id);
  return user;
}

const aYearBefore = (iso: string) => new Date(Date.parse(iso) - 365 * 86_400_000).toISOString();

/** A user with all properties. */
export function userRow(user: User, loadedAt: string): Row {
  const createdDateTime = user.createdDateTime ?? aYearBefore(loadedAt);
  const address = primaryAddressOf(user);
  return withDefaults(user, userProperties, {
    id: userIdOf(user),
    displayName: user.userPrincipalName.split('@')[0],
    accountEnabled: true,
    userType: isGuest(user) ? 'Guest' : 'Member',
    mail: address,
    mailNickname: user.userPrincipalName.split('@')[0],
    proxyAddresses: address === null ? [] : [`SMTP:${address}`],
    createdDateTime,
    lastPasswordChangeDateTime: createdDateTime,
    signInSessionsValidFromDateTime: createdDateTime,
    assignedPlans: user.mailbox
      ? [
          {
            assignedDateTime: createdDateTime,
            capabilityStatus: 'Enabled',
            service: 'exchange',
            servicePlanId: 'efb87545-963c-4e0d-99df-69c6916d9eb0',
          },
        ]
      : [],
  });
}

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

function reach(call: GraphCall, user: User, least: 'none' | 'User Administrator'): void {
  const role = roleThatReaches(call.store.file, call.directoryRoles, user, least);
  if (role === undefined)
    throw new Refusal(
      403,
      'Authorization_RequestDenied',
      'Insufficient privileges to complete the operation.',
    );
  if (role !== null) call.allowedBy(role);
}

const bad = (message: string) => new Refusal(400, 'Request_BadRequest', message);

/** Everything is checked before anything is written: a refused part leaves the whole request without effect. */
function patch(call: GraphCall) {
  const user = requireUser(call.store.file, call.parameters['id'] ?? '');
  const body = isRow(call.body) ? call.body : {};
  for (const name of Object.keys(body)) {
    if (!(name in userProperties))
      throw bad(`Property '${name}' does not exist as a declared property or extension property.`);
    if (name !== 'accountEnabled' && name !== 'passwordProfile')
      throw bad(`Property '${name}' is read-only in this simulation.`);
    call.require(name);
  }
  const { accountEnabled, passwordProfile } = body;
  if (accountEnabled !== undefined) {
    if (typeof accountEnabled !== 'boolean')
      throw bad("Invalid value specified for property 'accountEnabled' of resource 'User'.");
    reach(call, user, 'none');
  }
  if (passwordProfile !== undefined) {
    checkPassword(call, user, passwordProfile);
    reach(call, user, 'User Administrator');
  }
  const { store } = call;
  if (typeof accountEnabled === 'boolean') {
    const wasEnabled = user.accountEnabled ?? true;
    store.write(user, 'accountEnabled', accountEnabled, { fallback: true });
    const minutes = store.file.behaviour?.directorySyncMinutes;
    if (minutes !== undefined && user.onPremisesSyncEnabled && wasEnabled && !accountEnabled) {
      store.later(minutes * 60_000, () => store.write(user, 'accountEnabled', true, { fallback: true }));
    }
  }
  if (isRow(passwordProfile) && 'password' in passwordProfile) {
    store.write(user, 'lastPasswordChangeDateTime', store.now().toISOString());
    store.write(user, 'signInSessionsValidFromDateTime', store.now().toISOString());
  }
  return { status: 204 };
}

function checkPassword(call: GraphCall, user: User, profile: unknown): void {
  const allowed = ['password', 'forceChangePasswordNextSignIn', 'forceChangePasswordNextSignInWithMfa'];
  if (!isRow(profile))
    throw bad("Invalid value specified for property 'passwordProfile' of resource 'User'.");
  const unknown = Object.keys(profile).find((name) => !allowed.includes(name));
  if (unknown !== undefined)
    throw bad(`Property '${unknown}' does not exist on type 'microsoft.graph.passwordProfile'.`);
  if (isGuest(user)) {
    throw bad(
      'Unable to update the specified properties for objects that have originated within an external service.',
    );
  }
  if (isFederated(call.store.file, user)) {
    throw bad('The password of a user in a federated domain cannot be set here.');
  }
  const problem = 'password' in profile ? passwordProblem(profile['password']) : undefined;
  if (problem) throw bad(problem);
}

function revoke(call: GraphCall) {
  const user = requireUser(call.store.file, call.parameters['id'] ?? '');
  // A guest's sessions belong to the home tenant: the call succeeds and changes nothing.
  if (!isGuest(user)) {
    call.store.write(user, 'signInSessionsValidFromDateTime', call.store.now().toISOString());
  }
  return {
    status: 200,
    body: { '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#Edm.Boolean', value: true },
  };
}

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
    act: patch,
  },
  {
    method: 'POST',
    path: '/users/{id}/revokeSignInSessions',
    behind: 'directory',
    entity: userType,
    act: revoke,
  },
];
