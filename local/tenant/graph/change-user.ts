// What may be changed of a user: sign-in, password, sessions. A permission is not enough for administrators: the app
// needs a directory role that reaches them (https://learn.microsoft.com/graph/api/user-update).
import { isRow, TenantRefusal } from '../answers.ts';
import { isFederated, isGuest } from '../directory.ts';
import { roleThatReaches } from '../reach.ts';
import { userProperties } from '../schema/directory.ts';
import type { User } from '../schema.ts';
import { parametersOf } from './action.ts';
import { passwordProblem } from './password.ts';
import type { GraphCall } from './route.ts';
import { requireUser } from './user-row.ts';

function reach(call: GraphCall, user: User, least: 'none' | 'User Administrator'): void {
  const role = roleThatReaches(call.store.file, call.directoryRoles, user, least);
  if (role === undefined)
    throw new TenantRefusal(
      403,
      'Authorization_RequestDenied',
      'Insufficient privileges to complete the operation.',
    );
  if (role !== null) call.allowedBy(role);
}

const bad = (message: string) => new TenantRefusal(400, 'Request_BadRequest', message);

/** Everything is checked before anything is written: a refused part leaves the whole request without effect. */
export function changeUser(call: GraphCall) {
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
      store.later(minutes * 60_000, () => {
        if (user.activeDirectory?.enabled === false) return;
        store.write(user, 'accountEnabled', true, { fallback: true });
      });
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

export function revokeSessions(call: GraphCall) {
  const user = requireUser(call.store.file, call.parameters['id'] ?? '');
  parametersOf(call.body, 'revokeSignInSessions', []);
  // A guest's sessions belong to the home tenant: the call succeeds and changes nothing.
  if (!isGuest(user)) {
    call.store.write(user, 'signInSessionsValidFromDateTime', call.store.now().toISOString());
  }
  return {
    status: 200,
    body: { '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#Edm.Boolean', value: true },
  };
}
