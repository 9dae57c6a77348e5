// After an account was handed back, the run looks only for what had been the intruder's, and changes nothing: what the
// owner sets up is theirs, and what comes back is left to a person. Pure.

import { auditSearchPage } from '../microsoft365/links.ts';
import type { ChangeRecord, RunRow, RunState, StepRow, TaskRecord } from '../model/rows.ts';
import type { Found } from '../model/step.ts';
import { identity } from './changes.ts';
import { isHandedBack, isHandingBack } from './hand-back.ts';
import { timing } from './timing.ts';

const isWatched = (run: RunRow) => isHandingBack(run) && isHandedBack(run);

/** Tied to the intruder, removed by the run, and not given back. */
const wasIntruders = ({ evidence, fixedAt, undoneAt }: ChangeRecord) =>
  evidence !== null && fixedAt !== null && undoneAt === null;

/** When to look next (ISO 8601), or null if there are no more looks. */
export function nextWatch({ run, steps }: RunState): string | null {
  const { handBack } = run;
  const minutes = timing.watchMinutes[handBack?.watches ?? 0];
  if (!isWatched(run) || handBack?.doneAt == null || minutes === undefined) return null;
  if (!steps.some(({ changes }) => changes.some(wasIntruders))) return null;
  return new Date(Date.parse(handBack.doneAt) + minutes * 60_000).toISOString();
}

/** The look itself, once its time has come. */
export function startWatch(state: RunState, now: Date): RunState | undefined {
  const { run, steps } = state;
  const { handBack } = run;
  const due = nextWatch(state);
  if (handBack === undefined || due === null || due > now.toISOString()) return undefined;
  const looks = (row: StepRow) =>
    row.stage === 'evict' && row.state === 'settled' && row.aim !== 'undo' && row.changes.some(wasIntruders);
  return {
    run: { ...run, handBack: { ...handBack, watches: handBack.watches + 1 } },
    steps: steps.map(
      (row): StepRow =>
        looks(row) ? { ...row, state: 'waiting', aim: 'check', attempt: 0, until: null } : row,
    ),
  };
}

/** What a look that may change nothing makes of the row. */
export function watched(row: StepRow, found: Found, now: Date): StepRow {
  const seen = new Set(found.changes.map(identity));
  const isBack = (record: ChangeRecord) =>
    wasIntruders(record) && record.goneAt !== null && seen.has(identity(record));
  const back = row.changes.filter(isBack);
  if (back.length === 0) return { ...row, state: 'settled' };
  const tasks = back.map(cameBack);
  return {
    ...row,
    changes: row.changes.map((record) =>
      isBack(record) ? { ...record, returned: record.returned + 1, goneAt: null } : record,
    ),
    tasks: [...row.tasks, ...tasks],
    outcome: { is: 'needs-human', waitsFor: tasks.map(({ id }) => id) },
    settledAt: now.toISOString(),
  };
}

const cameBack = ({ id, what }: ChangeRecord): TaskRecord => ({
  id: `back-again:${id}`,
  what: `Ask the owner, by phone, whether this is theirs now: ${what}`,
  instruction:
    "It was the intruder's, was removed, and is there again after the account was handed back. If it is not the owner's, open a new run for the account.",
  link: auditSearchPage(),
  role: 'Audit Reader in Purview',
  danger: 'leak',
  essential: true,
  doneAt: null,
});
