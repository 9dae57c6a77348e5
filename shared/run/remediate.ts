// Look, record, fix, look again. The record is written before the first fix, so that even after a crash every change is
// known.
import { type Failure, PermanentError, RetryableError, toFailure } from '../errors.ts';
import { auditSearchPage, byHandOf } from '../microsoft365/links.ts';
import type { ChangeRecord, Outcome, StepRow, TaskRecord } from '../model/rows.ts';
import type { ByHand, Change, Found, Remediation, Skip, Task } from '../model/step.ts';
import {
  type Attempt,
  afterAttempt,
  identity,
  isInDoubt,
  mostReturns,
  newRecord,
  ofOwner,
  reconcile,
  toUndo,
  verificationOf,
  verify,
} from './changes.ts';
import type { Ending, Execution } from './execution.ts';
import { hasEnded } from './hand-back.ts';
import { watched } from './watch.ts';

/**
 * `recorded` names the changes that were found and recorded when the run was opened: then the first look is already
 * done, and only the rest remains.
 */
export async function remediate(
  execution: Execution,
  step: Remediation,
  recorded?: ReadonlySet<string>,
): Promise<Ending> {
  const { engine, context } = execution;
  const act = execution.row.acts;
  if (recorded !== undefined) return fixAndCheck(execution, step, execution.row, recorded);

  let { row } = execution;
  let first = await step.find(context, engine.clients(context.abort));
  if (!act && row.aim === 'check' && hasEnded(execution.state.run)) {
    return { is: 'settled', row: 'skip' in first ? row : watched(row, first, engine.now()) };
  }
  if ('skip' in first) {
    const tasks = mergeTasks(row.tasks, first.tasks ?? []);
    return settle({ ...row, tasks }, { is: 'skipped', reason: first.skip }, engine.now());
  }
  const before = row;
  if (act) row = await giveBack(execution, step, row, first);
  if (row !== before) first = await lookAgain(step, execution, row);
  if ('skip' in first) return settle(row, { is: 'skipped', reason: first.skip }, engine.now());
  const found = withFirstLook(row, first, engine.now(), placeFor(execution, step));
  if (found.toFix.size === 0) {
    const doubt = act ? found.row.changes.find(isInDoubt) : undefined;
    if (doubt === undefined) return settle(found.row, outcomeOf(found.row, act), engine.now());
    await execution.record(found.row);
    throw new RetryableError(
      `${doubt.what}: nobody knows whether the request arrived; it is looked at again`,
    );
  }
  return fixAndCheck(execution, step, await execution.record(found.row), found.toFix);
}

/** What was removed as the intruder's but is the owner's is put back; if that fails, a person is asked. */
async function giveBack(
  { engine, context, record: write }: Execution,
  step: Remediation,
  row: StepRow,
  { owners = [] }: Found,
): Promise<StepRow> {
  const theirs = ofOwner(row.changes, owners, context.intruder);
  let next = row;
  for (const record of theirs) {
    const now = engine.now().toISOString();
    const known = { ...record, ownersSince: now };
    if (typeof step.undo === 'string') {
      next = withRecord(next, known);
      continue;
    }
    try {
      const task = await step.undo(changeOf(record), context, engine.clients(context.abort));
      next = withRecord(next, task?.instead ? known : { ...known, undoneAt: now, failure: null });
    } catch (thrown) {
      if (!(thrown instanceof PermanentError)) {
        await write(next);
        throw thrown;
      }
      next = withRecord(next, known);
    }
  }
  return next === row ? row : await write(next);
}

/** Where a person does the step's work. */
const placeFor = ({ context }: Execution, step: Remediation) => byHandOf(step, context.account);

/** Only a person can bring it back. */
const notGivenBack = ({ changes }: StepRow, place: ByHand): Task[] =>
  changes
    .filter(({ ownersSince, undoneAt }) => ownersSince !== undefined && undoneAt === null)
    .map((record) => ({
      id: `give-back:${record.id}`,
      what: `Give back what was the owner's: ${record.what}`,
      instruction: `It was changed because ${record.evidence ?? record.why}, and turned out to be the owner's. It could not be put back by itself: do it with the owner.`,
      ...place,
    }));

/** The row to record before the first fix, and which of its changes are to be made. */
export function withFirstLook(
  row: StepRow,
  first: Found,
  now: Date,
  place: ByHand,
): { row: StepRow; toFix: ReadonlySet<string> } {
  const { records, toFix } = reconcile(row.changes, first.changes, now.toISOString(), row.acts);
  return { row: withFindings({ ...row, changes: records }, first, place), toFix };
}

/** What appears while a step works is fixed too, but not for ever. */
const mostRounds = 3;

async function fixAndCheck(
  execution: Execution,
  step: Remediation,
  recorded: StepRow,
  toFix: ReadonlySet<string>,
  rounds = mostRounds,
): Promise<Ending> {
  const { engine } = execution;
  const place = placeFor(execution, step);
  let row = recorded;
  for (const record of recorded.changes) {
    if (!toFix.has(identity(record))) continue;
    const { attempt, stop } = await tryFix(step, record, execution);
    row = withRecord(row, afterAttempt(record, attempt, engine.now().toISOString()));
    if (stop !== undefined) {
      await execution.record(row);
      throw stop;
    }
  }

  const second: Found | Skip = await lookAgain(step, execution, row);
  if ('skip' in second) return settle(row, outcomeOf(row, row.acts), engine.now());
  const now = engine.now();
  const known = new Set(row.changes.map(identity));
  row = { ...row, changes: verify(row.changes, second.changes, now.toISOString()) };
  const newer = second.changes.filter((change) => !known.has(identity(change)));
  // Somebody changed it in between, perhaps the intruder: a finding like any other.
  if (newer.length > 0 && row.acts) {
    if (rounds === 1) {
      await execution.record(row);
      throw new RetryableError(`${step.name} finds something new as often as it looks; it is tried again`);
    }
    const changes = [...row.changes, ...newer.map((change) => newRecord(change, now.toISOString(), true))];
    row = await execution.record(withFindings({ ...row, changes }, second, place));
    return fixAndCheck(execution, step, row, new Set(newer.map(identity)), rounds - 1);
  }
  row = withFindings(row, second, place);
  return settle(row, outcomeOf(row, row.acts), now);
}

/** Written first, so that a fix isn't forgotten if the second look fails. */
async function lookAgain(step: Remediation, execution: Execution, row: StepRow): Promise<Found | Skip> {
  const { engine, context } = execution;
  const now = engine.now();
  // The step's own fix counts as well: the step asks whether anything happened since.
  const fixedAt = { ...context.run.fixedAt, ...latestFix(step.name, row) };
  try {
    return await step.find(
      { ...context, run: { ...context.run, fixedAt }, now },
      engine.clients(context.abort),
    );
  } catch (thrown) {
    await execution.record(row);
    throw thrown;
  }
}

function latestFix(name: string, row: StepRow): Record<string, string> {
  const at = row.changes
    .flatMap((change) => change.fixedAt ?? [])
    .toSorted()
    .at(-1);
  return at === undefined ? {} : { [name]: at };
}

async function tryFix(
  step: Remediation,
  record: ChangeRecord,
  { engine, context }: Execution,
): Promise<{ attempt: Attempt; stop?: unknown }> {
  try {
    await step.fix(changeOf(record), context, engine.clients(context.abort));
    return { attempt: { is: 'fixed' } };
  } catch (thrown) {
    if (thrown instanceof PermanentError) {
      return { attempt: { is: 'refused', failure: toFailure(thrown) } };
    }
    const untouched = thrown instanceof RetryableError && thrown.tookEffect === 'no';
    return { attempt: { is: untouched ? 'untouched' : 'unknown' }, stop: thrown };
  }
}

const changeOf = (record: ChangeRecord): Change => ({
  id: record.id,
  what: record.what,
  why: record.why,
  before: record.before,
  ...(record.evidence === null ? {} : { evidence: record.evidence }),
  ...(record.by === undefined ? {} : { by: record.by }),
  ...(record.once ? { once: true as const } : {}),
  ...(record.again ? { again: true as const } : {}),
  ...(record.seenWithinMinutes === undefined ? {} : { seenWithinMinutes: record.seenWithinMinutes }),
});

const withRecord = (row: StepRow, record: ChangeRecord): StepRow => ({
  ...row,
  changes: row.changes.map((old) => (identity(old) === identity(record) ? record : old)),
});

/** Tasks that a look no longer names are settled; an operator's tick stays as long as the task is named. */
function withFindings(row: StepRow, found: Found, place: ByHand): StepRow {
  const named = [
    ...(found.tasks ?? []),
    ...cameBack(row),
    ...notGivenBack(row, place),
    ...hadNoEffect(row, place),
  ];
  const attachments = row.attachments.length > 0 ? row.attachments : [...(found.attachments ?? [])];
  return { ...row, kept: [...(found.kept ?? [])], tasks: mergeTasks(row.tasks, named), attachments };
}

export function mergeTasks(known: readonly TaskRecord[], named: readonly Task[]): TaskRecord[] {
  return named.map((task) => ({
    id: task.id,
    what: task.what,
    instruction: task.instruction,
    link: task.link,
    ...(task.role === undefined ? {} : { role: task.role }),
    ...(task.commands === undefined ? {} : { commands: [...task.commands] }),
    ...(task.danger === undefined ? {} : { danger: task.danger }),
    ...(task.remains === undefined ? {} : { remains: task.remains }),
    essential: task.essential ?? false,
    ...(task.atHandBack ? { atHandBack: true as const } : {}),
    doneAt: known.find((old) => old.id === task.id)?.doneAt ?? null,
  }));
}

/** Somebody else is deciding, so a person must. */
const cameBack = (row: StepRow): Task[] =>
  row.changes
    .filter((record) => record.returned >= mostReturns && verificationOf(record) === 'reverted')
    .map((record) => ({
      id: `came-back:${record.id}`,
      what: `Find out who puts this back, and stop them: ${record.what}`,
      instruction:
        'It came back twice after it was removed. Search the audit log for its name: an administrator, a sync or the intruder made it again.',
      link: auditSearchPage(),
      role: 'Audit Reader in Purview',
      danger: 'leak',
      remains: 'something that was removed twice',
      essential: true,
    }));

/** The service accepted the change, or may have, and the thing is still there: only a person can find out why. */
const hadNoEffect = (row: StepRow, place: ByHand): Task[] =>
  row.changes
    .filter((record) => verificationOf(record) === 'ineffective' && record.failure === null)
    .map((record) => ({
      id: `no-effect:${record.id}`,
      what: `${record.what} was asked for at ${record.firstFixedAt ?? record.fixedAt ?? record.attemptedAt ?? record.recordedAt} and is still there`,
      instruction:
        'Look at it by hand and do it there. If it is done already, retry the step: what a look no longer finds needs nobody.',
      ...place,
      essential: true,
    }));

/** How a step ended, from its record. `act`: whether it may change things or only report them. */
export function outcomeOf(row: StepRow, act: boolean): Outcome {
  const attempted = row.changes.filter((record) => record.attemptedAt !== null && record.undoneAt === null);
  if (!act && attempted.length === 0) {
    return row.changes.length + row.tasks.length > 0 ? { is: 'reported' } : { is: 'unchanged' };
  }
  // If a person has to do it anyway, a refusal by the service changes nothing (a synced password).
  const essential = row.tasks.filter((task) => task.essential);
  const open = essential.filter((task) => task.doneAt === null);
  if (open.length > 0) return { is: 'needs-human', waitsFor: open.map((task) => task.id) };
  if (essential.length > 0) return { is: 'done' };
  const failure = attempted.find((record) => record.failure !== null)?.failure;
  if (failure) return { is: 'failed', error: failure };
  return attempted.length > 0 ? { is: 'done' } : { is: 'unchanged' };
}

/**
 * A later check that brings nothing new keeps the settling time as it was, so that nobody looks again because of it.
 */
function settle(row: StepRow, outcome: Outcome, now: Date): Ending {
  const news =
    row.aim !== 'check' || row.outcome?.is !== outcome.is || row.changes.some((r) => touchedSince(r, row));
  return {
    is: 'settled',
    row: { ...row, outcome, settledAt: news ? now.toISOString() : row.settledAt },
  };
}

const touchedSince = (record: ChangeRecord, row: StepRow) =>
  row.settledAt !== null &&
  [record.attemptedAt, record.ownersSince].some((at) => at != null && at > (row.settledAt ?? ''));

export async function undo(execution: Execution, step: Remediation): Promise<Ending> {
  const { engine, context } = execution;
  const clients = engine.clients(context.abort);
  let { row } = execution;
  let failure: Failure | undefined;
  const tasks: Task[] = [];
  const restore = step.undo;

  for (const record of typeof restore === 'string' ? [] : toUndo(row.changes)) {
    if (typeof restore === 'string') break;
    try {
      const task = await restore(changeOf(record), context, clients);
      if (task !== undefined) tasks.push(task);
      const undoneAt = task?.instead ? null : engine.now().toISOString();
      row = withRecord(row, { ...record, undoneAt, failure: null });
    } catch (thrown) {
      if (!(thrown instanceof PermanentError)) {
        await execution.record(row);
        throw thrown;
      }
      failure = toFailure(thrown);
      // Whether fix had taken effect was not known, and still is not: a retry will undo it too.
      row = withRecord(row, { ...record, fixedAt: record.fixedAt ?? record.attemptedAt, failure });
    }
  }
  const now = engine.now().toISOString();
  const stillDone = typeof restore === 'string' && toUndo(row.changes).length > 0;
  return {
    is: 'settled',
    row: {
      ...row,
      tasks: mergeTasks([], tasks),
      // What can't be undone keeps its state, and the summary says so.
      outcome: failure ? { is: 'failed', error: failure } : stillDone ? row.outcome : { is: 'undone' },
      settledAt: now,
    },
  };
}
