// What a person does now, the most dangerous first. Each line is one order: what, how, where and in which role. If
// there is nothing to do, it says so. The page, the card and the command show the same order.

import { kindOf } from '../alerts/detectors.ts';
import type { Failure } from '../errors.ts';
import type { Asked, Line, Section } from '../mail/letter.ts';
import { count, plain } from '../mail/plain.ts';
import { auditSearchPage, byHandOf, signInsPage, userPage } from '../microsoft365/links.ts';
import { typed } from '../model/powershell.ts';
import type { RunRow, StepRow, TaskRecord } from '../model/rows.ts';
import { capital, inQuotes } from '../model/text.ts';
import { toUndo } from '../run/changes.ts';
import { inOrder } from '../run/in-order.ts';
import { isPending, ofConcern, openTasks } from '../run/verdict.ts';
import { contactOf, signInsOf } from './deeds.ts';
import { type Described, type Given, order, ownerOf, placeOf, timeOf, titleOf, titlesOf } from './given.ts';
import type { Case } from './lock.ts';

export interface OpenTask {
  step: string;
  task: TaskRecord;
}

export function ordersOf(all: Case): Section {
  const given = { ...all, steps: ofConcern(all.run, all.steps) };
  const tasks = inOrder(
    given.steps.flatMap((row) => openTasks(row).map((task) => ({ step: row.name, task }))),
  );
  const isAccount = ({ task }: OpenTask) => task.danger === 'account';
  const urgent = [
    ...uncounted(decision(given)),
    ...failures(given, 'contain'),
    ...tasks.filter(isAccount).map(taskLine),
    ...uncounted(newPassword(all)),
    ...uncounted(late(given)),
    ...failures(given, 'evict'),
    ...tasks.filter((one) => one.task.danger !== undefined && !isAccount(one)).map(taskLine),
    ...failures(given, 'other'),
    ...tasks.filter(({ task }) => task.danger === undefined).map(taskLine),
    ...uncounted(onlyReported(given)),
    ...uncounted(behindASwitch(given)),
  ];
  const lines = urgent.length > 0 ? urgent : uncounted([nothing(given)]);
  return { title: 'What you do now', lines, numbered: true };
}

/** What the word in the subject asks for, besides the tasks that it counts. */
function decision(given: Case): Line[] {
  const { word } = given.verdict;
  if (word === 'HELD') {
    return [
      {
        text: `Decide whether this is an attack: phone ${ownerOf(given)} and ask`,
        details: askWith(given),
        link: signIns(given),
        orders: heldOrders(given, given.run),
      },
    ];
  }
  if (given.run.onlyLooksBecause !== undefined && given.run.endsAs === null) {
    return [
      {
        text: 'Decide whether this app may change a protected account, and let the run go on or end it',
        orders: [
          order(given, 'It may: go on', 'approve', { level: given.run.level }),
          order(given, `It may not: ${takenBack(given)}`, 'undo'),
        ],
      },
    ];
  }
  if (word !== 'DECIDE' || given.run.level === 'full') return [];
  return [
    {
      text: `Phone ${ownerOf(given)} and ask whether this was them`,
      details: askWith(given),
      link: signIns(given),
      orders: [
        order(given, 'It was not: remove what is found', 'approve', { level: 'full' }),
        order(given, `It was: ${takenBack(given)}`, 'undo', { falseAlarm: true }),
      ],
    },
  ];
}

/** Undo brings back everything but the password, and without a new one the owner stays locked out. */
function newPassword(given: Case): Line[] {
  const { run, steps } = given;
  const row = steps.find(({ part }) => part === 'password');
  if (run.endsAs !== 'undone' || row === undefined || toUndo(row.changes).length === 0) return [];
  return [
    {
      text: `Give ${ownerOf(given)} a new password, in person or by phone: the old one is gone`,
      details: ['Select Reset password; they choose their own when they sign in.'],
      link: byHand(given, row),
    },
  ];
}

/** What to ask the owner with: where, when and what was used, and how to reach them as before the attack. */
function askWith(given: Case): string[] {
  const { run } = given;
  const asked = signInsOf(given).slice(0, 3);
  const signals = run.signals.slice(0, 2);
  const questions =
    asked.length > 0
      ? asked.map(
          ({ at, from, place, app }) =>
            `a sign-in ${app === null ? '' : `to ${plain(app, 60)} `}at ${timeOf(given, at)} from ${plain(place ?? 'an unknown place', 60)}${from === null ? '' : ` (${plain(from, 60)})`}`,
        )
      : signals.map(({ title, address, activityAt, detectedAt }) => {
          const at = activityAt ?? detectedAt;
          return `${inQuotes(plain(title, 120))}${at === null ? '' : ` at ${timeOf(given, at)}`}${address === null ? '' : ` from ${plain(address, 60)}`}`;
        });
  return [...(questions.length === 0 ? [] : [`Was this you: ${questions.join('; ')}?`]), reachOwner(given)];
}

/** A number from before the attack: the intruder may have changed the one in the directory. */
function reachOwner(given: Case): string {
  const { phone, manager } = contactOf(given);
  const ways = [
    ...(phone === null ? [] : [`call ${plain(phone, 40)}, on record before the attack`]),
    ...(manager === null ? [] : [`${phone === null ? '' : 'or '}ask their manager, ${plain(manager, 120)}`]),
  ];
  if (ways.length > 0) return `${capital(ways.join(', '))}; never by mail or chat.`;
  return given.run.account.guest
    ? 'Use a number that whoever invited them knew before; never mail, chat or the directory, which the intruder may have changed.'
    : 'Use a number from the personnel file, or their manager; never mail, chat or the directory, which the intruder may have changed.';
}

/** What a decision is based on. */
const signIns = ({ run }: Case) => ({
  text: 'The sign-ins in the Entra admin center, as Security Reader',
  url: signInsPage(run.account.id),
});

/** If somebody else had locked the account before, undo leaves that lock alone. */
function takenBack(given: Case): string {
  const { is } = given.lock;
  if (is === 'found') return 'put back what can be; sign-in stays blocked, as another hand left it';
  return is === 'open' ? 'put back what can be' : 'unlock the account and put back what can be';
}

export function taskLine({ step, task }: OpenTask): Line {
  const { id, what, instruction, link, role, danger, remains } = task;
  return {
    text: capital(plain(what)),
    details: instruction === '' ? [] : [plain(instruction, 2000)],
    ...toType(task.commands ?? []),
    link: { text: placeOf(link, role), url: link },
    task: { step, id, done: false, ...(danger === undefined ? {} : { danger }) },
    ...(remains === undefined ? {} : { remains: plain(remains, 60) }),
  };
}

/** Exactly as quoted: one space more or less would name something else. */
function toType(given: readonly string[]): Pick<Line, 'commands'> {
  const commands = typed(given);
  return commands.length === 0 ? {} : { commands };
}

/** Left in place because of the administrator's own setting, so nobody else will do it. */
function onlyReported(given: Case): Line[] {
  const { run, steps } = given;
  if (run.dryRun) return [];
  return steps
    .filter((row) => row.outcome?.is === 'reported' && row.mode === 'report' && row.changes.length > 0)
    .filter((row) => row.stage === 'contain' || run.level === 'full')
    .map((row) => ({
      text: `${titleOf(given, row.name)}: ${count(row.changes.length, 'finding')} left in place, since the step is set to report only. Decide, and do it by hand`,
      ...placeAndHow(given, row),
    }));
}

/** A task for a step that is switched off will never be done automatically. */
const behindASwitch = (given: Case): Line[] =>
  given.steps.flatMap((row): Line[] => {
    if (row.outcome?.is !== 'needs-human' || openTasks(row).length > 0) return [];
    const { waitsFor } = row.outcome;
    const off = given.steps.filter((gate) => waitsFor.includes(gate.name) && gate.outcome?.is === 'off');
    if (off.length === 0) return [];
    const text = `${titleOf(given, row.name)} by hand. It is only done behind ${titlesOf(given, off)}, which is switched off`;
    return [{ text, ...placeAndHow(given, row) }];
  });

const uncounted = (lines: readonly Line[]): Line[] => lines.map((line) => ({ ...line, uncounted: true }));

const handBackPage = ({ runUrl }: Case, text: string) => {
  const page = `${runUrl}/hand-back`;
  return { text, request: `GET ${page}`, page };
};
const goOn = (given: Case) => handBackPage(given, 'Go on with the hand-back');

function nothing(given: Case): Line {
  switch (given.verdict.word) {
    case 'CONTAINED':
      return {
        text:
          given.lock.is === 'open'
            ? 'Help the owner in: every session has ended, and the old password is gone'
            : 'Give the account back, once its owner is identified by phone or in person',
        ...(given.lock.is === 'open' ? {} : { orders: [handBackPage(given, 'Begin the hand-back')] }),
      };
    case 'LOCKED':
      return { text: 'Nothing yet. You hear again when the evidence is in' };
    case 'REVERTED':
      return {
        text: 'Find out who or what puts it back: an administrator, a sync, or the intruder',
        details: ['Search the audit log for what came back.'],
        link: { text: placeOf(auditSearchPage(), 'Audit Reader in Purview'), url: auditSearchPage() },
      };
    case 'UNDONE':
      return {
        text: 'Tell the owner that the account is theirs again, and what of it stays as it is (see below)',
      };
    case 'HANDING BACK':
      return {
        text: 'Go on giving the account back: its page says what it waits for',
        orders: [goOn(given)],
      };
    case 'HANDED BACK':
      return {
        text:
          given.run.handBack?.phase === 'roles'
            ? 'Decide which administrator roles the owner still needs, and approve them in the run'
            : "Nothing. The account is its owner's again",
        ...(given.run.handBack?.phase === 'roles' ? { orders: [goOn(given)] } : {}),
      };
    case 'DRY RUN':
      return { text: 'Nothing. This was a rehearsal' };
    case 'NOTHING TO DO':
      return {
        text: `Phone ${ownerOf(given)} and ask whether this was them`,
        details: askWith(given),
        link: signIns(given),
      };
    case 'NOT CONTAINED':
      return {
        text: 'Lock the account again, unless whoever undid the lock meant it',
        link: {
          text: 'The user in the Entra admin center, as User Administrator',
          url: userPage(given.run.account.id),
        },
        orders: [
          order(given, 'Lock it', 'retry', {
            steps: given.steps.filter(({ part }) => part === 'lock').map(({ name }) => name),
          }),
        ],
      };
    case 'HELD':
    case 'DECIDE':
      return { text: 'Phone the owner and ask whether this was them' };
  }
}

const ranks = ['contain', 'evict', 'other'] as const;

/** What lets the intruder stay comes before mere notices. */
const failureRank = ({ stage, part }: StepRow): (typeof ranks)[number] =>
  stage === 'contain' || (stage === 'evict' && part !== 'risk-confirmation') ? stage : 'other';

/** Steps that failed are done by hand. Why they failed comes after the last of them: orders are read before causes. */
function failures(given: Case, which: (typeof ranks)[number]): Line[] {
  const failed = given.steps
    .filter((row) => row.outcome?.is === 'failed')
    .toSorted((a, b) => ranks.indexOf(failureRank(a)) - ranks.indexOf(failureRank(b)));
  const lines = failed
    .filter((row) => failureRank(row) === which)
    .map((row) => ({
      text: failureText(given, row),
      ...placeAndHow(given, row),
    }));
  const last = failed.at(-1);
  return last !== undefined && failureRank(last) === which
    ? [...lines, ...uncounted([cause(given, failed)])]
    : lines;
}

/** Each reason once, with what to do about it. */
function cause(given: Case, failed: readonly StepRow[]): Line {
  const reasons = [...Map.groupBy(failed, (row) => errorOf(row)?.message ?? '').values()];
  const undo = given.verdict.word === 'UNDONE';
  return {
    text: `Let this app ${undo ? 'put back what is left' : 'try again'}, once the cause is gone`,
    details: reasons.flatMap((rows) => {
      const [error] = rows.flatMap((row) => errorOf(row) ?? []);
      const [said = '', ...more] = error === undefined ? [] : errorDetails(error);
      return [reasons.length === 1 ? said : `${titlesOf(given, rows)}: ${said}`, ...more];
    }),
    orders: [undo ? order(given, 'Put back what is left', 'undo') : order(given, 'Try again', 'retry')],
  };
}

const onlyLooks = ({ run }: Case, row: StepRow) => row.kind === 'investigation' || run.dryRun;

function failureText(given: Case, row: StepRow): string {
  const title = titleOf(given, row.name);
  if (onlyLooks(given, row)) return `Look yourself. This app could not: ${title}`;
  if (row.aim === 'undo') return `Put it back by hand. This app could not undo: ${title}`;
  return `${title} by hand. This app could not`;
}

const errorOf = (row: StepRow) => (row.outcome?.is === 'failed' ? row.outcome.error : undefined);

const errorDetails = ({ message, status, code, requestId }: Failure): string[] => {
  const said = plain(message, 2000);
  const known = [status, code, requestId && `request ${requestId}`].filter(
    (part) => part !== null && !said.includes(`${part}`),
  );
  return [said, plain(known.join(', '), 120)].filter((part) => part !== '');
};

const stepByHand = ({ run, playbook }: Case, { name }: StepRow) =>
  byHandOf(
    playbook.find((step) => step.name === name),
    run.account,
  );

function byHand(given: Case, row: StepRow): { text: string; url: string } {
  const { link, role } = stepByHand(given, row);
  return { text: placeOf(link, role), url: link };
}

/** What to select or type, and where. Putting something back is different from doing it. */
function placeAndHow(given: Case, row: StepRow): Pick<Line, 'details' | 'commands' | 'link'> {
  const step = given.playbook.find(({ name }) => name === row.name);
  // Nobody is sent to look on a page that does not have it.
  if (given.run.dryRun || (row.kind === 'investigation' && step?.byHand === undefined)) return {};
  const { how, commands = [] } = stepByHand(given, row);
  const link = byHand(given, row);
  if (row.aim === 'undo') return { link };
  return { ...(how === undefined ? {} : { details: [how] }), ...toType(commands), link };
}

/** Not done yet: a person may be quicker than whatever it waits for. */
function late(given: Case): Line[] {
  if (given.verdict.word !== 'NOT CONTAINED') return [];
  return given.steps
    .filter((row) => row.stage === 'contain' || row.stage === 'evict')
    .filter((row) => isPending(row) && row.outcome?.is !== 'failed')
    .map((row) => {
      const { details = [], ...where } = placeAndHow(given, row);
      return {
        text: `${titleOf(given, row.name)} by hand, if you are quicker`,
        details: [
          ...details,
          'Not done yet, and tried again by itself',
          ...(row.lastError === null ? [] : [plain(row.lastError.message, 400)]),
        ],
        ...where,
      };
    });
}

/** Enough if somebody knows the password and nothing says that they got in. */
const resetAndRevoke: readonly Described['part'][] = ['password', 'sessions'];

const credentials = ['password-spray', 'leaked-credentials'];

export function heldOrders(
  to: Pick<Given, 'runUrl' | 'playbook'>,
  { signals, account }: Pick<RunRow, 'signals' | 'account'>,
): Asked[] {
  const known = signals.length > 0 && signals.every((signal) => credentials.includes(kindOf(signal) ?? ''));
  const enough =
    known && !account.guest
      ? [
          order(to, 'Only reset the password and end the sessions', 'approve', {
            level: 'contain',
            steps: to.playbook.filter(({ part }) => resetAndRevoke.includes(part)).map(({ name }) => name),
          }),
        ]
      : [];
  return [
    ...enough,
    order(to, 'Lock the account only', 'approve', { level: 'contain' }),
    order(to, 'Lock it and remove what the intruder left', 'approve', { level: 'full' }),
    order(to, 'No attack: end the run', 'undo', { falseAlarm: true }),
  ];
}
