// The one place that decides what happens next. Pure: rows in, rows and messages out, with the time as a value. It runs
// after every write to a run, so each rule says when a row may leave its state and nothing else.

import type { RunRow, RunState, StepRow } from '../model/rows.ts';
import type { Step } from '../model/step.ts';
import { stages } from '../model/words.ts';
import { type Outgoing, stepQueue } from './bus.ts';
import { isUnseen } from './changes.ts';
import { accepts, type HandBackOrder, hasEnded, nextHandBack } from './hand-back.ts';
import { effectiveMode } from './mode.ts';
import { newsOf } from './news.ts';
import { awaitsLock, isActive, nextState, startChecks, wasTried, withWakeAt } from './run-state.ts';
import { nextSummary } from './summary-turn.ts';
import { timing } from './timing.ts';
import { afterLostWorker, isPast, message, queue, withoutOrder } from './turn.ts';
import { endedBadly, endedWell, isPending, looksAgain } from './verdict.ts';
import { startWatch } from './watch.ts';

/** What a plan needs to know of a step. */
export type Order = Follower & Pick<Step, 'requires'> & HandBackOrder;

type Follower = Pick<Step, 'stage' | 'after' | 'againAfter' | 'judgesByAnswers'>;

export interface Plan extends RunState {
  send: readonly Outgoing[];
}

/** Each round moves at least one row on, and a run has a few dozen. */
const mostRounds = 500;

export function plan(playbook: readonly Order[], before: RunState, now: Date): Plan {
  const orders = new Map(playbook.map((step) => [step.name, step]));
  const send: Outgoing[] = [];
  let { run, steps } = before;
  for (let changed = true, round = 0; changed; round += 1) {
    if (round > mostRounds) throw new Error(`the plan of run ${run.id} never comes to rest`);
    changed = false;
    for (const [index, row] of steps.entries()) {
      const order = orders.get(row.name);
      const next = order === undefined ? withoutOrder(row, now) : nextRow(order, row, { run, steps }, now);
      if (next === row) continue;
      changed = true;
      steps = steps.with(index, next);
      if (next.state === 'queued') send.push(message(run, next, now));
    }
    const nextRun = nextState({ run, steps }, now);
    if (nextRun !== run) changed = true;
    run = nextRun;
    const state = { run, steps };
    const moved = startChecks(state, now) ?? nextHandBack(playbook, state, now) ?? startWatch(state, now);
    if (moved !== undefined) {
      changed = true;
      ({ run, steps } = moved);
    }
  }
  const summary = nextSummary(run, steps, now);
  if (summary !== undefined) {
    run = { ...run, summary: summary.next };
    if (summary.send) send.push(summary.send);
  }
  run = withWakeAt({ run, steps }, now);
  return { run, steps, send: inOrder(send, steps) };
}

/** Containment goes first, even when many runs are open. */
function inOrder(send: readonly Outgoing[], steps: readonly StepRow[]): Outgoing[] {
  const rank = new Map(steps.map((row) => [stepQueue(row.name), stages.indexOf(row.stage)]));
  return send.toSorted((a, b) => (rank.get(a.queue) ?? stages.length) - (rank.get(b.queue) ?? stages.length));
}

function nextRow(order: Order, row: StepRow, state: RunState, now: Date): StepRow {
  switch (row.state) {
    case 'waiting':
      return fromWaiting(order, row, state, now);
    case 'queued':
      return isPast(row.until, now) ? queue(row, now, null) : row;
    case 'running':
      return isPast(row.until, now) ? afterLostWorker(row, now) : row;
    case 'settled':
      return fromSettled(order, row, state);
  }
}

function fromWaiting(order: Order, row: StepRow, state: RunState, now: Date): StepRow {
  if (state.run.state === 'held' || !isActive(row, state)) return row;
  if (row.aim === 'undo') return undoTurn(row, state) ? queue({ ...row, acts: true }, now, row.until) : row;
  if (row.stage !== 'contain' && awaitsLock(state, now)) return row;
  // A look changes nothing in an account that its owner has back.
  const watches = row.aim === 'check' && hasEnded(state.run);
  const acts = order.kind === 'remediation' && effectiveMode(state.run, row) === 'act' && !watches;
  if (acts) {
    const gates = rowsOf(order.requires, state);
    const bad = gates.filter((gate) => gate.state === 'settled' && endedForWorse(gate, state.run));
    // A gate that came with an upgrade, and that this run never had, was not passed either.
    const missing = order.requires.filter((name) => !gates.some((gate) => gate.name === name));
    const closed = [...bad.map((gate) => gate.name), ...missing];
    if (closed.length > 0) return afterBadGate(order, row, closed, state, now);
    if (!gates.every((gate) => isOpen(gate, state.run))) return row;
  }
  if (!rowsOf(order.after, state).every(wasTried)) return row;
  if (row.stage === 'close' && state.steps.some((other) => closesBefore(other) && isPending(other)))
    return row;
  return queue({ ...row, acts }, now, row.until);
}

/** A person decides whether the step may go on without its gate; a later check leaves the result as it was. */
function afterBadGate(
  order: Order,
  row: StepRow,
  gates: readonly string[],
  state: RunState,
  now: Date,
): StepRow {
  // The news that called for the look is noted; otherwise it would call again at once, for ever.
  if (row.aim === 'check') {
    return { ...row, state: 'settled', until: null, seen: settledBefore(order, state) };
  }
  return {
    ...row,
    state: 'settled',
    until: null,
    outcome: { is: 'needs-human', waitsFor: [...gates] },
    settledAt: now.toISOString(),
  };
}

/** What the followed steps have told so far: only news calls again for a look that knows this. */
export function settledBefore(order: Follower, state: RunState): Record<string, string> {
  return Object.fromEntries(
    followed(order, state).flatMap((row) => {
      const told = toldTo(order, row);
      return told === null ? [] : [[row.name, told]];
    }),
  );
}

/** A step that closes the run reports on everything that settles; the others go by what they judge by. */
const toldTo = (order: Follower, row: StepRow): string | null =>
  order.stage !== 'close' ? newsOf(row, order) : row.state === 'settled' ? row.settledAt : null;

/** The steps whose news make this one look again; a step that closes the run follows all the others. */
const followed = ({ stage, after, againAfter }: Follower, state: RunState): StepRow[] =>
  stage === 'close' ? state.steps.filter(closesBefore) : rowsOf([...after, ...againAfter], state);

/** A gate that only reports is no bad end while the level may still rise: then the step waits. */
const endedForWorse = (gate: StepRow, run: RunRow) =>
  !endedWell(gate.outcome) &&
  !accepts(run, gate.name) &&
  (gate.outcome?.is !== 'reported' || run.level === 'full' || hasEnded(run));

const isOpen = (gate: StepRow, run: RunRow) =>
  accepts(run, gate.name) || (endedWell(gate.outcome) && (gate.state === 'settled' || looksAgain(gate)));

/** It keeps the intruder out; the service says that it was made, but it isn't visible yet. */
const mayBeUnmade = (row: StepRow) =>
  (row.stage === 'contain' || row.stage === 'evict') &&
  row.aim !== 'undo' &&
  endedWell(row.outcome) &&
  row.changes.some(isUnseen);

const closesBefore = (row: StepRow) => row.stage !== 'close' && row.stage !== 'hand-back';

const rowsOf = (names: readonly string[], state: RunState) =>
  state.steps.filter((row) => names.includes(row.name));

/** Undo walks back newest first, so each step waits until everything done after it has been undone. */
function undoTurn(row: StepRow, state: RunState): boolean {
  const done = lastFix(row);
  return !state.steps.some(
    (other) => other !== row && other.aim === 'undo' && isPending(other) && lastFix(other) > done,
  );
}

const lastFix = (row: StepRow) =>
  row.changes.reduce(
    (latest, change) => (change.fixedAt !== null && change.fixedAt > latest ? change.fixedAt : latest),
    '',
  ) + row.name;

function fromSettled(order: Order, row: StepRow, state: RunState): StepRow {
  const { run } = state;
  if (run.state === 'held' || hasEnded(run) || row.outcome === null) return row;
  const again = (aim: 'fix' | 'check'): StepRow => ({
    ...row,
    state: 'waiting',
    aim,
    attempt: 0,
    until: null,
  });
  const { outcome } = row;
  if (outcome.is === 'off' || outcome.is === 'skipped' || outcome.is === 'undone') return row;
  if (outcome.is === 'reported' && effectiveMode(run, row) === 'act') return again('fix');
  const gates = rowsOf(order.requires, state);
  if (outcome.is === 'needs-human' && outcome.waitsFor.some((name) => order.requires.includes(name))) {
    return gates.length === order.requires.length && gates.every((gate) => isOpen(gate, run))
      ? again('fix')
      : row;
  }
  const seconds = timing.quickLookSeconds[row.quickLooks ?? 0];
  if (seconds !== undefined && mayBeUnmade(row) && effectiveMode(run, row) === 'act') {
    const until = new Date(Date.parse(row.lookedAt ?? run.openedAt) + seconds * 1000).toISOString();
    return { ...again('check'), until, quickLooks: (row.quickLooks ?? 0) + 1 };
  }
  const isNews = (other: StepRow) =>
    other.state === 'settled' && toldTo(order, other) !== (row.seen[other.name] ?? null);
  return followed(order, state).some(isNews) ? again(endedBadly(outcome) ? 'fix' : 'check') : row;
}
