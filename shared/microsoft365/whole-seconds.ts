// Entra ID truncates the times of password and session changes to whole seconds: 10:00:00.9 becomes 10:00:00. Compared as
// they are, a run would not recognise its own change.

const secondMs = 1000;
/** Between Microsoft doing it and us noting that it is done. */
const answerMs = 2 * secondMs;

/**
 * Whether something that reads back as done at `readBack` was done at or after `since`. `ownAt` is when this run itself
 * last did it, by our own clock; it decides if both times lie within one second.
 */
export function happenedBy(since: string, readBack: string, ownAt?: string): boolean {
  const read = Date.parse(readBack);
  const start = Date.parse(since);
  if (read % secondMs !== 0) return read >= start;
  const own = ownAt === undefined ? Number.NaN : Date.parse(ownAt);
  if (own >= read && own < read + answerMs) return own >= start;
  return read + secondMs > start;
}
