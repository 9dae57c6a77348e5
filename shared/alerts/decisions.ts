// What became of every alert and why, including those that opened no run.
import { z } from 'zod';
import { signalSchema } from '../model/signal.ts';

export const actions = ['none', 'hold', 'contain', 'full'] as const;

export const decisionSchema = z.object({
  /** ISO 8601. */
  at: z.string(),
  /** The queue message, for tracing one alert. */
  message: z.string().nullable(),
  source: signalSchema.shape.source.nullable(),
  sourceId: z.string().nullable(),
  version: z.string().nullable(),
  userId: z.string().nullable(),
  userPrincipalName: z.string().nullable(),
  /** `refused`: not believed, or unreadable. `join`: an echo of something this app did. */
  action: z.enum([...actions, 'join', 'refused']),
  /** The policy row or rail that decided. */
  row: z.string(),
  why: z.string(),
  /** The run that it opened, raised or joined. */
  runId: z.string().nullable(),
  joined: z.boolean(),
  raised: z.boolean(),
  /** Kept because a confirmed signal counts as the first of two for a while. */
  signal: signalSchema.nullable(),
});
export type Decision = Readonly<z.infer<typeof decisionSchema>>;

export interface Decisions {
  /** At least once: a message delivered again is decided again. */
  record(decision: Decision): Promise<void>;
  /** Those about one account, recorded since that time. */
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
