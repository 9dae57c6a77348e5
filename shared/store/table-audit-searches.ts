// Searches of the audit log in Table Storage: one row of the table `index`, replaced by ETag, so that of two concurrent
// writers the second reads what the first wrote.
import { RetryableError } from '../errors.ts';
import {
  type AuditSearches,
  type Look,
  noSearches,
  type Searches,
  searchesSchema,
  type Wait,
  withoutSearch,
  withSearch,
} from '../run/audit-searches.ts';
import { Table, type TableOptions, type TableService } from './table-client.ts';
import { fromEntity, toEntity } from './table-entity.ts';

const partition = 'searches';
const key = 'unified-audit-log';
const mostTries = 20;

export class TableAuditSearches implements AuditSearches {
  readonly #table: Table;
  /** This process's latest change: two at once would only compete with each other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(service: TableService, options: TableOptions = {}) {
    this.#table = new Table(service, 'index', options);
  }

  async start(who: string, look: Look, now: Date): Promise<'started' | Wait> {
    return (await this.#change((row) => withSearch(row, who, look, now))) ?? 'started';
  }

  async end(who: string, how: 'ended' | 'refused', now: Date): Promise<void> {
    await this.#change((row) => withoutSearch(row, who, how, now));
  }

  #change(to: (row: Searches) => Searches | Wait): Promise<Wait | undefined> {
    const change = this.#last.then(() => this.#write(to));
    this.#last = change.catch(() => undefined);
    return change;
  }

  /** Writes the new row; if the search has to wait, nothing is written. */
  async #write(to: (row: Searches) => Searches | Wait): Promise<Wait | undefined> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const found = await this.#table.get(partition, key);
      const next = to(found === undefined ? noSearches : fromEntity('index', found, searchesSchema));
      if (typeof next === 'string') return next;
      const entity = toEntity('index', partition, key, next, {});
      const written = await this.#table.transact([
        found === undefined ? ['create', entity] : ['update', entity, 'Replace', { etag: found.etag }],
      ]);
      if (written !== 'conflict') return undefined;
    }
    throw new RetryableError(
      `${partition} ${key} was written by others ${mostTries} times in a row; it is tried again`,
      { tookEffect: 'no' },
    );
  }
}
