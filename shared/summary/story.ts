// What happened, in a few sentences: who, from where, when, what the intruder did, whether the account is locked, and
// what of theirs is still there. A sentence is said only if the record supports it, and must be true of the whole mail:
// if a step is off, was refused or could not look, its claim is left out.

import { kindOf } from '../alerts/detectors.ts';
import { type Line, numbersOf } from '../mail/letter.ts';
import { clause, count, plain } from '../mail/plain.ts';
import type { StepRow } from '../model/rows.ts';
import { inQuotes, listed } from '../model/text.ts';
import { isPending, ofConcern, openTasks } from '../run/verdict.ts';
import { countOf, standingOf, standingsOf } from './change-state.ts';
import { deedPhrases, signInsOf } from './deeds.ts';
import { ownerOf, timeOf, titlesOf } from './given.ts';
import type { Case } from './lock.ts';
import { lockPhrase } from './lock.ts';
import { logsAreComplete } from './logs.ts';

/** `orders`: what a person does now, in order; the story refers to them by number. */
export function storyOf(given: Case, orders: readonly Line[]): string {
  const { onlyLooksBecause } = given.run;
  const spared =
    onlyLooksBecause === undefined
      ? ''
      : `Nothing more is changed until somebody approves it: ${clause(onlyLooksBecause)}.`;
  return [...sentences(given, orders), spared].filter((sentence) => sentence !== '').join(' ');
}

/** Being slow is not a failure, but what is not done yet may still be there. */
function toCome(given: Case): string {
  const waiting = given.steps.filter(
    ({ stage, outcome }) => stage === 'evict' && (outcome === null || outcome.is === 'reported'),
  );
  return `Not finished: ${titlesOf(given, waiting)}. Another mail follows.`;
}

function sentences(given: Case, orders: readonly Line[]): string[] {
  const { run } = given;
  const locked = `The account ${lockPhrase(given)}`;
  switch (given.verdict.word) {
    case 'CONTAINED':
      return [cameIn(given), did(given), locked, undoneWork(given), remains(given, orders), evidence(given)];
    case 'LOCKED':
      if (run.level === 'full')
        return [cameIn(given), did(given), locked, toCome(given), remains(given, orders)];
      return [cameIn(given), locked, 'Evidence is still being collected; nothing else was changed.'];
    case 'DECIDE':
      return [cameIn(given), locked, asChosen(given), undecided(given)];
    case 'NOT CONTAINED':
      return [notSecured(given), ...why(given), cameIn(given), did(given), remains(given, orders)];
    case 'HELD':
      return [
        cameIn(given),
        `Nothing was done yet: ${clause(run.heldBecause ?? 'a person must decide')}.`,
        'Until somebody approves, whoever has the account keeps it.',
      ];
    case 'REVERTED':
      return [...returned(given), cameIn(given), did(given), locked, remains(given, orders)];
    case 'UNDONE':
      return undone(given);
    case 'HANDING BACK': {
      const failed = endedAs(given, 'failed');
      return [
        `${ownerOf(given)}'s account is being given back, and waits.`,
        failed.length > 0 ? `Failed: ${titlesOf(given, failed)}.` : '',
        locked,
      ];
    }
    case 'HANDED BACK':
      return [
        `${ownerOf(given)} has the account back. How they were identified: ${clause(run.handBack?.identified ?? 'not said')}.`,
        run.handBack?.phase === 'roles'
          ? 'Its administrator roles were not given back: they wait for an approval of their own.'
          : '',
      ];
    case 'NOTHING TO DO':
      return [
        cameIn(given),
        'The account was checked, and nothing had to be changed. That is no proof that nobody was in.',
        locked,
        evidence(given),
      ];
    case 'DRY RUN': {
      const found = countOf(given, ['found']);
      return [
        `Nothing was changed for ${ownerOf(given)}: this run only looked. It would make ${count(found, 'change')}.`,
        cameIn(given),
        did(given),
        withoutTrace(given),
        evidence(given),
      ];
    }
  }
}

/** Detections of a stolen token, which works without a password. */
const ofTokens = ['stolen-session-cookie', 'attacker-in-the-middle', 'prt-access'];
const tokenDetectors = ['anomaloustoken', 'tokenissueranomaly', 'anomaloususeractivity'];

/** Certainly an intruder, as far as this run could prove. */
const isProved = ({ run, steps }: Case) =>
  run.level === 'full' || steps.some((row) => row.changes.some(({ evidence }) => evidence !== null));

function cameIn(given: Case): string {
  const { run } = given;
  const owner = ownerOf(given);
  const [first] = signInsOf(given);
  const signal = run.signals.find(({ activityAt, detectedAt }) => activityAt ?? detectedAt) ?? run.signals[0];
  if (first === undefined) {
    if (signal === undefined || signal.source === 'operator') {
      return `Somebody started this run for ${owner}'s account by hand.`;
    }
    const at = signal.activityAt ?? signal.detectedAt;
    const from = signal.address === null ? '' : ` from ${plain(signal.address, 60)}`;
    return `Microsoft reported ${inQuotes(plain(signal.title, 120))} for ${owner}'s account${from}${at === null ? '' : ` at ${timeOf(given, at)}`}.`;
  }
  const place = [first.place, first.from].flatMap((part) => (part === null ? [] : plain(part, 60)));
  const where = place.length === 2 ? `${place[0]} (${place[1]})` : (place[0] ?? 'an unknown place');
  const at = timeOf(given, first.at);
  if (!isProved(given)) {
    return `Somebody signed in as ${owner} from ${where} at ${at}, and Microsoft rates that as a risk${signal === undefined ? '' : ` (${inQuotes(plain(signal.title, 120))})`}.`;
  }
  const stolen = run.signals.some(
    (one) => ofTokens.includes(kindOf(one) ?? '') || tokenDetectors.includes(one.detector.toLowerCase()),
  );
  return stolen
    ? `${owner}'s session was stolen and used from ${where} at ${at}.`
    : `An intruder signed in as ${owner} from ${where} at ${at}.`;
}

const mostPhrases = 6;

function did(given: Case): string {
  const phrases = deedPhrases(given);
  if (phrases.length === 0) return '';
  const more = phrases.length - mostPhrases;
  return `The intruder ${listed(more > 0 ? [...phrases.slice(0, mostPhrases), `did more (${more})`] : phrases)}.`;
}

/** The orders list everything, by danger; a phone's first screen must show the first of them too. */
const mostLeft = 4;

/** What the intruder still has until a person acts, with the number of the order that ends it. */
function remains(given: Case, orders: readonly Line[]): string {
  const left = numbersOf(orders, true).flatMap(([{ remains: what }, number]) =>
    what === undefined ? [] : [`${what}${number === undefined ? '' : ` (${Number.parseInt(number, 10)})`}`],
  );
  if (left.length > 0) {
    const more = left.length - mostLeft;
    const named = more > 1 ? [...left.slice(0, mostLeft), `${more} more`] : left;
    return `Still there, or not yet ruled out: ${listed(named)}.`;
  }
  const open = countOf(given, ['failed', 'back', 'unknown', 'unverified', 'found']);
  // What still leaks, or another account that is open to them, may be theirs.
  const clear = orders.every(({ task }) => task?.danger !== 'leak' && task?.danger !== 'account');
  const locked = given.lock.is === 'blocked' || given.lock.is === 'found';
  return open === 0 && clear && locked && undoneWork(given) === '' && given.verdict.word === 'CONTAINED'
    ? 'Nothing of theirs is known to be left.'
    : '';
}

const endedAs = ({ steps }: Case, is: NonNullable<StepRow['outcome']>['is']) =>
  steps.filter((row) => row.outcome?.is === is);

/** A step that waits for another one runs automatically, unless that one is switched off. */
const waitFor = (given: Case, whom: 'you' | 'another step') =>
  endedAs(given, 'needs-human').filter((row) => {
    const { outcome } = row;
    const gates = outcome?.is === 'needs-human' ? outcome.waitsFor : [];
    const behind = given.steps.some(
      ({ name, outcome: ended }) => gates.includes(name) && ended?.is !== 'off',
    );
    return (openTasks(row).length === 0 && behind) === (whom === 'another step');
  });

/** What was found and is not removed, or not known to be removed. */
function undoneWork(given: Case): string {
  const waits = waitFor(given, 'you');
  if (waits.length > 0) return `Not done without you: ${titlesOf(given, waits)}.`;
  const failed = endedAs(given, 'failed');
  if (failed.length > 0) return `Failed: ${titlesOf(given, failed)}.`;
  const unread = countOf(given, ['unverified', 'unknown']);
  const made = standingsOf(given).length - countOf(given, ['found']);
  return unread > 0 ? `${unread} of ${count(made, 'change')} could NOT be checked yet.` : '';
}

/** Finding nothing means little if nobody could look. */
function evidence(given: Case): string {
  const { running, failed, skipped } = investigations(given);
  if (running.length > 0) return `Still looking: ${titlesOf(given, running)}.`;
  if (failed.length + skipped.length > 0)
    return `Could NOT look: ${titlesOf(given, [...failed, ...skipped])}.`;
  return '';
}

/** Work that would leave a trace was skipped, so what it would have shown is unknown. */
function withoutTrace(given: Case): string {
  const { playbook, steps } = given;
  const left = steps.filter(({ name, outcome, startedAt }) => {
    const step = playbook.find((candidate) => candidate.name === name);
    const leaves = step?.kind === 'investigation' && step.leaves !== null;
    return leaves && outcome?.is === 'skipped' && startedAt === null;
  });
  if (left.length === 0) return '';
  return `Left out, since they leave a trace: ${titlesOf(given, left)}. What only they would tell is not among them.`;
}

function investigations({ steps }: Case) {
  const all = steps.filter((row) => row.kind === 'investigation');
  return {
    running: all.filter((row) => row.outcome === null),
    failed: all.filter((row) => row.outcome?.is === 'failed'),
    // Steps that do not apply to this account never began; there was nothing to look at.
    skipped: all.filter(
      ({ outcome, startedAt }) => outcome?.is === 'off' || (outcome?.is === 'skipped' && startedAt !== null),
    ),
    looked: all.filter((row) => row.outcome?.is === 'done'),
  };
}

/** For a run that a person allowed to do less than the lock. */
function asChosen(given: Case): string {
  const { only, level } = given.run;
  if (only === undefined || level !== 'contain') return '';
  const done = given.steps.filter((row) => only.includes(row.name) && row.outcome?.is === 'done');
  return done.length === 0 ? '' : `Done, as chosen: ${titlesOf(given, done)}.`;
}

function undecided(given: Case): string {
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
    if (logsAreComplete(given)) return 'No evidence of an intruder was found, so nothing else was changed.';
    return 'The logs show no act of an intruder so far, but they are not complete yet; nothing else was changed.';
  }
  return `Nothing else was changed. ${blind || 'Nobody looked for evidence.'} That none was found proves nothing.`;
}

function notSecured(given: Case): string {
  const { is } = given.lock;
  if (is === 'blocked' || is === 'found') {
    return `${ownerOf(given)}'s account ${lockPhrase(given)} But NOT everything is done.`;
  }
  const again = is === 'lifted' ? ` It ${lockPhrase(given)}` : '';
  return `${ownerOf(given)}'s account is NOT secured: whoever attacked it may still be in.${again}`;
}

function why(given: Case): string[] {
  const failed = endedAs(given, 'failed');
  const waits = waitFor(given, 'you');
  const then = waitFor(given, 'another step');
  const pending = given.steps.filter((row) => isPending(row) && ['contain', 'evict'].includes(row.stage));
  return [
    failed.length > 0 ? `Failed: ${titlesOf(given, failed)}.` : '',
    waits.length > 0 ? `Waits for you: ${titlesOf(given, waits)}.` : '',
    then.length > 0 ? `Waits for that: ${titlesOf(given, then)}.` : '',
    pending.length > 0 ? `Not finished: ${titlesOf(given, pending)}.` : '',
  ];
}

function returned(given: Case): string[] {
  const upn = `${ownerOf(given)}'s account`;
  const back = countOf(given, ['back']);
  return back > 0
    ? [
        `${count(back, 'thing')} removed from ${upn} came back and ${back === 1 ? 'is' : 'are'} there NOW: somebody else is deciding.`,
      ]
    : [`Something removed from ${upn} came back and was removed again: somebody or something puts it back.`];
}

function undone(given: Case): string[] {
  const upn = ownerOf(given);
  const pending = given.steps.filter((row) => row.aim === 'undo' && isPending(row));
  if (pending.length > 0)
    return [`What was changed for ${upn} is being put back. Not finished: ${titlesOf(given, pending)}.`];
  const failed = ofConcern(given.run, endedAs(given, 'failed'));
  if (failed.length > 0) {
    return [
      `NOT everything was put back for ${upn}: ${titlesOf(given, failed)}.`,
      `The account ${lockPhrase(given)}`,
    ];
  }
  if (countOf(given, ['undone']) === 0)
    return [`The run for ${upn} was ended; it had changed nothing that can be put back.`];
  return [
    `What was changed for ${upn} was put back, as far as it can be.`,
    given.lock.is === 'open' ? 'The account may sign in.' : `The account ${lockPhrase(given)}`,
  ];
}
