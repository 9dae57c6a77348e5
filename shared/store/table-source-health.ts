// When each source last answered and delivered, in Table Storage: table `watch`, partition `source`, one row per
// source.
import { z } from 'zod';
import type { SourceHealth } from '../alerts/source-health.ts';
import { isKey } from '../run/progress.ts';
import { Table, type TableOptions, type TableService } from './table-client.ts';
import { toEntity } from './table-entity.ts';

const partition = 'source';
const everyMs = 60000;
/** Not a source: no source's name begins like this. */
const watching = '(watching)';
const columnsSchema = z.object({
  rowKey: z.string(),
  answeredAt: z.string().nullish(),
  deliveredAt: z.string().nullish(),
});

export class TableSourceHealth implements SourceHealth {
  readonly #table: Table;
  readonly #written = new Map<string, number>();

  constructor(service: TableService, options: TableOptions = {}) {
    this.#table = new Table(service, 'watch', options);
  }

  answered = (name: string, at: Date) => this.#note(name, 'answeredAt', at);
  delivered = (name: string, at: Date) => this.#note(name, 'deliveredAt', at);

  async all() {
    const found = await this.#table.query(`PartitionKey eq '${partition}'`);
    return found
      .map((entity) => columnsSchema.parse(entity))
      .filter(({ rowKey }) => rowKey !== watching)
      .map(({ rowKey, answeredAt, deliveredAt }) => ({
        name: rowKey,
        answeredAt: answeredAt ?? null,
        deliveredAt: deliveredAt ?? null,
      }));
  }

  async watchedSince(now: Date) {
    const first = { partitionKey: partition, rowKey: watching, answeredAt: now.toISOString() };
    const made = await this.#table.transact([['create', first]]);
    if (made !== 'conflict') return now;
    const found = columnsSchema.safeParse(await this.#table.get(partition, watching));
    return new Date(found.data?.answeredAt ?? now);
  }

  async #note(name: string, column: 'answeredAt' | 'deliveredAt', at: Date) {
    if (!isKey(name)) return;
    const last = this.#written.get(`${column}|${name}`) ?? 0;
    if (at.getTime() - last < everyMs) return;
    // Checked by toEntity; written without a document, so that the other column stays as it is.
    const { partitionKey, rowKey } = toEntity('watch', partition, name, null, {});
    const entity = { partitionKey, rowKey, [column]: at.toISOString() };
    await this.#table.transact([['upsert', entity, 'Merge']]);
    this.#written.set(`${column}|${name}`, at.getTime());
  }
}
