// The breaker's places in Table Storage: in the table `index` a partition per book, with a row per place and a row per
// key, written in one transaction. The second writer of either is refused, reads again and continues.
//
// Concurrent requests in one process are served together: in a storm, hundreds would otherwise each read the book and
// lose to one another. Rows are only ever added to a book, so what was read stays true, and only a refusal or a full
// book is a reason to read again.

import { type Book, type BreakerPlaces, freePlace, triedAtOnce } from '../alerts/breaker-places.ts';
import { RetryableError } from '../errors.ts';
import { Table, type TableOptions, type TableService } from './table-client.ts';
import { toEntity } from './table-entity.ts';

/** A try fails only because another process took a place, so even a storm needs few. */
const mostTries = 60;
/** Two rows each, and the service takes a hundred operations per transaction. */
const mostTogether = 50;
/** This hour's and the last one's, of each kind. */
const mostKnown = 4;
/** So that an endless book isn't read for ever. */
const mostAmong = 512;

const placeKey = (place: number) => `place-${String(place).padStart(6, '0')}`;
const ownKey = (key: string) => `key-${encodeURIComponent(key).replaceAll('%', '=')}`;

interface Asked {
  key: string;
  ends: readonly number[];
  give(place: number | null): void;
  fail(reason: unknown): void;
}

/** What is known of a book: some of its rows, and nothing that isn't in it. */
interface Known {
  /** Places by the row key of their holder. */
  held: Map<string, number>;
  taken: Set<number>;
  waiting: Asked[];
  isServed: boolean;
}

export class TableBreakerPlaces implements BreakerPlaces {
  readonly #table: Table;
  readonly #random: () => number;
  readonly #books = new Map<Book, Known>();

  constructor(service: TableService, random: () => number, options: TableOptions = {}) {
    this.#table = new Table(service, 'index', options);
    this.#random = random;
  }

  take(book: Book, key: string, ends: readonly number[]): Promise<number | null> {
    const known = this.#known(book);
    return new Promise((give, fail) => {
      known.waiting.push({ key, ends, give, fail });
      if (!known.isServed) void this.#serve(book, known);
    });
  }

  #known(book: Book): Known {
    const before = this.#books.get(book);
    if (before !== undefined) return before;
    const known: Known = { held: new Map(), taken: new Set(), waiting: [], isServed: false };
    this.#books.set(book, known);
    for (const old of this.#books.keys()) {
      if (this.#books.size > mostKnown && old !== book) this.#books.delete(old);
    }
    return known;
  }

  /** One batch after the other, until nobody is waiting. */
  async #serve(book: Book, known: Known): Promise<void> {
    known.isServed = true;
    while (known.waiting.length > 0) {
      const some = known.waiting.splice(0, mostTogether);
      try {
        const places = await this.#takeTogether(book, known, some);
        for (const { key, give } of some) give(places.get(ownKey(key)) ?? null);
      } catch (thrown) {
        for (const { fail } of some) fail(thrown);
      }
    }
    known.isServed = false;
  }

  /** The place of each key that now has one. */
  async #takeTogether(book: Book, known: Known, some: readonly Asked[]): Promise<Map<string, number>> {
    let isFresh = false;
    // The more others write here, the more places to choose from.
    let among = triedAtOnce;
    for (let tries = 0; tries < mostTries; tries += 1) {
      const chosen = new Map<string, number>();
      const taken = new Set(known.taken);
      let isFull = false;
      for (const { key, ends } of some) {
        const own = ownKey(key);
        if (known.held.has(own) || chosen.has(own)) continue;
        const place = freePlace(taken, ends, this.#random, among);
        if (place === undefined) isFull = true;
        else {
          chosen.set(own, place);
          taken.add(place);
        }
      }
      // "No place" is only answered from a fresh read: the key may have got one from another process.
      if (isFull && !isFresh) {
        await this.#read(book, known);
        isFresh = true;
        continue;
      }
      const written = chosen.size === 0 ? 'nothing' : await this.#write(book, chosen, some);
      if (written === 'conflict') {
        // Also if the answer to our own write was lost: the row says whose it is.
        await this.#read(book, known);
        isFresh = true;
        among = Math.min(among * 2, mostAmong);
        continue;
      }
      for (const [own, place] of chosen) {
        known.held.set(own, place);
        known.taken.add(place);
      }
      return known.held;
    }
    throw new RetryableError(`${book}: others took the place first, ${mostTries} times in a row`);
  }

  #write(book: Book, chosen: ReadonlyMap<string, number>, some: readonly Asked[]) {
    const keys = new Map(some.map(({ key }) => [ownKey(key), key]));
    return this.#table.transact(
      [...chosen].flatMap(([own, place]) => [
        ['create', toEntity('index', book, own, null, { place })],
        ['create', toEntity('index', book, placeKey(place), null, { holder: keys.get(own) ?? own })],
      ]),
    );
  }

  async #read(book: Book, known: Known): Promise<void> {
    for (const row of await this.#table.query(`PartitionKey eq '${book}'`)) {
      if (row.rowKey.startsWith('key-')) known.held.set(row.rowKey, Number(row['place']));
      if (row.rowKey.startsWith('place-')) known.taken.add(Number(row.rowKey.slice('place-'.length)));
    }
  }
}
