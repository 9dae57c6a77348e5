// Up to when each log is complete. Records arrive after the acts they describe, so a log may still report what it does
// not show yet: "nothing was done" is true only up to this time. Pure.
import { z } from 'zod';
import type { RunView } from '../model/step.ts';

const minuteMs = 60_000;

/**
 * How late records arrive, by what Microsoft says about each log. Sign-ins and directory audits take minutes; the
 * unified audit log usually takes 60 to 90 minutes, without a promise.
 */
const lag = {
  'sign-ins': 15 * minuteMs,
  'directory audits': 15 * minuteMs,
  'unified audit log': 90 * minuteMs,
} as const;
export type Log = keyof typeof lag;

const logs = ['sign-ins', 'directory audits', 'unified audit log'] as const satisfies (keyof typeof lag)[];
const horizonSchema = z.object({
  log: z.enum(logs),
  /** ISO 8601; null while the log could not be read. */
  completeUntil: z.iso.datetime().nullable(),
});

/** A log, and the time up to which it holds everything. */
export type Horizon = Readonly<z.infer<typeof horizonSchema>>;

/** `readAt` in ms; null where the log could not be read. */
export const horizonOf = (log: Log, readAt: number | null): Horizon => ({
  log,
  completeUntil: readAt === null ? null : new Date(readAt - lag[log]).toISOString(),
});

const factsSchema = z.object({ horizons: z.array(horizonSchema) });

/** For each log that the investigations of a run have read; they hand it on in their facts as `horizons`. */
export const horizonsIn = (run: Pick<RunView, 'facts'>): Horizon[] =>
  horizonsOf(Object.values(run.facts ?? {}));

/** The same, from what each investigation has handed on. */
export function horizonsOf(handedOn: readonly unknown[]): Horizon[] {
  const byLog = new Map<string, Horizon>();
  for (const facts of handedOn) {
    for (const horizon of factsSchema.safeParse(facts).data?.horizons ?? []) {
      const known = byLog.get(horizon.log);
      const later = (known?.completeUntil ?? '') < (horizon.completeUntil ?? '');
      if (known === undefined || later) byLog.set(horizon.log, horizon);
    }
  }
  return [...byLog.values()].toSorted((a, b) => a.log.localeCompare(b.log));
}

/** Whether every log that was read holds everything up to a time (ms), such as the lock. */
export const isCompleteUntil = (horizons: readonly Horizon[], time: number): boolean =>
  horizons.length > 0 &&
  horizons.every(({ completeUntil }) => completeUntil !== null && Date.parse(completeUntil) >= time);
