// Judges one signal of one account: policy, account, caps, rails, run. Also used for signals that came by no queue, such as
// an operator's.

import { PermanentError } from '../errors.ts';
import type { Account } from '../model/account.ts';
import type { GraphReader } from '../model/clients.ts';
import { noTraces, type Signal, timeOf } from '../model/signal.ts';
import type { Opened, OpenRequest } from '../run/open-run.ts';
import type { Decision, Decisions } from './decisions.ts';
import { isShownTwice, kindOf } from './detectors.ts';
import type { IntruderPlace, LastRun } from './earlier-runs.ts';
import { heard } from './echo.ts';
import { type Known, learn } from './facts.ts';
import { closed, decide, limit, nameOf, type Policy, type Ruling, unconfirmed } from './policy.ts';
import { capsOf, type NamedAccounts, putOnRails } from './rails.ts';
import { answeredSince, readRiskyUser } from './risky-user.ts';

export interface JudgeDeps {
  graph: GraphReader;
  settings: NamedAccounts & { TENANT_ID: string; DRY_RUN: boolean };
  policy: Policy;
  /** Applies the DETECTORS setting; left out: there is none. */
  classify?(signal: Signal): Signal;
  /** Reads and classifies the account. Throws PermanentError with status 404 if it was deleted. */
  readAccount(id: string, now: Date, likelyName?: string | null): Promise<Account>;
  lastRun(userId: string): Promise<LastRun | undefined>;
  /** Where intruders came from, according to runs opened since then. */
  intruders?(since: Date): Promise<readonly IntruderPlace[]>;
  /** Why only a person may change the account, beyond the settings' list; left out: no reason. */
  protection?(userId: string): Promise<(account: Account) => string | null>;
  /** Opens a run, or adds the signal to the run that holds the account. */
  openRun(request: OpenRequest): Promise<Opened>;
  decisions: Decisions;
  now(): Date;
}

/** How a signal ended; whatever is left out is empty in the record. */
export type Judged = Pick<Decision, 'action' | 'row' | 'why'> &
  Partial<Pick<Decision, 'runId' | 'joined' | 'raised' | 'userPrincipalName'>>;

/** `doubt` says why Graph could not confirm the signal; null when it did. Throws RetryableError when busy. */
export async function judge(deps: JudgeDeps, given: Signal, doubt: string | null): Promise<Judged> {
  const { userId } = given;
  if (userId === null) return { action: 'none', row: 'left-alone', why: `${nameOf(given)} names no user` };
  const news = await heard(given, () => deps.lastRun(userId));
  if (news.is === 'echo') {
    return { action: 'join', row: 'echo', why: news.why, runId: news.runId, joined: true };
  }
  const { signal } = news;
  const ruled = await rule(deps, signal, userId, doubt);
  if (ruled.ruling.action === 'none') return { action: 'none', row: ruled.ruling.row, why: ruled.ruling.why };

  const [account, protectedBecause] = await Promise.all([
    existing(deps, userId, signal),
    deps.protection?.(userId),
  ]);
  if (account === undefined) {
    return {
      action: 'none',
      row: 'no-account',
      why: `${nameOf(signal)}: user ${userId} does not exist (any more)`,
    };
  }
  const { userPrincipalName } = account;
  const { settings, policy } = deps;
  const limited = limit(ruled.ruling, capsOf(account, settings), policy);
  const railed = putOnRails(
    { account, named: settings, protectedBecause: protectedBecause?.(account) ?? null },
    limited,
  );
  const { action, row, why } = railed;
  if (railed.action === 'none') return { action, row, why, userPrincipalName };
  const { run, joined, raised, admission } = await deps.openRun({
    account,
    signals: ruled.signals,
    level: railed.level,
    held: railed.action === 'hold' ? why : null,
    why,
    ...(settings.DRY_RUN ? { dryRun: true } : {}),
  });
  const said = { userPrincipalName, runId: run.id, joined, raised };
  if (admission === undefined || railed.action === 'hold') return { action, row, why, ...said };
  if (admission.held !== null)
    return { action: 'hold', row: 'breaker', why: `${admission.held}; ${why}`, ...said };
  if (admission.level === action) return { action, row, why, ...said };
  return { action: admission.level, row: 'breaker', why: `${why}; ${admission.limited ?? ''}`, ...said };
}

async function existing(
  { readAccount, now }: JudgeDeps,
  userId: string,
  signal: Signal,
): Promise<Account | undefined> {
  try {
    return await readAccount(userId, now(), signal.userPrincipalName);
  } catch (error) {
    if (error instanceof PermanentError && error.status === 404) return undefined;
    throw error;
  }
}

interface Said {
  ruling: Ruling;
  /** What goes into the run. */
  signals: readonly Signal[];
}

async function rule(deps: JudgeDeps, signal: Signal, userId: string, doubt: string | null): Promise<Said> {
  if (doubt === null || !signal.standing) {
    return { ruling: await unlessAnswered(deps, signal, settled(deps, signal, userId)), signals: [signal] };
  }
  const claimed = asClaim(signal);
  // The event alone is not trusted, but Graph's own view of the account is.
  const risky = await readRiskyUser(deps.graph, userId);
  if (risky?.standing && risky.level === 'high') {
    return { ruling: await settled(deps, risky, userId), signals: [claimed, risky] };
  }
  // If even the event calls it harmless, nobody is disturbed; believing that opens no run.
  if (harmless.has(signal.level) && kindOf(signal) === undefined) {
    return { ruling: await settled(deps, signal, userId), signals: [claimed] };
  }
  return { ruling: unconfirmed(signal, doubt), signals: [claimed] };
}

/** The state of the risk comes before the rows: a risk that its owner has remediated is over. */
async function unlessAnswered(deps: JudgeDeps, signal: Signal, ruled: Promise<Ruling>): Promise<Ruling> {
  const ruling = await ruled;
  if (ruling.action === 'none' || !isShownTwice(signal) || signal.confirmedByPerson) return ruling;
  const because = await answeredSince(deps.graph, signal);
  return because === undefined ? ruling : closed(signal, `by its owner or an administrator: ${because}`);
}

const harmless = new Set<string>(['low', 'informational']);

/**
 * Without anything that would count as the intruder's: a forged event could name what is the owner's. Its version is older
 * than any other, so the same alert counts as new once it is confirmed.
 */
const asClaim = (signal: Signal): Signal => ({
  ...signal,
  version: '',
  ...noTraces,
});

/** Reads the facts the policy asks for, one at a time, until it can decide. */
async function settled(deps: JudgeDeps, signal: Signal, userId: string): Promise<Ruling> {
  const around = timeOf(signal) ?? deps.now().toISOString();
  let known: Known = {};
  let busy: Error | undefined;
  for (;;) {
    const answer = decide(signal, known, deps.policy);
    if (!('needs' in answer)) {
      // A lock doesn't wait for a throttled log, but a decision to do little does.
      if (busy !== undefined && (answer.action === 'none' || answer.action === 'hold')) throw busy;
      return answer;
    }
    const learned = await learn(deps, answer.needs, userId, around, known);
    const { classify } = deps;
    const { detections } = learned.known;
    known = { ...learned.known, ...(classify && detections && { detections: detections.map(classify) }) };
    busy = learned.busy ?? busy;
  }
}
