// Full access to a mailbox and the right to send as it
// (https://learn.microsoft.com/powershell/module/exchangepowershell/get-mailboxpermission). Both are listed with what
// every mailbox has: its owner, and the administrators of the data centre.
import { findUser, userIdOf } from '../directory.ts';
import type { Mailbox, TenantFile } from '../schema.ts';
import { putIn, takeOut } from '../taken-out.ts';
import { type Cmdlet, type CmdletCall, changedList, cmdletRefusal, objectNotFound } from './cmdlet.ts';
import { mailboxesFor, requireMailbox } from './mailboxes.ts';

type Permission = NonNullable<Mailbox['permissions']>[number];
type Trust = NonNullable<Mailbox['recipientPermissions']>[number];

const self = 'NT AUTHORITY\\SELF';
/** What tells two of them apart, whatever they are called by. */
export const granteeKey = (file: TenantFile, name: string) => {
  const user = findUser(file, name) ?? file.users.find(({ displayName }) => displayName === name);
  return user ? userIdOf(user) : name.toLowerCase();
};

/** Whom a permission names: a user of the tenant, or what an old entry was called. */
export function grantee(call: CmdletCall, name: unknown, known: readonly string[]): string {
  const { file } = call.store;
  const user = findUser(file, String(name)) ?? file.users.find(({ displayName }) => displayName === name);
  if (user) return user.userPrincipalName;
  if (known.some((old) => old.toLowerCase() === String(name).toLowerCase())) return String(name);
  throw objectNotFound(String(name));
}

const notThere = (name: unknown) =>
  cmdletRefusal(
    400,
    'BadRequest',
    'Microsoft.Exchange.Management.StoreTasks.UserNotFoundInPermissionEntryException',
    `There is no existing permission entry found for user: ${String(name)}.`,
  );

const fullAccess: readonly Cmdlet[] = [
  {
    name: 'Get-MailboxPermission',
    parameters: { Identity: 'string', User: 'string', Owner: 'switch', ResultSize: 'string' },
    mandatory: ['Identity'],
    run: ({ file, parameters }) => {
      const { mailbox } = requireMailbox(file, parameters['Identity']);
      const row = (User: string, AccessRights: string[], IsInherited = false, Deny = false) => ({
        Identity: parameters['Identity'],
        User,
        AccessRights,
        IsInherited,
        Deny,
        InheritanceType: 'All',
      });
      return [
        row(self, ['FullAccess', 'ReadPermission']),
        row('EURPR01A001\\Administrator', ['FullAccess'], true, true),
        ...(mailbox.permissions ?? []).map((entry) =>
          row(entry.User, entry.AccessRights ?? ['FullAccess'], entry.IsInherited, entry.Deny),
        ),
      ];
    },
  },
  {
    name: 'Remove-MailboxPermission',
    parameters: { Identity: 'string', User: 'string', AccessRights: 'strings', Deny: 'switch' },
    mandatory: ['Identity', 'User', 'AccessRights'],
    confirms: true,
    run: (call) => {
      const { store, parameters } = call;
      const { mailbox } = requireMailbox(store.file, parameters['Identity']);
      const names = (mailbox.permissions ?? []).map(({ User }) => User);
      const key = granteeKey(store.file, grantee(call, parameters['User'], names));
      // Documented: what is not there is a warning.
      if (!takeOut(store, mailbox.permissions, (one: Permission) => granteeKey(store.file, one.User), key))
        call.warn(`Can't remove the access control entry for "${String(parameters['User'])}".`);
      return [];
    },
  },
  {
    name: 'Add-MailboxPermission',
    parameters: {
      Identity: 'string',
      User: 'string',
      AccessRights: 'strings',
      AutoMapping: 'boolean',
      InheritanceType: 'string',
      Confirm: 'switch',
    },
    mandatory: ['Identity', 'User', 'AccessRights'],
    run: (call) => {
      const { store, parameters } = call;
      const { mailbox } = requireMailbox(store.file, parameters['Identity']);
      const User = grantee(call, parameters['User'], []);
      mailbox.permissions ??= [];
      const key = granteeKey(store.file, User);
      if (mailbox.permissions.some((one) => granteeKey(store.file, one.User) === key)) {
        call.warn(`The appropriate access control entry is already present for "${User}".`);
        return [];
      }
      const AccessRights = changedList([], parameters['AccessRights']);
      putIn(store, mailbox.permissions, key, () => ({ User, AccessRights }));
      return [];
    },
  },
];

const sendAs: readonly Cmdlet[] = [
  {
    name: 'Get-RecipientPermission',
    parameters: { Identity: 'string', Trustee: 'string', AccessRights: 'strings', ResultSize: 'string' },
    run: ({ file, parameters }) =>
      mailboxesFor(file, parameters['Identity']).flatMap((owner) =>
        [{ Trustee: self }, ...(owner.mailbox.recipientPermissions ?? [])].map((entry: Trust) => ({
          Identity: userIdOf(owner.user),
          Trustee: entry.Trustee,
          AccessControlType: 'Allow',
          AccessRights: ['SendAs'],
          IsInherited: entry.IsInherited ?? false,
          InheritanceType: 'None',
        })),
      ),
  },
  {
    name: 'Remove-RecipientPermission',
    parameters: { Identity: 'string', Trustee: 'string', AccessRights: 'strings' },
    mandatory: ['Identity', 'Trustee', 'AccessRights'],
    confirms: true,
    run: (call) => {
      const { store, parameters } = call;
      const { mailbox } = requireMailbox(store.file, parameters['Identity']);
      const names = (mailbox.recipientPermissions ?? []).map(({ Trustee }) => Trustee);
      const key = granteeKey(store.file, grantee(call, parameters['Trustee'], names));
      const keyIn = (one: Trust) => granteeKey(store.file, one.Trustee);
      if (!takeOut(store, mailbox.recipientPermissions, keyIn, key)) throw notThere(parameters['Trustee']);
      return [];
    },
  },
  {
    name: 'Add-RecipientPermission',
    parameters: { Identity: 'string', Trustee: 'string', AccessRights: 'strings' },
    mandatory: ['Identity', 'Trustee', 'AccessRights'],
    confirms: true,
    run: (call) => {
      const { store, parameters } = call;
      const { mailbox } = requireMailbox(store.file, parameters['Identity']);
      const Trustee = grantee(call, parameters['Trustee'], []);
      mailbox.recipientPermissions ??= [];
      const key = granteeKey(store.file, Trustee);
      if (mailbox.recipientPermissions.some((one) => granteeKey(store.file, one.Trustee) === key)) {
        call.warn(`The appropriate access control entry is already present for "${Trustee}".`);
        return [];
      }
      putIn(store, mailbox.recipientPermissions, key, () => ({ Trustee }));
      return [];
    },
  },
];

export const permissionCmdlets: readonly Cmdlet[] = [...fullAccess, ...sendAs];
