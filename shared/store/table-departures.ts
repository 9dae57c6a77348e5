// Who is about to lose a role, in Table Storage: one row of the table `index`, replaced by ETag, so that of two
// concurrent writers the second reads what the first wrote.
import { RetryableError } from '../errors.ts';
import { type Departures, departuresSchema, withDeparture } from '../run/departures.ts';
import { Table, type TableOptions, type TableService } from './table-client.ts';
import { fromEntity, toEntity } from './table-entity.ts';

const partition = 'leaving';
const mostTries = 20;

export class TableDepartures implements Departures {
  readonly #table: Table;
  readonly #group: string;

  /** `group`: people who must not all go, such as `global-administrators`. */
  constructor(service: TableService, group: string, options: TableOptions = {}) {
    this.#table = new Table(service, 'index', options);
    this.#group = group;
  }

  async mayGo(who: string, others: readonly string[], now: Date): Promise<boolean> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const found = await this.#table.get(partition, this.#group);
      const noted = found === undefined ? [] : fromEntity('index', found, departuresSchema);
      // Our own write whose answer was lost is read again here, and must not block us.
      const next = withDeparture(noted, who, others, now);
      if (next === undefined) return false;
      const entity = toEntity('index', partition, this.#group, next, {});
      const written = await this.#table.transact([
        found === undefined ? ['create', entity] : ['update', entity, 'Replace', { etag: found.etag }],
      ]);
      if (written !== 'conflict') return true;
    }
    throw new RetryableError(
      `${partition} ${this.#group} was written by others ${mostTries} times in a row`,
      {
        tookEffect: 'no',
      },
    );
  }
}
