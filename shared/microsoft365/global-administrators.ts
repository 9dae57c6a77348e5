// Whether anybody else could still administer the tenant. Locking the last Global Administrator out locks out the
// people who would set it right.
import { z } from 'zod';
import { PermanentError } from '../errors.ts';
import type { GraphReader } from './clients.ts';
import { path } from './path.ts';

/** The same in every tenant (https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference). */
const templateId = '62e90394-69f5-4237-9190-012177145e10';

export const globalAdministrator = (role: {
  roleDefinitionId: string;
  directoryScopeId?: string | null | undefined;
}): boolean => role.roleDefinitionId === templateId && (role.directoryScopeId ?? '/') === '/';

const personSchema = z.looseObject({ id: z.string(), accountEnabled: z.boolean().nullish() });
const holderSchema = z.object({
  principalId: z.string(),
  directoryScopeId: z.string().nullish(),
  principal: personSchema.extend({ '@odata.type': z.string().nullish() }).nullish(),
});
type Holder = z.infer<typeof holderSchema>;

/**
 * True also where that can't be told: then a person decides. Assignments, those activated in PIM and those of
 * groups count; who is only eligible would need someone's approval, an application is nobody who could help.
 */
export async function isLastGlobalAdministrator(graph: GraphReader, userId: string): Promise<boolean> {
  const holders = await graph.list(
    path`/roleManagement/directory/roleAssignments?$filter=roleDefinitionId eq '${templateId}'&$expand=principal`,
    holderSchema,
  );
  const others = holders.filter(
    (holder) => holder.principalId !== userId && (holder.directoryScopeId ?? '/') === '/',
  );
  const enabled = await Promise.all(others.map((holder) => hasEnabled(graph, holder, userId).catch(unknown)));
  return !enabled.includes(true);
}

/** What may not be read proves nothing; what could not be read now is asked again. */
function unknown(error: unknown): false {
  if (error instanceof PermanentError) return false;
  throw error;
}

async function hasEnabled(graph: GraphReader, holder: Holder, userId: string): Promise<boolean> {
  const { principalId, principal } = holder;
  const type = principal?.['@odata.type'];
  if (type === '#microsoft.graph.servicePrincipal') return false;
  if (type === '#microsoft.graph.group') {
    // The cast needs the header and $count (https://learn.microsoft.com/graph/api/group-list-transitivemembers).
    const members = await graph.list(
      path`/groups/${principalId}/transitiveMembers/microsoft.graph.user?$select=id,accountEnabled&$count=true`,
      personSchema,
      { headers: { ConsistencyLevel: 'eventual' } },
    );
    return members.some((member) => member.id !== userId && member.accountEnabled === true);
  }
  if (typeof principal?.accountEnabled === 'boolean') return principal.accountEnabled;
  const user = await graph.get(path`/users/${principalId}?$select=id,accountEnabled`, personSchema);
  return user.accountEnabled === true;
}
