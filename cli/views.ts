// Runs as a person reads them in a terminal. It takes from an answer only what it shows, so a newer API does no harm.
import { styleText } from 'node:util';
import { z } from 'zod';
import { clock, clockAfter, isWebPage } from '../shared/mail/plain.ts';
import { typed } from '../shared/model/powershell.ts';
import { coloured, command, shown, table } from './terminal.ts';

const lineSchema = z.object({
  id: z.string(),
  code: z.string(),
  verdict: z.string(),
  state: z.string(),
  level: z.string(),
  userId: z.string(),
  userPrincipalName: z.string(),
  openedAt: z.string(),
});
export const runsSchema = z.object({ runs: z.array(lineSchema) });
export type RunLine = z.infer<typeof lineSchema>;

const changeSchema = z.object({
  what: z.string(),
  verification: z.string(),
  attemptedAt: z.string().nullable(),
});
const stepSchema = z.object({
  name: z.string(),
  state: z.string(),
  outcome: z
    .looseObject({
      is: z.string(),
      reason: z.string().optional(),
      waitsFor: z.array(z.string()).optional(),
      error: z.object({ message: z.string() }).optional(),
    })
    .nullable(),
  changes: z.array(changeSchema),
  lastError: z.object({ message: z.string() }).nullable(),
});
export type StepView = z.infer<typeof stepSchema>;

export const runSchema = z.object({
  id: z.string(),
  code: z.string(),
  verdict: z.string(),
  state: z.string(),
  level: z.string(),
  dryRun: z.boolean(),
  account: z.object({ id: z.string(), userPrincipalName: z.string(), displayName: z.string() }),
  why: z.string(),
  heldBecause: z.string().nullable(),
  raisedBecause: z.string().nullable(),
  openedAt: z.string(),
  containedAt: z.string().nullable(),
  tasks: z.array(
    z.object({
      step: z.string(),
      key: z.string(),
      what: z.string(),
      instruction: z.string(),
      link: z.string(),
      role: z.string().optional(),
      commands: z.array(z.string()).default([]),
      atHandBack: z.boolean().default(false),
    }),
  ),
  steps: z.array(stepSchema),
  log: z.array(z.object({ at: z.string(), who: z.string(), what: z.string(), why: z.string().nullable() })),
});
export type RunView = z.infer<typeof runSchema>;

export const runsTable = (runs: readonly RunLine[], columns: number | undefined): string =>
  table(
    ['RUN', 'OPENED', 'ACCOUNT', 'OBJECT ID', 'LEVEL', 'STATE', 'VERDICT'],
    runs.map((run) => [
      run.code,
      clock(run.openedAt),
      run.userPrincipalName,
      run.userId,
      run.level,
      run.state,
      run.verdict,
    ]),
    columns,
  );

/** By name and object id, so that nobody acts on the wrong account. */
export const whom = ({ account, code }: RunView): string =>
  `${shown(account.displayName)} (${shown(account.userPrincipalName)}), object id ${shown(account.id)}, run ${shown(code)}`;

export function runText(run: RunView, columns: number | undefined): string {
  const contained =
    run.containedAt === null ? 'not contained' : `contained ${clockAfter(run.openedAt, run.containedAt)}`;
  return [
    `${styleText('bold', coloured(shown(run.verdict)))}   ${shown(run.level)}, ${shown(run.state)}${run.dryRun ? ', dry run' : ''}`,
    whom(run),
    `opened ${clock(run.openedAt)}, ${contained}`,
    `because ${shown(run.why)}`,
    ...(run.heldBecause === null ? [] : [`held: ${shown(run.heldBecause)}`]),
    ...(run.raisedBecause === null ? [] : [`made full: ${shown(run.raisedBecause)}`]),
    '',
    ...tasksText(run),
    table(
      ['STEP', 'OUTCOME', 'WHAT'],
      run.steps.map((step) => [step.name, outcomeOf(step), detailOf(step)]),
      columns,
    ),
    table(
      ['AT', 'WHO', 'WHAT', 'WHY'],
      run.log.map(({ at, who, what, why }) => [clock(at), who, what, why ?? '']),
      columns,
    ),
  ].join('\n');
}

/** All tasks, however many. Those for the owner don't count in the verdict, and `hand-back` lists them. */
function tasksText({ tasks }: RunView): string[] {
  const now = tasks.filter(({ atHandBack }) => !atHandBack);
  const later = tasks.length - now.length;
  const rest =
    later === 0
      ? []
      : [`With the owner, when the account is given back: ${later} (${command} hand-back)`, ''];
  if (now.length === 0) return rest;
  const lines = now.flatMap((task, index) => taskText(task, `${index + 1}.`));
  return [styleText('bold', `To do: ${now.length}`), ...lines, '', ...rest];
}

/** A task as an order: what to do, how, what to type, where and in which role. */
export const taskText = (
  { what, instruction, link, role, commands }: RunView['tasks'][number],
  mark: string,
): string[] => [
  `${mark.padStart(4)} ${shown(what)}`,
  `     ${shown(instruction)}`,
  ...typed(commands).map((command) => `         ${shown(command)}`),
  ...(isWebPage(link) ? [`     ${link}${role === undefined ? '' : `   as ${shown(role)}`}`] : []),
];

export const outcomeOf = (step: StepView): string =>
  step.state === 'settled' && step.outcome !== null ? step.outcome.is : step.state;

export function detailOf({ outcome, changes, lastError, state }: StepView): string {
  if (state !== 'settled') return lastError === null ? '' : `to be tried again: ${lastError.message}`;
  if (outcome?.error !== undefined) return outcome.error.message;
  if (outcome?.reason !== undefined) return outcome.reason;
  const waits = outcome?.waitsFor ?? [];
  if (waits.length > 0) return `waits for ${waits.join(', ')}`;
  return changes
    .map((change) => (change.attemptedAt === null ? change.what : `${change.what} (${change.verification})`))
    .join('; ');
}
