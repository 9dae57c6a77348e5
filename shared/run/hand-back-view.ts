// How far an account is on its way back to its owner, for people and programs: what is checked, what waits for whom,
// what the owner must set up again. Pure. It shows no pass, because no row holds one.
import { z } from 'zod';
import { isOneCommand } from '../model/powershell.ts';
import {
  type HandBackPhase,
  handBackPhases,
  outcomeSchema,
  type RunRow,
  type RunState,
  type StepRow,
  stepStates,
} from '../model/rows.ts';
import type { Step } from '../model/step.ts';
import { isHandedBack, isHandingBack, type Left, leftBehind, rowsOf } from './hand-back.ts';
import { type OpenTask, tasksLeft, unaccepted, whyNoPass, whyNotBegun } from './hand-back-orders.ts';
import { taskKey } from './tick-off.ts';
import { handBackTasks, isPending } from './verdict.ts';

/** What POST …/hand-back takes as `do`. */
const handBackActions = ['begin', 'pass', 'owner-back', 'roles'] as const;
type Action = (typeof handBackActions)[number];

const ownerTaskSchema = z.object({
  what: z.string(),
  instruction: z.string(),
  link: z.string().nullable(),
});

export const handBackViewSchema = z.object({
  run: z.object({ id: z.string(), code: z.string() }),
  account: z.object({ id: z.string(), userPrincipalName: z.string(), displayName: z.string() }),
  state: z.enum(['not begun', 'under way', 'handed back']),
  phase: z.enum(handBackPhases).nullable(),
  /** Why it cannot begin, or null. */
  notPossible: z.string().nullable(),
  begun: z.object({ at: z.string(), by: z.string(), identified: z.string() }).nullable(),
  /** What did not end well, is switched off or could not be read back; shown before anything is restored. */
  left: z.array(
    z.object({
      step: z.string(),
      title: z.string(),
      why: z.string(),
      /** Stops the hand-back until its name is given in `despite`. */
      blocks: z.boolean(),
      accepted: z.boolean(),
    }),
  ),
  phases: z.array(
    z.object({
      phase: z.enum(handBackPhases),
      title: z.string(),
      /** `blocked`: a step of it did not end well; retry or accept it. */
      state: z.enum(['done', 'now', 'blocked', 'to come']),
      steps: z.array(
        z.object({
          step: z.string(),
          title: z.string(),
          state: z.enum(stepStates),
          outcome: outcomeSchema.nullable(),
          /** What it restores, from the record. */
          restores: z.array(z.string()),
        }),
      ),
    }),
  ),
  /** The pass itself is in the answer that makes it, and nowhere else. */
  pass: z.object({
    state: z.enum(['not yet', 'may be made', 'being made', 'shown']),
    by: z.string().nullable(),
    at: z.string().nullable(),
    expiresAt: z.string().nullable(),
    /** Why it takes an operator who neither started the run nor began the hand-back, or null. */
    secondOperator: z.string().nullable(),
  }),
  /**
   * What a person was asked to do and has not done: each task is ticked off, or accepted by name, before the hand-back
   * begins.
   */
  tasks: z.array(
    z.object({
      /** `step/key`: what `accepts` takes. */
      name: z.string(),
      step: z.string(),
      key: z.string(),
      what: z.string(),
      instruction: z.string(),
      link: z.string(),
      role: z.string().optional(),
      commands: z.array(z.string()).optional(),
      /** Done together with the owner: it stops nothing. */
      withOwner: z.boolean(),
      accepted: z.boolean(),
    }),
  ),
  /** What the administrator does elsewhere. */
  administrator: z.array(ownerTaskSchema),
  /** What the owner does and sets up again. */
  owner: z.array(ownerTaskSchema),
  /** What an operator can do now; `roles` is an approval of its own. */
  next: z.array(z.object({ do: z.enum(handBackActions), title: z.string() })),
});
export type HandBackView = z.infer<typeof handBackViewSchema>;

const titles: Readonly<Record<HandBackPhase, string>> = {
  check: 'Look once more: nothing is left to remove, and sessions end',
  clear: 'Delete every pass, and dismiss the risk',
  enable: 'Let the account sign in again',
  pass: 'Make a Temporary Access Pass and tell it to the owner, by phone or in person',
  owner: 'The owner signs in with it, registers a method and sets a password',
  restore: 'Give back mailbox protocols, and let the account send mail',
  roles: 'Give back administrator roles, after an approval of their own',
  done: 'Handed back',
};

export function handBackView(playbook: readonly Step[], state: RunState, now: Date): HandBackView {
  const { run } = state;
  const { id, userPrincipalName, displayName } = run.account;
  const handBack = isHandingBack(run) ? run.handBack : undefined;
  const titleOf = (name: string) => playbook.find((step) => step.name === name)?.title ?? name;
  const accepted = ({ step }: Left) => handBack?.despite.includes(step) ?? false;
  return {
    run: { id: run.id, code: run.code },
    account: { id, userPrincipalName, displayName },
    state: handBack === undefined ? 'not begun' : isHandedBack(run) ? 'handed back' : 'under way',
    phase: handBack?.phase ?? null,
    notPossible: whyNotBegun(state) ?? null,
    begun:
      handBack === undefined
        ? null
        : { at: handBack.begunAt, by: handBack.by, identified: handBack.identified },
    left: leftBehind(state).map((left) => ({
      ...left,
      title: titleOf(left.step),
      accepted: accepted(left),
    })),
    phases: handBackPhases.flatMap((phase) => {
      const rows = rowsOf(playbook, state, phase);
      // Only those who had roles hear about them.
      if (phase === 'roles' && rows.length === 0 && handBack?.phase !== 'roles') return [];
      return {
        phase,
        title: titles[phase],
        state: phaseState(phase, handBack?.phase, rows),
        steps: rows.map((row) => ({
          step: row.name,
          title: titleOf(row.name),
          state: row.state,
          outcome: row.outcome,
          restores: row.stage === 'hand-back' ? [] : restored(row, phase),
        })),
      };
    }),
    pass: passOf(state, now),
    tasks: openTasksOf(state),
    administrator: atTheSource(run.account),
    owner: ownerTasks(state),
    next: next(state, now).map((action) => ({ do: action, title: actionTitles[action] })),
  };
}

function phaseState(
  phase: HandBackPhase,
  current: HandBackPhase | undefined,
  rows: readonly StepRow[],
): HandBackView['phases'][number]['state'] {
  const [at, own] = [
    current === undefined ? -1 : handBackPhases.indexOf(current),
    handBackPhases.indexOf(phase),
  ];
  if (own > at) return 'to come';
  if (own < at || phase === 'done') return 'done';
  const bad = rows.some(({ outcome }) => outcome?.is === 'failed' || outcome?.is === 'needs-human');
  return bad && !rows.some(isPending) ? 'blocked' : 'now';
}

const restored = (row: StepRow, phase: HandBackPhase) =>
  phase === 'check'
    ? []
    : row.changes
        .filter(({ fixedAt, undoneAt }) => fixedAt !== null || undoneAt !== null)
        .map(({ what }) => what);

function passOf(state: RunState, now: Date): HandBackView['pass'] {
  const pass = state.run.handBack?.pass;
  const nobody = {
    by: null,
    at: null,
    expiresAt: null,
    secondOperator: state.run.handBack?.secondBecause ?? null,
  };
  if (pass?.shownAt != null)
    return { ...nobody, state: 'shown', by: pass.by, at: pass.shownAt, expiresAt: pass.expiresAt };
  if (whyNoPass(state, false, now) === undefined) return { state: 'may be made', ...nobody };
  return pass == null ? { state: 'not yet', ...nobody } : { state: 'being made', ...nobody, by: pass.by };
}

const actionTitles: Readonly<Record<Action, string>> = {
  begin: 'Begin: the owner is identified',
  pass: 'Make a Temporary Access Pass',
  'owner-back': 'The owner is back',
  roles: 'Approve the roles',
};

function next(state: RunState, now: Date): Action[] {
  const { run } = state;
  const handBack = isHandingBack(run) ? run.handBack : undefined;
  if (handBack === undefined) return whyNotBegun(state) === undefined ? ['begin'] : [];
  const pass = whyNoPass(state, true, now) === undefined ? (['pass'] as const) : [];
  if (handBack.phase === 'check' && unaccepted(state, []).length > 0) return ['begin'];
  if (handBack.phase === 'owner') return ['owner-back', ...pass];
  if (handBack.phase === 'roles' && handBack.rolesApprovedAt === null) return ['roles'];
  return [...pass];
}

function openTasksOf(state: RunState): HandBackView['tasks'] {
  const accepted = state.run.handBack?.acceptedTasks ?? [];
  const despite = state.run.handBack?.despite ?? [];
  const shown = ({ name, step, task }: OpenTask, withOwner: boolean) => ({
    ...{ name, step, key: taskKey(task.id), withOwner },
    ...{ what: task.what, instruction: task.instruction, link: task.link },
    ...(task.role === undefined ? {} : { role: task.role }),
    ...(task.commands === undefined ? {} : { commands: task.commands.filter(isOneCommand) }),
    accepted: accepted.includes(name) || despite.includes(step),
  });
  const later = state.steps.flatMap((row) =>
    handBackTasks(row).map((task) => ({ name: `${row.name}/${taskKey(task.id)}`, step: row.name, task })),
  );
  return [...tasksLeft(state).map((one) => shown(one, false)), ...later.map((one) => shown(one, true))];
}

type OwnerTask = z.infer<typeof ownerTaskSchema>;
/** What the app cannot give back. */
function ownerTasks({ run, steps }: RunState): OwnerTask[] {
  const removed = steps.find(({ part }) => part === 'methods')?.changes ?? [];
  const gone = removed.filter(({ fixedAt }) => fixedAt !== null).map(({ what }) => what);
  const methods =
    gone.length === 0
      ? 'Methods that are theirs were left as they are.'
      : `Removed as the intruder's: ${gone.join(', ')}.`;
  return [
    ...(run.account.guest
      ? []
      : [
          {
            what: 'sign in with the Temporary Access Pass, register a method, and set a new password',
            instruction: `At https://aka.ms/mysecurityinfo, with the pass in place of the password. ${methods}`,
            link: 'https://aka.ms/mysecurityinfo',
          },
        ]),
    {
      what: 'sign in again on every device and in every application',
      instruction: 'All sessions have ended. Passwords that were saved for this account anywhere are void.',
      link: null,
    },
  ];
}

/** What another directory manages is given back there. */
function atTheSource({ synced, federated, userPrincipalName }: RunRow['account']): OwnerTask[] {
  if (!synced && !federated) return [];
  const where = synced
    ? 'Active Directory'
    : `the identity provider of ${userPrincipalName.split('@')[1] ?? ''}`;
  return [
    {
      what: `enable the account in ${where}, and set the new password there`,
      instruction: `Have the team of ${where} enable it where it was disabled by hand, and give the owner a new password there: one that is set in the cloud is not known there, and the next change there replaces it.`,
      link: null,
    },
  ];
}
