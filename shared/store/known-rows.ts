// Rows as they were read before. A version of a row never changes, and most of what a read costs is to take apart rows
// that are what they were: so each version is taken apart once. All is still read; only the work is spared.
import type { StoredEntity } from './table-client.ts';

/** What is asked for again stays; of what is not, no more than two of these are kept. */
const mostInGeneration = 2000;

export class KnownRows<T extends object> {
  #newer = new Map<string, T>();
  #older = new Map<string, T>();

  /** The row of this entity, by `read` where its version isn't known. Frozen, since all who ask get the same. */
  async of(entity: StoredEntity, read: () => Promise<T>): Promise<T> {
    if (!isSmall(entity)) return await read();
    const key = [entity.partitionKey, entity.rowKey, entity.etag].join('\n');
    const row = this.#newer.get(key) ?? this.#older.get(key) ?? frozen(await read());
    if (this.#newer.size >= mostInGeneration) {
      this.#older = this.#newer;
      this.#newer = new Map();
    }
    this.#newer.set(key, row);
    return row;
  }
}

/** Nothing of it is in blobs, and one property holds it (see table-entity.ts): larger ones would fill the memory. */
const isSmall = ({ parts, json1 }: StoredEntity) => parts === undefined && json1 === undefined;

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const entry of Object.values(value)) frozen(entry);
  }
  return value;
}
