// When each step of a run was queued, began, ended and was confirmed, as far as its row tells. Pure. Only the first
// pass is drawn: a check hours later would squeeze everything else into one pixel.

import type { StepRow } from '../model/rows.ts';
import { type Given, titleOf } from '../summary/given.ts';

export interface Bar {
  title: string;
  queued: number;
  started: number;
  end: number;
  /** Earlier work that is known only from its changes: from the record to the check. */
  earlier: readonly (readonly [from: number, to: number])[];
  /** When its effect was checked. */
  verified: readonly number[];
  failed: boolean;
  /** The same in words. */
  said: string;
}

/** A later check begins a quarter of an hour after the end at the earliest. */
const firstPassMs = 10 * 60_000;

export function barsOf(given: Given): Bar[] {
  const opened = Date.parse(given.run.openedAt);
  return given.steps
    .flatMap((row) => barOf(given, row, opened))
    .toSorted((a, b) => firstOf(a) - firstOf(b) || a.end - b.end);
}

const firstOf = ({ queued, earlier }: Bar) => Math.min(queued, ...earlier.map(([from]) => from));

function barOf(given: Given, row: StepRow, opened: number): Bar[] {
  if (row.startedAt === null) return [];
  const did = row.changes.flatMap(({ recordedAt, fixedAt, goneAt }) => [recordedAt, fixedAt, goneAt]);
  const times = [row.queuedAt, row.startedAt, row.settledAt, ...did]
    .map((at) => (at === null ? Number.NaN : Date.parse(at)))
    .filter((at) => at >= opened && at <= opened + firstPassMs);
  if (times.length === 0) return [];
  const within = (at: string | null) =>
    at !== null && times.includes(Date.parse(at)) ? Date.parse(at) : undefined;
  const queued = within(row.queuedAt) ?? Math.min(...times);
  const started = within(row.startedAt) ?? queued;
  const running = row.state === 'running' ? Math.min(given.now.getTime(), opened + firstPassMs) : 0;
  const end = Math.max(started, running, ...times);
  const verified = row.changes.flatMap(({ goneAt }) => within(goneAt) ?? []);
  const earlier = row.changes.flatMap(({ recordedAt, fixedAt, goneAt }) => {
    const from = within(recordedAt);
    const to = within(goneAt) ?? within(fixedAt);
    return from === undefined || to === undefined || from >= started ? [] : [[from, to] as const];
  });
  const first = Math.min(queued, ...earlier.map(([from]) => from));
  const failed = row.outcome?.is === 'failed';
  const said = saidOf(row, first - opened, end - opened, verified.length > 0);
  return [{ title: titleOf(given, row.name), queued, started, end, earlier, verified, failed, said }];
}

function saidOf(row: StepRow, from: number, to: number, verified: boolean): string {
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  const ended = row.state === 'settled' ? (row.outcome?.is ?? 'ended') : row.state;
  return `${seconds(from)}–${seconds(to)} s, ${ended}${verified ? ', checked' : ''}`;
}
