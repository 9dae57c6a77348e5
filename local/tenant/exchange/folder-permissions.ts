// Who may use a single folder (https://learn.microsoft.com/powershell/module/exchangepowershell/get-mailboxfolderpermission),
// and which folders there are. Default and Anonymous stand in every folder and cannot be taken out.
import { userIdOf } from '../directory.ts';
import { opaqueIdOf } from '../ids.ts';
import { foldersOf, type Owner } from '../mailbox.ts';
import type { Mailbox, TenantFile } from '../schema.ts';
import { putIn, takeOut } from '../taken-out.ts';
import { type Cmdlet, type CmdletCall, changedList, cmdletRefusal, objectNotFound } from './cmdlet.ts';
import { requireMailbox } from './mailboxes.ts';
import { grantee, granteeKey } from './permissions.ts';

type Entry = NonNullable<Mailbox['folderPermissions']>[number];
const everybody = ['Default', 'Anonymous'];
const lower = (value: unknown) => String(value).toLowerCase();

/** Folders beside those that hold mail. */
const more: readonly (readonly [type: string, name: string])[] = [
  ['Calendar', 'Calendar'],
  ['Contacts', 'Contacts'],
  ['Tasks', 'Tasks'],
];
const types: Readonly<Record<string, string>> = {
  inbox: 'Inbox',
  drafts: 'Drafts',
  sentitems: 'SentItems',
  deleteditems: 'DeletedItems',
  junkemail: 'JunkEmail',
  outbox: 'Outbox',
};

/** A folder known only by its permissions stays when those are removed. */
const seen = new WeakMap<Mailbox, Set<string>>();

function folders(owner: Owner): { type: string; path: string }[] {
  const mail = foldersOf(owner).map(({ displayName, wellKnownName }) => ({
    type: types[wellKnownName ?? ''] ?? 'User Created',
    path: displayName,
  }));
  const known = [{ type: 'Root', path: '' }, ...mail, ...more.map(([type, path]) => ({ type, path }))];
  const once = seen.get(owner.mailbox) ?? new Set<string>();
  seen.set(owner.mailbox, once);
  for (const { Folder } of owner.mailbox.folderPermissions ?? []) once.add(Folder);
  const named = [...once]
    .filter((path) => !known.some((folder) => lower(folder.path) === lower(path)))
    .map((path) => ({ type: 'User Created', path }));
  return [...known, ...named];
}

/** The mailbox and the folder that `mailbox:\folder` names. */
function place(call: CmdletCall, live: boolean) {
  const identity = String(call.parameters['Identity']);
  const [, name = '', path = ''] = /^([^:]+):\\(.*)$/.exec(identity) ?? [];
  const owner = requireMailbox(live ? call.store.file : call.file, name === '' ? identity : name);
  const folder = folders(owner).find((one) => lower(one.path) === lower(path));
  if (name === '' || !folder) throw objectNotFound(identity);
  return { owner, folder };
}

const isFor = (entry: Entry, path: string) => lower(entry.Folder) === lower(path);
const basic = (user: string, type: string) =>
  user === 'Default' && type === 'Calendar' ? ['AvailabilityOnly'] : ['None'];
const keyIn = (file: TenantFile) => (entry: Pick<Entry, 'Folder' | 'User'>) =>
  `${lower(entry.Folder)}|${granteeKey(file, entry.User)}`;

const missing = (user: unknown) =>
  cmdletRefusal(
    400,
    'BadRequest',
    'Microsoft.Exchange.Management.StoreTasks.UserNotFoundInPermissionEntryException',
    `There is no existing permission entry found for user: ${String(user)}.`,
  );

function userIn(call: CmdletCall): string {
  const { User: user } = call.parameters;
  const special = everybody.find((name) => lower(name) === lower(user));
  return special ?? grantee(call, user);
}

const parameters = ['Identity', 'User'];
const rights = ['AccessRights', 'SharingPermissionFlags', 'SendNotificationToUser', 'Confirm'];

function fresh(call: CmdletCall, path: string, user: string): Entry {
  const flags = call.parameters['SharingPermissionFlags'];
  return {
    Folder: path,
    User: user,
    AccessRights: changedList([], call.parameters['AccessRights']),
    ...(typeof flags === 'string' && flags !== 'None' ? { SharingPermissionFlags: flags } : {}),
  };
}

export const folderPermissionCmdlets: readonly Cmdlet[] = [
  {
    name: 'Get-MailboxFolderStatistics',
    parameters: ['Identity', 'FolderScope', 'ResultSize', 'Archive'],
    run: ({ file, parameters: given }) => {
      const owner = requireMailbox(file, given['Identity']);
      return folders(owner).map(({ type, path }) => ({
        Identity: `${userIdOf(owner.user)}\\${path}`,
        Name: path === '' ? 'Top of Information Store' : path.split('\\').at(-1),
        FolderPath: `/${path === '' ? 'Top of Information Store' : path.replaceAll('\\', '/')}`,
        FolderType: type,
        FolderId: opaqueIdOf(userIdOf(owner.user), 'folder', path),
      }));
    },
  },
  {
    name: 'Get-MailboxFolderPermission',
    parameters: [...parameters, 'ResultSize'],
    run: (call) => {
      const { owner, folder } = place(call, false);
      const entries = (owner.mailbox.folderPermissions ?? []).filter((entry) => isFor(entry, folder.path));
      const given = everybody
        .filter((User) => !entries.some((entry) => entry.User === User))
        .map((User) => ({ Folder: folder.path, User, AccessRights: basic(User, folder.type) }));
      return [...given, ...entries].map((entry: Entry) => ({
        Identity: call.parameters['Identity'],
        FolderName: folder.path === '' ? 'Top of Information Store' : folder.path.split('\\').at(-1),
        User: entry.User,
        AccessRights: entry.AccessRights,
        SharingPermissionFlags: entry.SharingPermissionFlags ?? null,
      }));
    },
  },
  {
    name: 'Remove-MailboxFolderPermission',
    parameters: [...parameters, 'SendNotificationToUser', 'Force'],
    confirms: true,
    run: (call) => {
      const { owner, folder } = place(call, true);
      const list = owner.mailbox.folderPermissions ?? [];
      const keyOf = keyIn(call.store.file);
      const user = userIn(call);
      if (user === 'Default')
        throw cmdletRefusal(
          400,
          'BadRequest',
          'Microsoft.Exchange.Management.StoreTasks.CannotRemoveSpecialUserException',
          "The user 'Default' is a special user and can't be removed.",
        );
      if (!takeOut(call.store, list, keyOf, keyOf({ Folder: folder.path, User: user }))) throw missing(user);
      return [];
    },
  },
  {
    name: 'Add-MailboxFolderPermission',
    parameters: [...parameters, ...rights],
    run: (call) => {
      const { owner, folder } = place(call, true);
      owner.mailbox.folderPermissions ??= [];
      const keyOf = keyIn(call.store.file);
      const user = userIn(call);
      const key = keyOf({ Folder: folder.path, User: user });
      if (owner.mailbox.folderPermissions.some((entry) => keyOf(entry) === key))
        throw cmdletRefusal(
          400,
          'BadRequest',
          'Microsoft.Exchange.Management.StoreTasks.UserAlreadyExistsInPermissionEntryException',
          `An existing permission entry was found for user: ${user}.`,
        );
      putIn(call.store, owner.mailbox.folderPermissions, key, () => fresh(call, folder.path, user));
      return [];
    },
  },
  {
    name: 'Set-MailboxFolderPermission',
    parameters: [...parameters, ...rights],
    run: (call) => {
      const { owner, folder } = place(call, true);
      owner.mailbox.folderPermissions ??= [];
      const list = owner.mailbox.folderPermissions;
      const user = userIn(call);
      const keyOf = keyIn(call.store.file);
      const wanted = fresh(call, folder.path, user);
      const entry = list.find((one) => keyOf(one) === keyOf(wanted));
      if (entry) call.store.write(entry, 'AccessRights', wanted.AccessRights);
      else if (!everybody.includes(user)) throw missing(user);
      else putIn(call.store, list, keyOf(wanted), () => wanted);
      return [];
    },
  },
];
