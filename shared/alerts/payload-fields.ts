// The field types of every source's payload. Parsed tolerantly: a field of the wrong type counts as missing, because one
// odd field must not hide an account under attack. Only the id is strict, because it becomes part of a path.
import { z } from 'zod';

/** Control characters, line breaks and direction marks, which could forge a log line or reverse a name. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to take out
const unseen = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/** One line without invisible characters, at most so long, or null if nothing is left. */
export function clean(given: unknown, most = 300): string | null {
  if (typeof given !== 'string') return null;
  const seen = given.slice(0, most * 4).replaceAll(unseen, ' ');
  const line = seen.replaceAll(/ +/g, ' ').trim();
  const cut = line.length > most ? `${line.slice(0, most - 1)}…` : line;
  // Half an emoji can't be stored.
  return cut === '' ? null : cut.toWellFormed();
}

const anything = z.unknown().optional();

/** What services write for "nothing"; nobody has such a name. */
const nothing = /^([<({[]?(null|nil|none|undefined)[>)}\]]|null|undefined|n\/a)$/i;
const said = (given: unknown, most?: number): string | null => {
  const line = clean(given, most);
  return line === null || nothing.test(line) ? null : line;
};

/** Text for people. */
export const text = anything.transform((given) => said(given));
export const time = anything.transform(parseTime);
/** A value of an enumeration that may grow; kept as it is. */
export const word = anything.transform((given) => said(given, 100));
export const words = anything.transform((given) =>
  Array.isArray(given) ? given.flatMap((entry) => said(entry, 100) ?? []) : [],
);

const guidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const nobody = /^[0-]+$/;

/** A directory id in lower case, or null: empty and all-zero ids mean "unknown". */
export const guid = anything.transform((given) => {
  const id = typeof given === 'string' ? given.trim().toLowerCase() : '';
  return guidShape.test(id) && !nobody.test(id) ? id : null;
});

/** Becomes part of a path, so it may contain nothing that leads elsewhere: no slash, not just dots. */
export const sourceId = z
  .string('has no id')
  .trim()
  .regex(/^[A-Za-z0-9][\w.:=+{}-]{0,199}$/, 'has an id that no source gives');

/** The entries of a list that can be parsed; anything but a list counts as an empty one. */
export const listOf = <T>(entry: z.ZodType<T>) =>
  anything.transform((given): T[] =>
    Array.isArray(given)
      ? given.flatMap((one) => {
          const parsed = entry.safeParse(one);
          return parsed.success ? [parsed.data] : [];
        })
      : [],
  );

/** An object, or null if it is missing or something else. */
export const maybe = <T>(schema: z.ZodType<T>) =>
  anything.transform((given): T | null => schema.safeParse(given).data ?? null);

// Turns the sources' times into ISO 8601 in UTC. Diagnostic records have one-digit hours, which `new Date` rejects, and US
// dates, which it reads in the machine's time zone.

const iso =
  /^(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d{2}:?\d{2})?$/i;
const american =
  /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?:,?\s{1,2}(\d{1,2}):(\d{2})(?::(\d{2}))?\s?([AP]M)?)?(?:\s?(?:Z|UTC))?$/i;

/** No alert is older: .NET writes "no date" as 0001-01-01. */
const firstYear = 2000;

/** ISO 8601 in UTC, or null if it isn't a time. A time without a zone is in UTC, as the services mean it. */
export function parseTime(given: unknown): string | null {
  if (typeof given !== 'string') return null;
  const text = given.trim();
  const standard = iso.exec(text);
  if (standard) {
    const [, year, month, day, hour, minute, second, fraction, zone] = standard;
    const ms = Number((fraction ?? '').padEnd(3, '0').slice(0, 3));
    return at([year, month, day, hour, minute, second ?? '0'].map(Number), ms, offsetMinutes(zone));
  }
  const us = american.exec(text);
  if (us) {
    const [, month, day, year, hour = '0', minute = '0', second = '0', half] = us;
    const parts = [year, month, day, inDay(Number(hour), half), minute, second].map(Number);
    return at(parts, 0, 0);
  }
  return null;
}

/** 12 AM is midnight. An hour that can't exist with AM or PM becomes an invalid one. */
function inDay(hour: number, half: string | undefined): number {
  if (half === undefined) return hour;
  if (hour < 1 || hour > 12) return 99;
  return (hour % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);
}

function offsetMinutes(zone: string | undefined): number {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0;
  const digits = zone.replace(':', '');
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return digits.startsWith('-') ? -minutes : minutes;
}

function at(parts: readonly number[], ms: number, offset: number): string | null {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  if (year < firstYear || hour > 23 || minute > 59 || second > 60 || Math.abs(offset) > 14 * 60) return null;
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second, ms));
  // Date.UTC rolls 31 February over to March; such a date is invalid.
  if (date.getUTCMonth() !== month - 1 || (date.getUTCDate() !== day && second < 60)) return null;
  return new Date(date.getTime() - offset * 60_000).toISOString();
}
