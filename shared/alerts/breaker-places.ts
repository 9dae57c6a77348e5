// Numbered places, so many an hour: who finds one free writes itself down there, and what is written is what counts.
// Nothing is counted first and written then, so that a hundred alerts at one instant take a hundred places and no more.
// Here: the promise, which free place is tried, and a memory for tests.

/** An hour's places of one kind: `breaker|2026-11-20T10`. */
export type Book = `${'breaker' | 'held-mail'}|${string}`;

export const bookOf = (kind: 'breaker' | 'held-mail', now: Date): Book =>
  `${kind}|${now.toISOString().slice(0, 13)}`;

export interface BreakerPlaces {
  /**
   * The number of the place that this key has in the book, from 1; null where none was free. A key has one place however
   * often it asks, also when the answer to its first asking was lost. `ends` are the last numbers of each stage,
   * ascending: a place of an earlier stage is always taken before one of a later.
   */
  take(book: Book, key: string, ends: readonly number[]): Promise<number | null>;
}

/** Who asks at the same time tries different ones of these, so that not all but one have to try again. */
const triedAtOnce = 8;

/** The free place to try; undefined where every stage is full. */
export function freePlace(
  taken: ReadonlySet<number>,
  ends: readonly number[],
  random: () => number,
): number | undefined {
  let from = 1;
  for (const end of ends) {
    const free: number[] = [];
    // At most as many as are taken lie before the first that is free.
    for (let place = from; place <= end && free.length < triedAtOnce; place += 1) {
      if (!taken.has(place)) free.push(place);
    }
    if (free.length > 0) return free[Math.floor(random() * free.length)] ?? free[0];
    from = end + 1;
  }
  return undefined;
}
