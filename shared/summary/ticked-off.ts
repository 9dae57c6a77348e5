// What people have done by hand, as they said themselves: a program cannot check it.

import type { Section } from '../mail/letter.ts';
import { clock, plain } from '../mail/plain.ts';
import { capital } from '../model/text.ts';
import type { Given } from './given.ts';

export const tickedOff = ({ steps }: Given): Section => ({
  title: 'Ticked off',
  lines: steps.flatMap((row) =>
    row.tasks.flatMap(({ id, what, doneAt }) =>
      doneAt === null
        ? []
        : [
            {
              text: capital(plain(what)),
              details: [`Ticked off ${clock(doneAt)}; who and why is in the log of the run`],
              task: { step: row.name, id, done: true },
            },
          ],
    ),
  ),
});
