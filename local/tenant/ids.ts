// Ids that a file may leave out: derived from the object they stand for, so that they are the same in each run.
import { createHash } from 'node:crypto';

const hash = (parts: readonly string[]) => createHash('sha256').update(parts.join('\n')).digest('hex');

/** Each request looks for its mailbox among all of them, by every id that they have. */
const made = new Map<string, string>();

/** The same GUID for the same words. */
export function guidOf(...parts: readonly string[]): string {
  const key = parts.join('\n');
  const known = made.get(key);
  if (known !== undefined) return known;
  const hex = hash(parts);
  const guid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  made.set(key, guid);
  return guid;
}

/** A number of 19 digits, as Exchange numbers inbox rules: more than a JSON number can hold exactly. */
export const ruleNumberOf = (...parts: readonly string[]): string =>
  (
    (BigInt(`0x${hash(parts).slice(0, 15)}`) % 8_000_000_000_000_000_000n) +
    1_000_000_000_000_000_000n
  ).toString();

/** An opaque id as Exchange gives to folders and messages. */
export const opaqueIdOf = (...parts: readonly string[]): string =>
  `AAMk${Buffer.from(hash(parts), 'hex').toString('base64url')}AAA=`;
