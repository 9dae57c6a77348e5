// What an operator may order on an account's way back to its owner. Each order only changes rows; the plan does the
// rest. A function `why…` says in one sentence why an order is not possible, or returns undefined if it is.

import type { HandBack, LogRow, RunRow, RunState, TaskRecord } from '../model/rows.ts';
import type { Apply } from './advance.ts';
import { checkAll, inTheWay, isHandedBack, isHandingBack } from './hand-back.ts';
import { inOrder } from './in-order.ts';
import { type Order, reopened } from './operate.ts';
import { taskKey } from './tick-off.ts';
import { openTasks } from './verdict.ts';

const entry = ({ now, who, reason }: Order, what: string): LogRow => ({
  at: now.toISOString(),
  who,
  what,
  why: reason,
});

/** With the operator's object id: a name can change, or be given to somebody else. */
export interface PersonalOrder extends Order {
  id: string;
}

export interface Beginning {
  /** How the owner was identified, out of band. */
  identified: string;
  /** Steps that did not end well and are accepted as they are. */
  despite: readonly string[];
  /** Open tasks that are accepted as they are, each as `step/key`. */
  accepts: readonly string[];
  /** Why the pass will need a second operator, or null. */
  second: string | null;
}

/** Until the owner has been let in, there is nothing to give back. */
export function whyNotBegun({ run }: RunState): string | undefined {
  const name = run.account.userPrincipalName;
  if (isHandingBack(run)) return undefined;
  if (run.dryRun) return `run ${run.code} was a dry run: it has changed nothing of ${name}`;
  if (run.endsAs === 'undone') return `run ${run.code} was undone, so ${name} is back already`;
  if (run.endsAs === 'superseded')
    return `a later run holds ${name}: give it back there, once that is finished`;
  if (run.state === 'held') return `run ${run.code} is held and has changed nothing`;
  if (run.state === 'open') return `run ${run.code} is still at work: wait until it is finished`;
  return undefined;
}

/** What stands in the way of restoring and has not been accepted by name. */
export const unaccepted = (state: RunState, despite: readonly string[]) =>
  inTheWay(state).filter(({ step }) => !despite.includes(step));

export interface OpenTask {
  /** `step/key`, the name by which it is accepted. */
  name: string;
  step: string;
  task: TaskRecord;
}

/** What a person was asked to do and has not ticked off, the most dangerous first. */
export const tasksLeft = ({ steps }: Pick<RunState, 'steps'>): OpenTask[] =>
  inOrder(
    steps.flatMap((row) =>
      openTasks(row).map((task) => ({ name: `${row.name}/${taskKey(task.id)}`, step: row.name, task })),
    ),
  );

/** No task is forgotten: each is ticked off, or accepted by name, alone or with the step that asks for it. */
export const unacceptedTasks = (
  state: RunState,
  { despite, accepts }: Pick<Beginning, 'despite' | 'accepts'>,
) => tasksLeft(state).filter(({ name, step }) => !accepts.includes(name) && !despite.includes(step));

/** Begins the hand-back, or accepts more open points. Repeating it changes nothing. */
export const begin =
  ({ identified, despite, accepts, second }: Beginning, order: PersonalOrder): Apply =>
  (state) => {
    if (whyNotBegun(state) !== undefined) return undefined;
    const { run } = state;
    const { handBack } = run;
    if (handBack !== undefined && isHandingBack(run)) {
      const known = [...handBack.despite, ...(handBack.acceptedTasks ?? [])];
      const more = [...despite, ...accepts].filter((name) => !known.includes(name));
      if (more.length === 0) return { ...state, log: [entry(order, 'hand-back: it has begun already')] };
      const next: HandBack = {
        ...handBack,
        despite: [...new Set([...handBack.despite, ...despite])],
        acceptedTasks: [...new Set([...(handBack.acceptedTasks ?? []), ...accepts])],
        begunBy: [...new Set([...(handBack.begunBy ?? []), order.id])],
      };
      const log = [entry(order, `hand-back: accepted as they are: ${more.join(', ')}`)];
      return { ...state, run: { ...reopened(run), handBack: next }, log };
    }
    if (unaccepted(state, despite).length > 0) return undefined;
    if (unacceptedTasks(state, { despite, accepts }).length > 0) return undefined;
    const named = [
      ...despite,
      ...tasksLeft(state).flatMap(({ name, task }) => (accepts.includes(name) ? [task.what] : [])),
    ];
    const accepted = named.length === 0 ? '' : `; accepted as they are: ${named.join(', ')}`;
    return {
      run: {
        ...run,
        state: 'open',
        endsAs: 'handed back',
        handBack: {
          phase: 'check',
          begunAt: order.now.toISOString(),
          by: order.who,
          begunBy: [order.id],
          ...(second === null ? {} : { secondBecause: second }),
          identified,
          despite: [...despite],
          ...(accepts.length === 0 ? {} : { acceptedTasks: [...accepts] }),
          pass: null,
          ownerBackAt: null,
          rolesApprovedAt: null,
          doneAt: null,
          watches: 0,
        },
      },
      steps: checkAll(state.steps),
      log: [entry(order, `hand-back begun; the owner was identified: ${identified}${accepted}`)],
    };
  };

/** Longer than a function may take: a pass that was asked for this long ago is no longer being made. */
const passMakingMs = 120_000;

export function whyNoPass({ run }: RunState, again: boolean, now: Date): string | undefined {
  const { handBack } = run;
  if (handBack === undefined || !isHandingBack(run)) return 'the hand-back has not begun';
  const { phase, pass } = handBack;
  if (run.account.guest) return 'a guest gets no pass here: its home tenant lets it in';
  if (phase === 'check' || phase === 'clear' || phase === 'enable')
    return 'the steps before it are not done yet';
  if (pass === null) return undefined;
  if (pass.shownAt === null) {
    const waits = now.getTime() - Date.parse(pass.askedAt) < passMakingMs;
    return waits ? `${pass.by} asked for one at ${pass.askedAt}, and it is being made` : undefined;
  }
  if (isHandedBack(run)) return 'the account has been handed back: its owner needs no pass any more';
  return again ? undefined : `it was shown to ${pass.by} at ${pass.shownAt}, and is shown once`;
}

/**
 * Why this operator must not make the pass: for such accounts it takes somebody who neither started the run nor began
 * the hand-back.
 */
export function whyNotAlone(
  { run }: RunState,
  second: string | null,
  order: PersonalOrder,
): string | undefined {
  if (sameOperator(order.id, run.account.id)) return 'nobody makes a pass for their own account';
  const because = second ?? run.handBack?.secondBecause;
  if (because === undefined) return undefined;
  const own = [...(run.startedBy ?? []), ...(run.handBack?.begunBy ?? [])];
  if (!own.some((id) => sameOperator(id, order.id)) && run.handBack?.by !== order.who) return undefined;
  return `${because}, so its pass takes a second operator: one who neither started this run nor began the hand-back`;
}

const sameOperator = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Called before a pass is made, so that only one of two operators who ask at the same time makes it. */
export const reservePass =
  (again: boolean, second: string | null, order: PersonalOrder): Apply =>
  (state) => {
    const { handBack } = state.run;
    if (handBack === undefined || whyNoPass(state, again, order.now) !== undefined) return undefined;
    if (whyNotAlone(state, second, order) !== undefined) return undefined;
    const pass = { askedAt: order.now.toISOString(), by: order.who, shownAt: null, expiresAt: null };
    const what = handBack.pass === null ? 'asked for a Temporary Access Pass' : 'asked for another pass';
    return withPass(state, { ...handBack, pass }, [entry(order, what)]);
  };

/** The pass was made and shown: from here on nobody sees it again. */
export const passMade =
  (expiresAt: string, shownAt: Date, order: Order): Apply =>
  (state) => {
    const { handBack } = state.run;
    if (handBack?.pass?.askedAt !== order.now.toISOString()) return undefined;
    const pass = { ...handBack.pass, shownAt: shownAt.toISOString(), expiresAt };
    return withPass(state, { ...handBack, pass }, [
      entry({ ...order, now: shownAt }, `Temporary Access Pass made and shown, valid until ${expiresAt}`),
    ]);
  };

/** Certainly none was made, so the next operator need not wait. */
export const passRefused =
  (message: string, order: Order): Apply =>
  (state) => {
    const { handBack } = state.run;
    if (handBack?.pass?.askedAt !== order.now.toISOString()) return undefined;
    const log = [entry(order, `no Temporary Access Pass was made: ${message}`)];
    return withPass(state, { ...handBack, pass: null }, log);
  };

const withPass = (state: RunState, handBack: HandBack, log: LogRow[]) => ({
  ...state,
  run: { ...state.run, handBack },
  log,
});

export function whyNotBack({ run }: RunState): string | undefined {
  const { handBack } = run;
  if (handBack === undefined || !isHandingBack(run)) return 'the hand-back has not begun';
  if (handBack.ownerBackAt !== null || handBack.phase === 'owner') return undefined;
  return handBack.phase === 'pass'
    ? 'no pass has been made yet, with which the owner could have signed in'
    : 'the account cannot be signed in to yet';
}

/** The owner has signed in, registered a method and set a password; now comes what they need for their work. */
export const ownerBack =
  (seen: string, order: Order): Apply =>
  (state) => {
    const { handBack } = state.run;
    if (handBack === undefined || whyNotBack(state) !== undefined) return undefined;
    if (handBack.ownerBackAt !== null)
      return { ...state, log: [entry(order, 'the owner is back: known already')] };
    const next = { ...handBack, ownerBackAt: order.now.toISOString() };
    return {
      ...state,
      run: { ...reopened(state.run), handBack: next },
      log: [entry(order, `the owner is back: ${seen}`)],
    };
  };

export function whyNoRoles({ run }: RunState, { id }: Pick<PersonalOrder, 'id'>): string | undefined {
  const { handBack } = run;
  if (sameOperator(id, run.account.id)) return 'nobody approves roles for their own account';
  if (handBack === undefined || !isHandingBack(run)) return 'the hand-back has not begun';
  return isHandedBack(run) ? undefined : 'roles come last, once the owner is back and all else is given back';
}

/** A separate approval: somebody who may use the account again need not be an administrator again. */
export const approveRoles =
  (order: PersonalOrder): Apply =>
  (state) => {
    const { handBack } = state.run;
    if (handBack === undefined || whyNoRoles(state, order) !== undefined) return undefined;
    if (handBack.rolesApprovedAt !== null || handBack.phase === 'done')
      return { ...state, log: [entry(order, 'roles: nothing to give back')] };
    const next = { ...handBack, rolesApprovedAt: order.now.toISOString() };
    const run: RunRow = { ...reopened(state.run), handBack: next };
    return { ...state, run, log: [entry(order, 'roles approved')] };
  };
