// What on-call was told and is still to be told: one row a key, in table `watch`, partition `notice`. Here: the
// shape, Table Storage, and a memory for tests. It decides nothing.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { noticeSchema } from '../mail/notice.ts';
import { Table, type TableOptions, type TableService } from './table-client.ts';
import { fromEntity, toEntity } from './table-entity.ts';

export const noticeRowSchema = z.object({
  notice: noticeSchema,
  state: z.enum(['waiting', 'sending', 'told']),
  /** Failures so far. */
  attempt: z.number(),
  /** Not before, or the end of the lease (ISO 8601). */
  until: z.string().nullable(),
  /** When the first send began whose answer is unknown. */
  claimedAt: z.string().nullable(),
  toldAt: z.string().nullable(),
});
export type NoticeRow = Readonly<z.infer<typeof noticeRowSchema>>;

export interface NoticeStore {
  read(key: string): Promise<{ row: NoticeRow; etag: string } | undefined>;
  /** Replaces exactly this version, or inserts where none is given. Answers the new ETag. */
  write(row: NoticeRow, etag: string | undefined): Promise<string | 'conflict'>;
  /** All that are not told. */
  waiting(): Promise<readonly { row: NoticeRow; etag: string }[]>;
}

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
    // It may be this very write, whose answer was lost and which was sent again.
    const found = await this.#table.get(partition, notice.key, ['token']);
    return found?.['token'] === token ? found.etag : 'conflict';
  }

  async waiting() {
    const found = await this.#table.query(`PartitionKey eq '${partition}' and state ne 'told'`);
    return found.map((entity) => ({ row: fromEntity('watch', entity, noticeRowSchema), etag: entity.etag }));
  }
}

export interface MemoryNotices extends NoticeStore {
  readonly rows: ReadonlyMap<string, { row: NoticeRow; etag: string }>;
}

export function memoryNotices(): MemoryNotices {
  const rows = new Map<string, { row: NoticeRow; etag: string }>();
  let version = 0;
  return {
    rows,
    async read(key) {
      return rows.get(key);
    },
    async write(row, given) {
      if (rows.get(row.notice.key)?.etag !== given) return 'conflict';
      version += 1;
      const etag = `"${version}"`;
      rows.set(row.notice.key, { row, etag });
      return etag;
    },
    async waiting() {
      return [...rows.values()].filter(({ row }) => row.state !== 'told');
    },
  };
}
