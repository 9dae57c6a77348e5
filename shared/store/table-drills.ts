// The drill under way and the last one that passed, in Table Storage: one row of the table `watch`, replaced by ETag.
import { type Drills, drillsSchema, noDrill } from '../run/drills.ts';
import { Table, type TableOptions, type TableService } from './table-client.ts';
import { fromEntity, toEntity } from './table-entity.ts';

const partition = 'drill';
const key = 'drill';

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
