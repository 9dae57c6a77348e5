// Progress in memory, for generated tests of the engine: the same promises as Table Storage, and hooks by which
// a test lets the process die around any operation or loses an answer. Nothing outlives the process.
import { randomUUID } from 'node:crypto';
import type { LogRow, RunRow, StepRow } from '../../shared/model/rows.ts';
import {
  type Claim,
  type ListedRun,
  lineOf,
  type Progress,
  type RunChanges,
  type RunRef,
  type RunRows,
  runRef,
  withChanges,
} from '../../shared/run/progress.ts';

export interface ProgressOperation {
  name: 'claimOf' | 'open' | 'read' | 'write' | 'log' | 'due' | 'held' | 'list';
  /** Counts the operations of this store from 1. */
  number: number;
  /** Empty for due, held and list. */
  userId: string;
}

export interface MemoryProgressHooks {
  /** Throws to die before the operation took effect. */
  before?(operation: ProgressOperation): void | Promise<void>;
  /** Throws to die after it took effect, or to lose its answer for good. */
  after?(operation: ProgressOperation): void | Promise<void>;
  /** true: takes effect, the answer is lost, and the same request is sent again, as the SDK's pipeline does. */
  repeats?(operation: ProgressOperation): boolean;
  /** true: a write has no effect and fails with a conflict, as after a 412. */
  refuses?(operation: ProgressOperation): boolean;
}

interface Stored<T> {
  row: T;
  etag: string;
  /** Random per write, so that a writer recognises its own row. */
  token: string;
}

interface Account {
  claim: Stored<string> | undefined;
  runs: Map<string, { run: Stored<RunRow>; steps: Map<string, Stored<StepRow>>; log: Stored<LogRow>[] }>;
}

export class MemoryProgress implements Progress {
  readonly #accounts = new Map<string, Account>();
  readonly #hooks: MemoryProgressHooks;
  #operations = 0;
  #version = 0;

  constructor(hooks: MemoryProgressHooks = {}) {
    this.#hooks = hooks;
  }

  claimOf(userId: string): Promise<Claim | undefined> {
    return this.#operate('claimOf', userId, () => {
      const claim = this.#accounts.get(userId)?.claim;
      return claim && { runId: claim.row, etag: claim.etag };
    });
  }

  open(
    run: RunRow,
    steps: readonly StepRow[],
    replaces: Claim | undefined,
    log: readonly LogRow[],
  ): Promise<RunRows | 'taken'> {
    const ref = runRef(run.id);
    return this.#operate('open', ref.userId, () => {
      const account = this.#accounts.get(ref.userId) ?? { claim: undefined, runs: new Map() };
      const standing = account.runs.get(run.id);
      if (standing && account.claim?.row === run.id && standing.run.row.openedAt === run.openedAt)
        return this.#rows(ref) ?? 'taken';
      if (account.claim?.etag !== replaces?.etag || standing) return 'taken';
      const token = randomUUID();
      account.claim = this.#store(run.id, token);
      account.runs.set(run.id, {
        run: this.#store(run, token),
        steps: new Map(steps.map((step) => [step.name, this.#store(step, token)])),
        log: log.map((row) => this.#store(row, token)),
      });
      this.#accounts.set(ref.userId, account);
      return this.#rows(ref) ?? 'taken';
    });
  }

  read(ref: RunRef): Promise<RunRows | undefined> {
    return this.#operate('read', ref.userId, () => this.#rows(ref));
  }

  write(ref: RunRef, changes: RunChanges, on?: RunRows): Promise<RunRows | 'conflict'> {
    const token = randomUUID();
    return this.#operate('write', ref.userId, (operation) => {
      if (this.#hooks.refuses?.(operation)) return 'conflict';
      const stored = this.#accounts.get(ref.userId)?.runs.get(ref.runId);
      if (!stored) return 'conflict';
      const { run, steps = [], log = [] } = changes;
      const touched = [
        ...(run ? [{ stored: stored.run, etag: run.etag }] : []),
        ...steps.map((step) => ({ stored: stored.steps.get(step.row.name), etag: step.etag })),
      ];
      const own = touched.some((row) => row.stored?.token === token) || stored.log.at(-1)?.token === token;
      if (!own) {
        if (touched.some((row) => row.stored?.etag !== row.etag)) return 'conflict';
        if (run) stored.run = this.#store(run.row, token);
        for (const step of steps) stored.steps.set(step.row.name, this.#store(step.row, token));
        stored.log.push(...log.map((row) => this.#store(row, token)));
      }
      const rows = this.#rows(ref);
      if (rows === undefined || on === undefined) return rows ?? 'conflict';
      // Like the tables: it does not include what others wrote meanwhile.
      const written = new Set(steps.map(({ row }) => row.name));
      return withChanges(on, {
        ...(run ? { run: rows.run } : {}),
        steps: rows.steps.filter(({ row }) => written.has(row.name)),
      });
    });
  }

  log(ref: RunRef): Promise<LogRow[]> {
    return this.#operate('log', ref.userId, () => {
      const stored = this.#accounts.get(ref.userId)?.runs.get(ref.runId)?.log ?? [];
      const rows = stored.map(({ row }) => row);
      return rows.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
    });
  }

  due(now: Date): Promise<RunRef[]> {
    return this.#operate('due', '', () =>
      this.#runs()
        .flatMap(({ id, wakeAt }) => (wakeAt === null ? [] : [{ id, at: Date.parse(wakeAt) }]))
        .filter(({ at }) => at <= now.getTime())
        .sort((a, b) => a.at - b.at)
        .map(({ id }) => runRef(id)),
    );
  }

  held(): Promise<RunRef[]> {
    return this.#operate('held', '', () =>
      this.#runs()
        .filter(({ state }) => state === 'held')
        .map(({ id }) => runRef(id)),
    );
  }

  list(since: Date, most: number): Promise<ListedRun[]> {
    return this.#operate('list', '', () =>
      this.#runs()
        .map((run) => ({ run, at: Date.parse(run.openedAt) }))
        .filter(({ at }) => at >= new Date(since).setUTCHours(0, 0, 0, 0))
        .sort((a, b) => b.at - a.at)
        .slice(0, most)
        .map(({ run }) => {
          const line = lineOf(run);
          return { ...runRef(run.id), ...(line === undefined ? {} : { line }) };
        }),
    );
  }

  /** The run that holds the account, without an operation. */
  holder(userId: string): string | undefined {
    return this.#accounts.get(userId)?.claim?.row;
  }

  /** The rows as they stand, without an operation: for a test that looks in the middle of one. */
  peek(runId: string): RunRows | undefined {
    return this.#rows(runRef(runId));
  }

  async #operate<T>(
    name: ProgressOperation['name'],
    userId: string,
    work: (operation: ProgressOperation) => T,
  ): Promise<T> {
    this.#operations += 1;
    const operation = { name, number: this.#operations, userId };
    await this.#hooks.before?.(operation);
    let answer = work(operation);
    if (this.#hooks.repeats?.(operation)) answer = work(operation);
    await this.#hooks.after?.(operation);
    return answer;
  }

  #store<T>(row: T, token: string): Stored<T> {
    this.#version += 1;
    return { row: frozen(row), etag: `v${this.#version}`, token };
  }

  #rows(ref: RunRef): RunRows | undefined {
    const stored = this.#accounts.get(ref.userId)?.runs.get(ref.runId);
    return (
      stored && {
        run: { row: stored.run.row, etag: stored.run.etag },
        steps: [...stored.steps.values()].map(({ row, etag }) => ({ row, etag })),
      }
    );
  }

  #runs(): RunRow[] {
    return [...this.#accounts.values()].flatMap(({ runs }) => [...runs.values()].map(({ run }) => run.row));
  }
}

/**
 * Changing what was written or read fails at once. A copy would hide the mistake, and making copies would take most of
 * the time.
 */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const entry of Object.values(value)) frozen(entry);
  }
  return value;
}
