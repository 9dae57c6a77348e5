// The turns of a step: each message that must count is a turn of its own, and a turn whose worker or message is lost is
// followed by another. Pure.

import type { RunRow, StepRow, TaskRecord } from '../model/rows.ts';
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
    unknownSince: undefined,
    turn: row.turn + 1,
    until: later(due, timing.graceSeconds),
    queuedAt: now.toISOString(),
  };
}

/**
 * No step of this name is in the playbook: an upgrade removed or renamed it. Another version may still be running and
 * know it; after that, a person does what it would have done. Nothing waits for it any longer.
 */
export function withoutOrder(row: StepRow, now: Date): StepRow {
  if (row.state === 'settled') return row;
  if (row.unknownSince === undefined) return { ...row, unknownSince: now.toISOString() };
  if (!isPast(handedOverAt(row), now)) return row;
  const id = 'step-is-gone';
  const task: TaskRecord = {
    id,
    what: `${row.name} is not part of this version of Reclaim, so it was not ${row.aim === 'undo' ? 'undone' : 'done'}`,
    instruction:
      'Do by hand what it would have done, or deploy the version that has it and retry it there. Then tick this off.',
    link: 'https://entra.microsoft.com',
    essential: true,
    doneAt: null,
  };
  return {
    ...row,
    state: 'settled',
    until: null,
    tasks: [...row.tasks.filter((old) => old.id !== id), task],
    outcome: { is: 'needs-human', waitsFor: [id] },
    settledAt: now.toISOString(),
  };
}

/** When a row that no step answers for is left to a person: other versions and live workers come first. */
export const handedOverAt = ({ unknownSince, until, state }: StepRow): string | null => {
  if (unknownSince === undefined) return null;
  const patience = later(new Date(unknownSince), timing.otherVersionMinutes * 60);
  return state === 'running' && until !== null && until > patience ? until : patience;
};

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
