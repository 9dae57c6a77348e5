// What an operator orders of a run: approve, retry, undo, and ticking a task off. Each works on the run as the operator
// saw it, logs who and why with the change itself, and answers with the run as it stands afterwards.
import { z } from 'zod';
import { clause, clock } from '../../shared/mail/plain.ts';
import type { Account } from '../../shared/model/account.ts';
import { levels } from '../../shared/model/rows.ts';
import { type Apply, advance, stateOf } from '../../shared/run/advance.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { approve, type Order, retry, undo } from '../../shared/run/operate.ts';
import { type RunRows, runRef } from '../../shared/run/progress.ts';
import { findTask, tickOff } from '../../shared/run/tick-off.ts';
import { verdictOf, verdictText } from '../../shared/run/verdict.ts';
import { counted, decidedSince, versionOf } from '../../shared/run/version.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  accepted,
  documentOf,
  flagSchema,
  knownSteps,
  Problem,
  parseBody,
  readRun,
  reasonSchema,
} from './api.ts';

/**
 * `{"level":"full","reason":"the owner denies the sign-in"}`, or to let a held run do only some remediations:
 * `{"level":"contain","steps":["reset-password","revoke-sessions"],"reason":"leaked, never used"}`
 */
export const approveSchema = z.strictObject({
  level: z.enum(levels),
  steps: z.array(z.string()).min(1).optional(),
  reason: reasonSchema,
});

/** `count`: the circuit breaker counts runs that people start, but never stops a person. */
export async function approveRun(
  engine: Engine,
  request: ApiRequest,
  count?: (account: Account) => Promise<void>,
): Promise<ApiAnswer> {
  const body = parseBody(request, approveSchema);
  if (body.steps !== undefined) await checkSteps(engine, request, body.level, body.steps);
  if (count !== undefined) {
    const { account, dryRun } = (await readRun(engine, request)).run.row;
    if (!dryRun) await count(account);
  }
  return changeRun(engine, request, body.reason, (given) => approve(body.level, given, body.steps));
}

/** Refuses a choice of steps that would not do what the operator expects. */
async function checkSteps(
  engine: Engine,
  request: ApiRequest,
  level: string,
  steps: readonly string[],
): Promise<void> {
  knownSteps(engine, steps);
  const others = engine.playbook
    .filter(
      ({ name, kind, stage }) =>
        steps.includes(name) && !(kind === 'remediation' && (stage === 'contain' || stage === 'evict')),
    )
    .map(({ name }) => name);
  if (others.length > 0) {
    throw new Problem(
      400,
      'Not a step to choose',
      `${others.join(', ')} contains or evicts nobody; it runs anyway.`,
    );
  }
  if (level !== 'contain') {
    throw new Problem(400, 'Invalid body', 'steps goes with level contain; level full does all of them.');
  }
  if ((await readRun(engine, request)).run.row.state !== 'held') {
    throw new Problem(
      409,
      'Not held',
      'Only a held run can begin with some steps. Retry or approve this one.',
    );
  }
}

/** `{"steps":["disable-inbox-rules"],"reason":"Exchange role granted"}` */
export const retrySchema = z.strictObject({
  steps: z.array(z.string()).min(1).optional(),
  reason: reasonSchema,
});

export async function retryRun(engine: Engine, request: ApiRequest): Promise<ApiAnswer> {
  const body = parseBody(request, retrySchema);
  const steps = knownSteps(engine, body.steps);
  return changeRun(engine, request, body.reason, (given) => retry(steps, given));
}

/** `{"reason":"the owner travels","falseAlarm":true}` */
export const undoSchema = z.strictObject({
  steps: z.array(z.string()).min(1).optional(),
  /** For the whole run only: also dismisses the risk and closes the alert as a false positive. */
  falseAlarm: flagSchema.default(false),
  reason: reasonSchema,
});

export async function undoRun(engine: Engine, request: ApiRequest): Promise<ApiAnswer> {
  const body = parseBody(request, undoSchema);
  const steps = knownSteps(engine, body.steps);
  if (body.falseAlarm && steps !== undefined) {
    throw new Problem(
      400,
      'Invalid body',
      'falseAlarm is for the whole run: leave out either steps or falseAlarm.',
    );
  }
  return changeRun(engine, request, body.reason, (given) =>
    undo(engine.playbook, steps, given, body.falseAlarm),
  );
}

/** `{"done":true,"reason":"reset twice by the AD team"}` */
export const tickSchema = z.strictObject({
  done: flagSchema,
  reason: reasonSchema,
});

export async function tickTask(engine: Engine, request: ApiRequest): Promise<ApiAnswer> {
  const body = parseBody(request, tickSchema);
  const rows = await readRun(engine, request);
  const { step = '', task = '' } = request.params;
  if (findTask(stateOf(rows), step, task) === undefined) {
    const known = rows.steps.flatMap((entry) => (entry.row.tasks.length > 0 ? [entry.row.name] : []));
    throw new Problem(404, 'Unknown task', `No task ${task} of ${step} is in this run.`, { steps: known });
  }
  const order = { who: request.who, reason: body.reason, now: engine.now() };
  const ticked = await changeAsSeen(engine, request, tickOff(step, task, body.done, order));
  if (!ticked.done) {
    throw new Problem(
      409,
      'At work',
      `${step} is at work right now; nothing was ticked. Try again in a few seconds.`,
    );
  }
  return accepted(await documentOf(engine, ticked.rows), 200);
}

async function changeRun(
  engine: Engine,
  request: ApiRequest,
  reason: string,
  apply: (given: Order) => Apply,
): Promise<ApiAnswer> {
  const given = { who: request.who, reason, now: engine.now() };
  const { rows } = await changeAsSeen(engine, request, apply(given));
  return { ...accepted(await documentOf(engine, rows)), headers: { etag: versionOf(rows.run.row) } };
}

/** `done` is false if the change decided to do nothing. Throws a Problem 412 if the run has changed since it was seen. */
export async function changeAsSeen(
  engine: Engine,
  request: ApiRequest,
  apply: Apply,
): Promise<{ rows: RunRows; done: boolean }> {
  const before = await readRun(engine, request);
  const ref = runRef(before.run.row.id);
  const seen = seenBy(request);
  let isStale = false;
  const written = await advance(
    engine,
    ref,
    counted(apply, seen, () => {
      isStale = true;
    }),
  );
  if (isStale && seen !== undefined) throw await changedSince(engine, seen, before);
  const done = written !== 'gone' && written !== 'lost';
  return { rows: done ? written : before, done };
}

/** Programs send If-Match; a form can't set headers, so its address says it. */
const seenBy = ({ headers, query }: ApiRequest): string | undefined => headers['if-match'] ?? query['seen'];

async function changedSince(engine: Engine, seen: string, before: RunRows): Promise<Problem> {
  const ref = runRef(before.run.row.id);
  const now = (await engine.progress.read(ref)) ?? before;
  const changes = decidedSince(seen, await engine.progress.log(ref));
  const steps = now.steps.map(({ row }) => row);
  const verdict = verdictText(verdictOf(now.run.row, steps));
  const [last] = changes.toReversed();
  const what =
    last === undefined
      ? 'it stands differently'
      : `${clause(last.who, 120)}: ${clause(last.what, 200)} (${clause(last.why ?? 'no reason', 200)}) at ${clock(last.at)}`;
  return new Problem(
    412,
    'Changed since',
    `Since you read this run, ${what}. It is now ${verdict}, at level ${now.run.row.level}. Nothing was done; look at it again, then decide.`,
    { changes, verdict, state: now.run.row.state, level: now.run.row.level },
    { etag: versionOf(now.run.row) },
  );
}
