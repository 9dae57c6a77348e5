// The feeds' positions in Table Storage: table `index`, partition `poll`, one row per feed.
import { randomUUID } from 'node:crypto';
import {
  type FeedPosition,
  type FeedPositions,
  feedPositionSchema,
  type KeptPosition,
} from '../alerts/feed-position.ts';
import { Table, type TableOptions, type TableService } from './table-client.ts';
import { fromEntity, toEntity } from './table-entity.ts';

const partition = 'poll';

export class TableFeedPositions implements FeedPositions {
  readonly #table: Table;

  constructor(service: TableService, options: TableOptions = {}) {
    this.#table = new Table(service, 'index', options);
  }

  async read(feed: string): Promise<KeptPosition | undefined> {
    return (await this.#read(feed))?.kept;
  }

  async write(feed: string, mark: FeedPosition, etag: string | undefined): Promise<KeptPosition | undefined> {
    const token = randomUUID();
    const { mark: at, answeredAt, silent } = mark;
    const columns = { at, answeredAt: answeredAt ?? '', token };
    const entity = toEntity('index', partition, feed, mark, { ...columns, silent: silent?.why ?? '' });
    const written = await this.#table.transact([
      etag === undefined ? ['create', entity] : ['update', entity, 'Replace', { etag }],
    ]);
    if (written !== 'conflict') return { mark, etag: written[0] ?? '' };
    // The answer to our own write may have been lost; then the SDK's second try was refused.
    const now = await this.#read(feed);
    return now?.token === token ? now.kept : undefined;
  }

  async #read(feed: string): Promise<{ kept: KeptPosition; token: unknown } | undefined> {
    const entity = await this.#table.get(partition, feed);
    if (entity === undefined) return undefined;
    const mark = fromEntity('index', entity, feedPositionSchema);
    return { kept: { mark, etag: entity.etag }, token: entity['token'] };
  }
}
