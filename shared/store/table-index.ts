// Table `index`: which runs the sweep must look at, which are held, and the runs by day. Entries are written before the
// run exists, so no run is without one; leftovers of a crash are dropped when met. It is not a source of truth.
//
//   entry active  ──due() finds nothing to do soon: run row says parkedUntil T, then entry wakes at T──►  parked
//   entry parked  ──a write that must wake before T: entry active again, then the run row────────────►  active
//
// Both change the run row's version, so the second writer sees it: an entry never wakes later than its run.
import { z } from 'zod';
import { type RunRow, runRowSchema } from '../model/rows.ts';
import { type ListedRun, lineOf, type RunLine, type RunRef, runRef } from '../run/progress.ts';
import type { StoredEntity, Table } from './table-client.ts';
import { type Entity, toEntity } from './table-entity.ts';

/** The value of `parkedUntil` for a run without an entry; empty while the entry is active. */
const never = 'never';

/** An entry without a run is left alone for this long: its transaction may still be on the way. */
const orphanMinutes = 10;
/** Parking costs two writes, so every sweep looks at a run that wakes sooner. */
const parkMinutes = 5;
const readsAtOnce = 16;

const entrySchema = z.object({ run: z.string(), wakeAt: z.string().default(''), enteredAt: z.string() });
const lineSchema: z.ZodType<RunLine> = z.object({
  ...runRowSchema.pick({ code: true, state: true, level: true, openedAt: true, containedAt: true }).shape,
  userPrincipalName: z.string(),
  displayName: z.string(),
  standing: z.object({ word: z.string(), tasks: z.number() }),
});
const headSchema = z.object({
  wakeAt: z.string(),
  parkedUntil: z.string(),
  state: z.string().default(''),
  line: z.string().default('null'),
  etag: z.string(),
});

/** Columns of the run row that this file reads. */
export const headColumns = (run: RunRow, parkedUntil: string) => ({
  wakeAt: run.wakeAt === null ? '' : iso(run.wakeAt),
  parkedUntil,
  line: JSON.stringify(lineOf(run) ?? null),
});

export class RunIndex {
  readonly #index: Table;
  readonly #runs: Table;
  readonly #now: () => Date;

  constructor(index: Table, runs: Table, now: () => Date) {
    this.#index = index;
    this.#runs = runs;
    this.#now = now;
  }

  /** Before the run is opened. */
  async enter(run: RunRow): Promise<void> {
    await Promise.all(this.#entries(run).map((entry) => this.#index.put(entry)));
  }

  /** The run was not opened. */
  async leave(run: RunRow): Promise<void> {
    const entries = this.#entries(run);
    await Promise.all(entries.map((entry) => this.#index.remove(entry.partitionKey, entry.rowKey)));
  }

  /** Before the run row is written: returns what it must say about its entry from now on. */
  async beforeWrite(run: RunRow, parkedUntil: string): Promise<string> {
    const wakes = run.wakeAt !== null && (parkedUntil === never || iso(run.wakeAt) < parkedUntil);
    if (parkedUntil === '' || !wakes) return parkedUntil;
    await this.#index.put(this.#openEntry(run));
    return '';
  }

  /** Runs with a wakeAt that has passed, earliest first. */
  async due(now: Date): Promise<RunRef[]> {
    const entries = await this.#index.query(`PartitionKey eq 'open' and wakeAt le '${now.toISOString()}'`);
    const looked = await inChunks(entries, (entity) => this.#whetherDue(entity, now));
    return looked
      .flat()
      .sort((a, b) => (a.at < b.at ? -1 : 1))
      .map(({ run }) => runRef(run));
  }

  /** An unreadable one is due: the sweep then reports it and goes on to the next. */
  async #whetherDue(entity: StoredEntity, now: Date): Promise<{ run: string; at: string }[]> {
    const run = runOf(entity);
    try {
      const head = await this.#head(run);
      if (head === undefined) await this.#dropOrphan(entity, now);
      else if (head.wakeAt === '' || Date.parse(head.wakeAt) > now.getTime() + parkMinutes * 60_000) {
        await this.#park(entity, run, head);
      }
      const due = head !== undefined && head.wakeAt !== '' && head.wakeAt <= now.toISOString();
      return due ? [{ run, at: head.wakeAt }] : [];
    } catch (thrown) {
      unreadable(thrown);
      return [{ run, at: '' }];
    }
  }

  /** A run is held from the beginning or never, so an entry that was let go isn't needed again. */
  async held(): Promise<RunRef[]> {
    const entries = await this.#index.query("PartitionKey eq 'held'");
    const looked = await inChunks(entries, async (entity) => {
      const run = runOf(entity);
      const head = await this.#head(run).catch(unreadable);
      if (head === 'unreadable') return [runRef(run)];
      if (head === undefined) await this.#dropOrphan(entity, this.#now());
      else if (head.state !== 'held') await this.#index.remove('held', entity.rowKey);
      return head?.state === 'held' ? [runRef(run)] : [];
    });
    return looked.flat();
  }

  async list(since: Date, most: number): Promise<ListedRun[]> {
    const found: ListedRun[] = [];
    const filter = `PartitionKey ge 'day|' and PartitionKey le '${dayKey(since)}'`;
    for await (const page of this.#index.pages(filter)) {
      for (let from = 0; from < page.length && found.length < most; from += readsAtOnce) {
        const standing = await inChunks(page.slice(from, from + readsAtOnce), async (entity) => {
          const run = runOf(entity);
          const head = await this.#head(run, ['line']).catch(unreadable);
          if (head !== undefined) return [{ ...runRef(run), ...(head === 'unreadable' ? {} : lineIn(head)) }];
          await this.#dropOrphan(entity, this.#now());
          return [];
        });
        found.push(...standing.flat());
      }
      if (found.length >= most) break;
    }
    return found.slice(0, most);
  }

  async #head(run: string, more: readonly string[] = []): Promise<z.infer<typeof headSchema> | undefined> {
    const columns = ['wakeAt', 'parkedUntil', 'state', ...more];
    const entity = await this.#runs.get(runRef(run).userId, `${run}|run`, columns);
    return entity && headSchema.parse(entity);
  }

  /** Best effort: a failure in between leaves an active entry, which the next sweep meets again. */
  async #park(entity: StoredEntity, run: string, head: z.infer<typeof headSchema>): Promise<void> {
    const parkedUntil = head.wakeAt === '' ? never : head.wakeAt;
    const row = { partitionKey: runRef(run).userId, rowKey: `${run}|run`, parkedUntil };
    if (!(await this.#runs.merge(row, head.etag))) return;
    const { partitionKey, rowKey, etag } = entity;
    if (parkedUntil === never) await this.#index.remove(partitionKey, rowKey, etag);
    else await this.#index.merge({ partitionKey, rowKey, wakeAt: parkedUntil }, etag);
  }

  async #dropOrphan({ partitionKey, rowKey, etag, ...entry }: StoredEntity, now: Date): Promise<void> {
    const entered = entrySchema.safeParse(entry).data?.enteredAt;
    const age = now.getTime() - Date.parse(entered ?? '');
    if (Number.isNaN(age) || age > orphanMinutes * 60_000)
      await this.#index.remove(partitionKey, rowKey, etag);
  }

  #entries(run: RunRow): Entity[] {
    const held = run.state === 'held' ? [this.#entry('held', run.id, run, {})] : [];
    return [this.#openEntry(run), this.#dayEntry(run), ...held];
  }

  /** Active: due at once, so that later writes of the run don't have to touch it. */
  #openEntry(run: RunRow): Entity {
    const now = this.#now().toISOString();
    const wakeAt = run.wakeAt !== null && iso(run.wakeAt) < now ? iso(run.wakeAt) : now;
    return this.#entry('open', run.id, run, { wakeAt });
  }

  /** Keys count backwards, since a table answers in ascending order and the newest are wanted first. */
  #dayEntry(run: RunRow): Entity {
    const openedAt = new Date(run.openedAt);
    const rowKey = `${String(9_999_999_999_999 - openedAt.getTime())}|${run.id}`;
    return this.#entry(dayKey(openedAt), rowKey, run, { day: run.openedAt.slice(0, 10) });
  }

  #entry(partitionKey: string, rowKey: string, run: RunRow, columns: Record<string, string>): Entity {
    const enteredAt = this.#now().toISOString();
    const account = run.account.userPrincipalName;
    return toEntity(this.#index.name, partitionKey, rowKey, null, {
      ...columns,
      run: run.id,
      account,
      enteredAt,
    });
  }
}

/** Nothing if another version wrote the row: then its steps must be read. */
function lineIn({ line }: z.infer<typeof headSchema>): { line?: RunLine } {
  const read = lineSchema.nullable().safeParse(JSON.parse(line));
  return read.success && read.data !== null ? { line: read.data } : {};
}

/** A damaged entry is still named by its key. */
const runOf = (entity: StoredEntity): string => {
  const entry = entrySchema.safeParse(entity);
  return entry.success ? entry.data.run : entity.rowKey.slice(entity.rowKey.indexOf('|') + 1);
};

/** A malformed row is reported by whoever reads the run; unavailable storage is a different matter. */
function unreadable(thrown: unknown): 'unreadable' {
  if (thrown instanceof z.ZodError) return 'unreadable';
  throw thrown;
}

const iso = (time: string) => new Date(time).toISOString();

const dayKey = (time: Date) =>
  `day|${99_999_999 - Number(time.toISOString().slice(0, 10).replaceAll('-', ''))}`;

async function inChunks<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let from = 0; from < items.length; from += readsAtOnce) {
    done.push(...(await Promise.all(items.slice(from, from + readsAtOnce).map(work))));
  }
  return done;
}
