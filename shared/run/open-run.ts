// Opens one run for an account, or adds the signal to the run that already holds it: there are never two at once.
import { isDeepStrictEqual } from 'node:util';
import { PermanentError, RetryableError } from '../errors.ts';
import { weakStart } from '../intruder/hints.ts';
import type { Account } from '../model/account.ts';
import type { Intruder } from '../model/intruder.ts';
import type { Level, LogRow, Outcome, RunRow, RunState, StepRow } from '../model/rows.ts';
import type { Signal } from '../model/signal.ts';
import type { Step } from '../model/step.ts';
import type { Mode } from '../model/words.ts';
import { advance } from './advance.ts';
import { lookAgain } from './changes.ts';
import type { Engine } from './engine.ts';
import type { FirstMove } from './first-move.ts';
import { released } from './operate.ts';
import { plan } from './plan.ts';
import { type Claim, type Progress, runRef } from './progress.ts';

export interface OpenRequest {
  account: Account;
  signals: readonly Signal[];
  level: Level;
  /** Why a person must decide first, or null. A held request never raises a run. */
  held: string | null;
  /** What the policy says, in one sentence. */
  why: string;
  /** Only look, change nothing. */
  dryRun?: boolean;
  /** Who asks, for the log; the policy unless a person does. */
  who?: string;
  /** The operator who asks, by object id. */
  operator?: string;
  /** Asked once, before a run is opened or raised: how much may it do? Left out: everything requested. */
  admit?: (request: OpenRequest) => Promise<Admission>;
}

/** How much of the request a run may do. */
export interface Admission {
  level: Level;
  held: string | null;
  /** Why it goes no further than its level without a person, or null. */
  limited: string | null;
  /** On-call hears of it in a list of everything that waits, not in a mail of its own. */
  listed: boolean;
}

export interface Opened {
  run: RunRow;
  /** The account already had a run that this signal belongs to. */
  joined: boolean;
  /** That run may now go further than before. */
  raised: boolean;
  /** If one was asked for. */
  admission?: Admission;
}

type Opener = Pick<Engine, 'progress' | 'bus' | 'playbook' | 'stepSettings' | 'now' | 'random' | 'drillOn'>;

type Admitted = OpenRequest & { admission?: Admission };

/** Losing the race for an account this often means that something is wrong with the storage. */
const mostRounds = 10;

/** With a first move, the account is locked when this returns, or the lock has been left to its queue. */
export async function openRun(engine: Opener, asked: OpenRequest, move?: FirstMove): Promise<Opened> {
  let request: Admitted = asked;
  const { admit } = asked;
  const admitted = async (): Promise<Admitted> => {
    // A dry run changes nothing, so it takes no place from real runs.
    if (admit === undefined || asked.dryRun === true || request.admission !== undefined) return request;
    const admission = await admit(asked);
    const { level, held } = admission;
    return { ...asked, level, held, admission };
  };
  const answer = (opened: Omit<Opened, 'admission'>): Opened =>
    request.admission === undefined ? opened : { ...opened, admission: request.admission };

  // Asked while the claim is read: a lock waits for neither.
  const drilling = drillOf(engine, request);
  for (let round = 0; round < mostRounds; round += 1) {
    const claim = await engine.progress.claimOf(request.account.id);
    let unreadable: string | undefined;
    const standing =
      claim &&
      (await standingRun(engine.progress, claim, request.dryRun === true).catch((thrown: unknown) => {
        // No version can act for that run, and the account must not wait for it.
        if (!(thrown instanceof PermanentError) || thrown.code !== 'UnreadableRow') throw thrown;
        unreadable = claim.runId;
        return undefined;
      }));
    if (standing !== undefined) {
      let joined = await join(engine, standing.id, request);
      if (joined === 'asks') {
        request = await admitted();
        joined = await join(engine, standing.id, request);
      }
      if (joined !== undefined && joined !== 'asks') return answer(joined);
    }
    request = await admitted();
    // Before the new run exists: two runs that both act would undo each other's work.
    if (standing !== undefined && request.held === null && request.dryRun !== true) {
      await supersede(engine, standing.id, { who: whoAsks(request), why: request.why });
    }
    const now = engine.now();
    const run = {
      ...newRun(request, standing, now, engine.random),
      ...limitsOf(request),
      ...startedBy(request.operator),
      ...(await drilling),
    };
    const steps = engine.playbook.map((step) => newStep(step, request, engine.stepSettings[step.name], now));
    const planned = plan(engine.playbook, { run, steps }, now);
    const log: LogRow = {
      at: now.toISOString(),
      who: whoAsks(request),
      what:
        unreadable === undefined
          ? opening(planned.run)
          : `${opening(planned.run)}, since run ${unreadable} can't be read`,
      why: request.why,
    };
    const begun = await move?.(planned, now);
    const { run: first, steps: rows, send } = begun ?? planned;
    const opened = await engine.progress.open(first, rows, claim, [log]);
    if (opened === 'taken') continue;
    // If one of them fails, the other must still finish.
    const ends = await Promise.allSettled([begun?.carryOut(opened), engine.bus.send(send)]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return answer({ run: opened.run.row, joined: false, raised: false });
  }
  throw new RetryableError(`account ${request.account.id} was taken by others ${mostRounds} times in a row`);
}

/** If a run can't be told from a drill's, it counts as real. */
async function drillOf(
  { drillOn }: Opener,
  { account, dryRun }: OpenRequest,
): Promise<Pick<RunRow, 'drill'>> {
  if (dryRun === true) return {};
  const drill = await drillOn?.(account.id).catch(() => undefined);
  return drill === undefined ? {} : { drill };
}

const whoAsks = ({ who = 'policy' }: OpenRequest) => who;

const opening = (run: RunRow) => (run.state === 'held' ? 'run held' : `run opened at level ${run.level}`);

async function join(engine: Opener, runId: string, request: Admitted): Promise<Opened | 'asks' | undefined> {
  let raised = false;
  let joins = false;
  let asks = false;
  const rows = await advance(engine, runRef(runId), (state) => {
    joins = belongsTo(state.run, request);
    if (!joins) return undefined;
    const next = withSignals(state, request, engine.now());
    raised = next.run.level !== state.run.level || next.run.state !== state.run.state;
    asks = raised && request.admit !== undefined && request.admission === undefined;
    return asks ? undefined : next;
  });
  if (asks) return 'asks';
  if (rows === 'gone' || rows === 'lost' || !joins) return undefined;
  return { run: rows.run.row, joined: true, raised };
}

/** The outcome of a step that was to be undone before it had an outcome of its own. */
const notDone: Outcome = { is: 'skipped', reason: 'a later run took the place of this one' };

/** Its later checks end, and no more work begins on an undo or a hand-back that is under way. */
export async function supersede(
  engine: Pick<Opener, 'progress' | 'bus' | 'playbook' | 'now'>,
  runId: string,
  { who, why }: Pick<LogRow, 'who' | 'why'>,
): Promise<void> {
  await advance(engine, runRef(runId), (state) => {
    if (state.run.state === 'closed' || state.run.endsAs === 'superseded') return undefined;
    const stops = (row: StepRow) => row.aim === 'undo' && (row.state === 'waiting' || row.state === 'queued');
    const stopped = state.steps.filter(stops).map(({ name }) => name);
    const steps = state.steps.map(
      (row): StepRow =>
        stops(row) ? { ...row, state: 'settled', until: null, outcome: row.outcome ?? notDone } : row,
    );
    const rest = stopped.length === 0 ? '' : `; not undone any more: ${stopped.join(', ')}`;
    const what = `a new run takes the place of this one${rest}`;
    const log = [{ at: engine.now().toISOString(), who, what, why }];
    return { run: { ...state.run, endsAs: 'superseded' }, steps, log };
  });
}

function withSignals(state: RunState, request: Admitted, now: Date): RunState & { log: LogRow[] } {
  const { run } = state;
  const key = (signal: Signal) => `${signal.source} ${signal.sourceId}`;
  const newer = request.signals.filter(
    (signal) => !run.signals.some((old) => key(old) === key(signal) && old.version >= signal.version),
  );
  if (newer.length === 0) return { ...state, log: [] };
  const replaced = new Set(newer.map(key));
  const signals = [...run.signals.filter((old) => !replaced.has(key(old))), ...newer];
  const at = now.toISOString();
  const who = whoAsks(request);
  const log: LogRow[] = [{ at, who, what: 'alert joined the run', why: request.why }];
  let next: RunRow = {
    ...run,
    signals,
    intruder: withWeakStart(run, signals),
    ...startedBy(request.operator, run),
  };
  const onlyLooks = request.dryRun === true && !run.dryRun;
  if (request.held === null && run.endsAs === null && !onlyLooks) {
    if (next.state === 'held') {
      next = { ...released(next, request.level, now), ...limitsOf(request) };
      log.push({ at, who, what: `held run opened at level ${request.level}`, why: request.why });
    } else if (request.level === 'full' && next.level === 'contain') {
      // A closed run is opened again, so that the sweep watches its new work.
      next = { ...next, state: 'open', level: 'full', raisedBecause: request.why, ...limitsOf(request) };
      log.push({ at, who, what: 'run became full', why: request.why });
    } else if (next.only !== undefined && next.level === 'contain') {
      // A person chose less, given what was known then.
      next = { ...next, state: 'open', only: undefined };
      log.push({ at, who, what: 'what was left out at level contain is done', why: request.why });
    }
  }
  return { run: next, steps: lookedAtAgain(next, state.steps, newer), log };
}

/** A step may have to remove what was done since its last look, so it doesn't wait for the later checks. */
function lookedAtAgain(run: RunRow, steps: readonly StepRow[], newer: readonly Signal[]): readonly StepRow[] {
  if (run.state !== 'open' || run.endsAs !== null || run.dryRun) return steps;
  const last = Math.max(...newer.map((signal) => Date.parse(lastActivity(signal) ?? '') || 0));
  return steps.map((row) => (Date.parse(row.lookedAt ?? '') < last ? lookAgain(row) : row));
}

/** An alert that names no activity was detected after the activity. */
const lastActivity = ({ lastActivityAt, activityAt, detectedAt }: Signal) =>
  lastActivityAt ?? activityAt ?? detectedAt;

/** The operator who starts a run on an administrator may not also make the pass at its end. */
export const startedBy = (
  operator: string | undefined,
  { startedBy: before = [] }: Pick<RunRow, 'startedBy'> = {},
): Pick<RunRow, 'startedBy'> =>
  operator === undefined ? {} : { startedBy: [...new Set([...before, operator])] };

/** Only while nothing better is known than what the alerts themselves say. */
function withWeakStart({ intruder, signals: old }: RunRow, signals: readonly Signal[]): Intruder {
  return isDeepStrictEqual(intruder, weakStart(old)) ? weakStart(signals) : intruder;
}

/** What the breaker says about the run from now on. */
const limitsOf = ({ admission }: Admitted): Pick<RunRow, 'limitedBecause' | 'toldInList'> => ({
  limitedBecause: admission?.limited ?? undefined,
  toldInList: admission?.listed === true ? true : undefined,
});

/** Without I, L, O and U, so that a code survives being read out over a phone. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

function newRun(request: OpenRequest, standing: RunRow | undefined, now: Date, random: () => number): RunRow {
  const code = Array.from({ length: 4 }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
  const stamp = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return {
    id: `${request.account.id}.${stamp}-${code}`,
    code,
    account: request.account,
    signals: [...request.signals],
    why: request.why,
    intruder: weakStart(request.signals),
    level: request.level,
    raisedBecause: null,
    state: request.held === null ? 'open' : 'held',
    heldBecause: request.held,
    dryRun: request.dryRun ?? false,
    ...followedBy(request, standing),
    openedAt: now.toISOString(),
    containedAt: null,
    finishedAt: null,
    checks: 0,
    endsAs: null,
    summary: {
      state: 'none',
      turn: 0,
      verdict: null,
      until: null,
      queuedAt: null,
      claimedAt: null,
      sentAt: null,
      attempt: 0,
    },
    wakeAt: null,
  };
}

/** A rehearsal takes over the claim, but not the place of the real run. */
function followedBy({ dryRun }: OpenRequest, standing: RunRow | undefined): Pick<RunRow, 'follows'> {
  const follows = standing?.dryRun === true ? standing.follows : standing?.id;
  return dryRun === true && follows !== undefined ? { follows } : {};
}

function newStep(step: Step, request: OpenRequest, raw: unknown, now: Date): StepRow {
  const mode = step.mode(raw);
  const outcome = atOnce(step, mode, raw, request);
  return {
    name: step.name,
    ...(step.part === undefined ? {} : { part: step.part }),
    stage: step.stage,
    kind: step.kind,
    mode,
    aim: 'fix',
    state: outcome === null ? 'waiting' : 'settled',
    acts: false,
    turn: 0,
    attempt: 0,
    until: null,
    delivery: 0,
    memo: null,
    outcome,
    changes: [],
    tasks: [],
    kept: [],
    attachments: [],
    lastError: null,
    queuedAt: null,
    startedAt: null,
    lookedAt: null,
    seen: {},
    settledAt: outcome === null ? null : now.toISOString(),
  };
}

/** The outcome of a step that is settled before anything runs. */
function atOnce(step: Step, mode: Mode, raw: unknown, request: OpenRequest): Outcome | null {
  if (mode === 'off') return { is: 'off' };
  const applies = step.appliesTo(request.account);
  if (applies !== true) return { is: 'skipped', reason: applies };
  const onlyLooks = request.dryRun || mode === 'report';
  if (onlyLooks && step.kind === 'investigation' && step.leaves !== null && !step.evenInDryRun(raw)) {
    return { is: 'skipped', reason: `would leave a trace: ${step.leaves}` };
  }
  return null;
}

/**
 * A run that is held or open takes every signal, unless it is being undone or handed back. A run that is over takes
 * signals about activity before its lock: late detections, and the echo of what this app itself did. Anything the
 * intruder did after that is a new case. A dry run takes nothing that is to be acted on.
 */
function belongsTo(
  run: RunRow,
  { signals, dryRun = false }: Pick<OpenRequest, 'signals' | 'dryRun'>,
): boolean {
  if (run.dryRun && !dryRun) return false;
  if (run.state === 'held' || (run.state === 'open' && run.endsAs === null)) return true;
  // The run that was to replace it died before it could, so nobody has acted on the alert yet.
  if (run.endsAs === 'superseded') return false;
  if (signals.some((signal) => signal.source === 'operator')) return false;
  // If a person ended the run before the lock, nothing was looked at until then.
  const lock = run.containedAt ?? (run.endsAs === null ? run.finishedAt : null) ?? run.openedAt;
  return signals.every((signal) => {
    const known = run.signals.find((old) => old.source === signal.source && old.sourceId === signal.sourceId);
    // The same alert again. One that has grown since may report new activity, and then it is a new case.
    if (known !== undefined && known.version >= signal.version) return true;
    const at = lastActivity(signal);
    return at === null ? known !== undefined : Date.parse(at) <= Date.parse(lock);
  });
}

/** The id of the run that holds the account and has not ended. */
export async function runUnderWay(
  progress: Pick<Progress, 'claimOf' | 'read'>,
  userId: string,
): Promise<string | undefined> {
  const claim = await progress.claimOf(userId);
  const run = claim && (await progress.read(runRef(claim.runId)))?.run.row;
  return run !== undefined && (run.state === 'held' || run.state === 'open') ? run.id : undefined;
}

/** The run behind the claim. Unless `dryToo`, a dry run is skipped in favour of the last real run, if there is one. */
export async function standingRun(
  progress: Pick<Progress, 'read'>,
  claim: Claim,
  dryToo: boolean,
): Promise<RunRow | undefined> {
  const run = (await progress.read(runRef(claim.runId)))?.run.row;
  if (run === undefined || dryToo || !run.dryRun) return run;
  return run.follows === undefined ? undefined : (await progress.read(runRef(run.follows)))?.run.row;
}
