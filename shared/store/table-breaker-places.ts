// Places of the breaker in Table Storage: in the table `index` a partition per book, in it a row per place and a row per key, written
// in one transaction. Whoever comes second to either is refused, reads again and goes on.

import { type Book, type BreakerPlaces, freePlace } from '../alerts/breaker-places.ts';
import { RetryableError } from '../errors.ts';
import { Table, type TableOptions, type TableService } from './table-client.ts';
import { toEntity } from './table-entity.ts';

/** Each try fails only because somebody else took a place, so even a storm needs few. */
const mostTries = 60;

const placeKey = (place: number) => `place-${String(place).padStart(6, '0')}`;
const ownKey = (key: string) => `key-${encodeURIComponent(key).replaceAll('%', '=')}`;

export class TableBreakerPlaces implements BreakerPlaces {
  readonly #table: Table;
  readonly #random: () => number;

  constructor(service: TableService, random: () => number, options: TableOptions = {}) {
    this.#table = new Table(service, 'index', options);
    this.#random = random;
  }

  async take(book: Book, key: string, ends: readonly number[]): Promise<number | null> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const rows = await this.#table.query(`PartitionKey eq '${book}'`);
      // Also the answer to one's own write that was lost: the row says whose it is.
      const own = rows.find((row) => row.rowKey === ownKey(key));
      if (own !== undefined) return Number(own['place']);
      const taken = new Set(
        rows.flatMap((row) => (row.rowKey.startsWith('place-') ? [Number(row.rowKey.slice(6))] : [])),
      );
      const place = freePlace(taken, ends, this.#random);
      if (place === undefined) return null;
      const written = await this.#table.transact([
        ['create', toEntity('index', book, ownKey(key), null, { place })],
        ['create', toEntity('index', book, placeKey(place), null, { holder: key })],
      ]);
      if (written !== 'conflict') return place;
    }
    throw new RetryableError(`${book}: others took the place first, ${mostTries} times in a row`);
  }
}
