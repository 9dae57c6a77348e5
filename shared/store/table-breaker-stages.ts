// The stages that the circuit breaker went into, in Table Storage: in the table `index` a partition per hour.
import { type BreakerStages, type Stage, stages } from '../alerts/breaker-stages.ts';
import { Table, type TableOptions, type TableService } from './table-client.ts';
import { toEntity } from './table-entity.ts';

const partition = (hour: string) => `trips|${hour}`;

export class TableBreakerStages implements BreakerStages {
  readonly #table: Table;
  /** Known to be written, so that a storm doesn't write the same row for every alert. */
  readonly #written = new Set<string>();

  constructor(service: TableService, options: TableOptions = {}) {
    this.#table = new Table(service, 'index', options);
  }

  async trip(hour: string, stage: Stage): Promise<void> {
    const key = `${hour} ${stage}`;
    if (this.#written.has(key)) return;
    await this.#table.put(toEntity('index', partition(hour), stage, null, { hour }));
    this.#written.add(key);
  }

  async of(hour: string): Promise<readonly Stage[]> {
    const rows = await this.#table.query(`PartitionKey eq '${partition(hour)}'`);
    return stages.filter((stage) => rows.some((row) => row.rowKey === stage));
  }
}
