// What became of every alert, "no run" included, with its reason. Here: the shape.
import { z } from 'zod';
import { signalSchema } from '../model/signal.ts';

export const actions = ['none', 'hold', 'contain', 'full'] as const;

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

export interface DecisionQuery {
  since: Date;
  /** Object id; `nobody`: those that name no account. */
  account?: string;
  action?: Decision['action'];
  most: number;
  /** `next` of the page before. */
  after?: string;
}

export interface DecisionPage {
  /** Newest first. */
  decisions: readonly Decision[];
  /** Where the next page begins; null: this is the last. */
  next: string | null;
}

/** For people: what became of every alert. */
export interface DecisionRecord {
  list(query: DecisionQuery): Promise<DecisionPage>;
}

/** From least to most. */
