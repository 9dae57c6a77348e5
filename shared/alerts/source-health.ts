// When each source of alerts last answered and last brought something, so that silence can be told from peace: table
// `watch`, partition `source`, a row a source. A poller calls `answered` after each complete read, whatever it held;
// whoever takes an alert in calls `delivered`. Here: Table Storage, and a memory for tests.
import { z } from 'zod';
import { Table, type TableOptions, type TableService } from '../store/table-client.ts';
import { isKey, toEntity } from '../store/table-entity.ts';

export interface SourceState {
  /** The adapter's name (`alert`, `riskDetection`), or the way in (`stream`). */
  name: string;
  /** ISO 8601; null: never. */
  answeredAt: string | null;
  deliveredAt: string | null;
}

export interface SourceHealth {
  /** The source was asked and gave all it had, be it nothing. */
  answered(name: string, at: Date): Promise<void>;
  /** An alert of it has arrived. Costs one write a minute at most, however many arrive. */
  delivered(name: string, at: Date): Promise<void>;
  all(): Promise<readonly SourceState[]>;
  /** When this was first asked, kept from then on: where silence begins for an app that never heard anything. */
  watchedSince(now: Date): Promise<Date>;
}

const partition = 'source';
const everyMs = 60_000;
/** No name of a source: it begins as none does. */
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

export function memorySourceHealth(): SourceHealth {
  const states = new Map<string, SourceState>();
  let since: Date | undefined;
  const note = async (name: string, change: Partial<SourceState>) => {
    const known = states.get(name) ?? { name, answeredAt: null, deliveredAt: null };
    states.set(name, { ...known, ...change });
  };
  return {
    answered: (name, at) => note(name, { answeredAt: at.toISOString() }),
    delivered: (name, at) => note(name, { deliveredAt: at.toISOString() }),
    all: async () => [...states.values()],
    watchedSince: async (now) => {
      since ??= now;
      return since;
    },
  };
}
