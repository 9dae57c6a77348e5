// Reads a tenant file: its shape, its relative times, and names in it that nobody has. A typing error in a name would
// silently leave an administrator without the role, and a story without its point. Ids are left alone, since they may
// stand for something outside the tenant.
import { z } from 'zod';
import { problemsOf, shortened } from '../problems.ts';
import { findGroup, findRole, findUser } from './directory.ts';
import { type TenantFile, tenantSchema } from './schema.ts';
import { resolveTimes } from './times.ts';

const isTenantFile = (value: unknown): value is TenantFile => tenantSchema.safeParse(value).success;

/** Checks a tenant file and makes its relative times absolute. Reports all problems at once, each with its place. */
export function parseTenant(file: unknown, now: Date): TenantFile {
  const resolved = resolveTimes(file, now);
  // Keeps the document itself, not zod's copy: the order of its keys is part of the state.
  if (isTenantFile(resolved)) {
    const unknown = shortened(unknownNames(resolved));
    if (unknown.length > 0) throw broken(unknown);
    return resolved;
  }
  throw broken(problemsOf(tenantSchema, resolved));
}

const broken = (problems: readonly string[]) =>
  new Error(`The tenant file does not hold:\n${problems.map((line) => `  ${line}`).join('\n')}`);

/** A line for each name of a user, group or role that the file uses and does not hold. */
function unknownNames(file: TenantFile): string[] {
  const found: string[] = [];
  const check = (place: string, name: string | null | undefined, known: boolean, kind: string) => {
    if (name != null && !known && !z.guid().safeParse(name).success) {
      found.push(`${place}: no ${kind} of this tenant is called ${name}`);
    }
  };
  const isUser = (name: string | null | undefined) => findUser(file, name ?? '') !== undefined;
  const isGroup = (name: string) => findGroup(file, name) !== undefined;
  const principal = (place: string, name: string) =>
    check(place, name, isUser(name) || isGroup(name), 'user or group');

  for (const [index, user] of file.users.entries()) {
    check(`users.${index}.manager`, user.manager, isUser(user.manager), 'user');
  }
  for (const [index, group] of (file.groups ?? []).entries()) {
    for (const name of group.members ?? []) principal(`groups.${index}.members`, name);
    for (const name of group.owners ?? []) principal(`groups.${index}.owners`, name);
  }
  for (const list of ['roleAssignments', 'roleEligibilities'] as const) {
    for (const [index, { principalId, roleDefinitionId }] of (file[list] ?? []).entries()) {
      principal(`${list}.${index}.principalId`, principalId);
      const known = findRole(file, roleDefinitionId) !== undefined;
      check(`${list}.${index}.roleDefinitionId`, roleDefinitionId, known, 'role');
    }
  }
  for (const [index, { groupId, principalId }] of (file.groupEligibilities ?? []).entries()) {
    check(`groupEligibilities.${index}.groupId`, groupId, isGroup(groupId), 'group');
    check(`groupEligibilities.${index}.principalId`, principalId, isUser(principalId), 'user');
  }
  return found;
}
