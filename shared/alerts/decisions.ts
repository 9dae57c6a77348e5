// What became of every alert, "no run" included, with its reason. Here: the shape, and a memory for tests.
import { z } from 'zod';
import { actions } from './policy-rows.ts';
import { signalSchema } from './signal.ts';

export const decisionSchema = z.object({
  /** ISO 8601. */
  at: z.string(),
  /** The queue message, for whoever follows one alert through. */
  message: z.string().nullable(),
  source: signalSchema.shape.source.nullable(),
  sourceId: z.string().nullable(),
  version: z.string().nullable(),
  userId: z.string().nullable(),
  userPrincipalName: z.string().nullable(),
  /** `refused`: not believed or not readable. `join`: the echo of what this app did itself. */
  action: z.enum([...actions, 'join', 'refused']),
  /** The row of the policy, or the rail, that decided. */
  row: z.string(),
  why: z.string(),
  /** The run that it opened, raised or joined. */
  runId: z.string().nullable(),
  joined: z.boolean(),
  raised: z.boolean(),
  /** A confirmed signal counts as the first of two for a time. */
  signal: signalSchema.nullable(),
});
export type Decision = Readonly<z.infer<typeof decisionSchema>>;

export interface Decisions {
  /** Kept at least once: a message that is delivered again is decided again. */
  record(decision: Decision): Promise<void>;
  /** Those about one account, recorded since then. */
  of(userId: string, since: Date): Promise<readonly Decision[]>;
}

export interface MemoryDecisions extends Decisions {
  readonly all: readonly Decision[];
}

export function memoryDecisions(): MemoryDecisions {
  const all: Decision[] = [];
  return {
    all,
    async record(decision) {
      all.push(decision);
    },
    async of(userId, since) {
      return all.filter((one) => one.userId === userId && Date.parse(one.at) >= since.getTime());
    },
  };
}
