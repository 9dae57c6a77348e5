// The hand-back of an account to its owner: its phases, which steps belong to each, and what blocks it. Pure. Nothing
// is restored until everything that the run removed has been checked once more, and nothing is fixed after that.

import type { HandBack, HandBackPhase, RunRow, RunState, StepRow } from '../model/rows.ts';
import type { Remediation, Step } from '../model/step.ts';
import { lookAgain, toUndo, verificationOf } from './changes.ts';
import { endedBadly, isPending } from './verdict.ts';

/** What the hand-back needs to know of a step. */
export type HandBackOrder = Pick<Step, 'name' | 'stage' | 'kind'> &
  Partial<Pick<Remediation, 'restoredAtHandBack' | 'undo'>>;

/** Steps of the stage hand-back that are done before the owner can sign in. All its other steps come after. */
const beforeEnabling: readonly StepRow['part'][] = ['passes', 'risk-dismissal'];

export const isHandingBack = (run: RunRow): boolean =>
  run.endsAs === 'handed back' && run.handBack !== undefined;

/** The run fixes nothing any more. It still does while a hand-back is checking. */
export const hasEnded = (run: RunRow): boolean =>
  run.endsAs !== null && !(isHandingBack(run) && run.handBack?.phase === 'check');

/** Everything is given back, except roles that nobody has approved. */
export const isHandedBack = ({ handBack }: RunRow): boolean =>
  handBack?.phase === 'roles' || handBack?.phase === 'done';

/** Why a step is in the way, and whether it stops the hand-back until somebody accepts it. */
export interface Left {
  step: string;
  why: string;
  blocks: boolean;
}

/** What must be put right before anything is restored. */
export function leftBehind({ steps }: Pick<RunState, 'steps'>): Left[] {
  return steps.flatMap((row): Left[] => {
    if (!isLookedAt(row)) return [];
    const left = (why: string, blocks = true) => [{ step: row.name, why, blocks }];
    const { outcome, changes } = row;
    if (outcome === null) return left('has not run yet');
    switch (outcome.is) {
      case 'failed':
        return left(`failed: ${outcome.error.message}`);
      case 'needs-human':
        return left(`waits for a person: ${whatWaits(row, outcome.waitsFor)}`);
      case 'off':
        return left('is switched off, so nobody has looked', false);
      case 'reported':
        return changes.length === 0 ? [] : left(`only looked, and left ${listed(changes)} in place`);
      case 'skipped':
        return row.startedAt === null ? [] : left(`could not look: ${outcome.reason}`, false);
      default: {
        const back = changes.filter((change) => verificationOf(change) === 'reverted');
        if (back.length > 0) return left(`${listed(back)} came back`);
        const unread = changes.filter((change) => verificationOf(change) === 'unverified');
        return unread.length === 0 ? [] : left(`${listed(unread)} could not be checked yet`, false);
      }
    }
  });
}

const isLookedAt = (row: StepRow) =>
  row.kind === 'remediation' && (row.stage === 'contain' || row.stage === 'evict') && row.aim !== 'undo';

const listed = (changes: readonly { what: string }[]) =>
  changes.length > 3 ? `${changes.length} things` : changes.map(({ what }) => what).join(', ');

const whatWaits = (row: StepRow, ids: readonly string[]) =>
  ids.map((id) => row.tasks.find((task) => task.id === id)?.what ?? id).join('; ');

/** Blocks the hand-back, and nobody has accepted it. */
export const inTheWay = (state: RunState): Left[] =>
  leftBehind(state).filter(({ step, blocks }) => blocks && !accepts(state.run, step));

/** The operator who hands the account back has accepted this step as it is, by name. */
export const accepts = ({ handBack }: RunRow, step: string): boolean =>
  handBack?.despite.includes(step) ?? false;

/** The rows that a phase waits for. */
export function rowsOf(
  orders: readonly HandBackOrder[],
  { steps }: RunState,
  phase: HandBackPhase,
): StepRow[] {
  const chosen = (which: (order: HandBackOrder, row: StepRow) => boolean) =>
    steps.filter((row) => orders.some((order) => order.name === row.name && which(order, row)));
  const restorable = (order: HandBackOrder, row: StepRow) =>
    order.undo !== undefined &&
    typeof order.undo !== 'string' &&
    (row.aim === 'undo' || toUndo(row.changes).length > 0);
  switch (phase) {
    case 'check':
      return steps.filter(isLookedAt);
    case 'clear':
      return chosen((_, { part }) => beforeEnabling.includes(part));
    case 'enable':
      return chosen((order, row) => order.stage === 'contain' && restorable(order, row));
    case 'restore':
      return chosen((order, row) =>
        order.stage === 'hand-back'
          ? !beforeEnabling.includes(row.part)
          : order.stage !== 'contain' && order.restoredAtHandBack === true && restorable(order, row),
      );
    case 'roles':
      return chosen((order, row) => order.restoredAtHandBack === 'after approval' && restorable(order, row));
    default:
      return [];
  }
}

/** Whether the phase no longer needs to wait for this row. */
function isThrough(row: StepRow, run: RunRow): boolean {
  if (row.state !== 'settled') return false;
  if (accepts(run, row.name)) return true;
  if (row.stage === 'hand-back') return !endedBadly(row.outcome);
  return row.aim === 'undo' && row.outcome?.is !== 'failed';
}

/**
 * Roles that this run has found, whether it removed them or only reported them. The directory may no longer know them,
 * or may never have known them: roles in Exchange and Defender, and groups that carry roles.
 */
export const rolesFound = (orders: readonly HandBackOrder[], { steps }: Pick<RunState, 'steps'>): string[] =>
  steps.flatMap((row) =>
    orders.some(
      ({ name, restoredAtHandBack }) => name === row.name && restoredAtHandBack === 'after approval',
    )
      ? row.changes.map(({ what }) => what)
      : [],
  );

function phaseOf(orders: readonly HandBackOrder[], state: RunState, { phase, pass, ownerBackAt }: HandBack) {
  const { run } = state;
  if (phase === 'check') {
    const looking = state.steps.some(
      (row) => row.stage !== 'hand-back' && row.aim !== 'undo' && isPending(row),
    );
    if (looking || inTheWay(state).length > 0) return 'check';
  }
  const through = (which: HandBackPhase) => rowsOf(orders, state, which).every((row) => isThrough(row, run));
  if (!through('clear')) return 'clear';
  if (!through('enable')) return 'enable';
  // A guest gets no pass here: its home tenant lets it in.
  if (!run.account.guest && ownerBackAt === null && (pass?.shownAt ?? null) === null) return 'pass';
  if (ownerBackAt === null) return 'owner';
  if (!through('restore')) return 'restore';
  return through('roles') ? 'done' : 'roles';
}

/** Moves a hand-back on, or returns undefined if it can't move now. */
export function nextHandBack(
  orders: readonly HandBackOrder[],
  state: RunState,
  now: Date,
): RunState | undefined {
  const { run } = state;
  const { handBack } = run;
  if (handBack === undefined || !isHandingBack(run)) return undefined;
  const phase = phaseOf(orders, state, handBack);
  const restores =
    phase === 'enable' || phase === 'restore' || (phase === 'roles' && handBack.rolesApprovedAt !== null);
  const due = restores
    ? rowsOf(orders, state, phase).filter(
        (row) =>
          row.stage !== 'hand-back' &&
          row.aim !== 'undo' &&
          row.state === 'settled' &&
          !accepts(run, row.name),
      )
    : [];
  if (phase === handBack.phase && due.length === 0) return undefined;
  const ended = phase === 'roles' || phase === 'done';
  const doneAt = handBack.doneAt ?? (ended ? now.toISOString() : null);
  // A closed run sleeps, so nobody would resend a lost message.
  const opened = due.length > 0 ? { ...run, state: 'open' as const } : run;
  return {
    run: { ...opened, handBack: { ...handBack, phase, doneAt } },
    steps: state.steps.map(
      (row): StepRow =>
        due.includes(row) ? { ...row, state: 'waiting', aim: 'undo', attempt: 0, until: null } : row,
    ),
  };
}

/** Whether a step of the stage hand-back takes part now. */
export function takesPart(row: StepRow, { run, steps }: RunState): boolean {
  if (run.falseAlarm && run.endsAs === 'undone' && row.part === 'risk-dismissal')
    return !steps.some((other) => other.aim === 'undo' && isPending(other));
  if (!isHandingBack(run)) return false;
  return run.handBack?.phase === (beforeEnabling.includes(row.part) ? 'clear' : 'restore');
}

/** Steps that may be done in the run itself if the account was deliberately never locked. */
export const belongsToOwnerAlone = ({ part }: StepRow): boolean => beforeEnabling.includes(part);

/** Nothing moves until a person fixes or accepts something. */
export function isStuck(state: RunState): boolean {
  const { run, steps } = state;
  if (!isHandingBack(run) || steps.some((row) => row.stage !== 'hand-back' && isPending(row))) return false;
  if (run.handBack?.phase === 'check') return inTheWay(state).length > 0;
  return steps.some(
    (row) =>
      (row.aim === 'undo' || row.stage === 'hand-back') &&
      row.state === 'settled' &&
      endedBadly(row.outcome) &&
      !accepts(run, row.name),
  );
}

/** Everything that the run removes is looked at, and removed again if it is back. */
export const checkAll = (steps: readonly StepRow[]): StepRow[] =>
  steps.map((row) => (isLookedAt(row) ? lookAgain(row) : row));
