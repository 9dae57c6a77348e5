// Rows as they were read before. A version of a row never changes, and most of what a read costs is to take apart rows
// that are what they were: so each version is taken apart once. All is still read; only the work is spared.
import type { StoredEntity } from './table-client.ts';
import type { Entity } from './table-entity.ts';

/** What is asked for again stays; of what is not, no more than two of these are kept. */
const mostInGeneration = 2000;

export class KnownRows<T extends object> {
  #newer = new Map<string, T>();
  #older = new Map<string, T>();

  /** The row of this entity, by `read` where its version isn't known. Frozen, since all who ask get the same. */
  async of(entity: StoredEntity, read: () => Promise<T>): Promise<T> {
    const key = keyOf(entity, entity.etag);
    const row = this.#newer.get(key) ?? this.#older.get(key) ?? (await read());
    this.keep(entity, entity.etag, row);
    return row;
  }

  /** What was written needs not be taken apart either. */
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

/** Nothing of it is in blobs, and one property holds it (see table-entity.ts): larger ones would fill the memory. */
const isSmall = ({ parts, json1 }: Entity) => parts === undefined && json1 === undefined;

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const entry of Object.values(value)) frozen(entry);
  }
  return value;
}
