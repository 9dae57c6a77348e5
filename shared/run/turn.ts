// The turns of a step: each message that must count is a turn of its own, and a turn whose worker or message is lost is
// followed by another. Pure.

import type { RunRow, StepRow } from '../model/rows.ts';
import { type Outgoing, stepQueue } from './bus.ts';
import { timing } from './timing.ts';

const later = (now: Date, seconds: number) => new Date(now.getTime() + seconds * 1000).toISOString();

export function message(run: RunRow, row: StepRow, now: Date): Outgoing {
  const due = Date.parse(row.until ?? '') - timing.graceSeconds * 1000;
  return {
    queue: stepQueue(row.name),
    id: `${run.id}:${row.name}:${row.turn}`,
    body: { run: run.id, step: row.name, turn: row.turn },
    ...(due > now.getTime() ? { at: new Date(due) } : {}),
  };
}

export const isPast = (until: string | null, now: Date) =>
  until !== null && Date.parse(until) <= now.getTime();

export function queue(row: StepRow, now: Date, notBefore: string | null): StepRow {
  const due = notBefore !== null && Date.parse(notBefore) > now.getTime() ? new Date(notBefore) : now;
  return {
    ...row,
    state: 'queued',
    turn: row.turn + 1,
    until: later(due, timing.graceSeconds),
    queuedAt: now.toISOString(),
  };
}

/** The worker died without a word. */
export function afterLostWorker(row: StepRow, now: Date): StepRow {
  const attempt = row.attempt + 1;
  if (attempt < timing.mostAttempts) return queue({ ...row, attempt }, now, null);
  const error = {
    message: `${row.name} was started ${attempt} times and never answered`,
    status: null,
    code: null,
    requestId: null,
  };
  const outcome = row.aim === 'check' ? row.outcome : { is: 'failed' as const, error };
  return {
    ...row,
    state: 'settled',
    attempt,
    until: null,
    outcome,
    lastError: error,
    settledAt: now.toISOString(),
  };
}
