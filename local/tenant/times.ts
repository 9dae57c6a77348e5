// Keeps scenarios fresh: a time in a file may be relative to the moment the file is loaded.

const relative = /^now((?:[+-](?:\d+[dhms])+))$/;
const milliseconds: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 };

function offset(text: string): number {
  const sum = [...text.matchAll(/(\d+)([dhms])/g)].reduce(
    (total, [, count, unit]) => total + Number(count) * (milliseconds[unit ?? ''] ?? 0),
    0,
  );
  return text.startsWith('-') ? -sum : sum;
}

/** A copy of a JSON document in which each text such as `now-1h30m` has become an ISO 8601 time. */
export function resolveTimes(value: unknown, now: Date): unknown {
  if (typeof value === 'string') {
    const found = relative.exec(value);
    return found ? new Date(now.getTime() + offset(found[1] ?? '')).toISOString() : value;
  }
  if (Array.isArray(value)) return value.map((entry) => resolveTimes(entry, now));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, resolveTimes(entry, now)]));
  }
  return value;
}
