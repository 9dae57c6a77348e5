// Continues a story after the run has finished: the clock jumps from one due event to the next, so that a day takes
// seconds, and each later look's changes are reported.

import { queues } from '../shared/run/bus.ts';
import type { RunRows } from '../shared/run/progress.ts';
import { timing } from '../shared/run/timing.ts';
import { type Followed, isOver, readProgress } from './live.ts';
import type { Stack } from './stack.ts';

/** Past the last look, which comes a day after a run finished, and its follow-up. */
const mostHours = 26;
const minuteMs = 60_000;

export interface Look {
  at: Date;
  /** Times after the end of the run, as the engine plans its looks. */
  minutes: number;
  before: readonly RunRows[];
  after: readonly RunRows[];
}

export interface LaterOptions {
  /** When the story began. */
  since: Date;
  onLook?: (look: Look) => void;
}

/** Resolves with the final state once nothing more is due within a day. */
export async function liveOn(
  stack: Stack,
  first: Followed,
  { since, onLook }: LaterOptions,
): Promise<Followed> {
  const read = readProgress(stack, since);
  const end = Date.now() + mostHours * 3_600_000;
  let told = first.runs;
  for (;;) {
    await stack.rest();
    const now = await read();
    const looked = now.runs.find(({ run }) => run.row.checks !== checksOf(told, run.row.id));
    if (looked !== undefined && now.runs.every(isOver)) {
      const minutes = timing.checkMinutes[looked.run.row.checks - 1] ?? 0;
      onLook?.({ at: new Date(), minutes, before: told, after: now.runs });
      told = now.runs;
    }
    const due = nextDue(stack, now.runs);
    if (due === undefined || due > end) return now;
    // Timers that are due in between, such as a daily report, fire before what is due then, as they would.
    if (due - Date.now() > 2 * minuteMs) {
      await stack.moveTo(new Date(due - minuteMs));
      await stack.rest();
    }
    // A second later, so that it has passed for code that counts whole seconds. What is overdue gets another minute, as
    // the sweep would give it.
    await stack.moveTo(new Date(due > Date.now() ? due + 1000 : Date.now() + minuteMs));
    await stack.host?.fire('sweep-runs');
  }
}

const checksOf = (runs: readonly RunRows[], id: string) =>
  runs.find(({ run }) => run.row.id === id)?.run.row.checks ?? 0;

/** When the next thing happens by itself. */
function nextDue(stack: Stack, runs: readonly RunRows[]): number | undefined {
  const scheduled = stack.serviceBus.queues
    .filter((name) => name !== queues.deadLetters)
    .flatMap((name) => stack.serviceBus.queue(name).scheduled)
    .flatMap(({ scheduledFor }) => scheduledFor?.getTime() ?? []);
  const wakes = runs.flatMap(({ run }) => (run.row.wakeAt === null ? [] : [Date.parse(run.row.wakeAt)]));
  const times = [...scheduled, ...wakes];
  return times.length === 0 ? undefined : Math.min(...times);
}
