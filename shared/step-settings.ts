// Whether what an administrator set for single steps is something that these steps take.
import type { z } from 'zod';

/** A step as far as its settings go. */
export interface Configurable {
  name: string;
  settings: z.ZodType<unknown>;
}

/** One sentence for each thing that is wrong, with the step's name. */
export function stepProblems(
  steps: Readonly<Record<string, unknown>>,
  playbook: readonly Configurable[],
): string[] {
  return Object.entries(steps).flatMap(([name, raw]) => {
    const step = playbook.find((candidate) => candidate.name === name);
    if (step === undefined) return [`STEPS: no step is called ${name}`];
    const parsed = step.settings.safeParse(raw);
    if (parsed.success) return [];
    return parsed.error.issues.map(
      (issue) => `STEPS: ${[name, ...issue.path.map(String)].join('.')}: ${issue.message}`,
    );
  });
}
