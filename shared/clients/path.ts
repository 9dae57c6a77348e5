// Builds request paths. Ids, UPNs (a guest's contains a #, some begin with $) and dates are encoded when they are inserted.
import { PermanentError } from '../errors.ts';
import type { RefPath } from '../model/clients.ts';

/**
 * path`/users/${id}/manager`: every value is percent-encoded. Apostrophes are doubled inside the quotes of a filter, but not
 * in a path segment. A segment that begins with $ would be read as an option, so it is written as a key in parentheses
 * (https://learn.microsoft.com/graph/api/user-get). Throws PermanentError for a value that is empty or only dots: `/users/`
 * is everybody, and `/users/..` is something else.
 */
export function path(parts: TemplateStringsArray, ...values: readonly string[]): string {
  if (values.some((value) => /^[.\s]*$/.test(value))) {
    throw new PermanentError(`${parts.join('…')} was not told whose, which can mean all; nothing was sent.`);
  }
  return values.reduce((whole, value, index) => {
    const before = parts.slice(0, index + 1).join('');
    const isQuoted = before.split("'").length % 2 === 0;
    const after = parts[index + 1] ?? '';
    if (before.endsWith('/') && !isQuoted && value.startsWith('$'))
      return `${whole.slice(0, -1)}('${literal(value)}')${after}`;
    return whole + (isQuoted ? literal(value) : encodeURIComponent(value)) + after;
  }, parts[0] ?? '');
}

const literal = (value: string) => encodeURIComponent(value.replaceAll("'", "''"));

const isRefPath = (text: string): text is RefPath =>
  /^\/(groups|applications|servicePrincipals)\/[^/]+\/(members|owners)\/[^/]+\/\$ref$/.test(text);

/**
 * The only way to take a user out of a group or an ownership. Without `/$ref`, the same DELETE deletes the user
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
