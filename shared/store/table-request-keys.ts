// Answered requests in Table Storage: one row per key, in the table `index`; if two insert the same key, the service
// lets one in.
import { randomUUID } from 'node:crypto';
import { begun, hasLapsed, keptSeconds, type RequestKeys, requestSchema } from '../run/request-keys.ts';
import { Table, type TableOptions, type TableService } from './table-client.ts';
import { fromEntity, toEntity } from './table-entity.ts';

const partition = 'answered';

export class TableRequestKeys implements RequestKeys {
  readonly #table: Table;

  constructor(service: TableService, options: TableOptions = {}) {
    this.#table = new Table(service, 'index', options);
  }

  async begin(key: string, fingerprint: string, now: Date): ReturnType<RequestKeys['begin']> {
    const token = randomUUID();
    const row = begun(fingerprint, now);
    const entity = toEntity('index', partition, key, row, { at: row.at, token });
    if ((await this.#table.transact([['create', entity]])) !== 'conflict') return 'begun';
    const found = await this.#table.get(partition, key);
    // Its own first try, with an answer that was lost.
    if (found?.['token'] === token) return 'begun';
    if (found === undefined) return this.begin(key, fingerprint, now);
    const standing = fromEntity('index', found, requestSchema);
    if (!hasLapsed(standing, now)) return standing;
    const replaced = await this.#table.transact([['update', entity, 'Replace', { etag: found.etag }]]);
    return replaced === 'conflict' ? this.begin(key, fingerprint, now) : 'begun';
  }

  async settle(...[key, row]: Parameters<RequestKeys['settle']>): Promise<void> {
    await this.#table.put(toEntity('index', partition, key, row, { at: row.at, token: '' }));
    const old = new Date(Date.parse(row.at) - keptSeconds * 1000).toISOString();
    const over = await this.#table.query(`PartitionKey eq '${partition}' and at lt '${old}'`);
    for (const { rowKey, etag } of over.slice(0, 20)) await this.#table.remove(partition, rowKey, etag);
  }

  async forget(key: string): Promise<void> {
    await this.#table.remove(partition, key);
  }
}
