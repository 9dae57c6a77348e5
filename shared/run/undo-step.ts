// Walks back through what this run did in one step, newest first. What another hand did is never reversed.

import type { Failure } from '../errors.ts';
import { PermanentError, toFailure } from '../errors.ts';
import type { Remediation, Task } from '../model/step.ts';
import { toUndo } from './changes.ts';
import { changeOf, mergeTasks, withRecord } from './remediate.ts';
import type { Ending, Execution } from './run-step.ts';

export async function undo(execution: Execution, step: Remediation): Promise<Ending> {
  const { engine, context } = execution;
  const clients = engine.clients(context.abort);
  let { row } = execution;
  let failure: Failure | undefined;
  const tasks: Task[] = [];
  const restore = step.undo;

  for (const record of typeof restore === 'string' ? [] : toUndo(row.changes)) {
    if (typeof restore === 'string') break;
    try {
      const task = await restore(changeOf(record), context, clients);
      if (task !== undefined) tasks.push(task);
      const undoneAt = task?.instead ? null : engine.now().toISOString();
      row = withRecord(row, { ...record, undoneAt, failure: null });
    } catch (thrown) {
      if (!(thrown instanceof PermanentError)) {
        await execution.record(row);
        throw thrown;
      }
      failure = toFailure(thrown);
      // Whether fix had taken effect was not known, and still is not: it stays among what a retry undoes.
      row = withRecord(row, { ...record, fixedAt: record.fixedAt ?? record.attemptedAt, failure });
    }
  }
  const now = engine.now().toISOString();
  const stillDone = typeof restore === 'string' && toUndo(row.changes).length > 0;
  return {
    is: 'settled',
    row: {
      ...row,
      tasks: mergeTasks([], tasks),
      // What cannot be undone stays what it was, and the summary says so.
      outcome: failure ? { is: 'failed', error: failure } : stillDone ? row.outcome : { is: 'undone' },
      settledAt: now,
    },
  };
}
