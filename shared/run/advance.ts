// The one place that sends. Reads the rows of a run, lets `plan` decide, writes, and only then sends: a crash in
// between leaves a queued row without a message, which the sweep sends again under a new turn.
import { RetryableError } from '../errors.ts';
import type { LogRow, RunRow, RunState, StepRow } from '../model/rows.ts';
import type { Engine } from './engine.ts';
import { type Plan, plan } from './plan.ts';
import type { RunChanges, RunRef, RunRows, Versioned } from './progress.ts';
import { verdictOf } from './verdict.ts';

/** What the caller changes first; undefined when it no longer may, because its lease is lost. */
export type Apply = (state: RunState) => (RunState & { log?: readonly LogRow[] }) | undefined;

/** Changes one run; see `advance`. */
export type Advance = (apply: Apply, lastSeen: RunRows) => Promise<RunRows | 'gone' | 'lost'>;

type Planner = Pick<Engine, 'progress' | 'bus' | 'playbook' | 'now'>;

/** Conflicts come from steps that settle at the same instant, so a few rounds are always enough. */
const mostRounds = 40;

/**
 * Applies a change and whatever follows from it in one transaction, then sends. Returns the rows as written, 'gone' for
 * an unknown run, or 'lost' when `apply` withdrew. `lastSeen` are the rows as the caller last saw them, which saves a
 * read; if one that matters has changed since, the write is refused and the rows are read again.
 */
export async function advance(
  engine: Planner,
  ref: RunRef,
  apply: Apply = (state) => state,
  lastSeen?: RunRows,
): Promise<RunRows | 'gone' | 'lost'> {
  let known = lastSeen;
  let change = apply;
  for (let round = 0; round < mostRounds; round += 1) {
    const rows = known ?? (await engine.progress.read(ref));
    if (rows === undefined) return 'gone';
    const applied = change(stateOf(rows));
    if (applied === undefined) return 'lost';
    const planned = standing(plan(engine.playbook, applied, engine.now()));
    const changes = changesBetween(rows, planned, applied.log ?? []);
    if (changes === undefined) return rows;
    const settles = planned.steps.some(
      (row, index) => row.state === 'settled' && rows.steps[index]?.row.state !== 'settled',
    );
    // Nothing but work under way can settle in the meantime.
    const isAlone = planned.steps.every(
      (row, index) => row !== rows.steps[index]?.row || row.state === 'waiting' || row.state === 'settled',
    );
    const written = await engine.progress.write(ref, changes, rows);
    known = undefined;
    if (written === 'conflict') continue;
    await engine.bus.send(planned.send);
    if (!settles || isAlone) return written;
    // Two steps may have settled side by side, each planned without the other. The rows after the write show both, so
    // the last writer goes on from there.
    change = (state) => state;
  }
  throw new RetryableError(
    `run ${ref.runId} was written by others ${mostRounds} times in a row; it is tried again`,
  );
}

export const stateOf = (rows: RunRows): RunState => ({
  run: rows.run.row,
  steps: rows.steps.map((step) => step.row),
});

/** Steps that settle side by side each write what they know; the last one goes on from both. */
function standing(planned: Plan): Plan {
  const { run, steps } = planned;
  const now = verdictOf(run, steps);
  const isSaid = run.standing?.word === now.word && run.standing.tasks === now.tasks;
  return isSaid ? planned : { ...planned, run: { ...run, standing: now } };
}

function changesBetween(rows: RunRows, planned: Plan, log: readonly LogRow[]): RunChanges | undefined {
  const steps = rows.steps.flatMap((old): Versioned<StepRow>[] => {
    const row = planned.steps.find((step) => step.name === old.row.name);
    return row === undefined || row === old.row ? [] : [{ row, etag: old.etag }];
  });
  const run: Versioned<RunRow> | undefined =
    planned.run === rows.run.row ? undefined : { row: planned.run, etag: rows.run.etag };
  if (steps.length === 0 && run === undefined && log.length === 0) return undefined;
  return { steps, log, ...(run === undefined ? {} : { run }) };
}

interface Writer extends PromiseWithResolvers<RunRows | 'gone' | 'lost'> {
  apply: Apply;
  lastSeen: RunRows;
}

/**
 * For several writers that end at nearly the same time. Their changes become one transaction, made once each of them
 * has either asked to write or left. Written apart, each would be planned without the others, refused, read again and
 * written again.
 */
export function advanceTogether(
  engine: Planner,
  ref: RunRef,
  writers: number,
): { advance: Advance; leave(): void } {
  let present = writers;
  let waiting: Writer[] = [];

  function writeIfAllAreHere(): void {
    if (waiting.length === 0 || waiting.length < present) return;
    const group = waiting;
    waiting = [];
    void write(group);
  }

  async function write(group: readonly Writer[]): Promise<void> {
    let lost = new Set<Writer>();
    const all: Apply = (state) => {
      lost = new Set();
      let next = state;
      const log: LogRow[] = [];
      for (const one of group) {
        const applied = one.apply(next);
        if (applied === undefined) lost.add(one);
        else {
          next = applied;
          log.push(...(applied.log ?? []));
        }
      }
      return lost.size === group.length ? undefined : { ...next, log };
    };
    try {
      const written = await advance(engine, ref, all, group[0]?.lastSeen);
      for (const one of group) one.resolve(lost.has(one) ? 'lost' : written);
    } catch (thrown) {
      for (const one of group) one.reject(thrown);
    }
  }

  return {
    advance(apply, lastSeen) {
      const one = { apply, lastSeen, ...Promise.withResolvers<RunRows | 'gone' | 'lost'>() };
      waiting.push(one);
      writeIfAllAreHere();
      return one.promise;
    },
    leave() {
      present -= 1;
      writeIfAllAreHere();
    },
  };
}
