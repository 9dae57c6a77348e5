// Runs an investigation: it only reads, may ask for more time, and may tell the run more about the intruder.
import { mergeTasks } from './remediate.ts';
import type { Ending, Execution } from './run-step.ts';
import type { Investigation } from './step.ts';

export async function collect(execution: Execution, step: Investigation): Promise<Ending> {
  const { engine, context } = execution;
  const { row } = execution;
  const result = await step.collect(context, engine.clients(context.abort), row.memo);
  if ('laterSeconds' in result)
    return { is: 'later', row: { ...row, memo: result.memo }, seconds: result.laterSeconds };
  const settledAt = engine.now().toISOString();
  if ('skip' in result) {
    return { is: 'settled', row: { ...row, outcome: { is: 'skipped', reason: result.skip }, settledAt } };
  }
  return {
    is: 'settled',
    row: {
      ...row,
      outcome: { is: 'done' },
      kept: [...result.findings],
      tasks: mergeTasks(row.tasks, result.tasks ?? []),
      attachments: [...(result.attachments ?? [])],
      ...(result.facts === undefined ? {} : { facts: result.facts }),
      settledAt,
    },
    ...(result.intruder ? { intruder: result.intruder } : {}),
  };
}
