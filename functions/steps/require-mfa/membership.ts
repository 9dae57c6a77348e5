// Whether a user is in a group, and adding one. Removing one needs `refPath`, and the comment there says why.
import { z } from 'zod';
import { path } from '../../../shared/clients/path.ts';
import { PermanentError } from '../../../shared/errors.ts';
import type { GraphClient, GraphReader } from '../../../shared/model/clients.ts';

const idSchema = z.object({ id: z.string() });

/** Directly or through another group: a policy on the group makes no difference. User.Read.All. */
export async function isMember(graph: GraphReader, userId: string, groupId: string): Promise<boolean> {
  const groups = await graph.list(
    path`/users/${userId}/transitiveMemberOf/microsoft.graph.group?$select=id&$top=999`,
    idSchema,
  );
  return groups.some(({ id }) => id.toLowerCase() === groupId.toLowerCase());
}

/**
 * GroupMember.ReadWrite.All (https://learn.microsoft.com/graph/api/group-post-members). Also refused with 400 if the
 * user is in the group by now, through somebody else or our own request with a lost answer; then it is done.
 */
export async function addMember(graph: GraphClient, userId: string, groupId: string): Promise<void> {
  const reference = `https://graph.microsoft.com/v1.0/directoryObjects/${encodeURIComponent(userId)}`;
  try {
    await graph.post(path`/groups/${groupId}/members/$ref`, { '@odata.id': reference }, z.unknown());
  } catch (error) {
    const refused = error instanceof PermanentError && error.status === 400;
    if (!refused || !(await isMember(graph, userId, groupId))) throw error;
  }
}
