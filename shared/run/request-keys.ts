// Which requests were already answered, by the key that their sender gave them: a program that lost an answer asks
// again, and nothing is done twice. The answer itself is not kept, because it may show a secret that is shown only
// once; only the fact, the status, and the run.
import { z } from 'zod';

export const requestSchema = z.object({
  /** Digest of the request: the same key with a different request is a mistake. */
  fingerprint: z.string(),
  at: z.string(),
  /** null while it is being answered. */
  status: z.number().nullable(),
  run: z.string().nullable(),
});
export type RequestRow = z.infer<typeof requestSchema>;

export const keptSeconds = 24 * 3600;
/** Longer than a function may run: a request still unanswered after that died on the way. */
export const atWorkSeconds = 360;

export interface RequestKeys {
  /** If two begin under the same key, one gets `begun` and the other gets the row. */
  begin(key: string, fingerprint: string, now: Date): Promise<'begun' | RequestRow>;
  settle(key: string, row: RequestRow): Promise<void>;
  /** It failed, so it may be tried again. */
  forget(key: string): Promise<void>;
}

/** Whether a row no longer stands in the way. */
export function hasLapsed(row: RequestRow, now: Date): boolean {
  const seconds = (now.getTime() - Date.parse(row.at)) / 1000;
  return seconds > (row.status === null ? atWorkSeconds : keptSeconds);
}

export const begun = (fingerprint: string, now: Date): RequestRow => ({
  fingerprint,
  at: now.toISOString(),
  status: null,
  run: null,
});
