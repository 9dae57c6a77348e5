// Which stages the circuit breaker went into, hour by hour. Whether on-call was told of one stands with the notices;
// what is told is read from the runs themselves (breaker-notice.ts).
import { Table, type TableOptions, type TableService } from '../store/table-client.ts';
import { toEntity } from '../store/table-entity.ts';

/** limited: runs only contain. held: runs wait. listed: held runs have no mail of their own. */
export const stages = ['limited', 'held', 'listed'] as const;
export type Stage = (typeof stages)[number];

/** `2026-11-20T10` */
export const hourOf = (now: Date): string => now.toISOString().slice(0, 13);

export interface Trips {
  /** However often: a stage is entered once an hour. */
  trip(hour: string, stage: Stage): Promise<void>;
  of(hour: string): Promise<readonly Stage[]>;
}

const partition = (hour: string) => `trips|${hour}`;

export class TableTrips implements Trips {
  readonly #table: Table;
  /** Known to be written, so that a storm does not write the same row for every alert. */
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

export function memoryTrips(): Trips {
  const all = new Set<string>();
  return {
    async trip(hour, stage) {
      all.add(`${hour} ${stage}`);
    },
    of: async (hour) => stages.filter((stage) => all.has(`${hour} ${stage}`)),
  };
}
