// Whether a run ended as a scenario expects it to. Pure.
import { z } from 'zod';
import type { RunRow, StepRow } from '../shared/model/rows.ts';
import { verdictOf } from '../shared/run/verdict.ts';

const stepOutcomes = z.enum([
  'done',
  'unchanged',
  'reported',
  'undone',
  'off',
  'skipped',
  'needs-human',
  'failed',
]);

export const expectSchema = z
  .strictObject({
    run: z
      .enum(['none', 'held', 'finished'])
      .optional()
      .describe('none: the alert opens no run; held: the run waits for a person before anything is done'),
    level: z.enum(['contain', 'full']).optional(),
    word: z.string().optional().describe("The verdict's word: CONTAINED, DECIDE, NOT CONTAINED, …"),
    steps: z.record(z.string(), stepOutcomes).optional().describe('How steps end, by their names'),
  })
  .describe('How it is to end; what is left out may end in any way');

export type Expect = z.infer<typeof expectSchema>;

/** What differs from the expectation, one sentence each; `undefined` means that there was no run. */
export function differences(
  expect: Expect,
  ended: { run: RunRow; steps: readonly StepRow[] } | undefined,
): string[] {
  if (ended === undefined) {
    const fits = expect.run === 'none' || Object.keys(expect).length === 0;
    return fits ? [] : [`no run was opened, expected ${expect.run ?? 'one'}`];
  }
  const { run, steps } = ended;
  const found: string[] = [];
  const compare = (what: string, is: string, wanted: string | undefined) => {
    if (wanted !== undefined && is !== wanted) found.push(`${what} is ${is}, expected ${wanted}`);
  };
  // A run closes after its last look.
  compare('the run', run.state === 'closed' ? 'finished' : run.state, expect.run);
  compare('the level', run.level, expect.level);
  compare('the verdict', verdictOf(run, steps).word, expect.word);
  for (const [name, wanted] of Object.entries(expect.steps ?? {})) {
    const step = steps.find((row) => row.name === name);
    compare(name, step === undefined ? 'not there' : (step.outcome?.is ?? step.state), wanted);
  }
  return found;
}
