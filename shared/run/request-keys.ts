// Which requests were answered already, by the key that their sender gave them: a program that lost an answer asks again
// and nothing is done twice. What was answered is not kept, since an answer may show a secret once; only that it was,
// how, and for which run.
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
/** Longer than a function may run: a request unanswered after that died on the way. */
export const atWorkSeconds = 360;

export interface RequestKeys {
  /** Of two who begin under the same key, one gets `begun`; the other, what stands. */
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
