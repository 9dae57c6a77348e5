// More about a user's authentication: the registration report, which knows the default method, and the older per-user
// state of multifactor authentication, which only beta has.
import { isRow, type Row, TenantRefusal } from '../answers.ts';
import { findUser, groupIdOf, hasPlan, isGuest, principalIdOf, userIdOf } from '../directory.ts';
import { type EntityType, withDefaults } from '../odata.ts';
import { registrationProperties } from '../schema/authentication.ts';
import { text } from '../schema/fields.ts';
import type { TenantFile, User } from '../schema.ts';
import { preferred, waysOf } from './authentication.ts';
import type { GraphCall, GraphRoute } from './route.ts';
import { requireUser } from './user-row.ts';

const registrationType: EntityType = {
  name: 'microsoft.graph.userRegistrationDetails',
  properties: registrationProperties,
};

function requirePremium(call: GraphCall): void {
  if (!hasPlan(call.file, 'AAD_PREMIUM') && !hasPlan(call.file, 'AAD_PREMIUM_P2')) {
    throw new TenantRefusal(
      403,
      'Authentication_RequestFromNonPremiumTenantOrB2CTenant',
      "Neither tenant is B2C or tenant doesn't have premium license",
    );
  }
}

function registration(call: GraphCall): Row {
  requirePremium(call);
  const user = findUser(call.file, call.parameters['id'] ?? '');
  if (!user) throw new TenantRefusal(404, 'ResourceNotFound', 'The user is not in the report.');
  return registrationOf(call, user, administratorsOf(call.file));
}

/** Everybody who holds a role now, directly or through a group; a role-assignable group contains no other group. */
function administratorsOf(file: TenantFile): ReadonlySet<string> {
  const holders = new Set(
    (file.roleAssignments ?? []).map(({ principalId }) => principalIdOf(file, principalId)),
  );
  const members = (file.groups ?? []).flatMap((group) =>
    holders.has(groupIdOf(group)) ? (group.members ?? []) : [],
  );
  return new Set([...holders, ...members.map((name) => principalIdOf(file, name))]);
}

function registrationOf(call: GraphCall, user: User, administrators: ReadonlySet<string>): Row {
  const ways = (user.authenticationMethods ?? []).flatMap(waysOf);
  return {
    ...withDefaults(user.registrationDetails ?? {}, registrationProperties, {
      userDisplayName: user.displayName ?? user.userPrincipalName.split('@')[0],
      userPrincipalName: user.userPrincipalName,
      userType: isGuest(user) ? 'guest' : 'member',
      isAdmin: administrators.has(userIdOf(user)),
      isMfaCapable: ways.length > 0,
      isMfaRegistered: ways.length > 0,
      isPasswordlessCapable: false,
      isSsprCapable: false,
      isSsprEnabled: false,
      isSsprRegistered: false,
      isSystemPreferredAuthenticationMethodEnabled: true,
      lastUpdatedDateTime: call.store.loadedAt,
    }),
    id: userIdOf(user),
    userPreferredMethodForSecondaryAuthentication: preferred(user),
  };
}

const requirements = (call: GraphCall): Row => ({
  perUserMfaState: requireUser(call.file, call.parameters['id'] ?? '').perUserMfaState ?? 'disabled',
});

function setRequirements(call: GraphCall) {
  const user = requireUser(call.store.file, call.parameters['id'] ?? '');
  const { perUserMfaState: state, ...more } = isRow(call.body) ? call.body : {};
  const [unknown] = Object.keys(more);
  if (unknown !== undefined)
    throw new TenantRefusal(400, 'badRequest', `The property '${unknown}' does not exist.`);
  if (state !== 'disabled' && state !== 'enabled' && state !== 'enforced')
    throw new TenantRefusal(400, 'badRequest', `Requested value '${String(state)}' was not found.`);
  call.store.write(user, 'perUserMfaState', state, { fallback: 'disabled' });
  return { status: 204 };
}

const base = '/users/{id}/authentication';
const requirementsType: EntityType = {
  name: 'microsoft.graph.strongAuthenticationRequirements',
  properties: { perUserMfaState: text },
};

export const registrationRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: `${base}/requirements`,
    behind: 'authentication',
    versions: ['beta'],
    entity: requirementsType,
    one: requirements,
  },
  {
    method: 'PATCH',
    path: `${base}/requirements`,
    behind: 'authentication',
    versions: ['beta'],
    entity: requirementsType,
    act: setRequirements,
  },
  {
    method: 'GET',
    path: '/reports/authenticationMethods/userRegistrationDetails',
    behind: 'reports',
    entity: registrationType,
    query: {
      select: true,
      page: { size: 1000, most: 1000 },
      filter: {
        isAdmin: 'eq',
        isMfaRegistered: 'eq',
        isMfaCapable: 'eq',
        userPrincipalName: 'eq startswith',
      },
    },
    many: (call) => {
      requirePremium(call);
      const administrators = administratorsOf(call.file);
      return call.file.users.map((user) => registrationOf(call, user, administrators));
    },
  },
  {
    method: 'GET',
    path: '/reports/authenticationMethods/userRegistrationDetails/{id}',
    behind: 'reports',
    entity: registrationType,
    query: { select: true },
    one: registration,
  },
];
