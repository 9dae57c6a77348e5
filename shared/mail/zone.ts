// Times in on-call's own zone, beside UTC: `2026-11-20 09:15:04 UTC (10:15 CET)`.
import { clock, dayOf } from './plain.ts';

/** `2026-11-20 09:15:04 UTC (10:15 CET)` */
export const clockIn = (timeZone: string | undefined, iso: string): string =>
  withLocal(clock(iso), iso, timeZone);

export function withLocal(utc: string, iso: string, timeZone: string | undefined): string {
  const local = timeZone === undefined || timeZone === 'UTC' ? undefined : localTime(iso, timeZone);
  return local === undefined ? utc : `${utc} (${local})`;
}

function localTime(iso: string, timeZone: string): string | undefined {
  const time = Date.parse(iso);
  if (Number.isNaN(time)) return undefined;
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  });
  const day = new Intl.DateTimeFormat('en-CA', { timeZone }).format(time);
  return day === dayOf(iso) ? format.format(time) : `${day} ${format.format(time)}`;
}

/** A time as texts write it that don't know on-call's clock; a time that already shows it doesn't match. */
const written = /\b(\d{4}-\d\d-\d\d) (\d\d:\d\d)(:\d\d)? UTC\b(?! \((?:\d{4}-\d\d-\d\d )?\d\d:\d\d )/g;

/** Each time in a text, rewritten. Text in quotes is somebody's name for something and stays as it is. */
export const retold = (text: string, tell: (iso: string, utc: string) => string): string =>
  text
    .split('"')
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part.replace(written, (utc: string, day: string, minute: string, seconds?: string) =>
            tell(`${day}T${minute}${seconds ?? ':00'}Z`, utc),
          ),
    )
    .join('"');

/** Each time in a text, with on-call's own time beside it. */
export const inZone = (timeZone: string | undefined, text: string): string =>
  timeZone === undefined ? text : retold(text, (iso, utc) => withLocal(utc, iso, timeZone));
