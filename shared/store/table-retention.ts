// Removes what has been kept long enough, from every table. A run that is not closed is somebody's, however old it is.
// Deletes row by row and may stop anywhere: the next time goes on.
//
//   runs, with their claim, log and entries     KEEP_RUNS_DAYS after they were opened
//   decisions                                   KEEP_DECISIONS_DAYS
//   places, stages and answered requests        two days: they count for an hour, and for a day
//   titles, notices and dead letters            as decisions
//
// Evidence is in blobs, which the container's own policy removes.
import { z } from 'zod';
import { odataText } from '../model/text.ts';
import { runRef } from '../run/progress.ts';
import { type StoredEntity, Table, type TableOptions, type TableService } from './table-client.ts';

export interface Kept {
  runsDays: number;
  decisionsDays: number;
}

export interface Removed {
  runs: number;
  rows: number;
}

const dayMs = 86_400_000;
/** So many rows in one go: a timer must end before its time is up. */
const mostRows = 20_000;
const atOnce = 16;
const shortDays = 2;

const backwardsDay = (time: Date) => 99_999_999 - Number(time.toISOString().slice(0, 10).replaceAll('-', ''));
const entrySchema = z.object({ run: z.string() });

export class TableRetention {
  readonly #runs: Table;
  readonly #index: Table;
  readonly #decisions: Table;
  readonly #watch: Table;
  #left = 0;

  constructor(service: TableService, options: TableOptions = {}) {
    this.#runs = new Table(service, 'runs', options);
    this.#index = new Table(service, 'index', options);
    this.#decisions = new Table(service, 'decisions', options);
    this.#watch = new Table(service, 'watch', options);
  }

  async forget({ runsDays, decisionsDays }: Kept, now: Date): Promise<Removed> {
    this.#left = mostRows;
    const before = (days: number) => new Date(now.getTime() - days * dayMs);
    const runs = await this.#forgetRuns(before(runsDays));
    await this.#forgetDecisions(before(decisionsDays));
    const short = before(shortDays).toISOString();
    for (const kind of ['breaker|', 'held-mail|', 'trips|']) {
      await this.#forgetAll(this.#index, between(kind, `${kind}${short.slice(0, 13)}`));
    }
    await this.#forgetAll(this.#index, `PartitionKey eq 'answered' and at lt ${odataText(short)}`);
    const long = before(decisionsDays).toISOString();
    await this.#forgetAll(this.#watch, between('title|', `title|${long.slice(0, 10)}`));
    await this.#forgetAll(this.#watch, `PartitionKey eq 'dead-letter' and at lt ${odataText(long)}`);
    return { runs, rows: mostRows - this.#left };
  }

  async #forgetRuns(before: Date): Promise<number> {
    let closed = 0;
    // Later days have smaller keys.
    const filter = between(`day|${backwardsDay(before) + 1}`, 'day}');
    for await (const page of this.#index.pages(filter)) {
      for (const entity of page) {
        if (this.#left <= 0) return closed;
        const entry = entrySchema.safeParse(entity);
        if (entry.success && !(await this.#forgetRun(entry.data.run))) continue;
        await this.#remove(this.#index, [entity]);
        closed += 1;
      }
    }
    return closed;
  }

  /** false where it is not closed, and so stays. */
  async #forgetRun(run: string): Promise<boolean> {
    const { userId } = runRef(run);
    const row = await this.#runs.get(userId, `${run}|run`, ['state']);
    if (row !== undefined && row['state'] !== 'closed') return false;
    const claim = await this.#runs.get(userId, 'claim', ['run']);
    if (claim?.['run'] === run) await this.#remove(this.#runs, [claim]);
    // The run row goes last: while it is there, whoever comes next finds the rest.
    const rest = `PartitionKey eq ${odataText(userId)} and RowKey ge ${odataText(`${run}|`)} and RowKey lt ${odataText(`${run}}`)}`;
    const rows = await this.#runs.query(rest);
    await this.#remove(
      this.#runs,
      rows.filter(({ rowKey }) => rowKey !== `${run}|run`),
    );
    await this.#remove(
      this.#runs,
      rows.filter(({ rowKey }) => rowKey === `${run}|run`),
    );
    for (const partition of ['open', 'held']) await this.#index.remove(partition, run);
    return true;
  }

  async #forgetDecisions(before: Date): Promise<void> {
    const filter = between(`day|${backwardsDay(before) + 1}`, 'day}');
    for await (const page of this.#decisions.pages(filter)) {
      if (this.#left <= 0) return;
      // Kept twice, under the same key: once by account, once by day.
      const byAccount = page.map(({ rowKey, ...columns }) => {
        const user = String(columns['user'] ?? '');
        return { partitionKey: user === '' ? 'nobody' : user, rowKey, etag: '*' };
      });
      await this.#remove(this.#decisions, byAccount);
      await this.#remove(this.#decisions, page);
    }
  }

  async #forgetAll(table: Table, filter: string): Promise<void> {
    for await (const page of table.pages(filter)) {
      if (this.#left <= 0) return;
      await this.#remove(table, page);
    }
  }

  async #remove(
    table: Table,
    entities: readonly Pick<StoredEntity, 'partitionKey' | 'rowKey'>[],
  ): Promise<void> {
    for (let from = 0; from < entities.length; from += atOnce) {
      await Promise.all(
        entities
          .slice(from, from + atOnce)
          .map(({ partitionKey, rowKey }) => table.remove(partitionKey, rowKey)),
      );
    }
    this.#left -= entities.length;
  }
}

const between = (from: string, to: string) =>
  `PartitionKey ge ${odataText(from)} and PartitionKey lt ${odataText(to)}`;
