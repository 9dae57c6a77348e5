// The order in which people do what is left, the same in mail, page, card and terminal.
import type { TaskRecord } from '../model/rows.ts';
import { dangers } from '../model/words.ts';

interface OfTask {
  task: Pick<TaskRecord, 'danger' | 'essential'>;
}

const rankOf = ({ task: { danger, essential } }: OfTask) =>
  (danger === undefined ? dangers.length : dangers.indexOf(danger)) * 2 + (essential ? 0 : 1);

/** Another account first, then what still leaks, then people to warn, then the rest; essential ones first in each. */
export const inOrder = <T extends OfTask>(tasks: readonly T[]): T[] =>
  tasks.toSorted((a, b) => rankOf(a) - rankOf(b));
