// Removes the account from the role groups of Exchange Online, and the roles that were assigned to it directly: either
// is enough to read everybody's mail. What comes with a directory role goes with remove-admin-roles.
import {
  exchangeGrantSchema,
  readExchangeRoles,
  removeExchangeRole,
  restoreExchangeRole,
} from '../../shared/microsoft365/exchange-roles.ts';
import { exchangeRolesPage } from '../../shared/microsoft365/links.ts';
import { remediation, settings } from '../../shared/model/step.ts';

/**
 * Remove-RoleGroupMember and Remove-ManagementRoleAssignment; the app needs Organization Management or the role Role
 * Management (https://learn.microsoft.com/powershell/module/exchangepowershell/remove-rolegroupmember).
 */
export const removeExchangeRoles = remediation({
  name: 'remove-exchange-roles',
  title: 'Remove Exchange roles',
  removes: 'membership of Exchange role groups and roles assigned directly',
  guide: ['MS 6.3', 'SD'],
  stage: 'evict',
  byHand: () => ({
    link: exchangeRolesPage(),
    role: 'Organization Management in Exchange',
    how: 'Select each role group, and remove the account under Assigned.',
  }),
  settings: settings('act'),
  permissions: {
    exchange: [
      'Get-ManagementRoleAssignment',
      'Get-RoleGroupMember',
      'Remove-RoleGroupMember',
      'Add-RoleGroupMember',
      'Remove-ManagementRoleAssignment',
      'New-ManagementRoleAssignment',
    ],
  },
  appliesTo: () => true,
  restoredAtHandBack: 'after approval',
  before: exchangeGrantSchema,

  async find({ account, exchange }) {
    const { groups, direct, indirect } = await readExchangeRoles(exchange, account);
    const why = 'an account under attack must administer nothing';
    return {
      changes: [
        ...groups.map(({ name, roles }) => ({
          id: `group:${name}`,
          what: `membership of the Exchange role group ${name} (${roles.join(', ')})`,
          why,
          before: { kind: 'group' as const, group: name },
        })),
        ...direct.map((assignment) => ({
          id: `assignment:${assignment.Name}`,
          what: `the Exchange role ${assignment.Role}`,
          why,
          before: {
            kind: 'assignment' as const,
            name: assignment.Name,
            role: assignment.Role,
            scope: assignment.CustomRecipientWriteScope || null,
            delegating: assignment.RoleAssignmentDelegationType?.startsWith('Delegating') ?? false,
          },
        })),
      ],
      kept: indirect.map((name) => ({
        what: `the Exchange role group ${name}`,
        why: 'counts through a directory role or another group, and goes with that',
      })),
    };
  },

  async fix({ before: grant }, { account, exchange }) {
    await removeExchangeRole(exchange, account, grant);
  },

  async undo({ before: grant }, { account, exchange }) {
    await restoreExchangeRole(exchange, account, grant);
    return undefined;
  },
});
