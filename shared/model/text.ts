// Text that several parts of the project write or read in the same way.
import { z } from 'zod';

/** Text that a service may leave out or send as null. */
export const nullableText = z.string().nullish();

/** `2026-11-20T09:12:05Z`: filters and cmdlets are documented in whole seconds; fractions are cut off. */
export const wholeSeconds = (time: Date | number | string): string =>
  `${new Date(time).toISOString().slice(0, 19)}Z`;

/** Strips these characters from its end. A regular expression would take quadratic time. */
export function trimEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** Strips these characters from both ends. */
export function trim(text: string, characters: string): string {
  const rest = trimEnd(text, characters);
  let start = 0;
  while (start < rest.length && characters.includes(rest.charAt(start))) start += 1;
  return rest.slice(start);
}

/** PowerShell takes each of these for the end of a single-quoted text. */
const singleQuotes = /['\u2018-\u201b]/gu;
/** Characters that run, hide or reorder a pasted command; lone surrogates are lost on the way. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu;

/**
 * A value for a PowerShell command that a person pastes, quotes included. Invisible characters are written by number,
 * so that the value stays the intended one and a line break in it runs nothing.
 */
export function powerShellValue(value: string): string {
  const quoted = (text: string) => `'${text.replace(singleQuotes, '$&$&')}'`;
  const parts: string[] = [];
  let from = 0;
  for (const { 0: found, index } of value.matchAll(unseen)) {
    if (index > from) parts.push(quoted(value.slice(from, index)));
    for (let at = 0; at < found.length; at += 1) parts.push(`[char]${found.charCodeAt(at)}`);
    from = index + found.length;
  }
  if (parts.length === 0) return quoted(value);
  if (from < value.length) parts.push(quoted(value.slice(from)));
  return `(${["''", ...parts].join('+')})`;
}

const doubleQuotes = /["\u00ab\u00bb\u201c-\u201f\u2033\u2036\u275d\u275e\u301d-\u301f\uff02]/gu;

/** A name chosen by a stranger, in quotes that it can't close: what follows them is ours. */
export const inQuotes = (name: string): string => `"${name.replace(doubleQuotes, "'")}"`;

/** `a, b and c` */
export const listed = (parts: readonly string[]): string =>
  parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;

/** With a capital, to begin a sentence; names and addresses stay as they are. */
export const capital = (text: string): string =>
  /^[a-z]+(-[a-z]+)?[ ,]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;

/** A value in an OData filter, quotes included: for Microsoft Graph before it is encoded, and for tables as it is. */
export const odataText = (value: string): string => `'${value.replaceAll("'", "''")}'`;
