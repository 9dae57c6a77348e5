// What a look found, in tests where it must not have been skipped.
import type { Change, Found, Skip } from '../../shared/model/step.ts';

export function found(result: Found | Skip): Required<Found> {
  if ('skip' in result) throw new Error(`was skipped: ${result.skip}`);
  const { changes, tasks = [], kept = [], attachments = [], owners = [] } = result;
  return { changes, tasks, kept, attachments, owners };
}

export const changesOf = (result: Found | Skip): readonly Change[] => found(result).changes;

export function onlyChange(result: Found | Skip): Change {
  const [change, ...more] = changesOf(result);
  if (change === undefined || more.length > 0)
    throw new Error(`found ${more.length + (change ? 1 : 0)} changes`);
  return change;
}
