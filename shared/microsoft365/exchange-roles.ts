// An account's Exchange roles, through role groups or assigned directly. One request names them all (checking the members of
// every role group would take about forty); then each named group is checked for direct membership.
import { z } from 'zod';
import { PermanentError } from '../errors.ts';
import type { Account } from '../model/account.ts';
import type { CmdletOptions, ExchangeClient, ExchangeReader } from '../model/clients.ts';
import { nullableText } from '../model/text.ts';

/** Everything needed to remove one and to restore it. */
export const exchangeGrantSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('group'), group: z.string() }),
  z.object({
    kind: z.literal('assignment'),
    name: z.string(),
    role: z.string(),
    scope: z.string().nullable(),
    delegating: z.boolean(),
  }),
]);
type ExchangeRoleGrant = z.infer<typeof exchangeGrantSchema>;

const assignmentSchema = z.object({
  Name: z.string(),
  Role: z.string(),
  RoleAssigneeName: z.string(),
  RoleAssigneeType: z.string(),
  RoleAssignmentDelegationType: nullableText,
  CustomRecipientWriteScope: nullableText,
});
type Assignment = z.infer<typeof assignmentSchema>;

export interface ExchangeRoles {
  /** Role groups that the account is a member of, with the roles each gives. */
  groups: readonly { name: string; roles: readonly string[] }[];
  /** Assigned to the account itself. */
  direct: readonly Assignment[];
  /** Role groups that apply without membership, such as through a directory role. */
  indirect: readonly string[];
}

/**
 * Get-ManagementRoleAssignment with RoleAssignee, which names indirect ones too
 * (https://learn.microsoft.com/powershell/module/exchangepowershell/get-managementroleassignment).
 */
export async function readExchangeRoles(exchange: ExchangeReader, account: Account): Promise<ExchangeRoles> {
  const rows = await assignmentsOf(exchange, account.userPrincipalName);
  const byGroup = new Map<string, string[]>();
  for (const row of rows.filter(({ RoleAssigneeType: type }) => /RoleGroup$/.test(type))) {
    byGroup.set(row.RoleAssigneeName, [...(byGroup.get(row.RoleAssigneeName) ?? []), row.Role]);
  }
  const found = await Promise.all(
    [...byGroup].map(async ([name, roles]) => ({
      name,
      roles,
      isMember: await isMember(exchange, name, account),
    })),
  );
  return {
    groups: found.filter((group) => group.isMember).map(({ name, roles }) => ({ name, roles })),
    indirect: found.filter((group) => !group.isMember).map(({ name }) => name),
    direct: rows.filter(({ RoleAssigneeType: type }) => type === 'User'),
  };
}

/** None if Exchange doesn't know the user. */
async function assignmentsOf(exchange: ExchangeReader, assignee: string): Promise<Assignment[]> {
  try {
    return await exchange.get('Get-ManagementRoleAssignment', { RoleAssignee: assignee }, assignmentSchema, {
      select: Object.keys(assignmentSchema.shape),
    });
  } catch (error) {
    if (error instanceof PermanentError && error.status === 404) return [];
    throw error;
  }
}

const memberSchema = z.object({
  ExternalDirectoryObjectId: nullableText,
  WindowsLiveID: nullableText,
});

/** Get-RoleGroupMember: a direct member, not through another group. false if the group doesn't exist. */
export async function isMember(
  exchange: ExchangeReader,
  group: string,
  account: Account,
  where: CmdletOptions = {},
): Promise<boolean> {
  const members = await exchange
    .get('Get-RoleGroupMember', { Identity: group }, memberSchema, {
      ...where,
      select: Object.keys(memberSchema.shape),
    })
    .catch((error: unknown) => {
      if (error instanceof PermanentError && error.status === 404) return [];
      throw error;
    });
  return members.some(
    ({ ExternalDirectoryObjectId: id, WindowsLiveID: name }) =>
      same(id, account.id) || same(name, account.userPrincipalName),
  );
}

const same = (one: string | null | undefined, other: string) => one?.toLowerCase() === other.toLowerCase();

/** The app need not be one of the group's managers. */
const memberOf = (group: string, { userPrincipalName }: Account) => ({
  Identity: group,
  Member: userPrincipalName,
  BypassSecurityGroupManagerCheck: true,
});

/** If it is gone already, that is fine. */
export async function removeExchangeRole(
  exchange: ExchangeClient,
  account: Account,
  grant: ExchangeRoleGrant,
  where: CmdletOptions = {},
) {
  try {
    if (grant.kind === 'group') {
      await exchange.run('Remove-RoleGroupMember', memberOf(grant.group, account), where);
    } else await exchange.run('Remove-ManagementRoleAssignment', { Identity: grant.name });
  } catch (error) {
    if (!(error instanceof PermanentError) || error.status !== 404) throw error;
  }
}

/** If it is there already, it stays. */
export async function restoreExchangeRole(
  exchange: ExchangeClient,
  account: Account,
  grant: ExchangeRoleGrant,
  where: CmdletOptions = {},
) {
  if (grant.kind === 'group') {
    if (await isMember(exchange, grant.group, account, where)) return;
    await exchange.run('Add-RoleGroupMember', memberOf(grant.group, account), where);
    return;
  }
  const { direct } = await readExchangeRoles(exchange, account);
  if (direct.some(({ Name }) => Name === grant.name)) return;
  await exchange.run('New-ManagementRoleAssignment', {
    Name: grant.name,
    Role: grant.role,
    User: account.userPrincipalName,
    ...(grant.scope === null ? {} : { CustomRecipientWriteScope: grant.scope }),
    ...(grant.delegating ? { Delegating: true } : {}),
  });
}
