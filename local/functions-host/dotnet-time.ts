const latest = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** As .NET writes a DateTimeOffset in UTC: no trailing zeros, the zone as an offset, nothing after the year 9999. */
export function dotnetTime(at: Date): string {
  if (at.getTime() >= latest) return '9999-12-31T23:59:59.9999999+00:00';
  return `${at
    .toISOString()
    .replace('Z', '')
    .replace(/\.?0+$/, '')}+00:00`;
}
