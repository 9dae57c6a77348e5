// The drill under way and the last one that passed, in Table Storage: one row of the table `watch`, replaced by ETag.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type DrillRecordings, type Drills, drillsSchema, noDrill } from '../run/drills.ts';
import { Table, type TableOptions, type TableService } from './table-client.ts';
import { fromEntity, toEntity } from './table-entity.ts';

const partition = 'drill';
const key = 'drill';

const recorded = 'drill-recording';

export class TableDrills implements Drills {
  readonly #table: Table;

  constructor(service: TableService, options: TableOptions = {}) {
    this.#table = new Table(service, 'watch', options);
  }

  async read() {
    const found = await this.#table.get(partition, key);
    if (found === undefined) return { row: noDrill, etag: undefined };
    return { row: fromEntity('watch', found, drillsSchema), etag: found.etag };
  }

  async write(row: Parameters<Drills['write']>[0], etag: string | undefined) {
    const entity = toEntity('watch', partition, key, row, {});
    const written = await this.#table.transact([
      etag === undefined ? ['create', entity] : ['update', entity, 'Replace', { etag }],
    ]);
    return written !== 'conflict';
  }
}

/** One row per part, in the same table; an earlier drill's rows are deleted when the next one begins. */
export class TableDrillRecordings implements DrillRecordings {
  readonly #table: Table;

  constructor(service: TableService, options: TableOptions = {}) {
    this.#table = new Table(service, 'watch', options);
  }

  async keep(drill: string, exchanges: readonly unknown[]) {
    if (exchanges.length === 0) return;
    const name = `${drill}_${new Date().toISOString()}_${randomUUID().slice(0, 8)}`;
    await this.#table.put(toEntity('watch', recorded, name, { exchanges }, {}));
  }

  async kept(drill: string) {
    const rows = await this.#rows();
    return rows
      .filter(({ rowKey }) => rowKey.startsWith(`${drill}_`))
      .toSorted((one, other) => (one.rowKey < other.rowKey ? -1 : 1))
      .flatMap((row) => fromEntity('watch', row, partSchema).exchanges);
  }

  async forgetOthers(drill: string) {
    for (const { rowKey } of await this.#rows())
      if (!rowKey.startsWith(`${drill}_`)) await this.#table.remove(recorded, rowKey);
  }

  #rows() {
    return this.#table.query(`PartitionKey eq '${recorded}'`);
  }
}

const partSchema = z.object({ exchanges: z.array(z.unknown()) });
