// Caches parsed rows. A version of a row never changes, and parsing unchanged rows is most of the cost of a read, so
// each version is parsed once. Everything is still read from the table; only the parsing is saved.
import type { StoredEntity } from './table-client.ts';
import type { Entity } from './table-entity.ts';

/** Rows in use stay; of the others, at most two generations of this size are kept. */
const mostInGeneration = 2000;

export class KnownRows<T extends object> {
  #newer = new Map<string, T>();
  #older = new Map<string, T>();

  /**
   * The row of this entity, parsed by `read` if its version isn't known. Frozen, since all callers get the same object.
   */
  async of(entity: StoredEntity, read: () => Promise<T>): Promise<T> {
    const key = keyOf(entity, entity.etag);
    const row = this.#newer.get(key) ?? this.#older.get(key) ?? (await read());
    this.keep(entity, entity.etag, row);
    return row;
  }

  /** A row that was just written need not be parsed either. */
  keep(entity: Entity, etag: string, row: T): void {
    if (!isSmall(entity)) return;
    if (this.#newer.size >= mostInGeneration) {
      this.#older = this.#newer;
      this.#newer = new Map();
    }
    this.#newer.set(keyOf(entity, etag), frozen(row));
  }
}

const keyOf = ({ partitionKey, rowKey }: Entity, etag: string) => [partitionKey, rowKey, etag].join('\n');

/** Only rows in a single property and without blobs (see table-entity.ts): larger ones would fill the memory. */
const isSmall = ({ parts, json1 }: Entity) => parts === undefined && json1 === undefined;

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const entry of Object.values(value)) frozen(entry);
  }
  return value;
}
