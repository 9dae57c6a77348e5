// A person says that a task is done, or takes that back. Like every order, this only writes rows; work that an
// essential task held up goes on by itself. Nothing is looked up: the later checks do that.
import { createHash } from 'node:crypto';
import { messageTracePage } from '../microsoft365/links.ts';
import type { Outcome, RunRow, RunState, StepRow, TaskRecord } from '../model/rows.ts';
import type { Apply } from './advance.ts';
import type { Order } from './operate.ts';
import { outcomeOf } from './remediate.ts';
import { isUnsent } from './summary-turn.ts';
import { endedWell, verdictOf, verdictText } from './verdict.ts';

/**
 * A task's key in a URL: its id if that is a plain word, else a digest, since not everything decodes %2F in a path
 * alike.
 */
export const taskKey = (id: string): string =>
  /^[a-z0-9][a-z0-9-]{0,79}$/i.test(id)
    ? id
    : `t.${createHash('sha256').update(id).digest('hex').slice(0, 16)}`;

/** Stands in place of a step's name: the run's mail belongs to no step. */
export const ofTheRun = 'summary';

/** If a mail can't be delivered, a person reads the run here and passes on what the mail would have said. */
export const unsentSummary = (run: RunRow): TaskRecord | undefined =>
  isUnsent(run)
    ? {
        id: 'unsent-mail',
        what: `Tell whoever has to know how this run stands: its mail could not be sent (${run.summary.attempt} tries)`,
        instruction:
          'Find out what keeps it back (preflight says so), and retry the run. Or read the run here, tell them, and tick this off: then it is not tried any more, and the next mail is about the next change.',
        link: messageTracePage(),
        essential: false,
        doneAt: null,
      }
    : undefined;

/** Undefined if there is no such task. */
export const findTask = ({ run, steps }: RunState, step: string, key: string): TaskRecord | undefined => {
  const unsent = step === ofTheRun ? unsentSummary(run) : undefined;
  const tasks = steps.find(({ name }) => name === step)?.tasks ?? [];
  return [...tasks, ...(unsent ? [unsent] : [])].find((task) => taskKey(task.id) === key);
};

/**
 * Withdraws (`lost`) if there is no such task, or if a worker has the step (or the mail) in hand right now: its own
 * write would take the tick away again.
 */
export const tickOff =
  (step: string, key: string, done: boolean, order: Order): Apply =>
  (state) => {
    const row = state.steps.find((candidate) => candidate.name === step);
    const task = findTask(state, step, key);
    const isAtWork = row === undefined ? state.run.summary.state === 'sending' : row.state === 'running';
    if (task === undefined || isAtWork) return undefined;
    const at = order.now.toISOString();
    const already = (task.doneAt !== null) === done;
    const what = `${done ? 'ticked off' : 'took back the tick'}: ${task.what.slice(0, 200).toWellFormed()} (${step})`;
    const log = [{ at, who: order.who, what: already ? `${what}: nothing to do` : what, why: order.reason }];
    if (already) return { ...state, log };
    if (row === undefined) return { ...taken(state), log };
    const next = ticked(row, task, done ? at : null, at);
    const after: RunState = {
      run: next.outcome === row.outcome ? state.run : looksOn(state.run),
      steps: state.steps.map((old) => (old === row ? next : old)),
    };
    return { ...toldByThePage(state, after), log };
  };

function ticked(row: StepRow, task: TaskRecord, doneAt: string | null, now: string): StepRow {
  const tasks = row.tasks.map((old) => (old === task ? { ...old, doneAt } : old));
  const next = { ...row, tasks };
  if (!task.essential || row.state !== 'settled' || row.aim === 'undo') return next;
  const outcome = decided(row, next);
  return outcome === row.outcome ? next : { ...next, outcome, settledAt: now };
}

/** Changes only what depended on the task: a step that waits for another, was refused or is off stays as it is. */
function decided(row: StepRow, next: StepRow): Outcome | null {
  const { outcome } = row;
  const waits =
    outcome?.is === 'needs-human' && outcome.waitsFor.some((id) => row.tasks.some((t) => t.id === id));
  const settledWell = endedWell(outcome) && outcome?.is !== 'skipped';
  return waits || settledWell ? outcomeOf(next, true) : outcome;
}

/** A person knows what the mail would have said: it is not tried any more, and not said again. */
function taken({ run, steps }: RunState): RunState {
  const verdict = verdictText(verdictOf(run, steps));
  const told = { state: 'sent' as const, verdict, lastSent: verdict };
  const summary = { ...run.summary, ...told, until: null, claimedAt: null, attempt: 0 };
  return { run: { ...run, summary }, steps };
}

/** A closed run is no longer watched, but the work that now goes on in it must be. */
const looksOn = (run: RunState['run']): RunState['run'] =>
  run.state === 'closed' && run.endsAs === null ? { ...run, state: 'finished' } : run;

/** The operator who ticks sees the new count: no mail for each tick, only when the verdict's word changes. */
function toldByThePage(before: RunState, after: RunState): RunState {
  const { summary } = after.run;
  const [was, is] = [verdictOf(before.run, before.steps), verdictOf(after.run, after.steps)];
  const told = summary.state === 'sent' && summary.verdict === verdictText(was);
  if (!told || was.word !== is.word) return after;
  const verdict = verdictText(is);
  return { ...after, run: { ...after.run, summary: { ...summary, verdict, lastSent: verdict } } };
}
