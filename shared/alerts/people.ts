// Finds the object id of an account named in an alert. Sources give no id for accounts they know only by mail address or
// security identifier. An account that isn't in this tenant is left alone, with the reason.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError } from '../errors.ts';
import type { GraphReader } from '../model/clients.ts';
import type { Signal } from '../model/signal.ts';
import type { Kept } from '../model/step.ts';
import { text, word, words } from './payload-fields.ts';
import { cloudIdOf } from './security-identifier.ts';
import type { Subject } from './source.ts';

export const peoplePermission = 'User.Read.All';

const userSchema = z.object({ id: z.string(), userPrincipalName: z.string() });
/** Includes the requested ids, so that an answer about somebody else is noticed. */
const mailUserSchema = userSchema.extend({ mail: text, proxyAddresses: words });
const sidUserSchema = userSchema.extend({ onPremisesSecurityIdentifier: word });

export type Resolved = { signal: Signal } | { left: Kept };

/** GET /users/{id or userPrincipalName}: User.Read.All (https://learn.microsoft.com/graph/api/user-get). */
export async function resolve(graph: GraphReader, { signal, sid, label }: Subject): Promise<Resolved> {
  if (signal.userId !== null) return { signal };
  const name = signal.userPrincipalName;
  const user =
    (name?.includes('@') ? ((await byName(graph, name)) ?? (await byAddress(graph, name))) : undefined) ??
    (sid === null || cloudIdOf(sid) !== null ? undefined : await bySid(graph, sid));
  const id = sid === null ? null : cloudIdOf(sid);
  if (user === undefined && id !== null) return { signal: { ...signal, userId: id } };
  if (user)
    return {
      signal: { ...signal, userId: user.id.toLowerCase(), userPrincipalName: user.userPrincipalName },
    };
  const what = name ?? sid ?? label ?? 'an account without an id';
  const why =
    name?.includes('@') || sid !== null
      ? 'is no user of this directory, or one of a service or of a device'
      : "is named without a UPN, an object id or a SID, so Microsoft Graph can't find it";
  return { left: { what, why } };
}

async function byName(graph: GraphReader, name: string) {
  try {
    return await graph.get(path`/users/${name}?$select=id,userPrincipalName`, userSchema);
  } catch (error) {
    if (error instanceof PermanentError && (error.status === 404 || error.status === 400)) return undefined;
    throw error;
  }
}

/** Products name a mailbox by any of its addresses (https://learn.microsoft.com/graph/api/user-list). */
async function byAddress(graph: GraphReader, address: string) {
  const filter = path`$filter=mail eq '${address}' or proxyAddresses/any(a:a eq 'smtp:${address}')`;
  const found = await listed(
    graph,
    `/users?${filter}&$select=id,userPrincipalName,mail,proxyAddresses`,
    mailUserSchema,
  );
  const same = (other: string | null) =>
    other?.replace(/^smtp:/i, '').toLowerCase() === address.toLowerCase();
  return found.find(({ mail, proxyAddresses }) => same(mail) || proxyAddresses.some(same));
}

/** https://learn.microsoft.com/graph/api/user-list; onPremisesSecurityIdentifier supports `eq`. */
async function bySid(graph: GraphReader, sid: string) {
  const select = 'id,userPrincipalName,onPremisesSecurityIdentifier';
  const found = await listed(
    graph,
    path`/users?$filter=onPremisesSecurityIdentifier eq '${sid}'&$select=` + select,
    sidUserSchema,
  );
  const other = found.some(
    ({ onPremisesSecurityIdentifier: own }) => own !== null && own.toUpperCase() !== sid.toUpperCase(),
  );
  return found.length === 1 && !other ? found[0] : undefined;
}

/** A refused filter finds nobody. */
async function listed<T>(graph: GraphReader, place: string, user: z.ZodType<T>): Promise<readonly T[]> {
  try {
    return await graph.list(place, user);
  } catch (error) {
    if (error instanceof PermanentError && (error.status === 404 || error.status === 400)) return [];
    throw error;
  }
}
