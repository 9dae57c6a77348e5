// The recorded changes, each reported exactly once: what is not certain under what is still open, the rest under what
// became of it. Those tied to the intruder come first.

import type { Line, Section } from '../mail/letter.ts';
import { plain } from '../mail/plain.ts';
import type { ChangeRecord, StepRow } from '../model/rows.ts';
import { isOpen, type Standing, standingOf, standings, words } from './change-state.ts';
import { type Given, titleOf } from './given.ts';

export function changeLines(given: Given, which: (standing: Standing) => boolean): Line[] {
  return given.steps
    .flatMap((row) => row.changes.map((change) => ({ row, change, standing: standingOf(change, row.aim) })))
    .filter(({ standing }) => which(standing))
    .toSorted((a, b) => rank(a) - rank(b))
    .map(({ row, change, standing }) => {
      const text = `${titleOf(given, row.name)}: ${plain(change.what)}`;
      return isOpen(standing)
        ? { text: `${words[standing]}. ${text}`, details: detailsOf(row, change), change }
        : {
            text,
            details: [...(standing === 'found' ? [] : [words[standing]]), ...detailsOf(row, change)],
            change,
          };
    });
}

const rank = ({ standing, change }: { standing: Standing; change: ChangeRecord }) =>
  standings.indexOf(standing) * 2 + (change.evidence === null ? 1 : 0);

function detailsOf(row: StepRow, { why, evidence, failure }: ChangeRecord): string[] {
  // What stopped the step is said where a person is asked to act.
  const told = row.outcome?.is === 'failed' && row.outcome.error.message === failure?.message;
  return [
    ...(failure === null || told ? [] : [`Refused: ${plain(failure.message)}`]),
    `Why: ${plain(why)}`,
    ...(evidence === null ? [] : [`Evidence: ${plain(evidence)}`]),
  ];
}

export const removed = (given: Given): Section => ({
  title: 'Removed or changed',
  lines: changeLines(given, (standing) => standing === 'verified' || standing === 'removed-again'),
});

export const putBack = (given: Given): Section => ({
  title: 'Put back',
  lines: changeLines(given, (standing) => standing === 'undone'),
});

export const leftInPlace = (given: Given): Section => ({
  title: given.run.dryRun ? 'It would change' : 'Found, NOT changed',
  lines: [...changeLines(given, (standing) => standing === 'found'), ...wouldAsk(given)],
});

/** For a rehearsal: what nobody can judge yet, such as delegates that only the audit log can trace to somebody. */
export const wouldAsk = (given: Given): Line[] =>
  given.run.dryRun
    ? given.steps
        .filter((row) => row.outcome?.is === 'reported')
        .flatMap((row) =>
          row.tasks
            .filter((task) => !task.atHandBack)
            .map(({ what, instruction }) => ({
              text: `Unless more is known by then: ${plain(what)}`,
              details: [plain(instruction, 600)],
            })),
        )
    : [];
