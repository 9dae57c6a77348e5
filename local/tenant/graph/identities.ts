// Accounts of Active Directory as Defender for Identity sees them, and what it does to them there
// (https://learn.microsoft.com/graph/api/security-identityaccounts-invokeaction). It sees who has a security
// identifier of Active Directory; actions take effect at once here, within minutes there.

import { z } from 'zod';
import { isRow, type Row, TenantRefusal } from '../answers.ts';
import { hasPlan, userIdOf } from '../directory.ts';
import { guidOf } from '../ids.ts';
import type { EntityType } from '../odata.ts';
import { flag, open, text } from '../schema/fields.ts';
import type { TenantFile, User } from '../schema.ts';
import type { GraphCall, GraphRoute } from './route.ts';
import { sidOf } from './user-row.ts';

const identityType: EntityType = {
  name: 'microsoft.graph.security.identityAccounts',
  properties: {
    id: text,
    displayName: text,
    domain: text,
    onPremisesSecurityIdentifier: text,
    cloudSecurityIdentifier: text,
    isEnabled: flag,
    accounts: z.array(open),
  },
};

const idOf = (user: User) => guidOf('identity', userIdOf(user));
const accountIdOf = (user: User) => guidOf('active directory', userIdOf(user));
const seen = (file: TenantFile): User[] =>
  file.users.filter((user) => sidOf(user) !== null && user.activeDirectory?.observed !== false);

function requireSensors(call: GraphCall): void {
  if (hasPlan(call.file, 'ATA')) return;
  throw new TenantRefusal(
    403,
    'Forbidden',
    'The tenant is not onboarded to Microsoft Defender for Identity.',
  );
}

function rows(call: GraphCall): Row[] {
  requireSensors(call);
  return seen(call.file).map((user) => ({
    id: idOf(user),
    displayName: user.displayName ?? user.userPrincipalName,
    domain: user.onPremisesDomainName ?? null,
    onPremisesSecurityIdentifier: sidOf(user),
    cloudSecurityIdentifier: user.securityIdentifier ?? null,
    isEnabled: user.activeDirectory?.enabled ?? true,
    accounts: [
      { identityProvider: 'activeDirectory', identifier: accountIdOf(user), actions: [] },
      { identityProvider: 'entraID', identifier: userIdOf(user), actions: [] },
    ],
  }));
}

const notFound = (id: string) =>
  new TenantRefusal(404, 'NotFound', `The identity account '${id}' could not be found.`);

function one(call: GraphCall): Row {
  const id = call.parameters['id'] ?? '';
  const found = rows(call).find((row) => row['id'] === id);
  if (!found) throw notFound(id);
  return found;
}

const bad = (message: string) => new TenantRefusal(400, 'BadRequest', message);

function invoke(call: GraphCall) {
  requireSensors(call);
  const id = call.parameters['id'] ?? '';
  const user = seen(call.store.file).find((candidate) => idOf(candidate) === id);
  if (!user) throw notFound(id);
  const { accountId, action, identityProvider, ...rest } = isRow(call.body) ? call.body : {};
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw bad(`The parameter '${unknown}' does not exist.`);
  if (identityProvider !== 'activeDirectory' || accountId !== accountIdOf(user))
    throw bad('The account does not belong to the identity.');
  if (action !== 'disable' && action !== 'enable' && action !== 'forcePasswordReset')
    throw bad(`The action '${String(action)}' is not supported for activeDirectory.`);
  if (action !== 'forcePasswordReset') {
    const { store } = call;
    if (!user.activeDirectory) store.write(user, 'activeDirectory', {});
    const account = user.activeDirectory ?? {};
    store.write(account, 'enabled', action === 'enable', { fallback: true });
    if (Object.keys(account).length === 0)
      store.write(user, 'activeDirectory', undefined, { fallback: undefined });
  }
  return {
    status: 200,
    body: {
      '@odata.context':
        'https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.security.invokeActionResult',
      accountId,
      action,
      identityProvider,
      correlationId: guidOf('action', id, call.store.now().toISOString()),
    },
  };
}

const path = '/security/identities/identityAccounts';
const behind = 'security';

export const identityRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path,
    behind,
    entity: identityType,
    query: { select: true, page: { size: 100, most: 999 }, filter: { onPremisesSecurityIdentifier: 'eq' } },
    many: rows,
  },
  { method: 'GET', path: `${path}/{id}`, behind, entity: identityType, query: { select: true }, one },
  { method: 'POST', path: `${path}/{id}/invokeAction`, behind, entity: identityType, act: invoke },
];
