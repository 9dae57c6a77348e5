// What became of every alert, "no run" included, with its reason. Here: the shape, and a memory for tests.
import { z } from 'zod';
import { signalSchema } from '../model/signal.ts';
import { actions } from './policy-rows.ts';

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

export interface MemoryDecisions extends Decisions, DecisionRecord {
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
    async list({ since, account, action, most, after }) {
      const wanted = all
        .map((decision, index) => ({ decision, index }))
        .filter(({ decision }) => Date.parse(decision.at) >= since.getTime())
        .filter(({ decision }) => account === undefined || (decision.userId ?? 'nobody') === account)
        .filter(({ decision }) => action === undefined || decision.action === action)
        .toSorted((a, b) => Date.parse(b.decision.at) - Date.parse(a.decision.at) || b.index - a.index);
      const begin = after === undefined ? 0 : wanted.findIndex(({ index }) => String(index) === after) + 1;
      const shown = wanted.slice(begin, begin + most);
      const last = shown.at(-1);
      const next = wanted.length > begin + most && last ? String(last.index) : null;
      return { decisions: shown.map(({ decision }) => decision), next };
    },
  };
}
