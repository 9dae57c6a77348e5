// As much of OneDrive as a sharing link takes: folders at its top, and links on them
// (https://learn.microsoft.com/graph/api/driveitem-createlink).
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { TenantRefusal } from '../answers.ts';
import { opaqueIdOf } from '../ids.ts';
import type { EntityType } from '../odata.ts';
import { open, text } from '../schema/fields.ts';
import type { User } from '../schema.ts';
import type { GraphCall, GraphRoute } from './route.ts';
import { requireUser } from './user-row.ts';

type Item = NonNullable<User['driveItems']>[number];

const itemType: EntityType = {
  name: 'microsoft.graph.driveItem',
  properties: { id: text, name: text, folder: open, webUrl: text },
};
const missing = () => new TenantRefusal(404, 'itemNotFound', 'The resource could not be found.');

function ownerIn(call: GraphCall): User {
  const user = requireUser(call.store.file, call.parameters['id'] ?? '');
  if (user.mailbox) return user;
  throw new TenantRefusal(404, 'ResourceNotFound', "User's mysite not found.");
}

const idOf = (user: User, item: Item) => item.id ?? opaqueIdOf(user.userPrincipalName, 'drive', item.name);
const rowOf = (user: User, item: Item) => ({
  id: idOf(user, item),
  name: item.name,
  folder: { childCount: 0 },
  webUrl: `https://contoso-my.sharepoint.com/personal/${encodeURIComponent(user.userPrincipalName)}/${encodeURIComponent(item.name)}`,
});

const folderSchema = z.strictObject({
  name: z.string(),
  folder: z.strictObject({}),
  '@microsoft.graph.conflictBehavior': z.enum(['fail', 'rename', 'replace']).optional(),
});

function add(call: GraphCall) {
  const user = ownerIn(call);
  const body = folderSchema.safeParse(call.body);
  if (!body.success) throw new TenantRefusal(400, 'invalidRequest', 'The folder is not valid.');
  const { name } = body.data;
  if (user.driveItems?.some((item) => item.name === name))
    throw new TenantRefusal(409, 'nameAlreadyExists', 'An item with the same name already exists.');
  const item = { id: opaqueIdOf(user.userPrincipalName, 'drive', randomUUID()), name };
  call.store.changing();
  user.driveItems = [...(user.driveItems ?? []), item];
  return { status: 201, body: rowOf(user, item) };
}

const itemIn = (call: GraphCall, user: User): Item => {
  const found = user.driveItems?.find((item) => idOf(user, item) === call.parameters['item']);
  if (!found) throw missing();
  return found;
};

function remove(call: GraphCall) {
  const user = ownerIn(call);
  const found = itemIn(call, user);
  call.store.changing();
  const left = user.driveItems?.filter((item) => item !== found) ?? [];
  if (left.length === 0) delete user.driveItems;
  else user.driveItems = left;
  return { status: 204 };
}

const linkSchema = z.strictObject({
  type: z.enum(['view', 'edit', 'embed']),
  scope: z.enum(['anonymous', 'organization', 'users']).optional(),
});

function share(call: GraphCall) {
  const user = ownerIn(call);
  const body = linkSchema.safeParse(call.body);
  if (!body.success) throw new TenantRefusal(400, 'invalidRequest', 'The link is not valid.');
  const item = itemIn(call, user);
  const link = { ...body.data, webUrl: `https://contoso-my.sharepoint.com/:f:/g/${randomUUID()}` };
  const permission = { id: randomUUID(), roles: ['read'], link };
  call.store.changing();
  item.links = [...(item.links ?? []), permission];
  return { status: 201, body: permission };
}

const base = '/users/{id}/drive';
const common = { behind: 'exchange', entity: itemType } as const;

export const driveRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: `${base}/root:/{name}`,
    ...common,
    query: { select: true },
    one: (call) => {
      const user = ownerIn(call);
      const found = user.driveItems?.find(({ name }) => name === call.parameters['name']);
      if (!found) throw missing();
      return rowOf(user, found);
    },
  },
  { method: 'POST', path: `${base}/root/children`, ...common, act: add },
  { method: 'DELETE', path: `${base}/items/{item}`, ...common, act: remove },
  { method: 'POST', path: `${base}/items/{item}/createLink`, ...common, act: share },
];
