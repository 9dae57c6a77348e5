// The one place that executes a step: claim, look, record, fix, look again, settle. It owns status, lease, retry and
// deadline, so that a step knows nothing of them. Everything it writes goes through `advance`.
import { z } from 'zod';
import { PermanentError, RetryableError, toFailure } from '../errors.ts';
import type { LogRow, RunState, StepRow } from '../model/rows.ts';
import type { Investigation, OutgoingAlert, Step, Task } from '../model/step.ts';
import { type Advance, type Apply, advance } from './advance.ts';
import type { StepMessage } from './bus.ts';
import { isUnseen } from './changes.ts';
import type { Engine } from './engine.ts';
import { contextOf, type Ending, type Execution } from './execution.ts';
import { newsOfIntruder } from './news.ts';
import { settledBefore } from './plan.ts';
import { type RunRows, runRef } from './progress.ts';
import { mergeTasks, remediate, undo } from './remediate.ts';
import { timing, waitSeconds } from './timing.ts';
import { endedWell } from './verdict.ts';

/** Another worker owns the row now, so stop without a word. */
class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/**
 * Runs the step that a message names. `deliveryCount` is 1 on the first delivery; a higher one takes over the lease
 * of the worker that died with the same message. Throws only when the storage or the bus can't be reached.
 */
export async function runStep(engine: Engine, message: StepMessage, deliveryCount: number): Promise<void> {
  const ref = runRef(message.run);
  const step = engine.playbook.find((candidate) => candidate.name === message.step);
  // A step that this version does not have is left to a version that has it, or in the end to a person.
  const claimed =
    step === undefined ? 'lost' : await advance(engine, ref, claim(message, deliveryCount, step, engine));
  if (claimed === 'gone') engine.log(`${message.step}: no run ${message.run}, nothing done`);
  // A stale message still moves the run on: the one before it may have died before it could.
  if (claimed === 'lost') await advance(engine, ref);
  if (claimed === 'gone' || claimed === 'lost' || step === undefined) return;

  const owned = ownRow(claimed, message.step);
  if (owned?.state !== 'running' || owned.turn !== message.turn) return;
  await carryOut(engine, step, claimed, owned, { seconds: engine.deadlineSeconds });
}

interface Terms {
  /** How long the execution may take. */
  seconds: number;
  /** What it has recorded already, if anything (see `remediate`). */
  recorded?: ReadonlySet<string>;
  /** How its rows are written, if not one by one. */
  advance?: Advance;
}

/**
 * Executes a step that is already claimed, and settles its row. Throws only when the storage or the bus can't be
 * reached; every other failure is in the row.
 */
export async function carryOut(
  engine: Engine,
  step: Step,
  claimed: RunRows,
  claimedRow: StepRow,
  { seconds, recorded, advance: advances }: Terms,
): Promise<void> {
  const ref = runRef(claimed.run.row.id);
  let owned = claimedRow;
  let lastSeen = claimed;
  const write = async (
    change: (state: RunState, row: StepRow) => RunState,
    next: StepRow,
  ): Promise<StepRow> => {
    const mine = owned;
    const apply: Apply = (state) => {
      const row = state.steps.find((candidate) => candidate.name === step.name);
      const same = row?.state === 'running' && row.turn === mine.turn && row.delivery === mine.delivery;
      return same ? change(withRow(state, next), next) : undefined;
    };
    const written = await (advances?.(apply, lastSeen) ?? advance(engine, ref, apply, lastSeen));
    if (written === 'gone' || written === 'lost') throw new LeaseLost();
    lastSeen = written;
    owned = ownRow(written, step.name) ?? next;
    return owned;
  };

  const deadline = withDeadline(seconds);
  const state: RunState = { run: claimed.run.row, steps: claimed.steps.map((entry) => entry.row) };
  const execution: Execution = {
    engine,
    step,
    row: owned,
    state,
    context: contextOf(engine, step, state, deadline.signal),
    record: (row) => write((all) => all, row),
  };
  try {
    const { drill } = state.run;
    const work = () => execute(execution, recorded);
    const working = drill && engine.overheard ? engine.overheard(drill, work) : work();
    const ending = await Promise.race([working, deadline.expired]);
    await write((all) => withIntruder(all, ending), endRow(ending, engine.now()));
  } catch (thrown) {
    if (thrown instanceof LeaseLost) return;
    engine.log(`${step.name}: ${toFailure(thrown).message}`, { run: ref.runId, step: step.name });
    try {
      await write((all) => all, failedRow(owned, thrown, engine));
    } catch (second) {
      if (!(second instanceof LeaseLost)) throw second;
    }
  } finally {
    deadline.clear();
  }
}

function execute(execution: Execution, recorded: Terms['recorded']): Promise<Ending> {
  const { step, row } = execution;
  if (step.kind === 'investigation') return collect(execution, step);
  return row.aim === 'undo' ? undo(execution, step) : remediate(execution, step, recorded);
}

const ownRow = (rows: RunRows, name: string) => rows.steps.find((entry) => entry.row.name === name)?.row;

const withRow = (state: RunState, row: StepRow): RunState => ({
  ...state,
  steps: state.steps.map((old) => (old.name === row.name ? row : old)),
});

const withIntruder = (state: RunState, ending: Ending): RunState =>
  ending.is === 'settled' && ending.intruder
    ? { ...state, run: { ...state.run, intruder: ending.intruder } }
    : state;

function claim(message: StepMessage, deliveryCount: number, step: Step, engine: Engine): Apply {
  return (state) => {
    const row = state.steps.find((candidate) => candidate.name === message.step);
    if (row === undefined || row.turn !== message.turn) return undefined;
    const takesOver = row.state === 'running' && deliveryCount > row.delivery;
    if (row.state !== 'queued' && !takesOver) return undefined;
    const now = engine.now();
    const protectedNow = takesOver ? undefined : protectedMeanwhile(state, row, engine);
    if (protectedNow !== undefined) return protectedNow;
    const attempt = takesOver ? row.attempt + 1 : row.attempt;
    return withRow(state, {
      ...claimedRow(row, step, state, now, timing.leaseSeconds),
      attempt,
      delivery: deliveryCount,
    });
  };
}

/** The row while a worker has it, for at most this many seconds. */
export const claimedRow = (
  row: StepRow,
  step: Step | undefined,
  state: RunState,
  now: Date,
  leaseSeconds: number,
): StepRow => ({
  ...row,
  state: 'running',
  until: new Date(now.getTime() + leaseSeconds * 1000).toISOString(),
  startedAt: now.toISOString(),
  ...(row.aim === 'undo'
    ? {}
    : { lookedAt: now.toISOString(), seen: step === undefined ? {} : settledBefore(step, state) }),
});

/** A timer that is left to fire would keep everything an execution has read in memory until then. */
function withDeadline(seconds: number): { signal: AbortSignal; expired: Promise<never>; clear(): void } {
  const controller = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const late = new RetryableError(`not finished within ${seconds} seconds; it is tried again`);
    controller.abort(late);
    reject(late);
  }, seconds * 1000);
  return { signal: controller.signal, expired: promise, clear: () => clearTimeout(timer) };
}

function endRow(ending: Ending, now: Date): StepRow {
  if (ending.is === 'later') {
    const until = new Date(now.getTime() + ending.seconds * 1000).toISOString();
    return { ...ending.row, state: 'waiting', until, attempt: 0, delivery: 0, lastError: null };
  }
  return {
    ...ending.row,
    state: 'settled',
    until: null,
    attempt: 0,
    delivery: 0,
    lastError: null,
    memo: null,
  };
}

/** A failure: tried again later while attempts are left, else the end. A later check keeps the result it had. */
function failedRow(row: StepRow, thrown: unknown, engine: Engine): StepRow {
  const now = engine.now();
  const attempt = row.attempt + 1;
  const error = toFailure(thrown);
  const permanent = thrown instanceof PermanentError;
  if (!permanent && attempt < timing.mostAttempts) {
    const asked = thrown instanceof RetryableError ? thrown.retryAfterSeconds : undefined;
    const wait = waitSeconds(attempt, asked, engine.random());
    return {
      ...row,
      state: 'waiting',
      attempt,
      delivery: 0,
      lastError: error,
      until: new Date(now.getTime() + wait * 1000).toISOString(),
    };
  }
  // A look that fails leaves the result as it was, unless it was to show whether something was made at all.
  const keeps = row.aim === 'check' && endedWell(row.outcome) && !row.changes.some(isUnseen);
  return {
    ...row,
    state: 'settled',
    until: null,
    attempt,
    delivery: 0,
    lastError: error,
    outcome: keeps ? row.outcome : { is: 'failed', error },
    settledAt: keeps ? row.settledAt : now.toISOString(),
  };
}

async function collect(execution: Execution, step: Investigation): Promise<Ending> {
  const { engine, context } = execution;
  const { row } = execution;
  const result = await step.collect(context, engine.clients(context.abort), row.memo);
  if ('laterSeconds' in result)
    return { is: 'later', row: { ...row, memo: result.memo }, seconds: result.laterSeconds };
  const untold = 'skip' in result ? [] : await tell(execution, result.alerts ?? []);
  const now = engine.now().toISOString();
  if ('skip' in result) {
    return {
      is: 'settled',
      row: { ...row, outcome: { is: 'skipped', reason: result.skip }, settledAt: now },
    };
  }
  const { facts, proof, intruder } = result;
  const madeKnown = newsOfIntruder(intruder, execution.state.run.intruder);
  const { proof: _before, ...known } = row;
  const next: StepRow = {
    ...known,
    outcome: { is: 'done' },
    kept: [...result.findings],
    tasks: mergeTasks(row.tasks, [...(result.tasks ?? []), ...untold]),
    attachments: [...(result.attachments ?? [])],
    ...(facts === undefined ? {} : { facts }),
    ...(madeKnown === undefined ? {} : { madeKnown }),
    ...(proof === undefined ? {} : { proof }),
    settledAt: now,
  };
  // A later reading that brings nothing new calls nobody: its settling time stays as it was.
  const news =
    row.aim !== 'check' ||
    row.outcome?.is !== 'done' ||
    toldBy(row) !== toldBy(next) ||
    madeKnown !== undefined;
  return {
    is: 'settled',
    row: news ? next : { ...next, settledAt: row.settledAt },
    ...(intruder ? { intruder } : {}),
  };
}

const withHorizons = z.looseObject({ horizons: z.unknown().optional() });

/** What others go by; that a log is complete up to a later time is no news to them. */
function toldBy({ kept, tasks, facts, proof }: StepRow): string {
  const { horizons: _until, ...told } = withHorizons.safeParse(facts).data ?? { horizons: null, facts };
  const named = tasks.map(({ id, what }) => ({ id, what }));
  return JSON.stringify([kept, named, told, proof]);
}

/**
 * Sent before the row is settled: after a crash in between they are sent once more, under the same ids, and none is
 * lost.
 */
async function tell({ engine, row }: Execution, alerts: readonly OutgoingAlert[]): Promise<Task[]> {
  if (alerts.length === 0) return [];
  if (engine.publish !== undefined) {
    await engine.publish(alerts);
    return [];
  }
  return [
    {
      id: 'alerts-not-sent',
      what: `Start a run for ${alerts.length === 1 ? 'the other account' : `each of the ${alerts.length} other accounts`} that ${row.name} found`,
      instruction:
        'Their alerts went nowhere, because no Event Grid topic is set. Use reclaim start for each account in the findings, and set EventGrid__topicEndpointUri for the next time.',
      danger: 'account',
      role: 'operator of Reclaim',
      link: 'https://security.microsoft.com/incidents',
    },
  ];
}

/** The step waits, and is planned again as one that only looks; undefined while it may act. */
function protectedMeanwhile(
  state: RunState,
  row: StepRow,
  { protects, now }: Pick<Engine, 'protects' | 'now'>,
): (RunState & { log: LogRow[] }) | undefined {
  const { run } = state;
  if (run.approvedAt !== undefined || !row.acts || row.aim === 'undo') return undefined;
  // Steps that were queued to act before the protection was known wait too.
  const because = run.onlyLooksBecause ?? protects?.(run.account) ?? null;
  if (because === null) return undefined;
  const waits: StepRow = { ...row, state: 'waiting', acts: false, until: null };
  return {
    run: { ...run, onlyLooksBecause: because },
    steps: state.steps.map((old) => (old.name === row.name ? waits : old)),
    log:
      run.onlyLooksBecause === undefined
        ? [{ at: now().toISOString(), who: 'policy', what: 'the run only looks from now on', why: because }]
        : [],
  };
}
