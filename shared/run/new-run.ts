// The rows of a run as they are before anything was done. Pure.
import { weakStart } from '../intruder/weak-start.ts';
import type { Outcome, RunRow, StepRow } from '../model/rows.ts';
import type { Mode, Step } from '../model/step.ts';
import type { OpenRequest } from './open-run.ts';

/** Without I, L, O and U, so that a code survives being read out over a telephone. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export function newRun(
  request: OpenRequest,
  standing: RunRow | undefined,
  now: Date,
  random: () => number,
): RunRow {
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

/** A rehearsal takes the claim, not the place of the run in earnest. */
function followedBy({ dryRun }: OpenRequest, standing: RunRow | undefined): Pick<RunRow, 'follows'> {
  const follows = standing?.dryRun === true ? standing.follows : standing?.id;
  return dryRun === true && follows !== undefined ? { follows } : {};
}

export function newStep(step: Step, request: OpenRequest, raw: unknown, now: Date): StepRow {
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

/** What is settled before anything runs. */
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
