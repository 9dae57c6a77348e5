// What an account without a role can make itself into: an operator of this app, or an administrator through a group
// that carries roles. A pass for such an account is a pass for everything it can become.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError, toFailure } from '../errors.ts';
import { carryingGroups, eligibleGroups } from '../microsoft365/role-lists.ts';
import type { Account } from '../model/account.ts';
import type { GraphReader } from '../model/clients.ts';
import { inQuotes } from '../model/text.ts';
import { appRoles } from './caller.ts';

/** Who operates this app, and which groups a user is in. */
export const reachPermissions = ['Application.Read.All', 'User.Read.All', 'GroupMember.Read.All'] as const;

const applicationSchema = z.object({
  id: z.string(),
  appRoles: z.array(z.object({ id: z.string(), value: z.string().nullish() })),
});
const assignmentSchema = z.object({ appRoleId: z.string(), principalId: z.string() });
const groupSchema = z.object({ id: z.string() });

/**
 * Why this account reaches further than its roles say, in one sentence, or null. If that can't be read, the account
 * counts as reaching further; a RetryableError is thrown, since the answer may be known in a moment. `clientId` is the
 * application that operators sign in to, if there is one.
 */
export async function reachesFurther(
  graph: GraphReader,
  { id, userPrincipalName }: Pick<Account, 'id' | 'userPrincipalName'>,
  clientId: string | undefined,
): Promise<string | null> {
  try {
    const [operators, carrying, eligible] = await Promise.all([
      clientId === undefined ? [] : operatorsOf(graph, clientId),
      carryingGroups(graph, id),
      eligibleGroups(graph, id),
    ]);
    const [group] = [...carrying, ...(eligible ?? [])];
    if (group !== undefined) {
      const name = inQuotes(group.group.displayName ?? group.group.id);
      return `${userPrincipalName} is or can become ${group.relation} of the group ${name}, which carries directory roles`;
    }
    if (operators.length === 0) return null;
    const groups = await graph.list(path`/users/${id}/transitiveMemberOf?$select=id&$top=999`, groupSchema);
    const own = new Set([id, ...groups.map((one) => one.id)].map((one) => one.toLowerCase()));
    return operators.some((one) => own.has(one.toLowerCase()))
      ? `${userPrincipalName} is an operator of Reclaim`
      : null;
  } catch (thrown) {
    if (!(thrown instanceof PermanentError)) throw thrown;
    return `whether ${userPrincipalName} is an operator of Reclaim, or owns a group that carries directory roles, could not be read (${toFailure(thrown).message})`;
  }
}

/**
 * Users and groups with the operators' role
 * (https://learn.microsoft.com/graph/api/serviceprincipal-list-approleassignedto).
 */
async function operatorsOf(graph: GraphReader, clientId: string): Promise<string[]> {
  const [application] = await graph.list(
    path`/servicePrincipals?$filter=appId eq '${clientId}'&$select=id,appRoles`,
    applicationSchema,
  );
  if (application === undefined) {
    throw new PermanentError(
      `the application ${clientId}, to which operators sign in, is not in this tenant.`,
    );
  }
  const roles = application.appRoles.flatMap(({ id, value }) => (value === operatorRole ? [id] : []));
  const assigned = await graph.list(
    path`/servicePrincipals/${application.id}/appRoleAssignedTo`,
    assignmentSchema,
  );
  return assigned.filter(({ appRoleId }) => roles.includes(appRoleId)).map(({ principalId }) => principalId);
}

const [operatorRole] = Object.entries(appRoles).flatMap(([role, access]) =>
  access === 'operator' ? [role] : [],
);
