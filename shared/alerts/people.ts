// From the name in an alert to the object id in the directory. Sources give null ids for accounts they know by mail
// address or security identifier only; what is not found in this tenant is left alone, with the reason.
import { z } from 'zod';
import { PermanentError } from '../errors.ts';
import type { GraphReader } from '../microsoft365/clients.ts';
import { path } from '../microsoft365/path.ts';
import type { Kept } from '../run/step.ts';
import type { Signal } from './signal.ts';
import type { Subject } from './source.ts';

export const peoplePermission = 'User.Read.All';

const userSchema = z.object({ id: z.string(), userPrincipalName: z.string() });

export type Resolved = { signal: Signal } | { left: Kept };

/** GET /users/{id or userPrincipalName}: User.Read.All (https://learn.microsoft.com/graph/api/user-get). */
export async function resolve(graph: GraphReader, { signal, onPremisesSid }: Subject): Promise<Resolved> {
  if (signal.userId !== null) return { signal };
  const name = signal.userPrincipalName;
  const user =
    (name?.includes('@') ? await byName(graph, name) : undefined) ??
    (onPremisesSid === null ? undefined : await bySid(graph, onPremisesSid));
  if (user)
    return {
      signal: { ...signal, userId: user.id.toLowerCase(), userPrincipalName: user.userPrincipalName },
    };
  const what = name ?? onPremisesSid ?? 'an account without an id';
  return { left: { what, why: 'is no user of this directory, or one of a service or of a device' } };
}

async function byName(graph: GraphReader, name: string) {
  try {
    return await graph.get(path`/users/${name}?$select=id,userPrincipalName`, userSchema);
  } catch (error) {
    if (error instanceof PermanentError && (error.status === 404 || error.status === 400)) return undefined;
    throw error;
  }
}

/** https://learn.microsoft.com/graph/api/user-list; onPremisesSecurityIdentifier supports `eq`. */
async function bySid(graph: GraphReader, sid: string) {
  const found = await graph.list(
    path`/users?$filter=onPremisesSecurityIdentifier eq '${sid}'&$select=id,userPrincipalName`,
    userSchema,
  );
  return found.length === 1 ? found[0] : undefined;
}
