// What is not safe, not done or not known: said before anything that went well.

import type { Line, Section } from '../mail/letter.ts';
import { clause, plain } from '../mail/plain.ts';
import { isPending, ofConcern } from '../run/verdict.ts';
import { changeLines } from './changes-made.ts';
import { type Given, titleOf, titlesOf } from './given.ts';
import { exposure } from './lock.ts';
import { isOpen } from './standing.ts';

export function stillOpen(given: Given): Section {
  const { run } = given;
  const lines =
    run.state === 'held'
      ? []
      : run.endsAs === 'undone'
        ? ofUndo({ ...given, steps: ofConcern(run, given.steps) })
        : [
            ...exposure(given),
            ...changeLines(given, isOpen),
            ...unfinished(given),
            ...notCovered(given),
            ...offBySetting(given),
          ];
  return { title: 'Still open', lines };
}

const ofUndo = (given: Given) => [...changeLines(given, isOpen), ...unfinished(given)];

function unfinished(given: Given): Line[] {
  const pending = given.steps.filter((row) => isPending(row) && row.stage !== 'hand-back');
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

/**
 * One line a reason, so that an account without a mailbox does not fill the page. What an account of the cloud has not
 * got in Active Directory is no gap.
 */
function notCovered(given: Given): Line[] {
  const { synced } = given.run.account;
  const byReason = Map.groupBy(
    given.steps.flatMap(({ name, part, outcome }) =>
      outcome?.is === 'skipped' && (synced || part !== 'active-directory')
        ? [{ name, reason: outcome.reason }]
        : [],
    ),
    ({ reason }) => reason,
  );
  return [...byReason].map(([reason, rows]) => ({
    text: `Not covered: ${titlesOf(given, rows)} (${clause(reason)})`,
  }));
}

function offBySetting(given: Given): Line[] {
  const off = given.steps.filter((row) => row.outcome?.is === 'off');
  return off.length === 0 ? [] : [{ text: `Switched off: ${titlesOf(given, off)}` }];
}
