// Follows the runs of a stack while they happen and says when the story is over. It only reads the progress table.

import { setTimeout } from 'node:timers/promises';
import { type Decision, decisionSchema } from '../shared/alerts/decisions.ts';
import type { StepRow } from '../shared/model/rows.ts';
import { queues } from '../shared/run/bus.ts';
import { isHandedBack, isHandingBack } from '../shared/run/hand-back.ts';
import type { Progress, RunRows } from '../shared/run/progress.ts';
import { verdictOf, verdictText } from '../shared/run/verdict.ts';
import { Blobs } from '../shared/store/blobs.ts';
import { Table } from '../shared/store/table-client.ts';
import { TableDeadLetters } from '../shared/store/table-dead-letters.ts';
import { fromEntity } from '../shared/store/table-entity.ts';
import { TableProgress } from '../shared/store/table-progress.ts';
import type { Stack } from './stack.ts';

export interface Followed {
  runs: readonly RunRows[];
  decisions: readonly Decision[];
  /** Messages that could not be handled. */
  deadLetters: number;
}

export interface FollowOptions {
  /** How many messages must have led to a decision, a run or a dead letter. */
  alerts: number;
  timeoutSeconds: number;
  onChange?: (change: StepChange) => void;
  onRun?: (rows: RunRows) => void;
}

export interface StepChange {
  at: Date;
  run: RunRows;
  step: StepRow;
  before: StepRow['state'] | undefined;
}

/** The tables are in this process too: whoever reads them all the time holds up what is watched. */
const pauseMilliseconds = 60;
const pausesPerRead = 3;

/** Reads the runs and decisions that the app has written, from a day before `since`. */
export function readProgress(stack: Stack, since: Date): () => Promise<Followed> {
  const service = { connectionString: stack.azurite.connectionString };
  const progress: Progress = new TableProgress(service, () => new Date(), {}, new Blobs(service));
  const table = new Table(service, 'decisions');
  const from = new Date(since.getTime() - 86_400_000);
  return async () => {
    const refs = await progress.list(from, 100);
    const runs = await Promise.all(refs.map((ref) => progress.read(ref)));
    // Stored newest first; returned oldest first.
    const decisions = (await table.query("PartitionKey ge 'day|' and PartitionKey lt 'day}'"))
      .map((entity) => fromEntity('decisions', entity, decisionSchema))
      .toReversed();
    const kept = await new TableDeadLetters(service).since(from);
    const deadLetters = kept.length + stack.serviceBus.queue(queues.deadLetters).deadLetters.length;
    return { runs: runs.filter((rows) => rows !== undefined), decisions, deadLetters };
  };
}

/** Resolves when every alert is accounted for and every run is settled and told, or when the time is up. */
export async function follow(stack: Stack, options: FollowOptions): Promise<Followed> {
  const read = readProgress(stack, new Date());
  const states = new Map<string, StepRow['state']>();
  const known = new Set<string>();
  const deadline = Date.now() + options.timeoutSeconds * 1000;

  for (;;) {
    const now = new Date();
    const began = performance.now();
    const found = await read();
    for (const run of found.runs) {
      if (!known.has(run.run.row.id)) options.onRun?.(run);
      known.add(run.run.row.id);
      for (const { row: step } of run.steps) {
        const key = `${run.run.row.id} ${step.name}`;
        const before = states.get(key);
        if (before === step.state) continue;
        states.set(key, step.state);
        options.onChange?.({ at: now, run, step, before });
      }
    }
    const messages = new Set(found.decisions.map((decision) => decision.message));
    const accounted = messages.size + found.deadLetters >= options.alerts;
    if ((accounted && found.runs.every(isOver)) || Date.now() > deadline) return found;
    const pause = Math.max(pauseMilliseconds, pausesPerRead * (performance.now() - began));
    await setTimeout(pause);
  }
}

/** Settled, and on-call has heard of it. Later checks come hours later and are not waited for. */
export function isOver({ run, steps }: RunRows): boolean {
  const { state, summary } = run.row;
  // It waits for an operator to hand the account back, and sends no mail until then.
  if (state !== 'open' && isHandingBack(run.row) && !isHandedBack(run.row)) return true;
  const verdict = verdictText(
    verdictOf(
      run.row,
      steps.map((entry) => entry.row),
    ),
  );
  return state !== 'open' && summary.state === 'sent' && summary.verdict === verdict;
}
