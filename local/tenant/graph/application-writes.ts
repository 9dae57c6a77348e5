// The changes an app makes to applications: consents and assignments come and go, owners too, and a service principal
// is disabled and enabled (https://learn.microsoft.com/graph/api/oauth2permissiongrant-post).
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isRow, TenantRefusal } from '../answers.ts';
import {
  applicationObjectId,
  applicationRowOf,
  assignmentIdOf,
  assignmentKey,
  assignmentRowOf,
  findPrincipal,
  grantIdOf,
  grantKey,
  grantRowOf,
  principalObjectId,
  principalRowOf,
} from '../applications.ts';
import { findUser, principalIdOf, userIdOf } from '../directory.ts';
import { grantSchema } from '../schema/application.ts';
import { putIn, takeOut } from '../taken-out.ts';
import type { GraphCall } from './route.ts';
import { notFound, requireUser } from './user-row.ts';

const bad = (message: string) => new TenantRefusal(400, 'Request_BadRequest', message);
const idIn = (call: GraphCall) => call.parameters['id'] ?? '';
const userIdIn = (call: GraphCall) => userIdOf(requireUser(call.store.file, idIn(call)));

/** Found by object id only; names are for tenant files. */
export function live(call: GraphCall) {
  const found = findPrincipal(call.store.file, idIn(call));
  if (!found || principalObjectId(found).toLowerCase() !== idIn(call).toLowerCase())
    throw notFound(idIn(call));
  return found;
}

const newAppSchema = z.strictObject({
  displayName: z.string(),
  signInAudience: z.enum(['AzureADMyOrg', 'AzureADMultipleOrgs']).optional(),
  description: z.string().optional(),
});

export function addApplication(call: GraphCall) {
  const body = newAppSchema.safeParse(call.body);
  if (!body.success) throw bad('The application does not hold.');
  const { displayName, signInAudience } = body.data;
  const { store } = call;
  const app = {
    id: randomUUID(),
    appId: randomUUID(),
    displayName,
    ...(signInAudience === undefined ? {} : { signInAudience }),
    createdDateTime: store.now().toISOString(),
  };
  store.changing();
  store.file.applications = [...(store.file.applications ?? []), app];
  return { status: 201, body: applicationRowOf(store.file, app, store.loadedAt) };
}

/** Its service principal and the consents given to it go with it. */
export function removeApplication(call: GraphCall) {
  const { file } = call.store;
  const found = file.applications?.find((app) => applicationObjectId(app) === idIn(call));
  if (!found) throw notFound(idIn(call));
  call.store.changing();
  const principal = findPrincipal(file, found.appId ?? '');
  const left = file.applications?.filter((app) => app !== found) ?? [];
  if (left.length === 0) delete file.applications;
  else file.applications = left;
  if (principal === undefined) return { status: 204 };
  const id = principalObjectId(principal);
  file.servicePrincipals = file.servicePrincipals?.filter((one) => one !== principal);
  file.oauth2PermissionGrants = file.oauth2PermissionGrants?.filter(({ clientId }) => clientId !== id);
  return { status: 204 };
}

export function addPrincipal(call: GraphCall) {
  const { file } = call.store;
  const body = z.strictObject({ appId: z.guid() }).safeParse(call.body);
  const app = file.applications?.find(({ appId }) => appId === body.data?.appId);
  if (!body.success || app === undefined)
    throw bad('The appId of the service principal does not reference a valid application object.');
  if (findPrincipal(file, body.data.appId)) {
    throw new TenantRefusal(
      409,
      'Request_MultipleObjectsWithSameKeyValue',
      'The service principal cannot be created because the service principal name is already in use.',
    );
  }
  const principal = { id: randomUUID(), appId: body.data.appId, displayName: app.displayName };
  call.store.changing();
  file.servicePrincipals = [...(file.servicePrincipals ?? []), principal];
  return { status: 201, body: principalRowOf(file, principal) };
}

export function patchPrincipal(call: GraphCall) {
  const { accountEnabled, ...more } = isRow(call.body) ? call.body : {};
  const [other] = Object.keys(more);
  if (other !== undefined) throw bad(`Property '${other}' is read-only in this simulation.`);
  if (typeof accountEnabled !== 'boolean')
    throw bad("Invalid value specified for property 'accountEnabled'.");
  call.store.write(live(call), 'accountEnabled', accountEnabled, { fallback: true });
  return { status: 204 };
}

export function addGrant(call: GraphCall) {
  const { file } = call.store;
  const parsed = grantSchema.safeParse(call.body);
  if (!parsed.success || parsed.data.id !== undefined) throw bad('The grant does not hold.');
  const { clientId, principalId, consentType } = parsed.data;
  if (!findPrincipal(file, clientId)) throw notFound(clientId);
  if (consentType !== 'AllPrincipals' && !findUser(file, principalId ?? ''))
    throw notFound(principalId ?? '');
  file.oauth2PermissionGrants ??= [];
  const list = file.oauth2PermissionGrants;
  const key = grantKey(file, parsed.data);
  if (list.some((one) => grantKey(file, one) === key)) {
    throw new TenantRefusal(
      409,
      'Request_MultipleObjectsWithSameKeyValue',
      'Permission entry already exists.',
    );
  }
  putIn(call.store, list, key, () => parsed.data);
  return { status: 201, body: grantRowOf(file, parsed.data) };
}

export function removeGrant(call: GraphCall) {
  const { file } = call.store;
  const grant = file.oauth2PermissionGrants?.find((one) => grantIdOf(file, one) === idIn(call));
  if (!grant) throw notFound(idIn(call));
  takeOut(call.store, file.oauth2PermissionGrants, (one) => grantKey(file, one), grantKey(file, grant));
  return { status: 204 };
}

export function addAssignment(call: GraphCall) {
  const { file } = call.store;
  const { principalId, resourceId, appRoleId, ...more } = isRow(call.body) ? call.body : {};
  const [other] = Object.keys(more);
  if (other !== undefined) throw bad(`Property '${other}' does not exist as a declared property.`);
  if (typeof resourceId !== 'string' || !findPrincipal(file, resourceId)) throw notFound(String(resourceId));
  if (typeof appRoleId !== 'string') throw bad('The appRoleId is missing.');
  if (principalId !== userIdIn(call)) throw bad('The principalId does not match the user.');
  const entry = { principalId: userIdIn(call), resourceId, appRoleId };
  file.appRoleAssignments ??= [];
  const key = assignmentKey(file, entry);
  if (file.appRoleAssignments.some((one) => assignmentKey(file, one) === key)) {
    throw bad('Permission being assigned already exists on the object');
  }
  const createdDateTime = call.store.now().toISOString();
  putIn(call.store, file.appRoleAssignments, key, () => ({ ...entry, createdDateTime }));
  return { status: 201, body: assignmentRowOf(file, { ...entry, createdDateTime }) };
}

export function removeAssignment(call: GraphCall) {
  const { file } = call.store;
  const id = call.parameters['assignment'] ?? '';
  const found = file.appRoleAssignments?.find((one) => assignmentIdOf(file, one) === id);
  if (!found || principalIdOf(file, found.principalId) !== userIdIn(call)) throw notFound(id);
  takeOut(call.store, file.appRoleAssignments, (one) => assignmentKey(file, one), assignmentKey(file, found));
  return { status: 204 };
}

type Collection = 'applications' | 'servicePrincipals';
function ownable(call: GraphCall, collection: Collection) {
  if (collection === 'servicePrincipals') return live(call);
  const found = call.store.file.applications?.find((app) => applicationObjectId(app) === idIn(call));
  if (!found) throw notFound(idIn(call));
  return found;
}

export const removeOwner = (collection: Collection) => (call: GraphCall) => {
  const key = principalIdOf(call.store.file, call.parameters['owner'] ?? '');
  const { owners } = ownable(call, collection);
  if (!takeOut(call.store, owners, (name) => principalIdOf(call.store.file, name), key)) throw notFound(key);
  return { status: 204 };
};

export const addOwner = (collection: Collection) => (call: GraphCall) => {
  const { file } = call.store;
  const link = isRow(call.body) ? String(call.body['@odata.id']) : '';
  const id = /^https:\/\/graph\.microsoft\.com\/v1\.0\/directoryObjects\/([^/]+)$/.exec(link)?.[1] ?? '';
  const user = findUser(file, id);
  if (!user) throw notFound(id);
  const object = ownable(call, collection);
  object.owners ??= [];
  const key = userIdOf(user);
  if (object.owners.some((name) => principalIdOf(file, name) === key)) {
    throw bad(
      "One or more added object references already exist for the following modified properties: 'owners'.",
    );
  }
  putIn(call.store, object.owners, key, () => key);
  return { status: 204 };
};
