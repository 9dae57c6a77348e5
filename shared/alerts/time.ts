// Times as the sources write them, made one: ISO 8601 in UTC. Diagnostic records hold one-digit hours and US dates,
// and `new Date` reads the former as invalid and the latter in the machine's own time zone.

const iso =
  /^(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;
const american =
  /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AP]M)?)?(?:\s*(?:Z|UTC))?$/i;

/** Before this no alert was ever made: .NET writes "no date" as 0001-01-01. */
const firstYear = 2000;

/** ISO 8601 in UTC, or null for what is no time. A time without a zone is UTC, which is what the services mean. */
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

/** 12 AM is midnight; an hour that no clock with two halves shows becomes one that no day has. */
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
  // Date.UTC rolls 31 February over to March, and what rolls over is no date.
  if (date.getUTCMonth() !== month - 1 || (date.getUTCDate() !== day && second < 60)) return null;
  return new Date(date.getTime() - offset * 60_000).toISOString();
}
