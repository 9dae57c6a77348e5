// Titles that no catalogue knows, in Table Storage: in the table `watch` a partition per day for the log, and one for
// those that on-call must be told of, which stay there as told.
import {
  type Detection,
  detectionSchema,
  kept,
  keyOf,
  Today,
  type UnknownTitles,
} from '../alerts/unknown-titles.ts';
import { plain } from '../mail/plain.ts';
import { Table, type TableOptions, type TableService } from './table-client.ts';
import { fromEntity, toEntity } from './table-entity.ts';

const partition = 'unknown-title';

export class TableUnknownTitles implements UnknownTitles {
  readonly #table: Table;
  readonly #today = new Today();
  /** Known to be written, so that a storm of one title does not write its row for every alert. */
  readonly #kept = new Today();

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

  async keep(detection: Detection, now: Date): Promise<void> {
    const shown = kept(detection);
    const rowKey = keyOf(shown);
    if (!this.#kept.add(now.toISOString().slice(0, 10), rowKey)) return;
    const columns = { at: now.toISOString(), told: false };
    // A conflict means that it is already kept, whether on-call was told or not.
    await this.#table.transact([['create', toEntity('watch', partition, rowKey, shown, columns)]]);
  }

  async untold(): Promise<readonly Detection[]> {
    const found = await this.#table.query(`PartitionKey eq '${partition}' and told eq false`);
    return found
      .toSorted((a, b) => (String(a['at']) < String(b['at']) ? -1 : 1))
      .map((entity) => fromEntity('watch', entity, detectionSchema));
  }

  async told(detections: readonly Detection[]): Promise<void> {
    for (const detection of detections) {
      const entity = { partitionKey: partition, rowKey: keyOf(detection), told: true };
      await this.#table.transact([['upsert', entity, 'Merge']]);
    }
  }
}
