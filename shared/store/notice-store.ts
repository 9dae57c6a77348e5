// What on-call was told and is still to be told: one row per key, in table `watch`, partition `notice`. It decides
// nothing.
import { randomUUID } from 'node:crypto';
import { type NoticeRow, type NoticeStore, noticeRowSchema } from '../mail/notice.ts';
import { Table, type TableOptions, type TableService } from './table-client.ts';
import { fromEntity, toEntity } from './table-entity.ts';

const partition = 'notice';

export class TableNotices implements NoticeStore {
  readonly #table: Table;

  constructor(service: TableService, options: TableOptions = {}) {
    this.#table = new Table(service, 'watch', options);
  }

  async read(key: string) {
    const entity = await this.#table.get(partition, key);
    return entity && { row: fromEntity('watch', entity, noticeRowSchema), etag: entity.etag };
  }

  async write(row: NoticeRow, etag: string | undefined) {
    const { state, notice, until } = row;
    const token = randomUUID();
    const columns = { state, headline: notice.headline, version: notice.version, until: until ?? '', token };
    const entity = toEntity('watch', partition, notice.key, row, columns);
    const done = await this.#table.transact([
      etag === undefined ? ['create', entity] : ['update', entity, 'Replace', { etag }],
    ]);
    if (done !== 'conflict') return done[0] ?? 'conflict';
    // It may be this very write, repeated because its answer was lost.
    const found = await this.#table.get(partition, notice.key, ['token']);
    return found?.['token'] === token ? found.etag : 'conflict';
  }

  async waiting() {
    const found = await this.#table.query(`PartitionKey eq '${partition}' and state ne 'told'`);
    return found.map((entity) => ({ row: fromEntity('watch', entity, noticeRowSchema), etag: entity.etag }));
  }
}
