// The rest of a mail, below what a person does now. It is short enough to be read; the whole is one link away. Each
// thing takes one line; the reasons and the evidence are on the page.
import type { Line, Section } from '../mail/letter.ts';
import { clause, count, isMicrosoftPage, plain } from '../mail/plain.ts';
import type { ChangeRecord, StepRow } from '../model/rows.ts';
import { capital } from '../model/text.ts';
import { handBackTasks, openTasks } from '../run/verdict.ts';
import { who } from './account.ts';
import { attachedTo } from './attached.ts';
import { type Standing, standingOf } from './change-state.ts';
import { wouldAsk } from './changes-made.ts';
import { falseAlarm, keptSending, next } from './findings.ts';
import { titleOf, titlesOf } from './given.ts';
import type { Case } from './lock.ts';
import { openPoints } from './open-points.ts';
import { alsoAtWork } from './other-hands.ts';

/** With this many orders nobody reads on, so the summary then names only the steps that removed something. */
const manyOrders = 7;

/** `orders`: how many orders stand above it. */
export const briefOf = (given: Case, orders: number): Section[] =>
  [
    openPoints(given, 'brief'),
    account(given),
    alsoAtWork(given),
    changes(given, 'Done and checked', ['verified', 'removed-again'], orders >= manyOrders),
    restored(given),
    changes(given, given.run.dryRun ? 'It would change' : 'Found, NOT changed', ['found']),
    keptSending(given),
    { title: 'It would ask', lines: wouldAsk(given) },
    evidence(given),
    afterwards(given),
    nextInBrief(given),
  ].filter(({ lines }) => lines.length > 0);

function account(given: Case): Section {
  const { run } = given;
  const [person] = who(given).lines;
  const undecided = run.state === 'held' || given.verdict.word === 'DECIDE';
  const alert = run.signals.find(({ link }) => link !== null && isMicrosoftPage(link));
  return {
    title: 'The account, and why this run',
    lines: [
      ...(person === undefined ? [] : [{ text: [person.text, ...(person.details ?? [])].join('. ') }]),
      {
        text: undecided ? alerted(given) : capital(clause(run.why)),
        ...(alert?.link == null ? {} : { link: { text: 'Open the alert', url: alert.link } }),
      },
      ...locks(given),
    ],
  };
}

/** While a person decides, it says what was reported, not what the policy makes of it. */
const alerted = ({ run }: Case) =>
  `Reported: ${
    run.signals
      .slice(0, 3)
      .map(({ title, level }) => `${plain(title, 120)} (${level})`)
      .join(', ') || clause(run.why)
  }`;

/** Sessions that were not revoked are named; what went well takes one line. */
function locks(given: Case): Line[] {
  const { run, steps, lock } = given;
  if (run.state === 'held' || run.dryRun || lock.is !== 'blocked') return [];
  const sessions = steps.find(({ part }) => part === 'sessions');
  const revoked = sessions?.changes.findLast(({ fixedAt, goneAt }) => fixedAt !== null && goneAt !== null);
  const unsure = [
    ...(lock.checkedAt === null ? ['the lock is NOT checked yet'] : []),
    // What does not apply to the account is listed as not covered.
    ...(revoked === undefined && sessions?.outcome?.is !== 'skipped'
      ? ['sessions are NOT known to be revoked']
      : []),
  ];
  return unsure.length === 0 ? [] : [{ text: capital(unsure.join('; ')) }];
}

const mostNamed = 3;

/**
 * A line for each step that found something of the intruder's, and one line for everything that policy asks for anyway.
 */
function changes(given: Case, title: string, which: readonly Standing[], titlesAlone = false): Section {
  const rows = given.steps.flatMap((row) => {
    const of = row.changes.filter((change) => which.includes(standingOf(change, row.aim)));
    return of.length === 0 ? [] : [{ row, of }];
  });
  const remarkable = titlesAlone
    ? []
    : rows.filter(({ row, of }) => row.stage === 'evict' && isRemarkable(row, of));
  const ordinary = rows.filter((one) => !remarkable.includes(one));
  return {
    title,
    lines: [
      ...remarkable.map(({ row, of }) => ({ text: `${titleOf(given, row.name)}: ${named(of)}` })),
      ...(ordinary.length === 0
        ? []
        : [
            {
              text: `${remarkable.length === 0 ? '' : 'Also: '}${titlesOf(
                given,
                ordinary.map(({ row }) => row),
              )}`,
            },
          ]),
    ],
  };
}

/** By what it is, and not by its step: "Block sign-in" is what was taken back. */
function restored(given: Case): Section {
  const lines = given.steps.flatMap((row) => {
    const of = row.changes.filter((change) => standingOf(change, row.aim) === 'undone');
    return of.length === 0 ? [] : [{ text: capital(named(of)) }];
  });
  return { title: 'Put back', lines };
}

/** Done to every account under attack; named only if something was found there. */
const always: readonly StepRow['part'][] = ['lock', 'sessions', 'password', 'risk-confirmation'];
const isRemarkable = (row: StepRow, of: readonly ChangeRecord[]) =>
  of.some(({ evidence }) => evidence !== null) || !always.includes(row.part);

function named(of: readonly ChangeRecord[]): string {
  const more = of.length - mostNamed;
  return `${of
    .slice(0, mostNamed)
    .map(({ what }) => plain(what, 120))
    .join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

function evidence(given: Case): Section {
  const files = attachedTo(given.steps).map(({ name }) => plain(name, 120));
  return {
    title: 'What was found out',
    lines: [
      ...othersWithoutTask(given).map(({ what }) => ({ text: capital(plain(what)) })),
      ...(files.length === 0 ? [] : [{ text: `Attached: ${files.join(', ')}` }]),
    ],
  };
}

const mostFindings = 3;

/** What was learnt about other accounts, unless an order already says it. */
const othersWithoutTask = ({ steps, playbook }: Case) =>
  steps
    .filter((row) => openTasks(row).length === 0)
    .filter(({ name }) =>
      playbook.some(
        (step) => step.name === name && step.kind === 'investigation' && step.toldIn === 'others',
      ),
    )
    .flatMap(({ kept }) => kept.slice(0, mostFindings));

function nextInBrief(given: Case): Section {
  const { title, lines } = next(given);
  return { title, lines: lines.map(({ details: _, ...line }) => line) };
}

/** How to say that it was a false alarm, and how much is left for the day when the owner is back. */
function afterwards(given: Case): Section {
  const { run, steps, runUrl } = given;
  const { title, lines } = falseAlarm(given);
  // A decision offers it above.
  const asked = given.verdict.word === 'DECIDE' || given.verdict.word === 'HELD';
  const later = run.state === 'held' || run.dryRun || run.endsAs !== null ? [] : steps.flatMap(handBackTasks);
  const alarm: Line[] =
    run.endsAs === 'undone'
      ? [...lines]
      : asked
        ? []
        : lines.map(({ orders = [] }) => ({
            text: 'If it was the owner after all, what can be put back is put back',
            orders,
          }));
  return {
    title: run.endsAs === 'undone' ? title : 'Later',
    lines: [
      ...alarm,
      ...(later.length === 0
        ? []
        : [
            {
              text: `${count(later.length, 'thing')} to do with the owner when the account is given back`,
              link: { text: 'Open the hand-back', url: `${runUrl}/hand-back` },
            },
          ]),
    ],
  };
}
