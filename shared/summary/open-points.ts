// What is not safe, not done or not known: said before anything that went well.

import type { Line, Section } from '../mail/letter.ts';
import { clause, count, plain } from '../mail/plain.ts';
import type { StepRow } from '../model/rows.ts';
import { isPending, ofConcern, openTasks } from '../run/verdict.ts';
import { isOpen } from './change-state.ts';
import { changeLines } from './changes-made.ts';
import { titleOf, titlesOf } from './given.ts';
import type { Case } from './lock.ts';
import { exposure } from './lock.ts';

/** `brief`: without what the orders already say. */
export function openPoints(given: Case, length: 'brief' | 'whole'): Section {
  const { run } = given;
  const lines =
    run.state === 'held'
      ? []
      : run.endsAs === 'undone'
        ? ofUndo({ ...given, steps: ofConcern(run, given.steps) })
        : [
            ...exposure(given),
            ...changeLines(length === 'brief' ? toldAbove(given) : given, isOpen),
            ...unfinished(given),
            ...waiting(given),
            ...notCovered(given, length === 'brief' ? mostTitles : Number.POSITIVE_INFINITY),
            ...offBySetting(given),
          ];
  return { title: 'Still open', lines };
}

/** Steps that failed are orders, with the cause. */
const toldAbove = (given: Case): Case => ({
  ...given,
  steps: given.steps.filter(({ outcome }) => outcome?.is !== 'failed'),
});

const ofUndo = (given: Case) => [...changeLines(given, isOpen), ...unfinished(given)];

/** Done automatically once what they wait for has ended well. */
function waiting(given: Case): Line[] {
  return given.steps.flatMap((row) => {
    if (row.outcome?.is !== 'needs-human' || openTasks(row).length > 0) return [];
    const { waitsFor } = row.outcome;
    const gates = given.steps.filter(({ name, outcome }) => waitsFor.includes(name) && outcome?.is !== 'off');
    return gates.length === 0
      ? []
      : [
          {
            text: `${titleOf(given, row.name)}: waits for ${titlesOf(given, gates)}, and is then done by itself`,
          },
        ];
  });
}

/**
 * A step that closes the run waits for all others, and for the news in this mail: not an open point, unless it is in
 * trouble.
 */
const isExpected = ({ stage, lastError }: StepRow) =>
  stage === 'hand-back' || (stage === 'close' && lastError === null);

function unfinished(given: Case): Line[] {
  const pending = given.steps.filter((row) => isPending(row) && !isExpected(row));
  if (pending.length === 0) return [];
  return [
    {
      text: `Not finished: ${titlesOf(given, pending)}`,
      details: pending.flatMap((row) =>
        row.lastError === null
          ? []
          : [`${titleOf(given, row.name)} is tried again: ${plain(row.lastError.message)}`],
      ),
    },
  ];
}

/** That a cloud account has nothing in Active Directory is no gap. */
const skipped = ({ run, steps }: Case) =>
  steps.flatMap(({ name, part, outcome }) =>
    outcome?.is === 'skipped' && (run.account.synced || part !== 'active-directory')
      ? [{ name, reason: outcome.reason }]
      : [],
  );

/** If many steps did not apply for one reason, a mail names the first of them; the page names them all. */
const mostTitles = 3;

/** One line per reason, so that an account without a mailbox does not fill the page. */
function notCovered(given: Case, most: number): Line[] {
  const byReason = Map.groupBy(skipped(given), ({ reason }) => reason);
  return [...byReason].map(([reason, rows]) => {
    const named = rows.length - most > 1 ? rows.slice(0, most) : rows;
    const more = rows.length - named.length;
    return {
      text: `Not covered: ${titlesOf(given, named)}${more > 0 ? ` and ${count(more, 'more step')}` : ''} (${clause(reason)})`,
    };
  });
}

function offBySetting(given: Case): Line[] {
  const off = given.steps.filter((row) => row.outcome?.is === 'off');
  return off.length === 0 ? [] : [{ text: `Switched off: ${titlesOf(given, off)}` }];
}
