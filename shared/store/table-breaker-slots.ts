// Slots in Table Storage: in the table `index` a partition per book, in it a row per slot and a row per key, written
// in one transaction. Whoever comes second to either is refused, reads again and goes on.

import { type Book, freeSlot, type Slots } from '../alerts/breaker-slots.ts';
import { RetryableError } from '../errors.ts';
import { Table, type TableOptions, type TableService } from './table-client.ts';
import { toEntity } from './table-entity.ts';

/** Each try fails only because somebody else took a slot, so even a storm needs few. */
const mostTries = 60;

const slotKey = (slot: number) => `slot-${String(slot).padStart(6, '0')}`;
const ownKey = (key: string) => `key-${encodeURIComponent(key).replaceAll('%', '=')}`;

export class TableBreakerSlots implements Slots {
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
      if (own !== undefined) return Number(own['slot']);
      const taken = new Set(
        rows.flatMap((row) => (row.rowKey.startsWith('slot-') ? [Number(row.rowKey.slice(5))] : [])),
      );
      const slot = freeSlot(taken, ends, this.#random);
      if (slot === undefined) return null;
      const written = await this.#table.transact([
        ['create', toEntity('index', book, ownKey(key), null, { slot })],
        ['create', toEntity('index', book, slotKey(slot), null, { holder: key })],
      ]);
      if (written !== 'conflict') return slot;
    }
    throw new RetryableError(`${book}: others took the slot first, ${mostTries} times in a row`);
  }
}
