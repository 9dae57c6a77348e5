// Titles that no catalogue knows, in Table Storage: in the table `watch` a partition per day.
import { type Detection, keyOf, Today, type UnknownTitles } from '../alerts/unknown-titles.ts';
import { plain } from '../mail/plain.ts';
import { Table, type TableOptions, type TableService } from './table-client.ts';

export class TableUnknownTitles implements UnknownTitles {
  readonly #table: Table;
  readonly #today = new Today();

  constructor(service: TableService, options: TableOptions = {}) {
    this.#table = new Table(service, 'watch', options);
  }

  async isNew(detection: Detection, now: Date): Promise<boolean> {
    const day = now.toISOString().slice(0, 10);
    const rowKey = keyOf(detection);
    if (!this.#today.add(day, rowKey)) return false;
    const title = plain(detection.title, 200);
    const made = await this.#table.transact([['create', { partitionKey: `title|${day}`, rowKey, title }]]);
    return made !== 'conflict';
  }
}
