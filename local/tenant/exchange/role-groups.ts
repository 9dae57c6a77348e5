// Role groups and their members (https://learn.microsoft.com/powershell/module/exchangepowershell/get-rolegroupmember).
// Exchange has its own, and so have Defender and Purview together.
import type { Row } from '../answers.ts';
import { findUser, primaryAddressOf, userIdOf } from '../directory.ts';
import { guidOf } from '../ids.ts';
import type { TenantFile, User } from '../schema.ts';
import { putIn, takeOut } from '../taken-out.ts';
import { type Cmdlet, type CmdletCall, cmdletRefusal, objectNotFound } from './cmdlet.ts';

export type RoleGroup = NonNullable<TenantFile['roleGroups']>[number];
type Groups = (file: TenantFile) => RoleGroup[];

const equal = (one: string, other: unknown) => one.toLowerCase() === String(other).toLowerCase();
export const isMissing = (value: unknown) => value === undefined || value === null;
const requireGroup = (groups: readonly RoleGroup[], identity: unknown): RoleGroup => {
  const found = groups.find(
    ({ Name }) => equal(Name, identity) || equal(guidOf('role group', Name), identity),
  );
  if (!found) throw objectNotFound(String(identity));
  return found;
};
export const memberKey = (file: TenantFile) => (name: string) => {
  const user = findUser(file, name);
  return user ? userIdOf(user) : name.toLowerCase();
};

function memberRow(file: TenantFile, name: string): Row {
  const user = findUser(file, name);
  if (!user) return { Identity: name, Name: name, RecipientType: 'Group', ExternalDirectoryObjectId: '' };
  return {
    Identity: userIdOf(user),
    Name: user.displayName ?? user.userPrincipalName,
    DisplayName: user.displayName ?? user.userPrincipalName,
    WindowsLiveID: user.userPrincipalName,
    PrimarySmtpAddress: primaryAddressOf(user),
    RecipientType: user.mailbox ? 'UserMailbox' : 'User',
    ExternalDirectoryObjectId: userIdOf(user),
  };
}

/** A group inside the group counts with its own members. */
export function holds(
  groups: readonly RoleGroup[],
  group: RoleGroup,
  key: string,
  file: TenantFile,
): boolean {
  return (group.Members ?? []).some((name) => {
    if (memberKey(file)(name) === key) return true;
    const inner = groups.find(({ Name }) => equal(Name, name));
    return inner !== undefined && inner !== group && holds(groups, inner, key, file);
  });
}

export function requireSecurityPrincipal(call: CmdletCall, name: unknown): User {
  const user = findUser(call.store.file, String(name));
  if (!user) throw objectNotFound(String(name));
  return user;
}

/** The cmdlets about role groups, over the groups of one service. */
export const roleGroupCmdlets = (groupsOf: Groups): readonly Cmdlet[] => [
  {
    name: 'Get-RoleGroup',
    parameters: ['Identity', 'Filter', 'ResultSize', 'ShowPartnerLinked'],
    run: ({ file, parameters: { Identity: identity } }) => {
      const groups = groupsOf(file);
      return (isMissing(identity) ? groups : [requireGroup(groups, identity)]).map((group) => ({
        Identity: group.Name,
        Name: group.Name,
        DisplayName: group.Name,
        Description: group.Description ?? '',
        Guid: guidOf('role group', group.Name),
        RoleGroupType: 'Standard',
        Roles: group.Roles ?? [group.Name],
        Members: (group.Members ?? []).map((name) => memberRow(file, name)['Name']),
      }));
    },
  },
  {
    name: 'Get-RoleGroupMember',
    parameters: ['Identity', 'ResultSize'],
    run: ({ file, parameters: { Identity: identity } }) => {
      // Documented: a null Identity returns the members of all groups.
      const groups = isMissing(identity) ? groupsOf(file) : [requireGroup(groupsOf(file), identity)];
      return groups.flatMap((group) => (group.Members ?? []).map((name) => memberRow(file, name)));
    },
  },
  {
    name: 'Remove-RoleGroupMember',
    parameters: ['Identity', 'Member', 'BypassSecurityGroupManagerCheck'],
    confirms: true,
    run: (call) => {
      const { store, parameters } = call;
      const group = requireGroup(groupsOf(store.file), parameters['Identity']);
      const key = userIdOf(requireSecurityPrincipal(call, parameters['Member']));
      if (takeOut(store, group.Members, memberKey(store.file), key) === undefined) {
        throw cmdletRefusal(
          400,
          'BadRequest',
          'Microsoft.Exchange.Management.Tasks.MemberNotFoundException',
          `The recipient '${String(parameters['Member'])}' isn't a member of the group '${group.Name}'.`,
        );
      }
      return [];
    },
  },
  {
    name: 'Add-RoleGroupMember',
    parameters: ['Identity', 'Member', 'BypassSecurityGroupManagerCheck', 'Confirm'],
    run: (call) => {
      const { store, parameters } = call;
      const group = requireGroup(groupsOf(store.file), parameters['Identity']);
      const key = userIdOf(requireSecurityPrincipal(call, parameters['Member']));
      group.Members ??= [];
      if (group.Members.some((name) => memberKey(store.file)(name) === key)) {
        throw cmdletRefusal(
          400,
          'BadRequest',
          'Microsoft.Exchange.Management.Tasks.MemberAlreadyExistsException',
          `The recipient '${String(parameters['Member'])}' is already a member of the group '${group.Name}'.`,
        );
      }
      putIn(store, group.Members, key, () => key);
      return [];
    },
  },
];
