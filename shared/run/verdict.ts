// The run in one word and a count: what the subject of the summary says. Pure, from the rows alone.

import type { ChangeRecord, Outcome, RunRow, StepRow } from '../model/rows.ts';
import { effectiveMode, isLeftOut } from './mode.ts';

/** Ended in such a way that later steps may build on it. `off` is not included: the job was not done. */
export const endedWell = (outcome: Outcome | null): boolean =>
  outcome !== null && (outcome.is === 'done' || outcome.is === 'unchanged' || outcome.is === 'skipped');

export const endedBadly = (outcome: Outcome | null): boolean =>
  outcome !== null && (outcome.is === 'failed' || outcome.is === 'needs-human');

/** Still to come, or looking once more. */
export const isPending = (step: StepRow): boolean => step.state !== 'settled';

/** Only checks once more what it has done; its result stands meanwhile. */
export const looksAgain = (step: StepRow): boolean => step.aim === 'check' && endedWell(step.outcome);

/**
 * Tasks that wait for a person. For a step that only reports, tasks would be premature; an undone step shows the undo's
 * tasks.
 */
export const openTasks = (step: StepRow) => waitingTasks(step).filter((task) => !task.atHandBack);

/** Work to do with the owner when the account is given back. */
export const handBackTasks = (step: StepRow) => waitingTasks(step).filter((task) => task.atHandBack);

const waitingTasks = (step: StepRow) =>
  step.outcome?.is === 'reported' ? [] : step.tasks.filter((task) => task.doneAt === null);

/** After a false alarm only what has to be put back matters: nobody is asked to finish the work itself. */
export const ofConcern = (run: Pick<RunRow, 'endsAs'>, steps: readonly StepRow[]): readonly StepRow[] =>
  run.endsAs === 'undone' ? steps.filter((step) => step.aim === 'undo') : steps;

export const words = [
  'NOTHING TO DO',
  'CONTAINED',
  'LOCKED',
  'DECIDE',
  'NOT CONTAINED',
  'HELD',
  'REVERTED',
  'UNDONE',
  'HANDING BACK',
  'HANDED BACK',
  'DRY RUN',
] as const;

const isWord = (text: string): text is Verdict['word'] => words.some((word) => word === text);

/** undefined if another version wrote a word that this one doesn't know. */
export const verdictFrom = ({ word, tasks }: { word: string; tasks: number }): Verdict | undefined =>
  isWord(word) ? { word, tasks } : undefined;

export interface Verdict {
  word: (typeof words)[number];
  /** What a person has to do: open tasks, and steps that failed. */
  tasks: number;
}

export function verdictOf(run: RunRow, steps: readonly StepRow[]): Verdict {
  const tasks = ofConcern(run, steps).reduce(
    (count, step) => count + openTasks(step).length + (step.outcome?.is === 'failed' ? 1 : 0),
    0,
  );
  return { word: wordFor(run, steps), tasks };
}

function wordFor(run: RunRow, steps: readonly StepRow[]): Verdict['word'] {
  if (run.state === 'held') return 'HELD';
  if (run.endsAs === 'undone') return 'UNDONE';
  if (run.endsAs === 'handed back') {
    const phase = run.handBack?.phase;
    return phase === 'roles' || phase === 'done' ? 'HANDED BACK' : 'HANDING BACK';
  }
  if (run.dryRun) return 'DRY RUN';
  const contain = steps.filter(
    (step) => step.stage === 'contain' && step.outcome?.is !== 'off' && !isLeftOut(run, step),
  );
  const evict = steps.filter((step) => step.stage === 'evict' && step.outcome?.is !== 'off');
  // An evict step that failed leaves the intruder a way: mail may still flow out. A step that has only looked so far,
  // although the run is full by now, still has its turn to come.
  const stillToAct = (step: StepRow) =>
    step.outcome?.is === 'reported' && effectiveMode(run, step) === 'act' && step.changes.length > 0;
  const open =
    !contain.every((step) => endedWell(step.outcome)) ||
    [...contain, ...evict.filter(shutsOut)].some(
      (step) => step.outcome?.is === 'failed' || step.changes.some(hasNoEffect),
    );
  if (open) return 'NOT CONTAINED';
  // Locked, with work still to come: slow or waiting for its turn is no failure.
  if (evict.some((step) => step.outcome === null || stillToAct(step))) return 'LOCKED';
  const changes = steps.flatMap((step) => step.changes);
  if (changes.some((change) => change.returned > 0 && change.undoneAt === null)) return 'REVERTED';
  if (run.level === 'contain') {
    const collecting = steps.some((step) => step.stage === 'collect' && step.outcome === null);
    const switchedOff = steps.some(
      (step) => step.stage === 'contain' && (step.outcome?.is === 'off' || isLeftOut(run, step)),
    );
    return collecting && !switchedOff ? 'LOCKED' : 'DECIDE';
  }
  // Left in place because the administrator set the step to report only: nobody else will decide.
  if (evict.some((step) => step.outcome?.is === 'reported' && step.changes.length > 0)) return 'DECIDE';
  const nothing = changes.length === 0 && steps.every((step) => openTasks(step).length === 0);
  return nothing ? 'NOTHING TO DO' : 'CONTAINED';
}

/** Telling Entra ID Protection takes nothing from the intruder: if that fails, a person does it. */
const shutsOut = ({ part }: StepRow) => part !== 'risk-confirmation';

/**
 * Made according to the service, but still there long after. A once-only change keeps nobody out; a task reports it.
 */
const hasNoEffect = ({ stillThereAt, goneAt, undoneAt, once }: ChangeRecord) =>
  stillThereAt != null && goneAt === null && undoneAt === null && !once;

const waiting: ReadonlySet<Verdict['word']> = new Set([
  'DECIDE',
  'NOT CONTAINED',
  'HELD',
  'REVERTED',
  'HANDING BACK',
]);

/** Whether a person has something to decide or to do, whatever state the run itself is in. */
export const waitsForSomebody = ({ word, tasks }: Verdict): boolean => tasks > 0 || waiting.has(word);

/** `CONTAINED, 2 TASKS` */
export function verdictText({ word, tasks }: Verdict): string {
  return tasks === 0 ? word : `${word}, ${tasks} ${tasks === 1 ? 'TASK' : 'TASKS'}`;
}
