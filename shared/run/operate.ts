// What an operator may ask of a run. Each order only changes rows; `advance` does the rest, as after every other write.

import type { ChangeRecord, Level, LogRow, RunRow, StepRow } from '../model/rows.ts';
import type { Step } from '../model/step.ts';
import type { Apply } from './advance.ts';
import { mostReturns, toUndo, type Verification, verificationOf } from './changes.ts';
import { hasEnded } from './hand-back.ts';
import { isUnsent } from './summary-turn.ts';
import { endedBadly } from './verdict.ts';

/** Who asks, why, and when: kept in the run's log for ever. */
export interface Order {
  who: string;
  reason: string;
  now: Date;
}

const entry = (order: Order, what: string): LogRow => ({
  at: order.now.toISOString(),
  who: order.who,
  what,
  why: order.reason,
});

/**
 * Runs again whatever did not end well, also in a finished or closed run; a step that is named is run again in any
 * case. The aim stays the same: what was being undone is undone, and a run that was ended stays ended. Only a step that
 * was undone by itself, in a run that goes on, is done again when it is named.
 */
export const retry =
  (names: readonly string[] | undefined, order: Order): Apply =>
  (state) => {
    const ended = hasEnded(state.run);
    const again = state.steps.filter(
      (row) => row.outcome?.is !== 'off' && (!ended || isPartOfTheEnd(row, state.run)) && retried(row, names),
    );
    const run = sentAnew(state.run);
    if (again.length === 0) {
      const what = run === state.run ? 'retry: nothing to do' : 'retry: the summary';
      return { ...state, run, log: [entry(order, what)] };
    }
    const chosen = new Set(again.map((row) => row.name));
    const steps = state.steps.map(
      (row): StepRow =>
        chosen.has(row.name)
          ? {
              ...row,
              state: 'waiting',
              aim: row.aim === 'undo' && (ended || row.outcome?.is !== 'undone') ? 'undo' : 'fix',
              changes: row.changes.map(decidedAnew),
              attempt: 0,
              until: null,
              memo: null,
            }
          : row,
    );
    return {
      run: reopened(run),
      steps,
      log: [entry(order, `retry: ${[...chosen].join(', ')}`)],
    };
  };

/** A mail that could not be sent so far is sent at once. */
function sentAnew(run: RunRow): RunRow {
  const { summary } = run;
  if (!isUnsent(run) || summary.state === 'sending') return run;
  // Nobody watches the mail of a closed run.
  const state = run.state === 'closed' ? 'finished' : run.state;
  return { ...run, state, summary: { ...summary, state: 'waiting', until: null, attempt: 0 } };
}

/** Once a run was undone or handed back, fixing again would lock out the owner. */
const isPartOfTheEnd = (row: StepRow, { falseAlarm }: RunRow) =>
  row.aim === 'undo' || row.stage === 'hand-back' || (falseAlarm === true && row.stage === 'close');

/**
 * A change that was left to a person, because it kept coming back or had no effect, is made once more: the person has
 * decided.
 */
function decidedAnew(record: ChangeRecord): ChangeRecord {
  const returned = Math.min(record.returned, mostReturns - 1);
  if (verificationOf(record) !== 'ineffective') return { ...record, returned };
  return { ...record, returned, attemptedAt: null, firstFixedAt: null, stillThereAt: null };
}

function retried(row: StepRow, names: readonly string[] | undefined): boolean {
  if (names !== undefined) return names.includes(row.name) && row.state === 'settled';
  if (row.state !== 'settled') return false;
  const doubts: readonly Verification[] = ['unverified', 'ineffective', 'reverted'];
  const doubtful = row.changes.some((change) => doubts.includes(verificationOf(change)));
  return endedBadly(row.outcome) || (row.outcome?.is === 'done' && doubtful);
}

/** A closed run continues; its earlier result stays. */
export const reopened = (run: RunRow): RunRow =>
  run.state === 'closed' || run.state === 'finished' ? { ...run, state: 'open' as const } : run;

/** A held run begins now, and so does the time within which on-call must be told. */
export const released = (run: RunRow, level: Level, now: Date): RunRow => ({
  ...run,
  state: 'open',
  heldBecause: null,
  level,
  releasedAt: now.toISOString(),
});

/** The operator who decides knows what protects the account. */
const decided = ({ now }: Order) => ({ approvedAt: now.toISOString(), onlyLooksBecause: undefined });

/**
 * Lets a held run begin at a level, or a contained run become full. It undoes nothing. `only` applies to a held run
 * that begins at level contain: the remediations that may act. Evidence or a higher level sets off the others.
 */
export const approve =
  (level: Level, order: Order, only?: readonly string[]): Apply =>
  (state) => {
    const { run } = state;
    if (run.state === 'held') {
      const chosen = level === 'contain' && only !== undefined ? { only: [...only] } : {};
      const what = 'only' in chosen ? `, only ${chosen.only.join(', ')}` : '';
      const log = [entry(order, `approved at level ${level}${what}`)];
      const limits = level === 'full' ? { limitedBecause: undefined } : {};
      const approvedAt = order.now.toISOString();
      const begun = { ...released(run, level, order.now), ...limits, ...chosen, approvedAt };
      return { ...state, run: begun, log };
    }
    if (level === 'full' && run.level === 'contain' && run.endsAs === null) {
      const raisedBecause = `approved by ${order.who}: ${order.reason}`;
      const next = { ...reopened(run), ...decided(order), level, raisedBecause, limitedBecause: undefined };
      return { ...state, run: next, log: [entry(order, 'approved at level full')] };
    }
    if (run.onlyLooksBecause !== undefined && run.endsAs === null) {
      const log = [entry(order, `approved, although ${run.onlyLooksBecause}`)];
      return { ...state, run: { ...reopened(run), ...decided(order) }, log };
    }
    if (run.only !== undefined && run.level === 'contain' && run.endsAs === null) {
      const next = { ...reopened(run), only: undefined };
      return { ...state, run: next, log: [entry(order, 'approved at level contain, all of it')] };
    }
    return { ...state, log: [entry(order, `approve ${level}: nothing to do`)] };
  };

/**
 * Restores what the run changed, newest first: the whole run, which ends it, or named steps only. If a whole run was a
 * false alarm, the risk is also dismissed and the alert closed as a false positive.
 */
export const undo =
  (
    playbook: readonly Step[],
    names: readonly string[] | undefined,
    order: Order,
    falseAlarm = false,
  ): Apply =>
  (state) => {
    const whole = names === undefined;
    const steps = state.steps.map((row): StepRow => {
      if (!whole && !names.includes(row.name)) return row;
      const step = playbook.find((candidate) => candidate.name === row.name);
      const next = undone(row, step, whole, order.now);
      return whole && falseAlarm && clearsAlarm(row) ? { ...next, ...anew } : next;
    });
    const asked = steps.filter((row, index) => row !== state.steps[index]).map((row) => row.name);
    const wholeRun = `undo: the whole run${falseAlarm ? ', as a false alarm' : ''}`;
    const run = whole
      ? {
          ...state.run,
          state: 'open' as const,
          heldBecause: null,
          endsAs: 'undone' as const,
          ...(falseAlarm ? { falseAlarm: true as const } : {}),
        }
      : state.run.state === 'held'
        ? state.run
        : { ...state.run, state: 'open' as const };
    return { run, steps, log: [entry(order, whole ? wholeRun : `undo: ${asked.join(', ')}`)] };
  };

const anew = { state: 'waiting', aim: 'fix', attempt: 0, until: null, outcome: null } as const;

/** A step that is off or doesn't apply stays that way. */
const clearsAlarm = ({ part, stage, outcome }: StepRow) =>
  (part === 'risk-dismissal' || stage === 'close') && outcome?.is !== 'off' && outcome?.is !== 'skipped';

function undone(row: StepRow, step: Step | undefined, whole: boolean, now: Date): StepRow {
  const can = step?.kind === 'remediation' && typeof step.undo !== 'string';
  if (can && (toUndo(row.changes).length > 0 || row.state === 'running')) {
    // A worker that is running right now gets time to end: its lease limits what it can still do.
    const until = row.state === 'running' ? row.until : null;
    return { ...row, state: 'waiting', aim: 'undo', attempt: 0, until };
  }
  if (!whole || row.state === 'settled') return row;
  return {
    ...row,
    state: 'settled',
    until: null,
    outcome: row.outcome ?? { is: 'undone' },
    settledAt: now.toISOString(),
  };
}
