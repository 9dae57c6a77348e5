// What the verdict means for this account, in two or three sentences. Each is said only where the record bears it:
// a step that is switched off, was refused or could not look takes its claim away.

import { clause, count, plain } from '../mail/plain.ts';
import type { StepRow } from '../model/rows.ts';
import { isPending, ofConcern, type Verdict } from '../run/verdict.ts';
import { type Given, titlesOf } from './given.ts';
import { lockOf, lockPhrase } from './lock.ts';
import { countOf, standingOf, standingsOf } from './standing.ts';

export function leadOf(given: Given, verdict: Verdict): string {
  const { onlyLooksBecause } = given.run;
  const onlyLooks =
    onlyLooksBecause === undefined
      ? ''
      : `Nothing more is changed until somebody approves it: ${clause(onlyLooksBecause)}.`;
  return [...sentences(given, verdict), onlyLooks].filter((sentence) => sentence !== '').join(' ');
}

function sentences(given: Given, { word }: Verdict): string[] {
  const { run } = given;
  const upn = plain(run.account.userPrincipalName, 120);
  const locked = `${upn} ${lockPhrase(given)}`;
  switch (word) {
    case 'CONTAINED':
      return [locked, cleaned(given), evidence(given)];
    case 'LOCKED':
      return [locked, 'Evidence is still being collected; nothing else was changed.'];
    case 'DECIDE':
      return [locked, asChosen(given), undecided(given), 'Decide whether this is real.'];
    case 'NOT CONTAINED':
      return [
        `${upn} is NOT secured: whoever attacked it may still be in.`,
        lockedAllTheSame(given),
        ...why(given),
      ];
    case 'HELD':
      return [
        `Nothing was changed: ${clause(run.heldBecause ?? 'a person must decide')}.`,
        'Until somebody approves, whoever has the account keeps it.',
      ];
    case 'REVERTED':
      return [...returned(given), locked];
    case 'UNDONE':
      return undone(given, upn);
    case 'HANDING BACK':
      return [
        `${upn} is being given back to its owner and stands still.`,
        endedAs(given, 'failed').length > 0 ? `Failed: ${titlesOf(given, endedAs(given, 'failed'))}.` : '',
        locked,
      ];
    case 'HANDED BACK':
      return [
        `${upn} was given back to its owner, who was identified so: ${clause(run.handBack?.identified ?? 'not said')}.`,
        run.handBack?.phase === 'roles'
          ? 'Its administrator roles were not: they wait for an approval of their own.'
          : '',
      ];
    case 'NOTHING TO DO':
      return [
        `${upn} was looked at and nothing had to be changed. That is no proof that nobody was in.`,
        locked,
        evidence(given),
      ];
    case 'DRY RUN': {
      const found = countOf(given, ['found']);
      return [
        `Nothing was changed for ${upn}: this run only looked. It would make ${count(found, 'change')}.`,
        withoutTrace(given),
        evidence(given),
      ];
    }
  }
}

const endedAs = ({ steps }: Given, is: NonNullable<StepRow['outcome']>['is']) =>
  steps.filter((row) => row.outcome?.is === is);

function cleaned(given: Given): string {
  const waits = endedAs(given, 'needs-human');
  if (waits.length > 0) return `Not done without you: ${titlesOf(given, waits)}.`;
  const unread = countOf(given, ['unverified', 'unknown']);
  const made = standingsOf(given).length - countOf(given, ['found']);
  if (unread > 0)
    return `What was found was removed, but ${unread} of ${count(made, 'change')} could NOT be read back yet.`;
  return 'What was found was removed, and read back.';
}

/** Nothing found means little while nobody could look. */
function evidence(given: Given): string {
  const { running, failed, skipped } = investigations(given);
  if (running.length > 0) return `Still looking: ${titlesOf(given, running)}.`;
  if (failed.length + skipped.length > 0)
    return `Could NOT look: ${titlesOf(given, [...failed, ...skipped])}.`;
  return '';
}

/** What would have left a trace was not done, and what it would have shown is not known. */
function withoutTrace(given: Given): string {
  const { playbook, steps } = given;
  const left = steps.filter(({ name, outcome, startedAt }) => {
    const step = playbook.find((candidate) => candidate.name === name);
    const leaves = step?.kind === 'investigation' && step.leaves !== null;
    return leaves && outcome?.is === 'skipped' && startedAt === null;
  });
  if (left.length === 0) return '';
  return `Left out, since they leave a trace: ${titlesOf(given, left)}. What only they would tell is not among them.`;
}

function investigations({ steps }: Given) {
  const all = steps.filter((row) => row.kind === 'investigation');
  return {
    running: all.filter((row) => row.outcome === null),
    failed: all.filter((row) => row.outcome?.is === 'failed'),
    // What does not apply to this account never began; there was nothing to look at.
    skipped: all.filter(
      ({ outcome, startedAt }) => outcome?.is === 'off' || (outcome?.is === 'skipped' && startedAt !== null),
    ),
    looked: all.filter((row) => row.outcome?.is === 'done'),
  };
}

/** Of a run that a person let begin with less than the lock. */
function asChosen(given: Given): string {
  const { only, level } = given.run;
  if (only === undefined || level !== 'contain') return '';
  const done = given.steps.filter((row) => only.includes(row.name) && row.outcome?.is === 'done');
  return done.length === 0 ? '' : `Done, as chosen: ${titlesOf(given, done)}.`;
}

function undecided(given: Given): string {
  const found = given.steps.flatMap((row) =>
    row.changes.filter((change) => standingOf(change, row.aim) === 'found'),
  );
  const proofs = found.filter((change) => change.evidence !== null).length;
  const { limitedBecause } = given.run;
  if (limitedBecause !== undefined && given.run.level === 'contain') {
    const what =
      proofs > 0
        ? `${count(proofs, 'change')} of an intruder found and LEFT IN PLACE`
        : 'Nothing else is changed';
    return `${what}, whatever turns up: ${clause(limitedBecause)}.`;
  }
  if (proofs > 0)
    return `${count(proofs, 'change')} of an intruder found and left in place: a step is set to report only.`;
  const blind = evidence(given);
  if (blind === '' && investigations(given).looked.length > 0) {
    return 'No evidence of an intruder was found, so nothing else was changed.';
  }
  return `Nothing else was changed. ${blind || 'Nobody looked for evidence.'} That none was found proves nothing.`;
}

function lockedAllTheSame(given: Given): string {
  const { is } = lockOf(given);
  return is === 'open' || is === 'unknown' ? '' : `It ${lockPhrase(given)}`;
}

function why(given: Given): string[] {
  const failed = endedAs(given, 'failed');
  const waits = endedAs(given, 'needs-human');
  const pending = given.steps.filter((row) => isPending(row) && ['contain', 'evict'].includes(row.stage));
  return [
    failed.length > 0 ? `Failed: ${titlesOf(given, failed)}.` : '',
    waits.length > 0 ? `Waits for you: ${titlesOf(given, waits)}.` : '',
    pending.length > 0 ? `Not finished: ${titlesOf(given, pending)}.` : '',
  ];
}

function returned(given: Given): string[] {
  const upn = plain(given.run.account.userPrincipalName, 120);
  const back = countOf(given, ['back']);
  return back > 0
    ? [
        `${count(back, 'thing')} removed from ${upn} came back and ${back === 1 ? 'is' : 'are'} there NOW: somebody else is deciding.`,
      ]
    : [`Something removed from ${upn} came back and was removed again: somebody or something puts it back.`];
}

function undone(given: Given, upn: string): string[] {
  const pending = given.steps.filter((row) => row.aim === 'undo' && isPending(row));
  if (pending.length > 0)
    return [`What was changed for ${upn} is being put back. Not finished: ${titlesOf(given, pending)}.`];
  const failed = ofConcern(given.run, endedAs(given, 'failed'));
  if (failed.length > 0) {
    return [
      `NOT everything was put back for ${upn}: ${titlesOf(given, failed)}.`,
      `${upn} ${lockPhrase(given)}`,
    ];
  }
  if (countOf(given, ['undone']) === 0)
    return [`The run for ${upn} was ended; it had changed nothing that can be put back.`];
  return [
    `What was changed for ${upn} was put back, as far as it can be.`,
    lockOf(given).is === 'open' ? `${upn} may sign in.` : `${upn} ${lockPhrase(given)}`,
  ];
}
