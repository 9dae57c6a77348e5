// Who is who in a tenant file: users, groups and roles may be named in more than one way there.
import { guidOf } from './ids.ts';
import { builtInRoles } from './roles.ts';
import type { TenantFile, User } from './schema.ts';

const equal = (one: string | null | undefined, other: string) => one?.toLowerCase() === other.toLowerCase();

export const tenantIdOf = (file: TenantFile): string =>
  file.tenantId ?? guidOf('tenant', domainsOf(file)[0]?.id ?? '');

export const userIdOf = (user: User): string =>
  user.id ?? guidOf('user', user.userPrincipalName.toLowerCase());

const isCalled = (user: User, key: string) =>
  equal(userIdOf(user), key) || equal(user.userPrincipalName, key);

/** Where a user was found by a name last: every request names some, and a tenant may have many. */
const foundBefore = new WeakMap<TenantFile, Map<string, User>>();

export function findUser(file: TenantFile, key: string): User | undefined {
  const before = foundBefore.get(file) ?? new Map<string, User>();
  foundBefore.set(file, before);
  const known = before.get(key);
  // Users come, go and change their names.
  if (known !== undefined && isCalled(known, key) && file.users.includes(known)) return known;
  const found = file.users.find((user) => isCalled(user, key));
  if (found !== undefined) before.set(key, found);
  return found;
}

export type Group = NonNullable<TenantFile['groups']>[number];
export const groupIdOf = (group: Group): string => group.id ?? guidOf('group', group.displayName);

export const findGroup = (file: TenantFile, key: string): Group | undefined =>
  file.groups?.find((group) => equal(groupIdOf(group), key) || equal(group.displayName, key));

/** The object id behind a name in the file: of a user, else of a group, else the name itself. */
export function principalIdOf(file: TenantFile, key: string): string {
  const user = findUser(file, key);
  if (user) return userIdOf(user);
  const group = findGroup(file, key);
  return group ? groupIdOf(group) : key;
}

/** Ids of the groups that a user or group belongs to, directly or through other groups. */
export function groupsOf(
  file: TenantFile,
  principalId: string,
  relation: 'members' | 'owners' = 'members',
): Group[] {
  const found = new Map<string, Group>();
  const visit = (id: string) => {
    for (const group of file.groups ?? []) {
      const groupId = groupIdOf(group);
      if (found.has(groupId) || !group[relation]?.some((name) => principalIdOf(file, name) === id)) continue;
      found.set(groupId, group);
      if (relation === 'members') visit(groupId);
    }
  };
  visit(principalId);
  return [...found.values()];
}

export interface RoleDefinition {
  id: string;
  displayName: string;
  description: string | null;
  isBuiltIn: boolean;
  isEnabled: boolean;
  templateId: string | null;
}

/** A role by id, template id or name, built in or of the tenant's own. */
export function findRole(file: TenantFile, key: string): RoleDefinition | undefined {
  return rolesOf(file).find(
    (role) => equal(role.id, key) || equal(role.templateId, key) || equal(role.displayName, key),
  );
}

export function rolesOf(file: TenantFile): RoleDefinition[] {
  const builtIn = Object.entries(builtInRoles).map(([displayName, id]) => ({
    id,
    displayName,
    description: `Built-in role ${displayName}`,
    isBuiltIn: true,
    isEnabled: true,
    templateId: id,
  }));
  const own = (file.roleDefinitions ?? []).map((role) => ({
    id: role.id ?? guidOf('role', role.displayName),
    displayName: role.displayName,
    description: role.description ?? null,
    isBuiltIn: role.isBuiltIn ?? false,
    isEnabled: role.isEnabled ?? true,
    templateId: role.templateId ?? role.id ?? guidOf('role', role.displayName),
  }));
  return [...builtIn, ...own];
}

/** The roles a user holds now, direct or through role-assignable groups. */
export function activeRolesOf(file: TenantFile, userId: string): RoleDefinition[] {
  const holders = new Set([
    userId,
    ...groupsOf(file, userId)
      .filter((group) => group.isAssignableToRole)
      .map(groupIdOf),
  ]);
  return (file.roleAssignments ?? []).flatMap((assignment) => {
    if (!holders.has(principalIdOf(file, assignment.principalId))) return [];
    const role = findRole(file, assignment.roleDefinitionId);
    return role ? [role] : [];
  });
}

export const isGuest = (user: User): boolean =>
  (user.userType ?? (user.userPrincipalName.includes('#EXT#') ? 'Guest' : 'Member')) === 'Guest';

const domainOf = (user: User): string => user.userPrincipalName.split('@').at(-1) ?? '';

/** The tenant's domains; where the file names none, those of its users. */
export function domainsOf(file: TenantFile) {
  if (file.domains) return file.domains;
  const names = [...new Set(file.users.map(domainOf))];
  return names.map((id, index) => ({
    id,
    isDefault: index === 0,
    isInitial: id.endsWith('.onmicrosoft.com'),
  }));
}

export function isFederated(file: TenantFile, user: User): boolean {
  const domain = domainsOf(file).find(({ id }) => equal(id, domainOf(user)));
  return domain !== undefined && 'authenticationType' in domain && domain.authenticationType === 'Federated';
}

export const primaryAddressOf = (user: User): string | null =>
  user.mailbox ? (user.mailbox.PrimarySmtpAddress ?? user.userPrincipalName) : null;

export const hasPlan = (file: TenantFile, plan: string): boolean => file.servicePlans?.includes(plan) ?? true;
