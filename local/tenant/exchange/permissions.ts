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
/** Identifies a grantee, whichever name is used. */
export const granteeKey = (file: TenantFile, name: string) => {
  const user = findUser(file, name) ?? file.users.find(({ displayName }) => displayName === name);
  return user ? userIdOf(user) : name.toLowerCase();
};

/** The grantee that a parameter names. Somebody who no longer exists cannot be named. */
export function grantee(call: CmdletCall, name: unknown): string {
  const { file } = call.store;
  const user = findUser(file, String(name)) ?? file.users.find(({ displayName }) => displayName === name);
  if (user) return user.userPrincipalName;
  throw objectNotFound(String(name));
}

const notTaken = (value: string, type: string) =>
  cmdletRefusal(
    400,
    'BadRequest',
    'System.Management.Automation.ParameterBindingException',
    `Cannot process argument transformation on parameter 'AccessRights'. Cannot convert value "${value}" to type "${type}".`,
  );

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
    parameters: ['Identity', 'User', 'Owner', 'ResultSize'],
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
    parameters: ['Identity', 'User', 'AccessRights', 'Deny'],
    confirms: true,
    run: (call) => {
      const { store, parameters } = call;
      const { mailbox } = requireMailbox(store.file, parameters['Identity']);
      const key = granteeKey(store.file, grantee(call, parameters['User']));
      // Listed in the reference, but refused according to public reports.
      if (changedList([], parameters['AccessRights']).some((right) => right.toLowerCase() === 'sendas'))
        throw notTaken('SendAs', 'MailboxRights[]');
      // Documented: removing what is not there is only a warning.
      if (!takeOut(store, mailbox.permissions, (one: Permission) => granteeKey(store.file, one.User), key))
        call.warn(`Can't remove the access control entry for "${String(parameters['User'])}".`);
      return [];
    },
  },
  {
    name: 'Add-MailboxPermission',
    parameters: ['Identity', 'User', 'AccessRights', 'AutoMapping', 'InheritanceType', 'Confirm'],
    run: (call) => {
      const { store, parameters } = call;
      const { mailbox } = requireMailbox(store.file, parameters['Identity']);
      const User = grantee(call, parameters['User']);
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
    parameters: ['Identity', 'Trustee', 'AccessRights', 'ResultSize'],
    run: (call) => {
      const { file, parameters } = call;
      const { Trustee: trustee } = parameters;
      const key = trustee === undefined ? undefined : granteeKey(file, grantee(call, trustee));
      const isAsked = (entry: Trust) => key === undefined || granteeKey(file, entry.Trustee) === key;
      return mailboxesFor(file, parameters['Identity']).flatMap((owner) =>
        [{ Trustee: self }, ...(owner.mailbox.recipientPermissions ?? [])].filter(isAsked).map((entry) => ({
          Identity: userIdOf(owner.user),
          Trustee: entry.Trustee,
          AccessControlType: 'Allow',
          AccessRights: ['SendAs'],
          IsInherited: entry.IsInherited ?? false,
          InheritanceType: 'None',
        })),
      );
    },
  },
  {
    name: 'Remove-RecipientPermission',
    parameters: ['Identity', 'Trustee', 'AccessRights'],
    confirms: true,
    run: (call) => {
      const { store, parameters } = call;
      const { mailbox } = requireMailbox(store.file, parameters['Identity']);
      const key = granteeKey(store.file, grantee(call, parameters['Trustee']));
      const keyIn = (one: Trust) => granteeKey(store.file, one.Trustee);
      if (!takeOut(store, mailbox.recipientPermissions, keyIn, key)) throw notThere(parameters['Trustee']);
      return [];
    },
  },
  {
    name: 'Add-RecipientPermission',
    parameters: ['Identity', 'Trustee', 'AccessRights'],
    confirms: true,
    run: (call) => {
      const { store, parameters } = call;
      const { mailbox } = requireMailbox(store.file, parameters['Identity']);
      const Trustee = grantee(call, parameters['Trustee']);
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
