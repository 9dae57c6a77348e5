// What is known about drills: the one that is under way, and when the last one passed, which every mail and page says.
// A drill is written down before anything is planted, so that one that was killed is found and cleaned up.
import { z } from 'zod';

export const drillSchema = z.object({
  id: z.string(),
  userId: z.string(),
  userPrincipalName: z.string(),
  begunAt: z.string(),
  /** When the process that runs it last reported. */
  aliveAt: z.string(),
  /** Where it stands, if several invocations carry it out one after the other; functions/drill knows the shape. */
  course: z.unknown().optional(),
  /** Nobody works on it for a while; by then somebody does again. */
  resumesBy: z.string().optional(),
});
export type Drill = z.infer<typeof drillSchema>;

export const drillsSchema = z.object({
  current: drillSchema.nullable(),
  lastPassedAt: z.string().nullable(),
  lastEndedAt: z.string().nullable(),
  /** When the timer last began one, or was refused. */
  lastTriedAt: z.string().nullable().default(null),
});
export type DrillRow = z.infer<typeof drillsSchema>;

export const noDrill: DrillRow = { current: null, lastPassedAt: null, lastEndedAt: null, lastTriedAt: null };

export interface Drills {
  read(): Promise<{ row: DrillRow; etag: string | undefined }>;
  /** False when another writer was faster. */
  write(row: DrillRow, etag: string | undefined): Promise<boolean>;
}

/** A running drill reports more often than this; otherwise it was killed. */
export const drillLeaseSeconds = 60;

/** No drill goes on longer than this, whatever somebody says. */
const mostHours = 2;

export const isOn = (drill: Drill, now: Date): boolean =>
  isAlive(drill, now) && now.getTime() - Date.parse(drill.begunAt) < mostHours * 3_600_000;

/** Somebody is carrying out one of its parts right now. */
export const isAtWork = ({ aliveAt }: Drill, now: Date): boolean =>
  now.getTime() - Date.parse(aliveAt) < drillLeaseSeconds * 1000;

export const isAlive = (drill: Drill, now: Date): boolean =>
  isAtWork(drill, now) || now.getTime() < Date.parse(drill.resumesBy ?? '');

/** What the responder asked and was answered during drills, with secrets removed: one part for each turn of a step. */
export interface DrillRecordings {
  keep(drill: string, exchanges: readonly unknown[]): Promise<void>;
  kept(drill: string): Promise<unknown[]>;
  /** All but those of this drill. */
  forgetOthers(drill: string): Promise<void>;
}
