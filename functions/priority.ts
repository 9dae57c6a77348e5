// Containment first, also across runs: while this process works on an alert or a lock, all its other work waits, so
// that the fiftieth victim is locked before evidence about the first is collected. Nothing waits for ever, and one
// process accepts no more work than it can finish, so that message locks are renewed in time.

import type { Bus } from '../shared/run/bus.ts';

export interface Priority {
  /** Runs at once; work that is not urgent waits for it. */
  urgent<T>(work: () => Promise<T>): Promise<T>;
  /** Runs when nothing urgent is running and a place is free. */
  other<T>(work: () => Promise<T>): Promise<T>;
  /** Milliseconds of urgent work in this process, without the piece of urgent work that asks. */
  aheadMs(): number;
}

export interface PriorityOptions {
  /** How many non-urgent tasks run at the same time. */
  places: number;
  /** After this long, urgent work no longer holds a task up altogether. The task waits for a place anyway. */
  longestWaitMs: number;
  /**
   * How many tasks that have waited this long run beside urgent ones. In a storm of minutes all of them have waited
   * that long; with every place, they would slow the locks down as if there were no priority.
   */
  placesMeanwhile: number;
}

/** Processor time of one piece of urgent work, as measured (docs/scale.md). */
const urgentMs = 50;

/** Places for one instance of two gigabytes; the wait is far below what a message may be held. */
export const ofOneInstance: PriorityOptions = { places: 24, longestWaitMs: 20_000, placesMeanwhile: 4 };

interface Waiting {
  since: number;
  begin: () => void;
}

export function createPriority(
  { places, longestWaitMs, placesMeanwhile }: PriorityOptions,
  now: () => number,
): Priority {
  const waiting: Waiting[] = [];
  let urgentAtWork = 0;
  let othersAtWork = 0;

  /** First come, first served. */
  function beginWhatMay(): void {
    for (;;) {
      const next = waiting[0];
      if (next === undefined || othersAtWork >= places) return;
      const mayPass = othersAtWork < placesMeanwhile && now() - next.since >= longestWaitMs;
      if (urgentAtWork > 0 && !mayPass) return;
      waiting.shift();
      othersAtWork += 1;
      next.begin();
    }
  }

  return {
    aheadMs: () => Math.max(0, urgentAtWork - 1) * urgentMs,
    async urgent(work) {
      urgentAtWork += 1;
      try {
        return await work();
      } finally {
        urgentAtWork -= 1;
        beginWhatMay();
      }
    },
    async other(work) {
      const timer = setTimeout(beginWhatMay, longestWaitMs);
      await new Promise<void>((begin) => {
        waiting.push({ since: now(), begin });
        beginWhatMay();
      });
      clearTimeout(timer);
      try {
        return await work();
      } finally {
        othersAtWork -= 1;
        beginWhatMay();
      }
    },
  };
}

/**
 * Schedules the messages that follow a lock behind the locks that still wait in this process. Delivered at once, they
 * would wait here and need their message locks renewed, or run elsewhere and compete with the locks for Microsoft
 * Graph. The delay is a few seconds at most, far less than after which a message counts as lost.
 */
export const holdingBack = (
  bus: Bus,
  { aheadMs }: Pick<Priority, 'aheadMs'>,
  urgent: ReadonlySet<string>,
  now: () => Date,
): Bus => ({
  send(messages) {
    const ms = aheadMs();
    if (ms === 0) return bus.send(messages);
    const at = new Date(now().getTime() + ms);
    return bus.send(
      messages.map((message) =>
        urgent.has(message.queue) || message.at !== undefined ? message : { ...message, at },
      ),
    );
  },
});
