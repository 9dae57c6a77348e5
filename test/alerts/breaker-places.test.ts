import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { type Book, type BreakerPlaces, bookOf, freePlace } from '../../shared/alerts/breaker-places.ts';
import { TableBreakerPlaces } from '../../shared/store/table-breaker-places.ts';
import { memoryBreakerPlaces } from '../fakes/memory-stores.ts';
import { brokenConnection, tableOptions } from '../run/progress-stores.ts';

const hour = new Date('2026-11-20T10:59:59Z');
let azurite: Azurite;
let losing = 0;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.close());

let asked = 0;
const lossy = tableOptions(async (request, next) => {
  asked += 1;
  const response = await next(request);
  if (losing === 0 || !request.url.includes('$batch')) return response;
  losing -= 1;
  throw brokenConnection();
});
const tableSlots = () =>
  new TableBreakerPlaces({ connectionString: azurite.connectionString }, Math.random, lossy);

let books = 0;
const newBook = (): Book => {
  books += 1;
  return bookOf('breaker', new Date(hour.getTime() + books * 3_600_000));
};
const users = (many: number) => Array.from({ length: many }, (_, index) => `user-${index}`);

describe.each<[string, () => BreakerPlaces]>([
  ['in memory', memoryBreakerPlaces],
  ['in a table', tableSlots],
])('places %s', (_, open) => {
  it('are given out once each to many concurrent callers — counting first would let them all through', async () => {
    const places = open();
    const book = newBook();
    const taken = await Promise.all(users(16).map((user) => places.take(book, user, [3, 10])));
    const given = taken.filter((place) => place !== null).toSorted((a, b) => a - b);
    expect(given).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(taken.filter((place) => place === null)).toHaveLength(6);
  });

  it('are one per key, however often and from wherever it asks', async () => {
    const places = open();
    const book = newBook();
    const asked = await Promise.all(Array.from({ length: 6 }, () => places.take(book, 'adele', [2])));
    expect(new Set(asked).size).toBe(1);
    expect(await places.take(book, 'megan', [2])).not.toBeNull();
    expect(await places.take(book, 'grady', [2])).toBeNull();
    expect(await places.take(book, 'adele', [2])).toBe(asked[0]);
  });

  it('of an earlier stage go first — nobody is limited while there is a better place', async () => {
    const places = open();
    const book = newBook();
    for (const user of users(2)) expect(await places.take(book, user, [2, 4])).toBeLessThanOrEqual(2);
    expect(await places.take(book, 'next', [2, 4])).toBeGreaterThan(2);
  });

  it('are unlimited if a person asks', async () => {
    const places = open();
    const book = newBook();
    expect(await places.take(book, 'adele', [0])).toBeNull();
    expect(await places.take(book, 'adele', [0, Number.POSITIVE_INFINITY])).toBeGreaterThan(0);
  });

  it('of one hour don’t affect the next', async () => {
    const places = open();
    expect(await places.take(newBook(), 'adele', [1])).toBe(1);
    expect(await places.take(newBook(), 'megan', [1])).toBe(1);
  });
});

describe('a lost answer', () => {
  it('takes no second place — the row says whose it is', async () => {
    const places = tableSlots();
    const book = newBook();
    losing = 1;
    expect(await places.take(book, 'adele', [1, 2])).toBe(1);
    expect(losing).toBe(0);
    expect(await places.take(book, 'megan', [1, 2])).toBe(2);
    expect(await places.take(book, 'grady', [1, 2])).toBeNull();
  });
});

describe('many concurrent callers in one process', () => {
  it('are served fifty at a time, so that a storm costs the book a few requests instead of two each', async () => {
    const places = tableSlots();
    const book = newBook();
    await places.take(book, 'warm', [1000]);
    asked = 0;
    const taken = await Promise.all(users(120).map((user) => places.take(book, user, [1000])));
    expect(new Set(taken).size).toBe(120);
    // The first goes alone, as in a quiet hour; 50, 50 and 19 follow.
    expect(asked).toBe(4);
  });

  it('share the book with other processes — a place believed free may be taken by another process', async () => {
    const book = newBook();
    const processes = [tableSlots(), tableSlots(), tableSlots()];
    const taken = await Promise.all(
      users(60).flatMap((user, index) =>
        // Every third is asked for in all of them.
        processes.flatMap((places, at) =>
          index % 3 === 0 || index % processes.length === at ? [places.take(book, user, [40, 50])] : [],
        ),
      ),
    );
    const given = taken.filter((place) => place !== null);
    expect([...new Set(given)].toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 1),
    );
    const later = tableSlots();
    const again = await Promise.all(users(60).map((user) => later.take(book, user, [40, 50])));
    expect(again.filter((place) => place !== null)).toHaveLength(50);
  });

  it('each get the failure, and the next caller is served', async () => {
    let isDown = true;
    const failing = tableOptions(async (request, next) => {
      if (isDown) throw brokenConnection();
      return next(request);
    });
    const places = new TableBreakerPlaces(
      { connectionString: azurite.connectionString },
      Math.random,
      failing,
    );
    const book = newBook();
    const ends = await Promise.allSettled(users(5).map((user) => places.take(book, user, [10])));
    expect(ends.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
    isDown = false;
    expect(await places.take(book, 'user-0', [10])).not.toBeNull();
  });
});

describe('freeSlot', () => {
  it('lets concurrent callers try different places, of one stage only', () => {
    const tried = (random: number) => freePlace(new Set([2]), [3, 100], () => random);
    expect([tried(0), tried(0.99)]).toEqual([1, 3]);
  });
});
