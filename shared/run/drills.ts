// What is known of drills: the one that is under way, written before anything is planted, so that one that was killed is
// found and cleaned up; and when the last one passed, which every mail and page says.
import { z } from 'zod';

export const drillSchema = z.object({
  id: z.string(),
  userId: z.string(),
  userPrincipalName: z.string(),
  begunAt: z.string(),
  /** When whoever runs it last said so. */
  aliveAt: z.string(),
});
export type Drill = z.infer<typeof drillSchema>;

export const drillsSchema = z.object({
  current: drillSchema.nullable(),
  lastPassedAt: z.string().nullable(),
  lastEndedAt: z.string().nullable(),
});
export type DrillRow = z.infer<typeof drillsSchema>;

export const noDrill: DrillRow = { current: null, lastPassedAt: null, lastEndedAt: null };

export interface Drills {
  read(): Promise<{ row: DrillRow; etag: string | undefined }>;
  /** False when another has written it meanwhile. */
  write(row: DrillRow, etag: string | undefined): Promise<boolean>;
}

/** Whoever runs a drill says so more often than this; else it was killed. */
export const drillLeaseSeconds = 60;

export const isAlive = ({ aliveAt }: Drill, now: Date): boolean =>
  now.getTime() - Date.parse(aliveAt) < drillLeaseSeconds * 1000;
