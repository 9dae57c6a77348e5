// Whether the account is locked, as far as the record shows, and until when the intruder may still be in. What was not
// checked is not claimed.

import type { Line, Section } from '../mail/letter.ts';
import { clause, clock, clockAfter, later } from '../mail/plain.ts';
import type { RunRow, StepRow } from '../model/rows.ts';
import type { Part } from '../model/words.ts';
import { isLeftOut } from '../run/mode.ts';
import type { Verdict } from '../run/verdict.ts';
import { standingOf } from './change-state.ts';
import { type Given, timeOf } from './given.ts';

export type Lock =
  | { is: 'blocked'; at: string; checkedAt: string | null }
  /** Somebody else had blocked it before this run looked. */
  | { is: 'found'; at: string | null }
  | { is: 'lifted'; at: string }
  | { is: 'open'; because: string }
  | { is: 'unknown' };

/** What each part of a summary would otherwise work out again. */
export interface Case extends Given {
  verdict: Verdict;
  lock: Lock;
}

type Rows = Pick<Given, 'run' | 'steps'>;

const rowOf = ({ steps }: Rows, part: Part) => steps.find((row) => row.part === part);

export function lockOf(rows: Rows): Lock {
  const row = rowOf(rows, 'lock');
  const change = row?.changes.at(-1);
  if (row === undefined) return { is: 'open', because: 'no step of this app blocks it' };
  if (change === undefined) return withoutChange(row);
  switch (standingOf(change, row.aim)) {
    case 'undone':
      return { is: 'lifted', at: change.undoneAt ?? '' };
    case 'failed':
      return { is: 'open', because: 'the step failed' };
    case 'found':
      return { is: 'open', because: notDone(row, rows.run) };
    case 'no-effect':
      return { is: 'open', because: 'it was blocked, and is still allowed' };
    case 'back':
      return { is: 'open', because: 'somebody allows it again' };
    case 'unknown':
      return { is: 'unknown' };
    case 'not-put-back':
    case 'unverified':
    case 'removed-again':
    case 'verified':
      return { is: 'blocked', at: change.fixedAt ?? row.settledAt ?? '', checkedAt: change.goneAt };
  }
}

const notDone = (row: StepRow, run: RunRow) =>
  run.dryRun
    ? 'this run only looks'
    : isLeftOut(run, row)
      ? 'whoever approved the run chose to go without'
      : row.mode === 'report'
        ? 'the step is set to report only'
        : 'not done yet';

function withoutChange(row: StepRow): Lock {
  const { outcome } = row;
  switch (outcome?.is) {
    case 'unchanged':
    case 'done':
      return { is: 'found', at: row.lookedAt };
    case 'off':
      return { is: 'open', because: 'that step is switched off' };
    case 'skipped':
      return { is: 'open', because: clause(outcome.reason, 200) };
    case 'needs-human':
      return { is: 'open', because: 'it waits for a person' };
    case 'failed':
      return { is: 'open', because: 'the step failed' };
    case 'reported':
      return { is: 'unknown' };
    case 'undone':
    case undefined:
      return { is: 'open', because: 'not done yet' };
  }
}

/** Words that follow the account's name. */
export function lockPhrase(given: Case): string {
  const { lock } = given;
  const { guest } = given.run.account;
  switch (lock.is) {
    case 'blocked': {
      const shut = guest ? 'has been shut out of this tenant' : 'has been locked';
      return `${shut} since ${timeOf(given, lock.at)}${lock.checkedAt === null ? ' (sign-in blocked, NOT checked yet)' : ''}.`;
    }
    case 'found':
      return `${guest ? 'is shut out of this tenant' : 'is locked'}: sign-in was blocked before this run looked.`;
    case 'lifted':
      return 'may sign in again.';
    case 'open':
      return `is NOT locked: ${lock.because}.`;
    case 'unknown':
      return 'may or may not be locked: whether sign-in is blocked is not known.';
  }
}

/**
 * An access token lives 60 to 90 minutes if the service does not evaluate access continuously
 * (https://learn.microsoft.com/entra/identity-platform/configurable-token-lifetimes).
 */
const tokenMinutes = 90;

const latest = (row: StepRow | undefined) =>
  row?.changes
    .flatMap(({ fixedAt, goneAt }) => (fixedAt === null ? [] : [{ fixedAt, goneAt }]))
    .toSorted((a, b) => (a.fixedAt < b.fixedAt ? -1 : 1))
    .at(-1);

/**
 * When the intruder may have been issued the last token, or null while they can still get more. If the lock is switched
 * off by choice, a new password and revoked sessions make up for it; if the lock failed, they don't.
 */
function lastTokenAt(rows: Case): string | null {
  const { lock } = rows;
  if (lock.is === 'blocked') return lock.at;
  if (lock.is === 'found') return lock.at ?? rows.run.openedAt;
  if (rowOf(rows, 'lock')?.outcome?.is !== 'off') return null;
  const revoked = latest(rowOf(rows, 'sessions'))?.fixedAt;
  const reset = latest(rowOf(rows, 'password'))?.fixedAt;
  if (revoked === undefined || reset === undefined) return null;
  return [revoked, reset].toSorted().at(-1) ?? null;
}

export function exposure(given: Case): Line[] {
  const { run, now } = given;
  if (run.state === 'held' || run.dryRun || run.endsAs !== null) return [];
  const last = lastTokenAt(given);
  if (last === null) return [{ text: 'The intruder may still sign in: nothing blocks it' }];
  const until = later(last, tokenMinutes);
  if (until === null || until <= now.toISOString()) return [];
  return [
    {
      text: `Access tokens from before the lock may work until about ${timeOf(given, until)}; applications outside Microsoft 365 keep sessions of their own`,
    },
  ];
}

export function locked(given: Case): Section {
  const { run, lock } = given;
  const lines: Line[] = [];
  if (lock.is === 'blocked') {
    lines.push({ text: `Sign-in blocked ${clock(lock.at)}, ${checkedAt(lock.at, lock.checkedAt)}` });
  }
  if (lock.is === 'found') lines.push({ text: 'Sign-in was blocked already, by another hand' });
  if (lock.is === 'lifted') lines.push({ text: `Sign-in allowed again ${clock(lock.at)}` });
  if (lock.is === 'open') {
    const text =
      run.endsAs === 'undone' ? 'Sign-in was never blocked' : `Sign-in is NOT blocked: ${lock.because}`;
    lines.push({ text });
  }
  if (lock.is === 'unknown') lines.push({ text: 'Whether sign-in is blocked is not known' });
  lines.push(...sessions(given));
  if (run.containedAt !== null) {
    const seconds = (Date.parse(run.containedAt) - Date.parse(run.openedAt)) / 1000;
    const after = Number.isNaN(seconds) ? '' : `, ${seconds.toFixed(1)} s after the run opened`;
    lines.push({ text: `Contained ${clock(run.containedAt)}${after}` });
  }
  return { title: 'Locked', lines: run.state === 'held' || run.dryRun ? [] : lines };
}

function sessions(given: Case): Line[] {
  const row = rowOf(given, 'sessions');
  if (row === undefined) return [];
  const last = latest(row);
  if (last !== undefined)
    return [{ text: `Sessions revoked ${clock(last.fixedAt)}, ${checkedAt(last.fixedAt, last.goneAt)}` }];
  if (row.outcome?.is === 'unchanged') return [{ text: 'Sessions were revoked already, by another hand' }];
  const why =
    row.outcome?.is === 'skipped' ? clause(row.outcome.reason, 200) : (row.outcome?.is ?? 'not done yet');
  return [{ text: `Sessions are NOT revoked: ${why}` }];
}

const checkedAt = (done: string, at: string | null) =>
  at === null ? 'NOT checked yet' : `checked ${clockAfter(done, at)}`;
