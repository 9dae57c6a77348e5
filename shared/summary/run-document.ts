// A run as programs read it: the answer of GET /api/runs/{id}. Pure. It holds no secret, because no row does.

import { z } from 'zod';
import { accountSchema } from '../model/account.ts';
import { intruderSchema } from '../model/intruder.ts';
import { isOneCommand } from '../model/powershell.ts';
import {
  attachmentSchema,
  changeRecordSchema,
  type LogRow,
  logRowSchema,
  runRowSchema,
  type StepRow,
  stepRowSchema,
  stepStates,
  type TaskRecord,
  taskRecordSchema,
} from '../model/rows.ts';
import { signalSchema } from '../model/signal.ts';
import type { Step } from '../model/step.ts';
import { modes, stages } from '../model/words.ts';
import { verificationOf, verifications } from '../run/changes.ts';
import { inOrder } from '../run/in-order.ts';
import type { RunRows } from '../run/progress.ts';
import { ofTheRun, taskKey, unsentSummary } from '../run/tick-off.ts';
import { handBackTasks, ofConcern, openTasks, verdictOf, verdictText } from '../run/verdict.ts';

type Titles = readonly Pick<Step, 'name' | 'title'>[];

const { outcome, kept, lastError } = stepRowSchema.shape;

const stepDocumentSchema = z.object({
  name: z.string(),
  title: z.string(),
  stage: z.enum(stages),
  mode: z.enum(modes),
  state: z.enum(stepStates),
  outcome,
  changes: z.array(changeRecordSchema.omit({ once: true }).extend({ verification: z.enum(verifications) })),
  kept,
  attachments: z.array(attachmentSchema.pick({ name: true, type: true })),
  lastError,
  queuedAt: z.string().nullable(),
  startedAt: z.string().nullable(),
  settledAt: z.string().nullable(),
});
type StepDocument = z.infer<typeof stepDocumentSchema>;

export const runDocumentSchema = z.object({
  id: z.string(),
  code: z.string(),
  /** `CONTAINED, 2 TASKS` */
  verdict: z.string(),
  state: runRowSchema.shape.state,
  level: runRowSchema.shape.level,
  account: accountSchema,
  why: z.string(),
  heldBecause: z.string().nullable(),
  raisedBecause: z.string().nullable(),
  /** The circuit breaker stopped it: without a person it goes no further than its level. */
  limitedBecause: z.string().nullable(),
  /** It only looks, since its account became protected. */
  onlyLooksBecause: z.string().nullable(),
  dryRun: z.boolean(),
  openedAt: z.string(),
  containedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
  endsAs: runRowSchema.shape.endsAs,
  signals: z.array(signalSchema),
  intruder: intruderSchema,
  summary: runRowSchema.shape.summary.pick({ verdict: true, sentAt: true }),
  /** What a person has to do now, the most dangerous first; then what is done with the owner at hand-back. */
  tasks: z.array(
    taskRecordSchema
      .pick({
        id: true,
        what: true,
        instruction: true,
        link: true,
        role: true,
        commands: true,
        danger: true,
        essential: true,
      })
      // `key`: as in the path that ticks it off, tasks/{step}/{key}. Not counted in the verdict: tasks with
      // `atHandBack`, and tasks under `summary` instead of a step.
      .extend({ step: z.string(), key: z.string(), atHandBack: z.boolean() }),
  ),
  steps: z.array(stepDocumentSchema),
  log: z.array(logRowSchema),
});
export type RunDocument = z.infer<typeof runDocumentSchema>;

export function runDocument(rows: RunRows, log: readonly LogRow[], titles: Titles): RunDocument {
  const { row: run } = rows.run;
  const steps = rows.steps.map((entry) => entry.row);
  const unsent = unsentSummary(run);
  const tasksBy = (which: (row: StepRow) => readonly TaskRecord[]) =>
    inOrder(ofConcern(run, steps).flatMap((row) => which(row).map((task) => ({ step: row.name, task }))));
  const titleOf = (name: string) => titles.find((step) => step.name === name)?.title ?? name;
  return {
    id: run.id,
    code: run.code,
    verdict: verdictText(verdictOf(run, steps)),
    state: run.state,
    level: run.level,
    account: run.account,
    why: run.why,
    heldBecause: run.heldBecause,
    raisedBecause: run.raisedBecause,
    limitedBecause: run.limitedBecause ?? null,
    onlyLooksBecause: run.onlyLooksBecause ?? null,
    dryRun: run.dryRun,
    openedAt: run.openedAt,
    containedAt: run.containedAt,
    finishedAt: run.finishedAt,
    endsAs: run.endsAs,
    signals: run.signals,
    intruder: run.intruder,
    summary: { verdict: run.summary.verdict, sentAt: run.summary.sentAt },
    tasks: [
      ...tasksBy(openTasks),
      ...(unsent === undefined ? [] : [{ step: ofTheRun, task: unsent }]),
      ...tasksBy(handBackTasks),
    ].map(
      ({ step, task: { id, what, instruction, link, role, commands, danger, essential, atHandBack } }) => ({
        step,
        id,
        key: taskKey(id),
        what,
        instruction,
        link,
        role,
        commands: commands?.filter(isOneCommand),
        danger,
        essential,
        atHandBack: atHandBack ?? false,
      }),
    ),
    steps: steps.map((row) => stepDocument(row, titleOf(row.name))),
    log: [...log],
  };
}

const stepDocument = (row: StepRow, title: string): StepDocument => ({
  name: row.name,
  title,
  stage: row.stage,
  mode: row.mode,
  state: row.state,
  outcome: row.outcome,
  changes: row.changes.map((record) => {
    const { once: _, ...change } = record;
    return { ...change, verification: verificationOf(record) };
  }),
  kept: row.kept,
  attachments: row.attachments.map(({ name, type }) => ({ name, type })),
  lastError: row.lastError,
  queuedAt: row.queuedAt,
  startedAt: row.startedAt,
  settledAt: row.settledAt,
});
