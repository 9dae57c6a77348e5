// Roles of Exchange and who has them: a role group, an assignment policy, or a user directly
// (https://learn.microsoft.com/powershell/module/exchangepowershell/get-managementroleassignment).
import type { Row } from '../answers.ts';
import { findUser, userIdOf } from '../directory.ts';
import type { TenantFile, User } from '../schema.ts';
import { putIn, takeOut } from '../taken-out.ts';
import { type Cmdlet, objectNotFound } from './cmdlet.ts';
import {
  holds,
  isMissing,
  memberKey,
  type RoleGroup,
  requireSecurityPrincipal,
  roleGroupCmdlets,
} from './role-groups.ts';

type Assignment = NonNullable<TenantFile['managementRoleAssignments']>[number];

const nameOf = (file: TenantFile, assignment: Assignment) => {
  const user = findUser(file, assignment.User);
  return assignment.Name ?? `${assignment.Role}-${user?.displayName ?? assignment.User}`;
};

/** Every mailbox user has the roles of the default policy. */
const ofPolicy = (user: User): Row[] =>
  user.mailbox
    ? ['MyBaseOptions', 'MyContactInformation'].map((role) => ({
        Identity: `${role}-Default Role Assignment Policy`,
        Name: `${role}-Default Role Assignment Policy`,
        Role: role,
        RoleAssigneeName: 'Default Role Assignment Policy',
        RoleAssigneeType: 'RoleAssignmentPolicy',
        AssignmentMethod: 'RoleAssignmentPolicy',
        RoleAssignmentDelegationType: 'Regular',
        CustomRecipientWriteScope: null,
        Enabled: true,
      }))
    : [];

const roleAssignmentCmdlets: readonly Cmdlet[] = [
  {
    name: 'Get-ManagementRoleAssignment',
    parameters: [
      'Identity',
      'RoleAssignee',
      'RoleAssigneeType',
      'AssignmentMethod',
      'Role',
      'Delegating',
      'Enabled',
      'GetEffectiveUsers',
    ],
    run: ({ file, parameters }) => {
      const { RoleAssignee: assignee } = parameters;
      const user = isMissing(assignee) ? undefined : findUser(file, String(assignee));
      if (!isMissing(assignee) && !user) throw objectNotFound(String(assignee));
      const key = user && userIdOf(user);
      const groups = file.roleGroups ?? [];
      const throughGroups = groups
        .filter((group) => key === undefined || holds(groups, group, key, file))
        .flatMap((group) => (group.Roles ?? [group.Name]).map((role) => groupRow(group, role)));
      const direct = (file.managementRoleAssignments ?? [])
        .filter(({ User: name }) => key === undefined || memberKey(file)(name) === key)
        .map((assignment) => directRow(file, assignment));
      const policy = (user ? [user] : file.users).flatMap(ofPolicy);
      return [...policy, ...throughGroups, ...direct];
    },
  },
  {
    name: 'Remove-ManagementRoleAssignment',
    parameters: ['Identity', 'Force'],
    confirms: true,
    run: ({ store, parameters }) => {
      const { file } = store;
      const name = (assignment: Assignment) => nameOf(file, assignment).toLowerCase();
      const key = String(parameters['Identity']).toLowerCase();
      if (!takeOut(store, file.managementRoleAssignments, name, key)) throw objectNotFound(key);
      return [];
    },
  },
  {
    name: 'New-ManagementRoleAssignment',
    parameters: ['Name', 'Role', 'User', 'CustomRecipientWriteScope', 'Delegating', 'Force', 'Confirm'],
    run: (call) => {
      const { store, parameters } = call;
      const { file } = store;
      const user = requireSecurityPrincipal(call, parameters['User']);
      const { Name: name, Role: role, CustomRecipientWriteScope: scope } = parameters;
      const made: Assignment = {
        ...(typeof name === 'string' ? { Name: name } : {}),
        Role: String(role),
        User: user.userPrincipalName,
        ...(typeof scope === 'string' ? { CustomRecipientWriteScope: scope } : {}),
        ...(parameters['Delegating'] === true ? { Delegating: true } : {}),
      };
      file.managementRoleAssignments ??= [];
      const key = nameOf(file, made).toLowerCase();
      putIn(store, file.managementRoleAssignments, key, () => made);
      return [];
    },
  },
];

const groupRow = (group: RoleGroup, role: string): Row => ({
  Identity: `${role}-${group.Name}`,
  Name: `${role}-${group.Name}`,
  Role: role,
  RoleAssigneeName: group.Name,
  RoleAssigneeType: 'RoleGroup',
  AssignmentMethod: 'RoleGroup',
  RoleAssignmentDelegationType: 'Regular',
  CustomRecipientWriteScope: null,
  Enabled: true,
});

const directRow = (file: TenantFile, assignment: Assignment): Row => ({
  Identity: nameOf(file, assignment),
  Name: nameOf(file, assignment),
  Role: assignment.Role,
  RoleAssigneeName: findUser(file, assignment.User)?.displayName ?? assignment.User,
  RoleAssigneeType: 'User',
  AssignmentMethod: 'Direct',
  RoleAssignmentDelegationType: assignment.Delegating ? 'DelegatingOrgWide' : 'Regular',
  CustomRecipientWriteScope: assignment.CustomRecipientWriteScope ?? null,
  Enabled: true,
});

export const exchangeRoleCmdlets: readonly Cmdlet[] = [
  ...roleGroupCmdlets((file) => file.roleGroups ?? []),
  ...roleAssignmentCmdlets,
];
