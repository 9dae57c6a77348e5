// Time slots in Table Storage: a slot is a row, and of two who insert the same row the service lets one have it.
//
//   slots   <rate>  <second, ISO 8601>
import { type Rate, secondsFrom, type TenantRate } from '../run/tenant-rate.ts';
import { Table, type TableOptions, type TableService } from './table-client.ts';

/** Kept so that one can see what was sent when; each reservation removes a few older ones. */
const keptMs = 60_000;
const mostRemoved = 10;

export class TableTenantRate implements TenantRate {
  readonly #slots: Table;

  constructor(service: TableService, options: TableOptions = {}) {
    this.#slots = new Table(service, 'slots', options);
  }

  async reserve(rate: Rate, now: Date): Promise<number | undefined> {
    const rows = await this.#slots.query(`PartitionKey eq '${rate}'`);
    const taken = new Set(rows.map(({ rowKey }) => rowKey));
    for (const second of secondsFrom(now)) {
      const rowKey = new Date(second).toISOString();
      if (taken.has(rowKey)) continue;
      const entity = { partitionKey: rate, rowKey };
      if ((await this.#slots.transact([['create', entity]])) === 'conflict') continue;
      await this.#forget(rate, rows, now);
      return second;
    }
    return undefined;
  }

  async #forget(rate: Rate, rows: readonly { rowKey: string }[], now: Date): Promise<void> {
    const old = rows.filter(({ rowKey }) => Date.parse(rowKey) < now.getTime() - keptMs);
    await Promise.all(old.slice(0, mostRemoved).map(({ rowKey }) => this.#slots.remove(rate, rowKey)));
  }
}
