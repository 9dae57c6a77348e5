// Whether a run ended as a scenario expects it to. Pure.
import { z } from 'zod';
import type { RunRow, StepRow } from '../shared/model/rows.ts';
import { verdictOf } from '../shared/run/verdict.ts';
import type { Expect } from './scenario.ts';

export const stepOutcomes = z.enum([
  'done',
  'unchanged',
  'reported',
  'undone',
  'off',
  'skipped',
  'needs-human',
  'failed',
]);

/** What differs from the expectation, a sentence each; `undefined` stands for no run at all. */
export function differences(
  expect: Expect,
  ended: { run: RunRow; steps: readonly StepRow[] } | undefined,
): string[] {
  if (ended === undefined) return expect.run === 'none' ? [] : [`no run was opened, expected ${expect.run}`];
  const { run, steps } = ended;
  const found: string[] = [];
  const compare = (what: string, is: string, wanted: string | undefined) => {
    if (wanted !== undefined && is !== wanted) found.push(`${what} is ${is}, expected ${wanted}`);
  };
  compare('the run', run.state, expect.run);
  compare('the level', run.level, expect.level);
  compare('the verdict', verdictOf(run, steps).word, expect.word);
  for (const [name, wanted] of Object.entries(expect.steps ?? {})) {
    const step = steps.find((row) => row.name === name);
    compare(name, step === undefined ? 'not there' : (step.outcome?.is ?? step.state), wanted);
  }
  return found;
}
