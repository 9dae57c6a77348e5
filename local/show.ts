// What happened, in lines for people who watch. Pure; strangers write the names in it.
import { styleText } from 'node:util';
import { oneLine } from '../shared/mail/plain.ts';
import type { StepRow } from '../shared/model/rows.ts';
import { identity, verificationOf } from '../shared/run/changes.ts';
import type { RunRows } from '../shared/run/progress.ts';
import { verdictOf, verdictText } from '../shared/run/verdict.ts';
import type { Look } from './later.ts';
import type { StepChange } from './live.ts';

/** Text of several lines without control sequences for a terminal. */
export const inert = (text: string): string => text.replace(/(?![\n\t])[\p{Cc}\p{Cf}]/gu, ' ');

/** A step that settled, or that has to be tried again; with `all` every change of its state. undefined for the rest. */
export function shown({ step, before }: StepChange, all: boolean): string | undefined {
  const tried = step.state === 'waiting' && step.attempt > 0;
  // A step that was settled from the start did no work.
  const settled = step.state === 'settled' && before !== undefined;
  if (!all && !tried && !settled) return undefined;
  return `${step.name.padEnd(26)}${coloured(step)}${oneLine(detail(step))}`;
}

function coloured(step: StepRow): string {
  if (step.state !== 'settled' || step.outcome === null) return step.state;
  const { is } = step.outcome;
  if (is === 'done') return styleText('green', is);
  return is === 'failed' || is === 'needs-human' ? styleText('red', is) : is;
}

function detail(step: StepRow): string {
  if (step.state === 'waiting' && step.lastError !== null)
    return `, tried again at ${step.until?.slice(11, 19)}: ${step.lastError.message}`;
  if (step.state !== 'settled') return '';
  const { outcome } = step;
  if (outcome?.is === 'failed') return `: ${outcome.error.message}`;
  if (outcome?.is === 'skipped') return `: ${outcome.reason}`;
  if (outcome?.is === 'needs-human') return `, waits for ${outcome.waitsFor.join(', ')}`;
  const changes = step.changes.map((change) =>
    change.attemptedAt === null ? change.what : `${change.what} (${verificationOf(change)})`,
  );
  return changes.length === 0 ? '' : `: ${changes.join('; ')}`;
}

/** What changed with a later look, one line each; none if nothing did. */
export function lookLines({ before, after }: Pick<Look, 'before' | 'after'>): string[] {
  return after.flatMap((rows) => {
    const old = before.find(({ run }) => run.row.id === rows.run.row.id);
    return old === undefined
      ? [`${nameOf(rows)} is a new run: ${oneLine(rows.run.row.why)}`]
      : changed(old, rows);
  });
}

const nameOf = ({ run }: RunRows) => `${run.row.code} (${oneLine(run.row.account.userPrincipalName)})`;

function changed(old: RunRows, rows: RunRows): string[] {
  const lines: string[] = [];
  for (const { row: step } of rows.steps) {
    const was = old.steps.find(({ row }) => row.name === step.name)?.row;
    if (was === undefined) continue;
    lines.push(...stepLines(was, step).map((line) => `${step.name.padEnd(26)}${oneLine(line)}`));
  }
  const [oldVerdict, verdict] = [verdictIn(old), verdictIn(rows)];
  if (old.run.row.level !== rows.run.row.level) lines.push(`the run is ${rows.run.row.level} now`);
  if (oldVerdict !== verdict) lines.push(`${oldVerdict} → ${verdict}`);
  return lines;
}

function stepLines(was: StepRow, step: StepRow): string[] {
  const lines: string[] = [];
  if (was.outcome?.is !== step.outcome?.is) {
    lines.push(`${was.outcome?.is ?? was.state} → ${step.outcome?.is ?? step.state}`);
  }
  const known = new Map(was.changes.map((change) => [identity(change), change]));
  for (const change of step.changes) {
    const before = known.get(identity(change));
    const now = change.attemptedAt === null ? 'only reported' : verificationOf(change);
    if (before === undefined) lines.push(`found: ${change.what} (${now})`);
    else if (change.returned > before.returned) lines.push(`came back: ${change.what} (${now})`);
    else if (before.attemptedAt === null && change.attemptedAt !== null)
      lines.push(`${change.what} (${now})`);
  }
  const open = (row: StepRow) => row.tasks.filter(({ doneAt }) => doneAt === null);
  const ids = new Set(open(was).map(({ id }) => id));
  lines.push(...open(step).flatMap(({ id, what }) => (ids.has(id) ? [] : [`for a person: ${what}`])));
  const still = new Set(open(step).map(({ id }) => id));
  lines.push(...open(was).flatMap(({ id, what }) => (still.has(id) ? [] : [`asked no more: ${what}`])));
  return lines;
}

const verdictIn = ({ run, steps }: RunRows) => {
  const rows = steps.map(({ row }) => row);
  return verdictText(verdictOf(run.row, rows));
};
