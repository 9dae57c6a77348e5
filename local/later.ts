// A story runs on after its first end: the clock jumps from one thing that is due to the next, a day in seconds, and
// whatever the looks in between changed is told.

import { queues } from '../shared/run/bus.ts';
import type { RunRows } from '../shared/run/progress.ts';
import { timing } from '../shared/run/timing.ts';
import { type Followed, isOver, readProgress } from './live.ts';
import type { Stack } from './stack.ts';

/** Beyond the last look, a day after a run finished, and whatever follows from it. */
const mostHours = 26;

export interface Look {
  at: Date;
  /** After the run had finished, as the engine plans its looks. */
  minutes: number;
  before: readonly RunRows[];
  after: readonly RunRows[];
}

export interface LaterOptions {
  /** When the story began. */
  since: Date;
  onLook?: (look: Look) => void;
}

/** Resolves when nothing is due any more within a day, with everything as it stands then. */
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
    // A second later, so that it is past for a clock that counts in whole seconds. What is due and did not happen is
    // waited for as the sweep waits, a minute.
    await stack.moveTo(new Date(due > Date.now() ? due + 1000 : Date.now() + 60_000));
    await stack.host?.fire('sweep-runs');
  }
}

const checksOf = (runs: readonly RunRows[], id: string) =>
  runs.find(({ run }) => run.row.id === id)?.run.row.checks ?? 0;

/** When something happens next without anybody's doing. */
function nextDue(stack: Stack, runs: readonly RunRows[]): number | undefined {
  const scheduled = stack.serviceBus.queues
    .filter((name) => name !== queues.deadLetters)
    .flatMap((name) => stack.serviceBus.queue(name).scheduled)
    .flatMap(({ scheduledFor }) => scheduledFor?.getTime() ?? []);
  const wakes = runs.flatMap(({ run }) => (run.row.wakeAt === null ? [] : [Date.parse(run.row.wakeAt)]));
  const times = [...scheduled, ...wakes];
  return times.length === 0 ? undefined : Math.min(...times);
}
