// A drill from start to end: plant, raise the alarm, let the responder take the account back, check what is left, undo.
// Whatever happens, it cleans up, or says what is left and how to remove it. It consists of short steps, each of which
// may run twice: in one process, or in several one after the other (weekly.ts). Planted things are found by name, so a
// drill whose progress is lost is cleaned up too.
import { z } from 'zod';
import { path } from '../../shared/clients/path.ts';
import { PermanentError, toFailure } from '../../shared/errors.ts';
import { unlessGone } from '../../shared/microsoft365/gone.ts';
import type { OutgoingAlert } from '../../shared/model/step.ts';
import { nullableText } from '../../shared/model/text.ts';
import { type Drill, drillLeaseSeconds } from '../../shared/run/drills.ts';
import type { Refusal } from './check.ts';
import type { DrillAnswer, drillBodySchema } from './drills.ts';
import { alarmPermission, type Planter, type Planting, plantings, type Target } from './plantings.ts';

/** The responder as a drill meets it: over its API, or from within the app. */
export interface Responder {
  drill(body: z.input<typeof drillBodySchema>): Promise<DrillAnswer>;
  /** Sends the alert through the front door. */
  raise(alert: OutgoingAlert): Promise<void>;
  /** Starts a run by hand, if Entra ID Protection can't be asked. */
  start(userId: string, reason: string): Promise<void>;
  /** Runs of the account opened since then, newest first. */
  runsOf(userId: string, since: string): Promise<readonly string[]>;
  run(id: string): Promise<DrillRun>;
  undo(id: string, reason: string): Promise<void>;
  /** What would fail, known before anything does. */
  problems(): Promise<readonly string[]>;
}

export const drillRunSchema = z.object({
  id: z.string(),
  code: z.string(),
  state: z.string(),
  verdict: z.string(),
  signals: z.array(z.object({ source: z.string(), detector: z.string(), title: z.string() })),
  containedAt: nullableText,
  finishedAt: nullableText,
  endsAs: nullableText,
  tasks: z.array(z.object({ step: z.string(), what: z.string() })),
  steps: z.array(
    z.object({
      name: z.string(),
      mode: z.string(),
      state: z.string(),
      outcome: z.looseObject({ is: z.string() }).nullable(),
      lastError: z.object({ message: z.string() }).nullable(),
    }),
  ),
});
type DrillRun = z.infer<typeof drillRunSchema>;

export interface DrillDeps {
  responder: Responder;
  graph: Planter;
  /** Application permissions in the planting identity's token, and its client id. */
  identity: () => Promise<{ clientId: string; permissions: readonly string[] }>;
  /** Plantings to leave out. */
  without: readonly string[];
  now: () => Date;
  sleep: (seconds: number) => Promise<void>;
  /** Aborts when somebody wants the drill to stop: it cleans up and ends. */
  ended: AbortSignal;
  /** Reports what happens now; `done` of `of` parts, for an estimate. */
  tell: (what: string, done: number, of: number) => void;
}

/** `late`: only logs that come late can show it, and they have not come. */
const plantingReportSchema = z.object({
  name: z.string(),
  what: z.string(),
  is: z.enum([
    'removed',
    'asked',
    'late',
    'not looked for',
    'missed',
    'refused',
    'failed',
    'left out',
    'planted',
  ]),
  /** What the run should do with it; with `late`, anything is right. */
  expected: z.enum(['removed', 'late']),
  why: z.string().nullable(),
  /** Permissions that the planting identity lacks, if that is the reason. */
  missing: z.array(z.string()),
});
export type PlantingReport = z.infer<typeof plantingReportSchema>;

const leftSchema = z.object({
  what: z.string(),
  why: z.string(),
  byHand: z.string(),
  /** A permission is missing to see whether it is there. */
  unseen: z.literal(true).optional(),
});
type Left = z.infer<typeof leftSchema>;

const refusalSchema = z.object({ is: z.string(), why: z.string(), now: z.string() });

const reportSchema = z.object({
  /** The drill's id, once it has begun. */
  id: z.string().nullable(),
  account: z.string(),
  verdict: z.enum(['passed', 'failed', 'refused', 'interrupted']),
  /** Why it failed, in sentences. */
  because: z.array(z.string()),
  begunAt: z.string(),
  endedAt: z.string(),
  refusals: z.array(refusalSchema),
  plantings: z.array(plantingReportSchema),
  /** How the alarm was raised. */
  alarm: z.enum(['Entra ID Protection', 'by hand', 'not raised']),
  run: z.object({ id: z.string(), code: z.string(), verdict: z.string() }).nullable(),
  alertAt: z.string().nullable(),
  containedAt: z.string().nullable(),
  cleanAt: z.string().nullable(),
  /** Steps of the run that did not end well. */
  steps: z.array(z.object({ step: z.string(), why: z.string() })),
  /** What the responder lacks, as its own preflight says. */
  problems: z.array(z.string()),
  left: z.array(leftSchema),
});
export type DrillReport = Readonly<z.infer<typeof reportSchema>>;

/** The state of a drill: everything that the next step needs to know, whichever process runs it. */
export const courseSchema = z.object({
  at: z.enum(['planting', 'alarm', 'opening', 'running', 'undoing', 'removing', 'ending', 'ended']),
  /** When it reached this stage. */
  since: z.string(),
  /** Plantings that may be there at least in part; while removing, those already looked at. */
  begun: z.array(z.string()),
  looked: z.array(z.string()),
  /** Why it broke off; null while it has not. */
  broken: z.string().nullable(),
  stopped: z.boolean(),
  /** Permissions of the identity that plants. */
  permissions: z.array(z.string()),
  /** What an earlier drill may have left and nobody can see. */
  earlier: z.array(leftSchema),
  report: reportSchema,
});
export type Course = Readonly<z.infer<typeof courseSchema>>;

export const pollSeconds = 3;
const mostMinutes = { run: 5, finish: 20, undo: 10, remove: 1, end: 3 } as const;
const reason = 'a fire drill';

export async function drill(deps: DrillDeps, user: string): Promise<DrillReport> {
  const begun = await begin(deps, user);
  if ('verdict' in begun) return begun;
  const acting = actingFor(deps, begun.drill);
  let { course } = begun;
  while (course.at !== 'ended') {
    const next = await proceed(acting, begun, course);
    if (next === course) await deps.sleep(pollSeconds);
    course = next;
  }
  return course.report;
}

/** Notes the drill; after that, somebody has to carry out its steps. */
export async function begin(
  deps: DrillDeps,
  user: string,
): Promise<(Held & { course: Course }) | DrillReport> {
  const { now } = deps;
  const begunAt = now().toISOString();
  // Before the drill is noted: preflight takes longer than a drill may be silent.
  const report = { ...blank(user, begunAt), problems: [...(await problemsOf(deps))] };
  const begun = await noted(deps, user);
  if (!('drill' in begun)) {
    const isLeft = begun.left.length > 0;
    return {
      ...report,
      verdict: isLeft ? 'failed' : 'refused',
      because: isLeft ? ['an earlier drill could not be cleaned up'] : [],
      refusals: [...begun.refusals],
      left: [...begun.left],
      endedAt: now().toISOString(),
    };
  }
  const account = begun.drill.userPrincipalName;
  const course: Course = {
    ...{ at: 'planting', since: begunAt, begun: [], looked: [], broken: null, stopped: false },
    permissions: [...begun.own.permissions],
    earlier: [...begun.left],
    report: { ...report, id: begun.drill.id, account },
  };
  return { drill: begun.drill, sink: begun.sink, course };
}

/** One step further; returns the same course if there is nothing to do yet but wait. */
export async function proceed(deps: Acting, { drill: current, sink }: Held, course: Course): Promise<Course> {
  const target = { userId: current.userId, userPrincipalName: current.userPrincipalName, sink };
  if (isCleaning(course)) return await cleaning(deps, current, target, course);
  if (deps.ended.aborted) return moved(deps, { ...course, stopped: true }, 'undoing');
  try {
    return await acted(deps, current, target, course);
  } catch (error) {
    return moved(deps, { ...course, broken: toFailure(error).message }, 'undoing');
  }
}

/** The recorded drill, and what it plants with. */
interface Held {
  drill: Drill;
  sink: string;
}

const isCleaning = ({ at }: Course) => ['undoing', 'removing', 'ending'].includes(at);

/** Whatever it was doing: from here on it only cleans up. */
export const brokenOff = (deps: Pick<DrillDeps, 'now'>, course: Course, why: string): Course =>
  isCleaning(course)
    ? course
    : moved(deps, { ...course, broken: why, begun: plantings.map(({ name }) => name) }, 'undoing');

const moved = (
  { now }: Pick<DrillDeps, 'now'>,
  course: Course,
  at: Course['at'],
  more: Partial<DrillReport> = {},
): Course => ({ ...course, at, since: now().toISOString(), report: { ...course.report, ...more } });

const isOver = ({ now }: DrillDeps, { since }: Course, minutes: number) =>
  now().getTime() - Date.parse(since) >= minutes * 60_000;

/** Removes what a killed drill left behind, if anything. */
export async function cleanUpAfter(deps: DrillDeps, user: string): Promise<DrillReport> {
  const { responder, now } = deps;
  const report = blank(user, now().toISOString());
  const answer = await responder.drill({ do: 'begin', user });
  if (answer.is === 'refused')
    return { ...report, verdict: 'refused', refusals: answer.refusals, endedAt: now().toISOString() };
  if (answer.is === 'begun') {
    await responder.drill({ do: 'end', id: answer.drill.id, passed: false });
    return { ...report, verdict: 'interrupted', because: ['no drill was left unfinished'] };
  }
  if (answer.is !== 'unfinished') throw new PermanentError('the answer is none to the beginning of a drill');
  if (answer.alive) {
    const refusals = [underWay(answer.drill)];
    return { ...report, verdict: 'refused', refusals, endedAt: now().toISOString() };
  }
  const left = await cleanUnfinished(deps, answer);
  const account = answer.drill.userPrincipalName;
  const because =
    left.length > 0 ? ['not everything could be removed'] : ['an unfinished drill was cleaned up'];
  return { ...report, account, left, because, verdict: 'interrupted', endedAt: now().toISOString() };
}

const parts = plantings.length + 3;

const blank = (account: string, begunAt: string): DrillReport => ({
  id: null,
  account,
  verdict: 'failed',
  because: [],
  begunAt,
  endedAt: begunAt,
  refusals: [],
  plantings: [],
  alarm: 'not raised',
  run: null,
  alertAt: null,
  containedAt: null,
  cleanAt: null,
  steps: [],
  problems: [],
  left: [],
});

interface Own {
  clientId: string;
  permissions: readonly string[];
}
export interface Acting extends DrillDeps {
  /** Reports that the drill goes on, often enough that nobody takes it for dead. */
  pulse: () => Promise<void>;
}

type Begun =
  | { drill: Drill; sink: string; own: Own; left: readonly Left[] }
  | { refusals: readonly Refusal[]; left: readonly Left[] };

async function noted(deps: DrillDeps, user: string): Promise<Begun> {
  const { responder, sleep, now, tell } = deps;
  const own = await deps.identity();
  const began = now().getTime();
  let unseen: readonly Left[] = [];
  for (;;) {
    const answer = await responder.drill({ do: 'begin', user });
    if (answer.is === 'refused') return { refusals: answer.refusals, left: [] };
    if (answer.is === 'begun') {
      if (answer.responder?.toLowerCase() !== own.clientId.toLowerCase())
        return { drill: answer.drill, sink: answer.sink, own, left: unseen };
      await responder.drill({ do: 'end', id: answer.drill.id, passed: false });
      const why = "the identity that would plant is the responder's own";
      const now = 'Set AZURE_CLIENT_ID to the identity made for drills (docs/permissions.md).';
      return { refusals: [{ is: 'own-identity', why, now }], left: [] };
    }
    if (answer.is !== 'unfinished')
      throw new PermanentError('the answer is none to the beginning of a drill');
    if (answer.alive) {
      if (deps.ended.aborted || now().getTime() - began > 3 * drillLeaseSeconds * 1000) {
        return { refusals: [underWay(answer.drill)], left: [] };
      }
      tell('An earlier drill has not ended: waiting whether it is still at work', 0, parts);
      await sleep(pollSeconds);
      continue;
    }
    tell(`An earlier drill on ${answer.drill.userPrincipalName} was killed: cleaning up after it`, 0, parts);
    const left = await cleanUnfinished(deps, answer);
    if (left.some((one) => !one.unseen)) return { refusals: [], left };
    unseen = left;
  }
}

const underWay = ({ userPrincipalName, begunAt }: Drill): Refusal => ({
  is: 'under-way',
  why: `a drill on ${userPrincipalName} is under way since ${begunAt}, or was killed within the last minute`,
  now: 'Wait until it has ended, or a minute.',
});

async function cleanUnfinished(
  deps: DrillDeps,
  { drill: killed, sink }: Extract<DrillAnswer, { is: 'unfinished' }>,
): Promise<Left[]> {
  const { userId, userPrincipalName } = killed;
  const acting = actingFor(deps, killed);
  let course: Course = {
    ...{ at: 'undoing', since: deps.now().toISOString(), looked: [], broken: null, stopped: true },
    ...{ begun: plantings.map(({ name }) => name), permissions: [], earlier: [] },
    report: blank(userPrincipalName, killed.begunAt),
  };
  while (course.at !== 'ending') {
    const next = await cleaning(acting, killed, { userId, userPrincipalName, sink }, course);
    if (next === course) await deps.sleep(pollSeconds);
    course = next;
  }
  const { left } = course.report;
  if (left.every((one) => one.unseen))
    await deps.responder.drill({ do: 'end', id: killed.id, passed: false });
  return left;
}

export const actingFor = (deps: DrillDeps, current: Drill): Acting => ({
  ...deps,
  pulse: pulseOf(deps, current),
});

function pulseOf({ responder, now }: DrillDeps, { id, aliveAt }: Drill): () => Promise<void> {
  let last = Date.parse(aliveAt);
  return async () => {
    if (now().getTime() - last < (drillLeaseSeconds * 1000) / 4) return;
    last = now().getTime();
    await responder.drill({ do: 'alive', id });
  };
}

async function acted(deps: Acting, current: Drill, target: Target, course: Course): Promise<Course> {
  const { now, tell, responder } = deps;
  const { report } = course;
  await deps.pulse();
  if (course.at === 'planting') {
    const [next] = plantings.filter(({ name }) => !report.plantings.some((one) => one.name === name));
    if (next === undefined) return moved(deps, course, 'alarm');
    tell(`Planting ${next.what}`, report.plantings.length + 1, parts);
    const planted = deps.without.includes(next.name)
      ? { ...named(next), is: 'left out' as const, why: null, missing: [], begun: false }
      : await plant(deps, next, target, course.permissions);
    const { begun, ...one } = planted;
    return {
      ...course,
      begun: begun ? [...course.begun, next.name] : course.begun,
      report: { ...report, plantings: [...report.plantings, one] },
    };
  }
  if (course.at === 'alarm') {
    tell('Raising the alarm', plantings.length + 1, parts);
    const alertAt = report.alertAt ?? now().toISOString();
    return moved(deps, course, 'opening', { alertAt, alarm: await raise(deps, target, current) });
  }
  if (course.at === 'opening') {
    const [id] = await responder.runsOf(target.userId, current.begunAt);
    if (id !== undefined) {
      tell('The responder takes the account back', plantings.length + 1, parts);
      const run = await responder.run(id);
      return moved(deps, course, 'running', { run: { id, code: run.code, verdict: run.verdict } });
    }
    if (!isOver(deps, course, mostMinutes.run)) return course;
    // If the alarm opens no run within minutes, a run is started by hand, once.
    if (report.alarm === 'by hand') return moved(deps, course, 'undoing');
    await responder.start(target.userId, reason);
    return moved(deps, course, 'opening', { alarm: 'by hand' });
  }
  const id = report.run?.id;
  if (id === undefined) return moved(deps, course, 'undoing');
  const run = await responder.run(id);
  if (goesOn(run) && !isOver(deps, course, mostMinutes.finish)) return course;
  const became = await Promise.all(report.plantings.map((one) => becameOf(deps, one, target, run)));
  const clean = became.every(({ is }) => is !== 'missed' && is !== 'planted');
  return moved(deps, course, 'undoing', {
    run: { id, code: run.code, verdict: run.verdict },
    containedAt: run.containedAt ?? null,
    cleanAt: clean ? (run.finishedAt ?? now().toISOString()) : null,
    steps: run.steps.flatMap(({ name, outcome, lastError }) =>
      outcome?.is === 'failed' || (outcome === null && lastError !== null)
        ? [{ step: name, why: lastError?.message ?? 'failed' }]
        : [],
    ),
    plantings: became,
  });
}

const problemsOf = ({ responder }: DrillDeps) =>
  responder.problems().catch((error: unknown) => [toFailure(error).message]);

const named = ({ name, what, expected }: Planting) => ({ name, what, expected });

async function plant(
  deps: Acting,
  planting: Planting,
  target: Target,
  held: readonly string[],
): Promise<PlantingReport & { begun: boolean }> {
  const { graph } = deps;
  let begun = false;
  try {
    await deps.pulse();
    await remove(deps, planting, target);
    begun = true;
    await planting.plant(graph, target);
    const seen = await within(deps, 1, async () => (await planting.find(graph, target)).length > 0);
    if (seen) return { ...named(planting), is: 'planted', why: null, missing: [], begun };
    const why = 'it was accepted, and is not there';
    return { ...named(planting), is: 'failed', why, missing: [], begun };
  } catch (error) {
    const denied = error instanceof PermanentError && error.status === 403;
    const lacking = planting.permissions.filter((name) => !held.includes(name));
    return {
      ...named(planting),
      is: denied ? 'refused' : 'failed',
      why: toFailure(error).message,
      missing: denied ? [...(lacking.length > 0 ? lacking : planting.permissions)] : [],
      begun,
    };
  }
}

/** Like a real alarm: Entra ID Protection reports it, and the event only names the user to ask about. */
async function raise(
  { graph, responder }: Acting,
  { userId }: Target,
  { id }: Drill,
): Promise<DrillReport['alarm']> {
  try {
    const compromised = { userIds: [userId] };
    await graph.post('/identityProtection/riskyUsers/confirmCompromised', compromised, z.unknown());
    await responder.raise({ id: `drill:${id}`, type: 'Reclaim.RiskyUser', data: { id: userId } });
    return 'Entra ID Protection';
  } catch {
    // The permission or the licence is missing, or the alert is not believed.
    await responder.start(userId, reason);
    return 'by hand';
  }
}

const goesOn = ({ state, steps }: DrillRun) =>
  state === 'open' || (state !== 'held' && steps.some((step) => step.state === 'running'));

/** Asks again and again until it is so; false when time is up or somebody wants to stop. */
async function within(deps: Acting, minutes: number, isSo: () => Promise<boolean>): Promise<boolean> {
  const end = deps.now().getTime() + minutes * 60_000;
  for (;;) {
    if (await isSo()) return true;
    if (deps.now().getTime() >= end || deps.ended.aborted) return false;
    await deps.pulse();
    await deps.sleep(pollSeconds);
  }
}

/** What had become of it by the end of the run. */
async function becameOf(
  { graph }: Acting,
  one: PlantingReport,
  target: Target,
  run: DrillRun,
): Promise<PlantingReport> {
  const planting = plantings.find(({ name }) => name === one.name);
  if (one.is !== 'planted' || planting === undefined) return one;
  const found = await planting.find(graph, target);
  const stands = found.some(({ harmless }) => harmless !== true);
  const asked = run.tasks.find(({ step }) => planting.foundBy.includes(step));
  if (!stands) return { ...one, is: 'removed' };
  const steps = run.steps.filter(({ name }) => planting.foundBy.includes(name));
  if (steps.every(({ outcome }) => outcome?.is === 'off'))
    return { ...one, is: 'not looked for', why: `${planting.foundBy.join(' and ')} is switched off` };
  // If an administrator lets a step only report, they get what they chose.
  const expected = steps.some(({ mode }) => mode === 'act') ? one.expected : 'late';
  if (asked !== undefined) return { ...one, is: 'asked', expected, why: asked.what };
  return { ...one, is: planting.expected === 'late' ? 'late' : 'missed' };
}

async function remove({ graph }: DrillDeps, planting: Planting, target: Target): Promise<void> {
  for (const { path: place } of await planting.find(graph, target)) await unlessGone(graph.delete(place));
}

/** Removes what stands between the drill and the account as it was. */
async function cleaning(deps: Acting, current: Drill, target: Target, course: Course): Promise<Course> {
  const { report } = course;
  await deps.pulse();
  const left = (what: string, why: string, byHand: string, more: Partial<Left> = {}): DrillReport => ({
    ...report,
    left: [...report.left, { what, why, byHand, ...more }],
  });
  const failed = (what: string, byHand: string, error: unknown): DrillReport => {
    const unseen = error instanceof PermanentError && error.status === 403;
    return left(what, toFailure(error).message, byHand, unseen ? { unseen } : {});
  };
  if (course.at === 'undoing') {
    const undone = 'the account: what the run changed';
    const byHand = 'node cli/reclaim.mjs undo <run> --false-alarm --reason "a fire drill"';
    deps.tell('Cleaning up', plantings.length + 2, parts);
    const next = { ...course, looked: [] };
    try {
      const is = await undoRuns(deps, current, target);
      if (is === 'undone') return moved(deps, next, 'removing');
      if (is !== 'goes on') return moved(deps, next, 'removing', left('the account', is.why, is.byHand));
      if (!isOver(deps, course, mostMinutes.undo)) return course;
      return moved(deps, next, 'removing', left(undone, 'it is still there', byHand));
    } catch (error) {
      return moved(deps, next, 'removing', failed(undone, byHand, error));
    }
  }
  if (course.at === 'removing') {
    const [next] = plantings
      .toReversed()
      .filter(({ name }) => course.begun.includes(name) && !course.looked.includes(name));
    if (next === undefined) {
      const risk = 'the risk of the account';
      const byHand = 'Entra admin center, Risky users: dismiss the risk';
      // If somebody else's alert came to the account, its risk stands too.
      const isOwn = !report.left.some(({ what }) => what === 'the account');
      return moved(
        deps,
        course,
        'ending',
        await (isOwn ? dismiss(deps, target) : Promise.resolve()).then(
          () => report,
          (error: unknown) => failed(risk, byHand, error),
        ),
      );
    }
    const looked = { ...course, since: deps.now().toISOString(), looked: [...course.looked, next.name] };
    try {
      await remove(deps, next, target);
      if ((await next.find(deps.graph, target)).length === 0) return looked;
      if (!isOver(deps, course, mostMinutes.remove)) return course;
      return { ...looked, report: left(next.what, 'it is still there', next.byHand) };
    } catch (error) {
      return { ...looked, report: failed(next.what, next.byHand, error) };
    }
  }
  return await ending(deps, current, course);
}

/** Waits until the account is as before, since directories lag, and reports what is not. */
async function ending(deps: Acting, { id }: Drill, course: Course): Promise<Course> {
  const { responder, now } = deps;
  const because = reasonsIn(course);
  const end = (report: DrillReport): Course => ({
    ...course,
    at: 'ended',
    report: { ...report, left: [...course.earlier, ...report.left], endedAt: now().toISOString() },
  });
  const verdict = course.stopped && course.broken === null ? 'interrupted' : 'failed';
  // Removing what is left is the next drill's first task, so the drill stays noted.
  if (course.report.left.length > 0) return end({ ...course.report, because, verdict });
  const seen = await responder.drill({ do: 'look', id });
  const isClean = seen.is === 'looked' && seen.left.length === 0;
  if (!isClean && !isOver(deps, course, mostMinutes.end)) return course;
  const ended = await responder.drill({ do: 'end', id, passed: because.length === 0 });
  const after = ended.is === 'ended' ? ended.left : [];
  const all = [...because, ...after.map(({ why }) => `afterwards, ${why}`)];
  return end({
    ...course.report,
    because: all,
    left: after.map(({ why, now: byHand }): Left => ({ what: 'the account', why, byHand })),
    verdict: all.length === 0 ? 'passed' : verdict,
  });
}

/** The drill's own signals: Entra ID Protection was told, or the run was started by hand. */
const isOwn = ({ source, detector }: DrillRun['signals'][number]) =>
  source === 'operator' || source === 'riskyUser' || detector === 'adminConfirmedUserCompromised';

/** Never a run that somebody else's alert joined: the account may really be under attack. */
async function undoRuns(
  deps: Acting,
  { begunAt }: Drill,
  { userId }: Target,
): Promise<'undone' | 'goes on' | { why: string; byHand: string }> {
  for (const id of await deps.responder.runsOf(userId, begunAt)) {
    const run = await deps.responder.run(id);
    const [foreign] = run.signals.filter((signal) => !isOwn(signal));
    if (foreign !== undefined && run.endsAs !== null) continue;
    if (foreign !== undefined) {
      const why = `another alert came to run ${run.code} meanwhile (${foreign.title}), so it stays locked`;
      return { why, byHand: 'Look into that alert first. If it was a false alarm, undo the run.' };
    }
    if (run.endsAs !== 'undone') await deps.responder.undo(id, reason);
    if (goesOn(await deps.responder.run(id))) return 'goes on';
  }
  return 'undone';
}

const riskSchema = z.object({ riskState: nullableText });

async function dismiss({ graph }: Acting, { userId }: Target): Promise<boolean> {
  const risk = await graph
    .get(path`/identityProtection/riskyUsers/${userId}`, riskSchema)
    .catch((error: unknown) => {
      // The account was never at risk. Without the permission or the licence, the responder dismisses the risk and
      // looks.
      if (error instanceof PermanentError && [403, 404].includes(error.status ?? 0)) return undefined;
      throw error;
    });
  if (!['atRisk', 'confirmedCompromised'].includes(risk?.riskState ?? '')) return true;
  await graph.post('/identityProtection/riskyUsers/dismiss', { userIds: [userId] }, z.unknown());
  return true;
}

function reasonsIn({ report, broken, stopped, permissions, earlier }: Course): string[] {
  const { run, containedAt, plantings: all, steps, left, problems } = report;
  return [
    ...(broken === null ? [] : [broken]),
    ...(stopped ? ['it was stopped'] : []),
    ...(run === null && !stopped ? ['no run was opened'] : []),
    ...(run !== null && containedAt === null ? ['the account was not contained'] : []),
    ...all.flatMap(({ is, expected, what, missing, why }) => {
      if (is === 'asked' && expected === 'removed')
        return [`the responder only asked about ${what}, instead of taking it away`];
      if (is === 'missed') return [`the responder did not find ${what}`];
      if (is === 'refused')
        return [`${what} could not be planted: its identity lacks ${missing.join(' and ')}`];
      return is === 'failed' ? [`${what} could not be planted: ${why}`] : [];
    }),
    // Without the licence there is no other way.
    ...(report.alarm === 'by hand' && !permissions.includes(alarmPermission)
      ? [`the alarm was raised by hand: the identity that plants lacks ${alarmPermission}`]
      : []),
    ...steps.map(({ step, why }) => `${step} failed: ${why}`),
    ...problems,
    ...[...earlier, ...left].map(({ what, why }) => `${what} is left: ${why}`),
  ];
}
