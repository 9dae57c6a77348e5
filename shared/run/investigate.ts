// Runs an investigation: it only reads, may ask for more time, and may tell the run more about the intruder.

import type { Investigation, OutgoingAlert, Task } from '../model/step.ts';
import { mergeTasks } from './remediate.ts';
import type { Ending, Execution } from './run-step.ts';

export async function collect(execution: Execution, step: Investigation): Promise<Ending> {
  const { engine, context } = execution;
  const { row } = execution;
  const result = await step.collect(context, engine.clients(context.abort), row.memo);
  if ('laterSeconds' in result)
    return { is: 'later', row: { ...row, memo: result.memo }, seconds: result.laterSeconds };
  const untold = 'skip' in result ? [] : await tell(execution, result.alerts ?? []);
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
      tasks: mergeTasks(row.tasks, [...(result.tasks ?? []), ...untold]),
      attachments: [...(result.attachments ?? [])],
      ...(result.facts === undefined ? {} : { facts: result.facts }),
      settledAt,
    },
    ...(result.intruder ? { intruder: result.intruder } : {}),
  };
}

/** Before the row is settled: a crash in between tells them once more, under the same ids, and loses none. */
async function tell({ engine, row }: Execution, alerts: readonly OutgoingAlert[]): Promise<Task[]> {
  if (alerts.length === 0) return [];
  if (engine.publish !== undefined) {
    await engine.publish(alerts);
    return [];
  }
  return [
    {
      id: 'alerts-not-sent',
      what: `${alerts.length} alert${alerts.length === 1 ? '' : 's'} of ${row.name} went nowhere: no Event Grid topic is set`,
      instruction:
        'Open a run by hand for each account in the findings, and set EventGrid__topicEndpointUri for the next time.',
      link: 'https://security.microsoft.com/incidents',
    },
  ];
}
