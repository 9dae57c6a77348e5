// Progress in Table Storage. The partition is the account, so that its claim, its run and the run's steps change in one
// transaction; the consequences of a change are decided elsewhere.
//
//   runs   <user id>  claim                              the run that holds the account
//                     <run>|run                          the run row
//                     <run>|step|<name>                  one row per step
//                     <run>|log|<time>-<write><number>   append only
//   index  see table-index.ts
//
// What a row can't hold is in blobs, if there are any; see large-rows.ts.
import { randomUUID } from 'node:crypto';
import type { TransactionAction } from '@azure/data-tables';
import { type LogRow, logRowSchema, type RunRow, type StepRow } from '../model/rows.ts';
import { odataText } from '../model/text.ts';
import {
  type Claim,
  isKey,
  type Progress,
  type RunChanges,
  type RunRef,
  type RunRows,
  runRef,
  withChanges,
} from '../run/progress.ts';
import type { Blobs } from './blobs.ts';
import { KnownRows } from './known-rows.ts';
import { LargeRows } from './large-rows.ts';
import { storedRunSchema, storedStepSchema, versioned } from './row-versions.ts';
import { type StoredEntity, Table, type TableOptions, type TableService } from './table-client.ts';
import {
  checkTransaction,
  type Entity,
  fromEntity,
  fromVersion,
  toEntity,
  toVersion,
} from './table-entity.ts';
import { headColumns, RunIndex } from './table-index.ts';

const claimKey = 'claim';
const runKey = (runId: string) => `${runId}|run`;
const stepKey = (runId: string, name: string) => `${runId}|step|${name}`;
const logKey = (runId: string, key: string) => `${runId}|log|${key}`;
/** Sorts after `|`, and so ends a range of keys. */
const end = '}';

export class TableProgress implements Progress {
  readonly #runs: Table;
  readonly #index: RunIndex;
  readonly #large: LargeRows;
  readonly #knownRuns = new KnownRows<RunRow>();
  readonly #knownSteps = new KnownRows<StepRow>();

  constructor(service: TableService, now: () => Date, options: TableOptions = {}, blobs?: Blobs) {
    this.#runs = new Table(service, 'runs', options);
    this.#large = new LargeRows(this.#runs.name, blobs);
    this.#index = new RunIndex(new Table(service, 'index', options), this.#runs, now);
  }

  async claimOf(userId: string): Promise<Claim | undefined> {
    const claim = isKey(userId) ? await this.#runs.get(userId, claimKey) : undefined;
    return claim && { runId: String(claim['run']), etag: claim.etag };
  }

  async open(
    run: RunRow,
    steps: readonly StepRow[],
    replaces: Claim | undefined,
    log: readonly LogRow[],
  ): Promise<RunRows | 'taken'> {
    const ref = runRef(run.id);
    const token = randomUUID();
    const claim = this.#entity(ref, claimKey, null, { run: run.id, token });
    const rows = [
      await this.#runEntity(run, '', token),
      ...(await Promise.all(
        steps.map((step, position) => this.#stepEntity(ref, step, String(position), token)),
      )),
      ...this.#logEntities(ref, log, token),
    ];
    checkTransaction(this.#runs.name, [claim, ...rows]);
    await this.#index.enter(run);
    const written = await this.#runs.transact([
      replaces ? ['update', claim, 'Replace', { etag: replaces.etag }] : ['create', claim],
      ...rows.map((entity): TransactionAction => ['create', entity]),
    ]);
    if (written === 'conflict') return this.#ownOrTaken(run);
    const etag = (index: number) => written[index + 1] ?? '';
    this.#keep(rows, etag, run, steps);
    return {
      run: { row: run, etag: toVersion(etag(0), '') },
      steps: steps.map((row, position) => ({ row, etag: toVersion(etag(position + 1), String(position)) })),
    };
  }

  async read(ref: RunRef): Promise<RunRows | undefined> {
    if (!isKey(ref.userId) || !isKey(ref.runId)) return undefined;
    const entities = await this.#range(ref, runKey(ref.runId), `${ref.runId}|step${end}`);
    const run = entities.find((entity) => entity.rowKey === runKey(ref.runId));
    if (run === undefined) return undefined;
    const steps = entities
      .filter((entity) => entity !== run)
      .sort((a, b) => Number(a['position']) - Number(b['position']));
    return {
      run: {
        row: await this.#knownRuns.of(run, () => this.#large.fromEntity(ref, run, storedRunSchema)),
        etag: toVersion(run.etag, String(run['parkedUntil'])),
      },
      steps: await Promise.all(
        steps.map(async (step) => ({
          row: await this.#knownSteps.of(step, () => this.#large.fromEntity(ref, step, storedStepSchema)),
          etag: toVersion(step.etag, String(step['position'])),
        })),
      ),
    };
  }

  async write(
    ref: RunRef,
    { run, steps = [], log = [] }: RunChanges,
    on?: RunRows,
  ): Promise<RunRows | 'conflict'> {
    const token = randomUUID();
    const actions: [Entity, TransactionAction][] = [];
    /** What the versions carry besides the ETag: first for the run, if it is written, then for the steps. */
    const notes: string[] = [];
    const replace = (entity: Entity, etag: string, note: string) => {
      actions.push([entity, ['update', entity, 'Replace', { etag }]]);
      notes.push(note);
    };
    if (run) {
      const { etag, note } = fromVersion(run.etag);
      const parked = await this.#index.beforeWrite(run.row, note);
      replace(await this.#runEntity(run.row, parked, token), etag, parked);
    }
    for (const step of steps) {
      const { etag, note } = fromVersion(step.etag);
      replace(await this.#stepEntity(ref, step.row, note, token), etag, note);
    }
    for (const entity of this.#logEntities(ref, log, token)) actions.push([entity, ['create', entity]]);
    const entities = actions.map(([entity]) => entity);
    checkTransaction(this.#runs.name, entities);
    const written =
      actions.length === 0 ? [] : await this.#runs.transact(actions.map(([, action]) => action));
    if (written === 'conflict' && !(await this.#isOwn(entities, token))) return 'conflict';
    // Read only now: if two steps settle at once, the later one must see both.
    if (on === undefined || written === 'conflict') return (await this.read(ref)) ?? 'conflict';
    this.#keep(
      entities,
      (index) => written[index] ?? '',
      run?.row,
      steps.map(({ row }) => row),
    );
    const version = (index: number) => toVersion(written[index] ?? '', notes[index] ?? '');
    return withChanges(on, {
      ...(run ? { run: { row: run.row, etag: version(0) } } : {}),
      steps: steps.map(({ row }, index) => ({ row, etag: version(index + (run ? 1 : 0)) })),
    });
  }

  async log(ref: RunRef): Promise<LogRow[]> {
    if (!isKey(ref.userId) || !isKey(ref.runId)) return [];
    const entities = await this.#range(ref, logKey(ref.runId, ''), `${ref.runId}|log${end}`);
    return entities.map((entity) => fromEntity(this.#runs.name, entity, logRowSchema));
  }

  due = (now: Date) => this.#index.due(now);
  held = () => this.#index.held();
  list = (since: Date, most: number) => this.#index.list(since, most);

  /** The entities are the run's, if there is one, and then those of the steps. */
  #keep(
    entities: readonly Entity[],
    etag: (index: number) => string,
    run: RunRow | undefined,
    steps: readonly StepRow[],
  ): void {
    const first = run === undefined ? 0 : 1;
    for (const [index, entity] of entities.entries()) {
      const step = steps[index - first];
      if (run !== undefined && index === 0) this.#knownRuns.keep(entity, etag(index), run);
      else if (step !== undefined) this.#knownSteps.keep(entity, etag(index), step);
    }
  }

  #range({ userId }: RunRef, from: string, to: string): Promise<StoredEntity[]> {
    const keys = `RowKey ge ${odataText(from)} and RowKey lt ${odataText(to)}`;
    return this.#runs.query(`PartitionKey eq ${odataText(userId)} and ${keys}`);
  }

  /** The claim or a row existed already: perhaps this very run, if the answer to its first, successful try was lost. */
  async #ownOrTaken(run: RunRow): Promise<RunRows | 'taken'> {
    const ref = runRef(run.id);
    const [claim, standing] = await Promise.all([this.claimOf(ref.userId), this.read(ref)]);
    if (standing === undefined) await this.#index.leave(run);
    const own = claim?.runId === run.id && standing?.run.row.openedAt === run.openedAt;
    return own && standing ? standing : 'taken';
  }

  /** A refused transaction may have been refused by its own first try. A row of the log can't be written over. */
  async #isOwn(entities: readonly Entity[], token: string): Promise<boolean> {
    const witness = entities.at(-1);
    if (witness === undefined) return false;
    const stored = await this.#runs.get(witness.partitionKey, witness.rowKey, ['token']);
    return stored?.['token'] === token;
  }

  #entity(ref: RunRef, rowKey: string, row: unknown, columns: Record<string, string | number>): Entity {
    return toEntity(this.#runs.name, ref.userId, rowKey, row, columns);
  }

  #runEntity(run: RunRow, parkedUntil: string, token: string): Promise<Entity> {
    return this.#large.toEntity(runRef(run.id), runKey(run.id), versioned(run), {
      account: run.account.userPrincipalName,
      state: run.state,
      level: run.level,
      openedAt: run.openedAt,
      containedAt: run.containedAt ?? '',
      ...headColumns(run, parkedUntil),
      token,
    });
  }

  #stepEntity(ref: RunRef, step: StepRow, position: string, token: string): Promise<Entity> {
    return this.#large.toEntity(ref, stepKey(ref.runId, step.name), versioned(step), {
      position,
      state: step.state,
      aim: step.aim,
      outcome: step.outcome?.is ?? '',
      turn: step.turn,
      attempt: step.attempt,
      token,
    });
  }

  #logEntities(ref: RunRef, log: readonly LogRow[], token: string): Entity[] {
    return log.map((row, index) => {
      const key = `${new Date(row.at).toISOString()}-${token}${String(index).padStart(2, '0')}`;
      return this.#entity(ref, logKey(ref.runId, key), row, { who: row.who, what: row.what, token });
    });
  }
}
