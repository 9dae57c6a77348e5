// What the evidence shows, the rest as counts, how to say that it was a false alarm, and what comes next.

import type { Line, Section } from '../mail/letter.ts';
import { clause, clock, count, later, plain } from '../mail/plain.ts';
import type { StepRow } from '../model/rows.ts';
import type { ToldIn } from '../model/step.ts';
import { capital } from '../model/text.ts';
import { toUndo } from '../run/changes.ts';
import { timing } from '../run/timing.ts';
import { handBackTasks, openTasks } from '../run/verdict.ts';
import { nextWatch } from '../run/watch.ts';
import { attachedTo } from './attached.ts';
import { standingOf } from './change-state.ts';
import { order, timeOf, titleOf } from './given.ts';
import type { Case } from './lock.ts';
import { completeUntil } from './logs.ts';
import { taskLine } from './orders.ts';

const told = (steps: readonly StepRow[]): Line[] =>
  steps.flatMap((row) =>
    row.kept.map((kept) => ({ text: capital(plain(kept.what)), details: [plain(kept.why)] })),
  );

/** The investigations that report in a section; those without one belong to the general evidence. */
const toldIn = ({ steps, playbook }: Case, section: ToldIn | null) =>
  steps.filter((row) => {
    const step = playbook.find(({ name }) => name === row.name);
    return (
      row.kind === 'investigation' &&
      (step?.kind === 'investigation' ? (step.toldIn ?? null) : null) === section
    );
  });

/** The mail that was sent in the owner's name, and how much of it was taken back. */
export function sent(given: Case): Section {
  const retracted = given.steps.find((row) => row.part === 'retraction');
  return {
    title: 'What the intruder sent',
    lines: [...told(toldIn(given, 'sent')), ...(retracted === undefined ? [] : retractedLines(retracted))],
  };
}

function retractedLines({ changes, outcome, aim }: StepRow): Line[] {
  if (changes.length === 0 || outcome === null) return [];
  const now = changes.map((change) => standingOf(change, aim));
  const gone = now.filter((standing) => standing === 'verified' || standing === 'removed-again').length;
  const text = `Taken out of inboxes inside: ${gone} of ${count(changes.length, 'message')}, checked; what went outside cannot be taken back`;
  return [{ text }];
}

export const others = (given: Case): Section => ({
  title: 'Other accounts',
  lines: told(toldIn(given, 'others')),
});

export function findings(given: Case): Section {
  const { steps } = given;
  const lines = told(toldIn(given, null));
  const attached = attachedTo(steps);
  const kept = steps.flatMap((row) => row.attachments).filter((file) => !attached.includes(file));
  const namesOf = (files: readonly { name: string }[]) =>
    files.map(({ name }) => plain(name, 120)).join(', ');
  if (attached.length > 0) lines.push({ text: `Attached to the mail: ${namesOf(attached)}` });
  if (kept.length > 0) lines.push({ text: `Kept with the run, not attached: ${namesOf(kept)}` });
  return { title: 'What the evidence shows', lines };
}

/** Whatever sends mail out of the organisation is named, even if the log shows it to be the owner's. */
export const keptSending = ({ steps }: Case): Section => ({
  title: "Sends mail out, and kept as the owner's",
  lines: steps
    .flatMap(({ kept }) => kept.filter(({ told }) => told === true))
    .map(({ what, why }) => ({ text: `${capital(plain(what))}: ${plain(why)}` })),
});

/** One line of counts: nobody reads a list of what did not happen. The run's page has the list. */
export function restInCounts({ steps, run }: Case): Section {
  const idle = steps.filter((row) => row.outcome?.is === 'unchanged' || row.outcome?.is === 'skipped').length;
  const left = steps.reduce((sum, row) => sum + (row.kind === 'remediation' ? row.kept.length : 0), 0);
  const counts = [
    ...(idle > 0 ? [`${count(idle, 'step')} found nothing to change or did not apply`] : []),
    ...(left > 0 ? [`${count(left, 'thing')} looked at and left as they are`] : []),
  ];
  const lines: Line[] =
    counts.length === 0 || run.state === 'held'
      ? []
      : [{ text: `${counts.join('; ')}. That is no proof that nothing was there` }];
  const fallen = steps.flatMap((row) =>
    run.endsAs === 'undone' && row.aim !== 'undo' ? openTasks(row) : [],
  );
  if (fallen.length > 0) {
    const text = `${count(fallen.length, 'task')} of this run fell away with it, if it was a false alarm`;
    lines.push({ text, details: fallen.map(({ what }) => plain(what)) });
  }
  return { title: 'The rest', lines };
}

/** Steps that did something which can't be undone. */
const withoutUndo = ({ steps, playbook }: Case) =>
  steps.flatMap((row) => {
    const step = playbook.find((candidate) => candidate.name === row.name);
    if (step?.kind !== 'remediation' || typeof step.undo !== 'string') return [];
    const left = toUndo(row.changes);
    return left.length > 0 ? [{ name: row.name, undo: step.undo, left }] : [];
  });

/** Each thing that is not as it was before, and why. */
function whatStays(given: Case): Line[] {
  // A false alarm dismisses all of the account's risk, including our confirmation.
  const dismissed = given.steps.some(
    ({ part, outcome }) => part === 'risk-dismissal' && outcome?.is === 'done',
  );
  const stays = withoutUndo(given).filter(
    ({ name }) => !dismissed || given.steps.find((row) => row.name === name)?.part !== 'risk-confirmation',
  );
  const never = stays.map(({ name, undo, left }) => ({
    text: `Could not be put back: ${titleOf(given, name)}: ${clause(undo)}`,
    details: [...new Set(left.map(({ what }) => plain(what)))],
  }));
  const instead = given.steps
    .filter((row) => row.outcome?.is === 'undone')
    .flatMap((row) =>
      toUndo(row.changes).map(({ what }) => ({
        text: `Was not put back (see what you do now): ${titleOf(given, row.name)}: ${plain(what)}`,
      })),
    );
  return [...never, ...instead];
}

export function falseAlarm(given: Case): Section {
  const { run, steps } = given;
  if (run.endsAs === 'undone') return { title: 'What stays as it is', lines: whatStays(given) };
  const stays = withoutUndo(given).map(({ name, undo }) => `${titleOf(given, name)}: ${clause(undo)}`);
  const changed = steps.some((row) => toUndo(row.changes).length > 0);
  if (!changed || run.endsAs !== null) return { title: 'False alarm?', lines: [] };
  return {
    title: 'False alarm?',
    lines: [
      {
        text: `If it was the owner after all: undo puts back what ${stays.length > 0 ? 'can be put back' : 'was changed'}, dismisses the risk, and closes the alert as a false positive`,
        details: stays,
        orders: [order(given, 'Undo the run', 'undo', { falseAlarm: true })],
      },
    ],
  };
}

/** Nothing here is urgent: it is done with the owner, once. */
export function handBack({ run, steps }: Case): Section {
  const ends = run.state === 'held' || run.dryRun || run.endsAs !== null;
  const lines = steps.flatMap((row) => handBackTasks(row).map((task) => taskLine({ step: row.name, task })));
  return { title: 'When the account is given back', lines: ends ? [] : lines };
}

export function next(given: Case): Section {
  const { run, runUrl } = given;
  return {
    title: 'Next',
    lines: [
      ...logsNow(given),
      { text: nextCheck(given) },
      {
        text: `Run ${plain(run.code, 12)}, opened ${clock(run.openedAt)}`,
        details: [
          `From a terminal, in your clone of Reclaim: node cli/reclaim.mjs show ${plain(run.code, 12)}`,
        ],
        link: { text: 'Open the run', url: runUrl },
      },
    ],
  };
}

function logsNow(given: Case): Line[] {
  const text = completeUntil(given);
  return text === '' ? [] : [{ text }];
}

function nextCheck(given: Case): string {
  const { run, steps, now } = given;
  if (run.state === 'held') return 'Nothing happens until somebody approves or ends the run';
  const watch = nextWatch({ run, steps });
  if (watch !== null) {
    return `What had been the intruder's is looked for at about ${timeOf(given, watch)}; nothing is changed, and you hear of it if it is there again`;
  }
  if (run.endsAs !== null || run.dryRun) return 'This run does not look at the account again';
  const minutes = timing.checkMinutes[run.checks];
  if (minutes === undefined) return 'That was the last check';
  const only = 'you hear only of a new verdict';
  const due = run.finishedAt === null ? null : later(run.finishedAt, minutes);
  if (due === null)
    return `Everything is checked again ${minutes} minutes after the last step has ended; ${only}`;
  const at = [due, now.toISOString()].toSorted().at(-1) ?? due;
  return `Everything is checked again at about ${timeOf(given, at)}; ${only}`;
}
