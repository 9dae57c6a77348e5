// Whether anybody else could still administer the tenant. Locking out the last Global Administrator locks out the only
// people who could repair that.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError, RetryableError } from '../errors.ts';
import type { Account } from '../model/account.ts';
import type { GraphReader } from '../model/clients.ts';
import { nullableText } from '../model/text.ts';

/** The same in every tenant (https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference). */
const templateId = '62e90394-69f5-4237-9190-012177145e10';

export const globalAdministrator = (role: {
  roleDefinitionId: string;
  directoryScopeId?: string | null | undefined;
}): boolean => role.roleDefinitionId === templateId && (role.directoryScopeId ?? '/') === '/';

const personSchema = z.looseObject({ id: z.string(), accountEnabled: z.boolean().nullish() });
const holderSchema = z.object({
  principalId: z.string(),
  directoryScopeId: nullableText,
  principal: personSchema.extend({ '@odata.type': nullableText }).nullish(),
});
type Holder = z.infer<typeof holderSchema>;

/**
 * True also if that can't be told: then a person decides. Direct assignments count, those activated in PIM, and those
 * through groups. Somebody who is only eligible doesn't count, because they would need somebody's approval; nor does an
 * application, because it is nobody who could help.
 */
export async function isLastGlobalAdministrator(graph: GraphReader, userId: string): Promise<boolean> {
  const enabled = await enabledGlobalAdministrators(graph);
  return ![...enabled].some((id) => id !== userId);
}

/** Object ids, without unreadable accounts, which nobody can count on. */
async function enabledGlobalAdministrators(graph: GraphReader): Promise<ReadonlySet<string>> {
  const holders = await graph.list(
    path`/roleManagement/directory/roleAssignments?$filter=roleDefinitionId eq '${templateId}'&$expand=principal`,
    holderSchema,
  );
  const ofTenant = holders.filter((holder) => (holder.directoryScopeId ?? '/') === '/');
  const enabled = await Promise.all(ofTenant.map((holder) => enabledOf(graph, holder).catch(unknown)));
  return new Set(enabled.flat());
}

/** A forbidden read proves nothing; a failed one is tried again. */
function unknown(error: unknown): [] {
  if (error instanceof PermanentError) return [];
  throw error;
}

async function enabledOf(graph: GraphReader, holder: Holder): Promise<string[]> {
  const { principalId, principal } = holder;
  const type = principal?.['@odata.type'];
  if (type === '#microsoft.graph.servicePrincipal') return [];
  if (type === '#microsoft.graph.group') {
    // The cast needs the header and $count (https://learn.microsoft.com/graph/api/group-list-transitivemembers).
    const members = await graph.list(
      path`/groups/${principalId}/transitiveMembers/microsoft.graph.user?$select=id,accountEnabled&$count=true`,
      personSchema,
      { headers: { ConsistencyLevel: 'eventual' } },
    );
    return members.flatMap(({ id, accountEnabled }) => (accountEnabled === true ? [id] : []));
  }
  const user =
    typeof principal?.accountEnabled === 'boolean'
      ? principal
      : await graph.get(path`/users/${principalId}?$select=id,accountEnabled`, personSchema);
  return user.accountEnabled === true ? [principalId] : [];
}

/**
 * The last one when the run opened stays the last: an administrator whom the intruder has added since doesn't count.
 */
export async function isLastStanding(graph: GraphReader, account: Account): Promise<boolean> {
  if (account.lastGlobalAdministrator) return true;
  if (!account.privileged) return false;
  const enabled = await enabledGlobalAdministrators(graph);
  return enabled.size === 1 && enabled.has(account.id);
}

/** Returns whether one of the others will certainly stay, and records that the asker goes; see run/departures.ts. */
export type MayGo = (others: readonly string[]) => Promise<boolean>;

/**
 * Called right before an administrator loses the sign-in or the role. Two runs that take the last two at the same
 * instant each see the other still there; the second to ask is refused here with a RetryableError, and its next look
 * finds that it is the last.
 */
export async function leaveOneAdministrator(
  graph: GraphReader,
  { id, userPrincipalName, privileged, roles }: Account,
  mayGo: MayGo | undefined,
): Promise<void> {
  if (mayGo === undefined || (!privileged && roles.length === 0)) return;
  const enabled = await enabledGlobalAdministrators(graph);
  if (!enabled.has(id)) return;
  if (await mayGo([...enabled].filter((other) => other !== id))) return;
  throw new RetryableError(
    `${userPrincipalName} may be the last enabled Global Administrator: other runs are locking all the others at this moment. It is tried again.`,
    { retryAfterSeconds: 30, tookEffect: 'no' },
  );
}
