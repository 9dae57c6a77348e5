// Whom an app can reach through its own directory roles: a permission alone does not reach administrators
// (https://learn.microsoft.com/graph/api/resources/users: who can reset passwords, who can do sensitive actions).
import { activeRolesOf, groupsOf, userIdOf } from './directory.ts';
import type { TenantFile, User } from './schema.ts';

const reachesAll = ['Privileged Authentication Administrator', 'Global Administrator'];
/** Roles whose holders a lesser administrator may still touch; everybody else's need one of `reachesAll`. */
const withinReachOf: Readonly<Record<string, readonly string[]>> = {
  'User Administrator': [
    'Directory Readers',
    'Groups Administrator',
    'Guest Inviter',
    'Helpdesk Administrator',
    'Message Center Reader',
    'Password Administrator',
    'Reports Reader',
    'User Administrator',
  ],
  'Authentication Administrator': [
    'Authentication Administrator',
    'Directory Readers',
    'Guest Inviter',
    'Helpdesk Administrator',
    'Message Center Reader',
    'Password Administrator',
    'Reports Reader',
  ],
};

/** The role of the app that lets it do something sensitive to this user; null where no role is needed; undefined: refused. */
export function roleThatReaches(
  file: TenantFile,
  held: readonly string[],
  user: User,
  least: 'none' | 'User Administrator',
): string | null | undefined {
  const id = userIdOf(user);
  const targetRoles = activeRolesOf(file, id).map((role) => role.displayName);
  const shielded =
    user.isManagementRestricted === true ||
    [...groupsOf(file, id), ...groupsOf(file, id, 'owners')].some((group) => group.isAssignableToRole);
  if (!shielded && targetRoles.length === 0 && least === 'none') return null;
  const all = held.find((role) => reachesAll.includes(role));
  const lesser = held.find((role) => {
    const reach = withinReachOf[role];
    return !shielded && reach !== undefined && targetRoles.every((target) => reach.includes(target));
  });
  return (
    (least === 'User Administrator' && lesser === 'Authentication Administrator' ? all : (lesser ?? all)) ??
    undefined
  );
}
