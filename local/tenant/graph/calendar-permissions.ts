// Who may open somebody's calendar, as Microsoft Graph tells it: the same entries that Exchange keeps of the folder
// (https://learn.microsoft.com/graph/api/resources/calendarpermission).
import { z } from 'zod';
import { TenantRefusal } from '../answers.ts';
import { findUser, primaryAddressOf } from '../directory.ts';
import { opaqueIdOf } from '../ids.ts';
import type { EntityType } from '../odata.ts';
import { flag, open, text, texts } from '../schema/fields.ts';
import { ownerIn } from './mailbox-in.ts';
import { itemNotFound } from './messages.ts';
import type { GraphCall, GraphRoute } from './route.ts';

/** A role and what Exchange calls it. */
const rights = {
  freeBusyRead: 'AvailabilityOnly',
  limitedRead: 'LimitedDetails',
  read: 'Reviewer',
  write: 'Editor',
} as const;
const roles = ['freeBusyRead', 'limitedRead', 'read', 'write'] as const;

const permissionType: EntityType = {
  name: 'microsoft.graph.calendarPermission',
  properties: {
    id: text,
    role: text,
    allowedRoles: texts,
    emailAddress: open,
    isInsideOrganization: flag,
    isRemovable: flag,
  },
};

const idOf = (user: string) => opaqueIdOf('calendar permission', user.toLowerCase());

function rowOf(call: GraphCall, user: string, access: readonly string[]) {
  const known = findUser(call.file, user);
  const address = known === undefined ? null : primaryAddressOf(known);
  return {
    id: idOf(user),
    role: roles.find((role) => access.includes(rights[role])) ?? 'custom',
    allowedRoles: [...roles],
    emailAddress:
      address === null ? { name: user } : { name: known?.displayName ?? user.split('@')[0], address },
    isInsideOrganization: true,
    isRemovable: user !== 'Default',
  };
}

const isCalendar = ({ Folder }: { Folder: string }) => Folder.toLowerCase() === 'calendar';

function rows(call: GraphCall) {
  const entries = (ownerIn(call, call.file).mailbox.folderPermissions ?? []).filter(isCalendar);
  const all = entries.some(({ User }) => User === 'Default')
    ? entries
    : [{ User: 'Default', AccessRights: ['AvailabilityOnly'] }, ...entries];
  return all.map(({ User, AccessRights }) => rowOf(call, User, AccessRights));
}

const bodySchema = z.strictObject({
  emailAddress: z.strictObject({ name: z.string().optional(), address: z.email() }),
  role: z.enum(roles),
  isInsideOrganization: z.boolean().optional(),
  isRemovable: z.boolean().optional(),
});

function add(call: GraphCall) {
  const { mailbox } = ownerIn(call, call.store.file);
  const body = bodySchema.safeParse(call.body);
  const user = findUser(call.store.file, body.data?.emailAddress.address ?? '');
  if (!body.success || user === undefined)
    throw new TenantRefusal(400, 'ErrorInvalidRequest', 'The calendar permission is not valid.');
  const User = user.userPrincipalName;
  if (mailbox.folderPermissions?.some((one) => isCalendar(one) && one.User === User))
    throw new TenantRefusal(400, 'ErrorInvalidRequest', 'The user has this permission already.');
  const entry = { Folder: 'Calendar', User, AccessRights: [rights[body.data.role]] };
  call.store.changing();
  mailbox.folderPermissions = [...(mailbox.folderPermissions ?? []), entry];
  return { status: 201, body: rowOf(call, User, entry.AccessRights) };
}

function remove(call: GraphCall) {
  const { mailbox } = ownerIn(call, call.store.file);
  const found = mailbox.folderPermissions?.find(
    (one) => isCalendar(one) && idOf(one.User) === call.parameters['permission'],
  );
  if (!found) throw itemNotFound();
  call.store.changing();
  const left = mailbox.folderPermissions?.filter((one) => one !== found) ?? [];
  if (left.length === 0) delete mailbox.folderPermissions;
  else mailbox.folderPermissions = left;
  return { status: 204 };
}

const path = '/users/{id}/calendar/calendarPermissions';
const common = { behind: 'exchange', entity: permissionType } as const;

export const calendarPermissionRoutes: readonly GraphRoute[] = [
  { method: 'GET', path, ...common, many: rows },
  { method: 'POST', path, ...common, act: add },
  { method: 'DELETE', path: `${path}/{permission}`, ...common, act: remove },
];
