// A message that nobody could handle. If it was for a step or a summary, the row is freed at once instead of when
// its lease ends; in any case the reason is told, and the message itself stays in the log.
import { advance } from './advance.ts';
import { stepMessageSchema, summaryMessageSchema } from './bus.ts';
import type { Engine } from './engine.ts';
import { runRef } from './progress.ts';
import type { StepRow } from './rows.ts';

export interface DeadLetter {
  body: unknown;
  /** The queue it came from, where known. */
  source: string | null;
  reason: string | null;
  description: string | null;
}

/** Answers 'kept' for a message that means nothing to the engine: it stays among the dead letters for a person. */
export async function settleDeadLetter(engine: Engine, letter: DeadLetter): Promise<'settled' | 'kept'> {
  const step = stepMessageSchema.safeParse(letter.body);
  const summary = summaryMessageSchema.safeParse(letter.body);
  const text = typeof letter.body === 'string' ? letter.body : JSON.stringify(letter.body);
  engine.log(
    `dead letter from ${letter.source ?? 'an unknown queue'}: ${letter.reason ?? 'no reason given'}`,
    {
      description: letter.description,
      body: (text ?? '').slice(0, 2000),
    },
  );
  if (step.success) {
    await advance(engine, runRef(step.data.run), (state) => ({
      ...state,
      steps: state.steps.map((row) =>
        row.name === step.data.step && row.turn === step.data.turn ? freed(row, engine.now()) : row,
      ),
    }));
    return 'settled';
  }
  if (!summary.success) return 'kept';
  await advance(engine, runRef(summary.data.run));
  return 'settled';
}

/** Its lease is over now: the plan counts the attempt and sends it again, or settles it as failed. */
const freed = (row: StepRow, now: Date): StepRow => {
  if (row.state !== 'queued' && row.state !== 'running') return row;
  return { ...row, state: 'running', until: now.toISOString() };
};
