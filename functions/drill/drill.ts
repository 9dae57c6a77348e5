// A drill from its beginning to its end: plant, raise the alarm, let the responder take the account back, look what is
// left, undo. Whatever happens in between it cleans up, or says what is left and how it is removed. It needs no memory of
// its own: the responder knows that a drill began, and what was planted is found by its name.
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
  /** Through the front door. */
  raise(alert: OutgoingAlert): Promise<void>;
  /** By hand, where Entra ID Protection can't be asked. */
  start(userId: string, reason: string): Promise<void>;
  /** Runs of the account that were opened since then, newest first. */
  runsOf(userId: string, since: string): Promise<readonly string[]>;
  run(id: string): Promise<DrillRun>;
  undo(id: string, reason: string): Promise<void>;
  /** What would fail, before anything does. */
  problems(): Promise<readonly string[]>;
}

export const drillRunSchema = z.object({
  id: z.string(),
  code: z.string(),
  state: z.string(),
  verdict: z.string(),
  containedAt: nullableText,
  finishedAt: nullableText,
  endsAs: nullableText,
  tasks: z.array(z.object({ step: z.string(), what: z.string() })),
  steps: z.array(
    z.object({
      name: z.string(),
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
  /** Plantings that are left out. */
  without: readonly string[];
  now: () => Date;
  sleep: (seconds: number) => Promise<void>;
  /** Somebody wants it to stop: it cleans up and ends. */
  ended: AbortSignal;
  /** What happens now; `done` of `of` parts, for an estimate. */
  tell: (what: string, done: number, of: number) => void;
}

/** `late`: only logs that come late tell of it, and they have not come. */
type PlantingIs = 'removed' | 'asked' | 'late' | 'missed' | 'refused' | 'failed' | 'left out' | 'planted';

export interface PlantingReport {
  name: string;
  what: string;
  is: PlantingIs;
  why: string | null;
  /** Of the planting identity, where that is why. */
  missing: readonly string[];
}

interface Left {
  what: string;
  why: string;
  byHand: string;
  /** Whether it is there can't be looked at, for want of a permission. */
  unseen?: true;
}

export interface DrillReport {
  account: string;
  verdict: 'passed' | 'failed' | 'refused' | 'interrupted';
  /** Why it failed, in sentences. */
  because: readonly string[];
  begunAt: string;
  endedAt: string;
  refusals: readonly Refusal[];
  plantings: readonly PlantingReport[];
  /** How the alarm was raised. */
  alarm: 'Entra ID Protection' | 'by hand' | 'not raised';
  run: { id: string; code: string; verdict: string } | null;
  alertAt: string | null;
  containedAt: string | null;
  cleanAt: string | null;
  /** Steps of the run that did not end well. */
  steps: readonly { step: string; why: string }[];
  /** What the responder lacks, as its own preflight says. */
  problems: readonly string[];
  left: readonly Left[];
}

const pollSeconds = 3;
const mostMinutes = { run: 5, finish: 20, undo: 10 } as const;
const reason = 'a fire drill';

export async function drill(deps: DrillDeps, user: string): Promise<DrillReport> {
  const { now } = deps;
  const begunAt = now().toISOString();
  // Before the drill is noted: preflight takes longer than a drill may be silent.
  const report = { ...blank(user, begunAt), problems: await problemsOf(deps) };
  const begun = await begin(deps, user);
  if (!('drill' in begun)) {
    const because = begun.left.length > 0 ? ['an earlier drill could not be cleaned up'] : [];
    const verdict = begun.left.length > 0 ? 'failed' : 'refused';
    return { ...report, verdict, because, ...begun, endedAt: now().toISOString() };
  }
  const { drill: current, sink } = begun;
  const target = { userId: current.userId, userPrincipalName: current.userPrincipalName, sink };
  const acting = { ...deps, pulse: pulseOf(deps, current), touched: new Set<string>() };
  let acted: Partial<DrillReport> = {};
  let broken: unknown;
  try {
    acted = await act(acting, current, target, begun.own);
  } catch (error) {
    broken = error;
  }
  deps.tell('Cleaning up', plantings.length + 2, parts);
  const own = await cleanUp(acting, current, target);
  const left = [...begun.left, ...own];
  const because = [
    ...(broken === undefined ? [] : [toFailure(broken).message]),
    ...reasonsIn({ ...report, ...acted, left }, begun.own, deps),
  ];
  const after = own.length > 0 ? [] : await ending(acting, current, because.length === 0);
  const all = [...because, ...after.map(({ why }) => `afterwards, ${why}`)];
  const stopped = deps.ended.aborted && broken === undefined;
  return {
    ...report,
    ...acted,
    account: current.userPrincipalName,
    left: [...left, ...after.map(({ why, now: byHand }): Left => ({ what: 'the account', why, byHand }))],
    because: all,
    verdict: all.length === 0 ? 'passed' : stopped ? 'interrupted' : 'failed',
    endedAt: now().toISOString(),
  };
}

/** Waits until the account is as it was, since directories lag, and says what is not. */
async function ending(deps: Acting, { id }: Drill, passed: boolean): Promise<readonly Refusal[]> {
  const patient = { ...deps, ended: new AbortController().signal };
  await within(patient, 3, async () => {
    const seen = await deps.responder.drill({ do: 'look', id });
    return seen.is === 'looked' && seen.left.length === 0;
  });
  const ended = await deps.responder.drill({ do: 'end', id, passed });
  return ended.is === 'ended' ? ended.left : [];
}

/** Removes what a drill that was killed has left; nothing where there is none. */
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
interface Acting extends DrillDeps {
  /** What was begun to be planted; left out where another did it. */
  touched?: Set<string>;
  /** Says that the drill goes on, often enough that nobody takes it for dead. */
  pulse: () => Promise<void>;
}

type Begun =
  | { drill: Drill; sink: string; own: Own; left: readonly Left[] }
  | { refusals: readonly Refusal[]; left: readonly Left[] };

async function begin(deps: DrillDeps, user: string): Promise<Begun> {
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
      const why = 'the identity that would plant is the responder’s own';
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
): Promise<readonly Left[]> {
  const { userId, userPrincipalName } = killed;
  const acting = { ...deps, pulse: pulseOf(deps, killed) };
  const left = await cleanUp(acting, killed, { userId, userPrincipalName, sink });
  if (left.every((one) => one.unseen))
    await deps.responder.drill({ do: 'end', id: killed.id, passed: false });
  return left;
}

function pulseOf({ responder, now }: DrillDeps, { id, aliveAt }: Drill): () => Promise<void> {
  let last = Date.parse(aliveAt);
  return async () => {
    if (now().getTime() - last < (drillLeaseSeconds * 1000) / 4) return;
    last = now().getTime();
    await responder.drill({ do: 'alive', id });
  };
}

async function act(deps: Acting, current: Drill, target: Target, own: Own): Promise<Partial<DrillReport>> {
  const { now, tell, ended } = deps;
  const planted: PlantingReport[] = [];
  const acted: { -readonly [K in keyof DrillReport]?: DrillReport[K] } = { plantings: planted };
  for (const [index, planting] of plantings.entries()) {
    if (ended.aborted) break;
    tell(`Planting ${planting.what}`, index + 1, parts);
    planted.push(
      deps.without.includes(planting.name)
        ? { ...named(planting), is: 'left out', why: null, missing: [] }
        : await plant(deps, planting, target, own),
    );
  }
  if (ended.aborted) return acted;
  tell('Raising the alarm', plantings.length + 1, parts);
  acted.alertAt = now().toISOString();
  acted.alarm = await raise(deps, target, current);
  const id = await opened(deps, target, current);
  if (id === undefined) return acted;
  tell('The responder takes the account back', plantings.length + 1, parts);
  const run = await settled(deps, id, mostMinutes.finish);
  acted.run = { id, code: run.code, verdict: run.verdict };
  acted.containedAt = run.containedAt ?? null;
  acted.steps = run.steps.flatMap(({ name, outcome, lastError }) =>
    outcome?.is === 'failed' || (outcome === null && lastError !== null)
      ? [{ step: name, why: lastError?.message ?? 'failed' }]
      : [],
  );
  acted.plantings = await Promise.all(planted.map((one) => became(deps, one, target, run)));
  const clean = acted.plantings.every(({ is }) => is !== 'missed' && is !== 'planted');
  acted.cleanAt = clean ? (run.finishedAt ?? now().toISOString()) : null;
  return acted;
}

const problemsOf = ({ responder }: DrillDeps) =>
  responder.problems().catch((error: unknown) => [toFailure(error).message]);

const named = ({ name, what }: Planting) => ({ name, what });

async function plant(deps: Acting, planting: Planting, target: Target, own: Own): Promise<PlantingReport> {
  const { graph } = deps;
  try {
    await deps.pulse();
    await remove(deps, planting, target);
    deps.touched?.add(planting.name);
    await planting.plant(graph, target);
    const seen = await within(deps, 1, async () => (await planting.find(graph, target)).length > 0);
    if (seen) return { ...named(planting), is: 'planted', why: null, missing: [] };
    const why = 'it was accepted, and is not there';
    return { ...named(planting), is: 'failed', why, missing: [] };
  } catch (error) {
    const denied = error instanceof PermanentError && error.status === 403;
    const lacking = planting.permissions.filter((name) => !own.permissions.includes(name));
    return {
      ...named(planting),
      is: denied ? 'refused' : 'failed',
      why: toFailure(error).message,
      missing: denied ? (lacking.length > 0 ? lacking : planting.permissions) : [],
    };
  }
}

/** As a real one: Entra ID Protection says it, and the event only names whom to ask about. */
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
    // Without the permission or the licence, or where the alert is not believed.
    await responder.start(userId, reason);
    return 'by hand';
  }
}

/** The run that the alarm opened. An alarm that opens none within minutes is raised by hand. */
async function opened(deps: Acting, { userId }: Target, { begunAt }: Drill): Promise<string | undefined> {
  const { responder } = deps;
  let id: string | undefined;
  const look = async () => {
    [id] = await responder.runsOf(userId, begunAt);
    return id !== undefined;
  };
  if (await within(deps, mostMinutes.run, look)) return id;
  if (deps.ended.aborted) return undefined;
  await responder.start(userId, reason);
  await within(deps, mostMinutes.run, look);
  return id;
}

const goesOn = ({ state, steps }: DrillRun) =>
  state === 'open' || (state !== 'held' && steps.some((step) => step.state === 'running'));

async function settled(deps: Acting, id: string, minutes: number): Promise<DrillRun> {
  let run = await deps.responder.run(id);
  await within(deps, minutes, async () => {
    run = await deps.responder.run(id);
    return !goesOn(run);
  });
  return run;
}

/** Asks again and again until it is so; false when time is over or somebody wants to stop. */
async function within(deps: Acting, minutes: number, isSo: () => Promise<boolean>): Promise<boolean> {
  const end = deps.now().getTime() + minutes * 60_000;
  for (;;) {
    if (await isSo()) return true;
    if (deps.now().getTime() >= end || deps.ended.aborted) return false;
    await deps.pulse();
    await deps.sleep(pollSeconds);
  }
}

/** What became of it by the end of the run. */
async function became(
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
  if (asked !== undefined) return { ...one, is: 'asked', why: asked.what };
  return { ...one, is: planting.late ? 'late' : 'missed' };
}

async function remove({ graph }: DrillDeps, planting: Planting, target: Target): Promise<void> {
  for (const { path: place } of await planting.find(graph, target)) await unlessGone(graph.delete(place));
}

/** Gives the account back through the responder's own undo, then takes away whatever is still there. */
async function cleanUp(deps: Acting, current: Drill, target: Target): Promise<readonly Left[]> {
  const patient = { ...deps, ended: new AbortController().signal };
  const left: Left[] = [];
  const attempt = async (what: string, byHand: string, work: () => Promise<boolean>) => {
    try {
      if (await work()) return;
      left.push({ what, why: 'it is still there', byHand });
    } catch (error) {
      const unseen = error instanceof PermanentError && error.status === 403;
      left.push({ what, why: toFailure(error).message, byHand, ...(unseen ? { unseen } : {}) });
    }
  };
  await attempt(
    'the account: what the run changed',
    'node cli/reclaim.mjs undo <run> --false-alarm --reason "a fire drill"',
    () => undoRuns(patient, current, target),
  );
  for (const planting of plantings.toReversed()) {
    if (deps.touched?.has(planting.name) === false) continue;
    await attempt(planting.what, planting.byHand, () =>
      within(patient, 1, async () => {
        await remove(patient, planting, target);
        return (await planting.find(patient.graph, target)).length === 0;
      }),
    );
  }
  await attempt('the risk of the account', 'Entra admin center, Risky users: dismiss the risk', () =>
    dismiss(patient, target),
  );
  return left;
}

async function undoRuns(deps: Acting, { begunAt }: Drill, { userId }: Target): Promise<boolean> {
  for (const id of await deps.responder.runsOf(userId, begunAt)) {
    const run = await deps.responder.run(id);
    if (run.endsAs !== 'undone') await deps.responder.undo(id, reason);
    const after = await settled(deps, id, mostMinutes.undo);
    if (goesOn(after)) return false;
  }
  return true;
}

const riskSchema = z.object({ riskState: nullableText });

async function dismiss({ graph }: Acting, { userId }: Target): Promise<boolean> {
  const risk = await graph
    .get(path`/identityProtection/riskyUsers/${userId}`, riskSchema)
    .catch((error: unknown) => {
      // Nobody was ever at risk. Without the permission or the licence it is the responder that dismisses and looks.
      if (error instanceof PermanentError && [403, 404].includes(error.status ?? 0)) return undefined;
      throw error;
    });
  if (!['atRisk', 'confirmedCompromised'].includes(risk?.riskState ?? '')) return true;
  await graph.post('/identityProtection/riskyUsers/dismiss', { userIds: [userId] }, z.unknown());
  return true;
}

function reasonsIn(report: DrillReport, own: Own, { ended }: DrillDeps): string[] {
  const { run, containedAt, plantings: all, steps, left, problems } = report;
  return [
    ...(ended.aborted ? ['it was stopped'] : []),
    ...(run === null && !ended.aborted ? ['no run was opened'] : []),
    ...(run !== null && containedAt === null ? ['the account was not contained'] : []),
    ...all.flatMap(({ is, what, missing, why }) => {
      if (is === 'missed') return [`the responder did not find ${what}`];
      if (is === 'refused')
        return [`${what} could not be planted: its identity lacks ${missing.join(' and ')}`];
      return is === 'failed' ? [`${what} could not be planted: ${why}`] : [];
    }),
    // Without the licence there is no other way.
    ...(report.alarm === 'by hand' && !own.permissions.includes(alarmPermission)
      ? [`the alarm was raised by hand: the identity that plants lacks ${alarmPermission}`]
      : []),
    ...steps.map(({ step, why }) => `${step} failed: ${why}`),
    ...problems,
    ...left.map(({ what, why }) => `${what} is left: ${why}`),
  ];
}
