// Removes every way to a directory role: an administrator's account can do too much harm to keep them, and once they
// are gone a lock works that they had shielded the account from. Exchange and Defender have roles of their own.

import {
  globalAdministrator,
  leaveOneAdministrator,
} from '../../../shared/microsoft365/global-administrators.ts';
import { rolesPage } from '../../../shared/microsoft365/links.ts';
import { remediation, settings, type Task } from '../../../shared/model/step.ts';
import { grantSchema, readAdminRoles } from './admin-roles.ts';
import { giveBack, takeAway } from './change-admin-roles.ts';

export const removeAdminRoles = remediation({
  name: 'remove-admin-roles',
  title: 'Remove admin roles',
  removes:
    'directory roles, held directly, in PIM or through role-assignable groups; rights in Azure subscriptions stay',
  guide: ['MS 6.1', 'SD'],
  stage: 'evict',
  byHand: ({ id }) => ({
    link: rolesPage(id),
    role: 'Privileged Role Administrator',
    how: 'Remove each assignment, the active and the eligible ones.',
  }),
  part: 'admin-roles',
  licences: ['entraP2'],
  settings: settings('act'),
  permissions: {
    graph: [
      'User.Read.All',
      'RoleManagement.ReadWrite.Directory',
      'GroupMember.ReadWrite.All',
      'Group.ReadWrite.All',
      'PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup',
    ],
  },
  appliesTo: () => true,
  restoredAtHandBack: 'after approval',
  before: grantSchema,

  async find({ account, graph }) {
    const { grants, lastGlobalAdministrator, gaps } = await readAdminRoles(graph, account.id);
    const stays = ({ global }: { global: boolean }) => global && lastGlobalAdministrator;
    return {
      changes: grants
        .filter((held) => !stays(held))
        .map(({ id, what, grant }) => ({
          id,
          what: `${what} of ${account.userPrincipalName}`,
          why: 'an account under attack must administer nothing',
          before: grant,
        })),
      tasks: lastGlobalAdministrator ? [findAnotherAdministrator(account.userPrincipalName, account.id)] : [],
      kept: [
        ...grants.filter(stays).map(({ what }) => ({ what, why: 'nobody else could administer the tenant' })),
        ...gaps.map((what) => ({ what, why: 'it may be there anyway' })),
      ],
    };
  },

  async fix({ before }, { account, run, mayGo, graph }) {
    const mayCarry = before.kind === 'group' || (before.kind === 'active' && globalAdministrator(before));
    if (mayCarry) await leaveOneAdministrator(graph, account, mayGo);
    await takeAway(graph, account.id, before, `Account under attack, run ${run.code}`);
  },

  async undo(change, { account, now, graph }) {
    if (await giveBack(graph, account.id, { id: change.id, grant: change.before }, now)) return undefined;
    return {
      id: `not-back:${change.id}`,
      what: `Decide whether ${account.displayName} still needs ${change.what}`,
      instruction:
        'It was not given back, because it was for a limited time. If it is needed, have it activated in PIM or assigned again.',
      link: rolesPage(account.id),
      role: 'Privileged Role Administrator',
      instead: true,
    };
  },
});

/** If this account lost the role, the tenant would have nobody left to assign roles. */
const findAnotherAdministrator = (name: string, id: string): Task => ({
  id: 'last-global-administrator-role',
  what: `Make another account Global Administrator, then take that role from ${name}`,
  instruction:
    'This is the last enabled Global Administrator, so the role was left. At Roles & admins, Global Administrator, select Add assignments for another account; then remove this one, and retry this step.',
  link: rolesPage(id),
  role: 'Global Administrator',
  danger: 'account',
  remains: 'the Global Administrator role',
  essential: true,
});
