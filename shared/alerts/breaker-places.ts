// Numbered places, a fixed number an hour. A run claims a free place by inserting its row, and only the row counts. There
// is no count-then-write, so a hundred simultaneous alerts take exactly a hundred places.

/** One hour's places of one kind: `breaker|2026-11-20T10`. */
export type Book = `${'breaker' | 'held-mail'}|${string}`;

export const bookOf = (kind: 'breaker' | 'held-mail', now: Date): Book =>
  `${kind}|${now.toISOString().slice(0, 13)}`;

export interface BreakerPlaces {
  /**
   * The number of this key's place, counted from 1, or null if none was free. A key gets one place however often it asks,
   * even if the first answer was lost. `ends` holds the last number of each stage, ascending: places of an earlier stage
   * are always taken first.
   */
  take(book: Book, key: string, ends: readonly number[]): Promise<number | null>;
}

/** Concurrent callers pick among these at random, so that most of them succeed at the first try. */
export const triedAtOnce = 8;

/** The free place to try, or undefined if every stage is full. */
export function freePlace(
  taken: ReadonlySet<number>,
  ends: readonly number[],
  random: () => number,
  among = triedAtOnce,
): number | undefined {
  let from = 1;
  for (const end of ends) {
    const free: number[] = [];
    // The first free place comes after at most as many as are taken.
    for (let place = from; place <= end && free.length < among; place += 1) {
      if (!taken.has(place)) free.push(place);
    }
    if (free.length > 0) return free[Math.floor(random() * free.length)] ?? free[0];
    from = end + 1;
  }
  return undefined;
}
