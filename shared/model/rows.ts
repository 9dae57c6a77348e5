// What the progress table holds. The schemas parse rows as they are read. All are on one page, since they change
// together: a run, its steps and its log are one transaction.
import { z } from 'zod';
import { accountSchema } from './account.ts';
import { intruderSchema, storedTraceSchema } from './intruder.ts';
import { signalSchema } from './signal.ts';
import { dangers, type Json, modes, parts, stages } from './words.ts';

const time = z.string();
const jsonSchema: z.ZodType<Json> = z.json();

const failureSchema = z.object({
  message: z.string(),
  status: z.number().nullable(),
  code: z.string().nullable(),
  requestId: z.string().nullable(),
});

/** How a step ended: the one channel, never read back from text. */
export const outcomeSchema = z.discriminatedUnion('is', [
  z.object({ is: z.literal('done') }),
  z.object({ is: z.literal('unchanged') }),
  z.object({ is: z.literal('reported') }),
  z.object({ is: z.literal('undone') }),
  z.object({ is: z.literal('off') }),
  z.object({ is: z.literal('skipped'), reason: z.string() }),
  /** Waits for these steps (gates), or for an essential task. */
  z.object({ is: z.literal('needs-human'), waitsFor: z.array(z.string()) }),
  z.object({ is: z.literal('failed'), error: failureSchema }),
]);
export type Outcome = z.infer<typeof outcomeSchema>;

/** A change as recorded, before it was made. Outcome and undo come from here, never from the last find. */
export const changeRecordSchema = z.object({
  id: z.string(),
  what: z.string(),
  why: z.string(),
  evidence: z.string().nullable(),
  /** Who made it according to the log, so that it can be judged again when more is known. */
  by: storedTraceSchema.optional(),
  before: jsonSchema,
  once: z.boolean(),
  again: z.boolean().optional(),
  seenWithinMinutes: z.number().optional(),
  recordedAt: time,
  /** When fix was called for it, or null while it is only recorded or reported. */
  attemptedAt: time.nullable(),
  /** When fix returned without an error. */
  fixedAt: time.nullable(),
  /** When fix first returned without an error since it was last seen gone. */
  firstFixedAt: time.nullable().optional(),
  /** When a find after the fix no longer saw it: verified from then on. */
  goneAt: time.nullable(),
  /** When a look still found it although it was made long enough ago: it has no effect. */
  stillThereAt: time.nullable().optional(),
  /** How often it came back after it had gone. */
  returned: z.number(),
  undoneAt: time.nullable(),
  /** When it turned out to be the owner's: it is given back, and left alone from then on. */
  ownersSince: time.optional(),
  failure: failureSchema.nullable(),
});
export type ChangeRecord = z.infer<typeof changeRecordSchema>;

export const taskRecordSchema = z.object({
  id: z.string(),
  what: z.string(),
  instruction: z.string(),
  link: z.string(),
  role: z.string().optional(),
  commands: z.array(z.string()).optional(),
  /** An unknown danger from a later version counts as none. */
  danger: z.enum(dangers).optional().catch(undefined),
  remains: z.string().optional(),
  essential: z.boolean(),
  /** Told when the account is given back, and not counted. */
  atHandBack: z.literal(true).optional(),
  /** When an operator ticked it off. */
  doneAt: time.nullable(),
});
export type TaskRecord = z.infer<typeof taskRecordSchema>;

const keptSchema = z.object({ what: z.string(), why: z.string(), told: z.literal(true).optional() });

export const attachmentSchema = z.object({
  name: z.string(),
  type: z.enum(['text/csv', 'text/plain', 'application/json']),
  content: z.string(),
});

export const stepStates = ['waiting', 'queued', 'running', 'settled'] as const;

export const stepRowSchema = z.object({
  name: z.string(),
  stage: z.enum(stages),
  kind: z.enum(['remediation', 'investigation']),
  /** As its step declared it when the run opened. */
  part: z.enum(parts).optional(),
  /** As configured when the run opened; the run's level may hold it to a report. */
  mode: z.enum(modes),
  aim: z.enum(['fix', 'check', 'undo']),
  state: z.enum(stepStates),
  /**
   * Whether this turn may change anything: decided with its gates when it was queued, even if the level has changed
   * since.
   */
  acts: z.boolean(),
  /** Messages sent so far; a message with another turn is stale. */
  turn: z.number(),
  /** Failures in a row. */
  attempt: z.number(),
  /** waiting: not before this time; queued: due; running: the lease's end. */
  until: time.nullable(),
  /** deliveryCount of the message that claimed the running turn: a redelivery takes over. */
  delivery: z.number(),
  memo: jsonSchema,
  outcome: outcomeSchema.nullable(),
  changes: z.array(changeRecordSchema),
  tasks: z.array(taskRecordSchema),
  kept: z.array(keptSchema),
  attachments: z.array(attachmentSchema),
  /** What an investigation hands to other steps. */
  facts: jsonSchema.optional(),
  /** What it last reported about the intruder, in short (see run/news.ts). */
  madeKnown: z.string().optional(),
  /** Something it found that only the intruder can have done, in one sentence: it lets the run go further. */
  proof: z.string().optional(),
  /** Why the last try failed, while another one is due. */
  lastError: failureSchema.nullable(),
  queuedAt: time.nullable(),
  startedAt: time.nullable(),
  /** When the latest look began; null if there was none. */
  lookedAt: time.nullable(),
  /** Looks within seconds, for a change that was made but doesn't show yet. */
  quickLooks: z.number().optional(),
  /** Since when the playbook has no step of this name: an upgrade removed or renamed it. */
  unknownSince: time.optional(),
  /** What the latest look knew from the followed steps (see run/news.ts): if that changes, it looks again. */
  seen: z.record(z.string(), z.string()),
  settledAt: time.nullable(),
});
export type StepRow = z.infer<typeof stepRowSchema>;

export const levels = ['contain', 'full'] as const;
export type Level = (typeof levels)[number];

export const handBackPhases = [
  'check',
  'clear',
  'enable',
  'pass',
  'owner',
  'restore',
  'roles',
  'done',
] as const;

/** How far an account is on its way back to its owner. It never contains the pass itself. */
const handBackSchema = z.object({
  phase: z.enum(handBackPhases),
  begunAt: time,
  by: z.string(),
  /** Who began it or accepted open points, by object id. */
  begunBy: z.array(z.string()).optional(),
  /** Why a pass needs a second operator, as known at the beginning. */
  secondBecause: z.string().optional(),
  /** How the owner was identified, in the operator's words. */
  identified: z.string(),
  /** Steps that did not end well and are accepted as they are. */
  despite: z.array(z.string()),
  /** Open tasks that are accepted as they are, each as `step/key`. */
  acceptedTasks: z.array(z.string()).optional(),
  pass: z
    .object({
      askedAt: time,
      by: z.string(),
      /** When the pass was returned to the operator; null while it is being made, or if nobody knows. */
      shownAt: time.nullable(),
      expiresAt: time.nullable(),
    })
    .nullable(),
  /** When an operator confirmed that the owner has signed in, registered a method and set a password. */
  ownerBackAt: time.nullable(),
  rolesApprovedAt: time.nullable(),
  /** When everything was given back, except roles that wait for their approval. */
  doneAt: time.nullable(),
  /** How many looks there were since for what had been the intruder's. */
  watches: z.number(),
});
export type HandBack = z.infer<typeof handBackSchema>;
export type HandBackPhase = HandBack['phase'];

export const runRowSchema = z.object({
  id: z.string(),
  /** Four characters for people: 8M2P. */
  code: z.string(),
  account: accountSchema,
  signals: z.array(signalSchema),
  /** Why the policy opened it at this level, in one sentence. */
  why: z.string(),
  intruder: intruderSchema,
  level: z.enum(levels),
  /** Why it went from contain to full. */
  raisedBecause: z.string().nullable(),
  state: z.enum(['held', 'open', 'finished', 'closed']),
  /** Why it is held, while it is. */
  heldBecause: z.string().nullable(),
  /** Why it stays at its level whatever is found, until a person approves more: the circuit breaker. */
  limitedBecause: z.string().optional(),
  /** Why it only looks from now on: the account became protected after the run began. */
  onlyLooksBecause: z.string().optional(),
  /** When a person let it begin or go further: from then on the account's protection no longer holds it back. */
  approvedAt: time.optional(),
  /** At level contain: the only remediations that act, as a person chose; all others report. A higher level ends it. */
  only: z.array(z.string()).optional(),
  /** While it is held, on-call is told of it in a list of all held runs. */
  toldInList: z.literal(true).optional(),
  /** Only look, change nothing. */
  dryRun: z.boolean(),
  /** For a dry run: the account's earlier real run, which late alerts still belong to. */
  follows: z.string().optional(),
  openedAt: time,
  /** When a held run was allowed to begin; left out if it was never held. */
  releasedAt: time.optional(),
  containedAt: time.nullable(),
  finishedAt: time.nullable(),
  /** Later checks started so far (+15 min, +1 h, +2 h, +24 h). */
  checks: z.number(),
  endsAs: z.enum(['undone', 'handed back', 'superseded']).nullable(),
  /** It was undone because nobody had attacked the account. */
  falseAlarm: z.literal(true).optional(),
  handBack: handBackSchema.optional(),
  summary: z.object({
    state: z.enum(['none', 'waiting', 'queued', 'sending', 'sent', 'failed']),
    /** Messages sent so far; a message with another turn is stale. */
    turn: z.number(),
    /** What the latest summary says in its subject: another one follows only if that changes. */
    verdict: z.string().nullable(),
    /** What the latest sent mail says; left out if none was sent. */
    lastSent: z.string().optional(),
    /** waiting: not before this time; queued: due; sending: the lease's end. */
    until: time.nullable(),
    queuedAt: time.nullable(),
    claimedAt: time.nullable(),
    sentAt: time.nullable(),
    /** Failures in a row; a failure here never touches the run's own state. */
    attempt: z.number(),
    /** Mails sent so far. */
    mails: z.number().optional(),
  }),
  /** The latest time at which the sweep must look at it. */
  wakeAt: time.nullable(),
  /** The verdict when a row of the run was last written, so that a list of runs reads no steps. */
  standing: z.object({ word: z.string(), tasks: z.number() }).optional(),
  /** A fire drill opened it; `sink` is the mailbox that the drill gives access to. */
  drill: z.object({ id: z.string(), sink: z.string() }).optional(),
  /** Operators who opened it or added a signal, by object id. */
  startedBy: z.array(z.string()).optional(),
  /** Orders of operators so far. */
  orders: z.number().optional(),
});
export type RunRow = z.infer<typeof runRowSchema>;

/** Who did what: append only. */
export const logRowSchema = z.object({
  at: time,
  who: z.string(),
  what: z.string(),
  why: z.string().nullable(),
  /** The number, within the run, of the operator's order that it belongs to. */
  order: z.number().optional(),
});
export type LogRow = z.infer<typeof logRowSchema>;

/** A run and all its steps, as they stand together. */
export interface RunState {
  run: RunRow;
  steps: readonly StepRow[];
}
