// Opens one run for an account, or brings the signal to the run that already holds it: never two at once.
import type { Signal } from '../alerts/signal.ts';
import { RetryableError } from '../errors.ts';
import type { Account } from '../microsoft365/account.ts';
import { nobodyKnown } from '../microsoft365/intruder.ts';
import { advance } from './advance.ts';
import type { Engine } from './engine.ts';
import { plan, type RunState } from './plan.ts';
import { runRef } from './progress.ts';
import type { Level, LogRow, Outcome, RunRow, StepRow } from './rows.ts';
import type { Step } from './step.ts';

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
}

export interface Opened {
  run: RunRow;
  /** The account had a run that this signal belongs to. */
  joined: boolean;
  /** That run may now go further than before. */
  raised: boolean;
}

type Opener = Pick<Engine, 'progress' | 'bus' | 'playbook' | 'stepSettings' | 'now' | 'random'>;

/** Losing the race for an account this often means that something is wrong with the storage. */
const mostRounds = 10;

export async function openRun(engine: Opener, request: OpenRequest): Promise<Opened> {
  for (let round = 0; round < mostRounds; round += 1) {
    const claim = await engine.progress.claimOf(request.account.id);
    if (claim !== undefined) {
      const joined = await join(engine, claim.runId, request);
      if (joined !== undefined) return joined;
    }
    const now = engine.now();
    const run = newRun(request, now, engine.random);
    const steps = engine.playbook.map((step) => newStep(step, request, engine.stepSettings[step.name], now));
    const planned = plan(engine.playbook, { run, steps }, now);
    const log: LogRow = {
      at: now.toISOString(),
      who: whoAsks(request),
      what: opening(planned.run),
      why: request.why,
    };
    const opened = await engine.progress.open(planned.run, planned.steps, claim, [log]);
    if (opened === 'taken') continue;
    await engine.bus.send(planned.send);
    return { run: opened.run.row, joined: false, raised: false };
  }
  throw new RetryableError(`account ${request.account.id} was taken by others ${mostRounds} times in a row`);
}

const whoAsks = ({ who = 'policy' }: OpenRequest) => who;

const opening = (run: RunRow) => (run.state === 'held' ? 'run held' : `run opened at level ${run.level}`);

async function join(engine: Opener, runId: string, request: OpenRequest): Promise<Opened | undefined> {
  let raised = false;
  let joins = false;
  const rows = await advance(engine, runRef(runId), (state) => {
    joins = belongsTo(state.run, request);
    if (!joins) return undefined;
    const next = withSignals(state, request, engine.now());
    raised = next.run.level !== state.run.level || next.run.state !== state.run.state;
    return next;
  });
  if (rows === 'gone' || rows === 'lost' || !joins) return undefined;
  return { run: rows.run.row, joined: true, raised };
}

/**
 * A run that is held or open takes every signal. One that is over takes those whose activity lies before its lock:
 * late detections and the echo of what this app did itself. Anything the intruder did after it is a new case. A dry run
 * takes nothing that is to be acted on.
 */
export function belongsTo(
  run: RunRow,
  { signals, dryRun = false }: Pick<OpenRequest, 'signals' | 'dryRun'>,
): boolean {
  if (run.dryRun && !dryRun) return false;
  if (run.state === 'held' || run.state === 'open') return true;
  if (signals.some((signal) => signal.source === 'operator')) return false;
  const lock = run.containedAt ?? run.finishedAt ?? run.openedAt;
  return signals.every((signal) => {
    const known = run.signals.find((old) => old.source === signal.source && old.sourceId === signal.sourceId);
    // The same alert again. One that has grown since may tell of a new activity, and then it is a new case.
    if (known !== undefined && known.version >= signal.version) return true;
    const at = signal.lastActivityAt ?? signal.activityAt ?? signal.detectedAt;
    return at === null ? known !== undefined : Date.parse(at) <= Date.parse(lock);
  });
}

function withSignals(state: RunState, request: OpenRequest, now: Date): RunState & { log: LogRow[] } {
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
  let next: RunRow = { ...run, signals };
  const onlyLooks = request.dryRun === true && !run.dryRun;
  if (request.held === null && run.endsAs === null && !onlyLooks) {
    if (next.state === 'held') {
      next = { ...next, state: 'open', heldBecause: null, level: request.level };
      log.push({ at, who, what: `held run opened at level ${request.level}`, why: request.why });
    } else if (request.level === 'full' && next.level === 'contain') {
      next = { ...next, level: 'full', raisedBecause: request.why };
      log.push({ at, who, what: 'run became full', why: request.why });
    }
  }
  return { run: next, steps: state.steps, log };
}

/** Without I, L, O and U, so that a code survives being read out over a telephone. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

function newRun(request: OpenRequest, now: Date, random: () => number): RunRow {
  const code = Array.from({ length: 4 }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
  const stamp = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return {
    id: `${request.account.id}.${stamp}-${code}`,
    code,
    account: request.account,
    signals: [...request.signals],
    why: request.why,
    intruder: nobodyKnown,
    level: request.level,
    raisedBecause: null,
    state: request.held === null ? 'open' : 'held',
    heldBecause: request.held,
    dryRun: request.dryRun ?? false,
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

function newStep(step: Step, request: OpenRequest, raw: unknown, now: Date): StepRow {
  const mode = step.mode(raw);
  const outcome = atOnce(step, mode === 'off', request);
  return {
    name: step.name,
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

/** What is settled before anything runs. */
function atOnce(step: Step, off: boolean, request: OpenRequest): Outcome | null {
  if (off) return { is: 'off' };
  const applies = step.appliesTo(request.account);
  if (applies !== true) return { is: 'skipped', reason: applies };
  if (request.dryRun && step.kind === 'investigation' && step.leaves !== null) {
    return { is: 'skipped', reason: `would leave a trace: ${step.leaves}` };
  }
  return null;
}
