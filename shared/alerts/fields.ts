// What every source's payload is made of. Read with patience: a field of the wrong type counts as not there, since
// one odd field must not hide an account under attack. Only the id, which becomes part of a path, is strict.
import { z } from 'zod';
import { parseTime } from './time.ts';

/** Control characters, line breaks and direction marks: they could forge a line of the log or turn a name around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to take out
const unseen = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/** One line without what cannot be seen, at most so long, or null when nothing is left. */
export function clean(given: unknown, most = 300): string | null {
  if (typeof given !== 'string') return null;
  const seen = given.slice(0, most * 4).replaceAll(unseen, ' ');
  const line = seen.replaceAll(/ +/g, ' ').trim();
  const cut = line.length > most ? `${line.slice(0, most - 1)}…` : line;
  // Half an emoji, cut off or sent so, is no text that can be stored.
  return cut === '' ? null : cut.toWellFormed();
}

const anything = z.unknown().optional();

/** Text that people read. */
export const text = anything.transform((given) => clean(given));
export const time = anything.transform(parseTime);
/** A word of an enumeration that may grow: kept as it is written. */
export const word = anything.transform((given) => clean(given, 100));
export const words = anything.transform((given) =>
  Array.isArray(given) ? given.flatMap((entry) => clean(entry, 100) ?? []) : [],
);

const guidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const nobody = /^[0-]+$/;

/** A directory id in lower case, or null: empty and all-zero ids stand for "unknown". */
export const guid = anything.transform((given) => {
  const id = typeof given === 'string' ? given.trim().toLowerCase() : '';
  return guidShape.test(id) && !nobody.test(id) ? id : null;
});

/** Becomes part of a path, so nothing that could lead to another one: no slash, and no dots alone. */
export const sourceId = z
  .string('has no id')
  .trim()
  .regex(/^[A-Za-z0-9][\w.:=+{}-]{0,199}$/, 'has an id that no source gives');

/** Those entries of a list that can be read; what is no list is an empty one. */
export const listOf = <T>(entry: z.ZodType<T>) =>
  anything.transform((given): T[] =>
    Array.isArray(given)
      ? given.flatMap((one) => {
          const parsed = entry.safeParse(one);
          return parsed.success ? [parsed.data] : [];
        })
      : [],
  );

/** An object that may be missing or something else altogether. */
export const maybe = <T>(schema: z.ZodType<T>) =>
  anything.transform((given): T | null => schema.safeParse(given).data ?? null);
