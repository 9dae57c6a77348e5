// Builds the paths of requests. Ids, UPNs (a guest's holds a #) and dates are encoded where they are put in.
import { PermanentError } from '../errors.ts';
import type { RefPath } from '../model/clients.ts';

/**
 * path`/users/${id}/manager`: every value is percent-encoded; quotes in a filter are doubled. Throws PermanentError for
 * a value that is empty or dots alone: `/users/` is everybody, and `/users/..` is something else.
 */
export function path(parts: TemplateStringsArray, ...values: readonly string[]): string {
  if (values.some((value) => /^[.\s]*$/.test(value))) {
    throw new PermanentError(`${parts.join('…')} was not told whose, which can mean all; nothing was sent.`);
  }
  return parts.reduce((whole, part, index) => {
    const value = values[index - 1] ?? '';
    return whole + encodeURIComponent(value.replaceAll("'", "''")) + part;
  });
}

const isRefPath = (text: string): text is RefPath =>
  /^\/(groups|applications|servicePrincipals)\/[^/]+\/(members|owners)\/[^/]+\/\$ref$/.test(text);

/**
 * The one way to take a user out of a group or an ownership. Without `/$ref` the same DELETE deletes the user
 * (https://learn.microsoft.com/graph/api/group-delete-members).
 */
export function refPath(
  collection: 'groups' | 'applications' | 'servicePrincipals',
  id: string,
  relation: 'members' | 'owners',
  userId: string,
): RefPath {
  const built = `/${collection}/${encodeURIComponent(id)}/${relation}/${encodeURIComponent(userId)}/$ref`;
  if (!isRefPath(built)) throw new Error(`not a reference path: ${built}`);
  return built;
}
