// A message that nobody could handle. A step's row is freed at once instead of when its lease ends; a summary is sent
// again when its time is up. The reason is always logged, and what the engine does not know stays for a person.

import { z } from 'zod';
import type { StepRow } from '../model/rows.ts';
import { advance } from './advance.ts';
import { queues, stepMessageSchema, stepQueue, summaryMessageSchema } from './bus.ts';
import type { Engine } from './engine.ts';
import { runRef } from './progress.ts';

export interface DeadLetter {
  body: unknown;
  /** The queue it came from, where known. */
  source: string | null;
  reason: string | null;
  description: string | null;
}

export const keptLetterSchema = z.object({
  /** When it was put here (ISO 8601). */
  at: z.string(),
  /** The message's own. */
  id: z.string(),
  source: z.string().nullable(),
  reason: z.string().nullable(),
  description: z.string().nullable(),
  /** As text, cut if it is long. */
  body: z.string(),
});
export type KeptLetter = z.infer<typeof keptLetterSchema>;

/** Where a person finds them; the morning report names them. */
export interface DeadLetters {
  keep(letter: KeptLetter): Promise<void>;
  since(time: Date): Promise<readonly KeptLetter[]>;
}

const mostCharacters = 20_000;

export const keptLetter = (id: string, letter: DeadLetter, now: Date): KeptLetter => ({
  at: now.toISOString(),
  id,
  source: letter.source,
  reason: letter.reason,
  description: letter.description,
  body: textOf(letter.body).slice(0, mostCharacters).toWellFormed(),
});

const textOf = (body: unknown) => (typeof body === 'string' ? body : (JSON.stringify(body) ?? ''));

/** Returns 'kept' for a message that means nothing to the engine: it stays among the dead letters for a person. */
export async function settleDeadLetter(engine: Engine, letter: DeadLetter): Promise<'settled' | 'kept'> {
  engine.log(
    `dead letter from ${letter.source ?? 'an unknown queue'}: ${letter.reason ?? 'no reason given'}`,
    {
      description: letter.description,
      body: textOf(letter.body).slice(0, 2000),
    },
  );
  // A message in a queue that is not its own was put there by somebody else, so it frees nothing.
  const cameFrom = (queue: string) => letter.source === null || letter.source.toLowerCase() === queue;
  const step = stepMessageSchema.safeParse(letter.body);
  if (step.success && cameFrom(stepQueue(step.data.step))) {
    const { run, step: name, turn } = step.data;
    const rows = await advance(engine, runRef(run), (state) => ({
      ...state,
      steps: state.steps.map((row) =>
        row.name === name && row.turn === turn ? freed(row, engine.now()) : row,
      ),
    }));
    const known = typeof rows === 'object' && rows.steps.some((entry) => entry.row.name === name);
    return known ? 'settled' : 'kept';
  }
  const summary = summaryMessageSchema.safeParse(letter.body);
  if (!summary.success || !cameFrom(queues.summaries)) return 'kept';
  const rows = await advance(engine, runRef(summary.data.run));
  return rows === 'gone' ? 'kept' : 'settled';
}

/** Its lease is over now: the plan counts the attempt, and either sends it again or settles it as failed. */
const freed = (row: StepRow, now: Date): StepRow => {
  if (row.state !== 'queued' && row.state !== 'running') return row;
  return { ...row, state: 'running', until: now.toISOString() };
};
