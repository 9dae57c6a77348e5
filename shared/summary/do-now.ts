// What a person does now, most urgent first. Each line is one thing to do; if there is none, it says so.

import type { Line, Section } from '../mail/letter.ts';
import { clause, count, plain } from '../mail/plain.ts';
import { signInsPage, userPage } from '../microsoft365/links.ts';
import { capital } from '../model/text.ts';
import { ofConcern, openTasks, type Verdict } from '../run/verdict.ts';
import { byHand, failures, late } from './by-hand.ts';
import { type Given, order, placeOf, titleOf, titlesOf } from './given.ts';
import { heldOrders } from './held-orders.ts';
import { lockOf } from './lock.ts';

export function doNow(all: Given, verdict: Verdict): Section {
  const given = { ...all, steps: ofConcern(all.run, all.steps) };
  const urgent = [
    ...decision(given, verdict),
    ...failures(given, verdict, 'contain'),
    ...tasks(given, true),
    ...late(given, verdict),
    ...failures(given, verdict, 'other'),
    ...tasks(given, false),
    ...onlyReported(given),
    ...waiting(given),
  ];
  const lines = urgent.length > 0 ? urgent : [nothing(given, verdict)];
  return { title: 'What you do now', lines, numbered: true };
}

function decision(given: Given, { word }: Verdict): Line[] {
  if (word === 'HELD') {
    return [
      {
        text: 'Decide whether this is an attack, and approve the run or end it',
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
      text: `Ask ${plain(given.run.account.displayName, 80) || 'the owner'}, by telephone and not by mail, whether this was them`,
      link: signIns(given),
      orders: [
        order(given, 'It was not: remove what is found', 'approve', { level: 'full' }),
        order(given, `It was: ${takenBack(given)}`, 'undo', { falseAlarm: true }),
      ],
    },
  ];
}

/** What a decision is made by. */
const signIns = ({ run }: Given) => ({
  text: 'The sign-ins, in the Entra admin centre',
  url: signInsPage(run.account.id),
});

/** Undo leaves a lock alone that another hand had put there before. */
function takenBack(given: Given): string {
  const { is } = lockOf(given);
  if (is === 'found') return 'put back what can be; sign-in stays blocked, as another hand left it';
  return is === 'open' ? 'put back what can be' : 'unlock the account and put back what can be';
}

function tasks(given: Given, essential: boolean): Line[] {
  return given.steps.flatMap((row) =>
    openTasks(row)
      .filter((task) => task.essential === essential)
      .map((task) => ({
        text: capital(plain(task.what)),
        details: [plain(task.instruction, 600)],
        link: { text: placeOf(task.link), url: task.link },
        task: { step: row.name, id: task.id, done: false },
      })),
  );
}

/** Left in place by the administrator's own setting, so nobody else will do it. */
function onlyReported(given: Given): Line[] {
  const { run, steps } = given;
  if (run.dryRun) return [];
  return steps
    .filter((row) => row.outcome?.is === 'reported' && row.mode === 'report' && row.changes.length > 0)
    .filter((row) => row.stage === 'contain' || run.level === 'full')
    .map((row) => ({
      text: `${titleOf(given, row.name)}: ${count(row.changes.length, 'finding')} left in place, since the step is set to report only. Decide, and do it by hand`,
      link: byHand(given, row),
    }));
}

const waiting = (given: Given): Line[] =>
  given.steps.flatMap((row): Line[] => {
    if (row.outcome?.is !== 'needs-human' || openTasks(row).length > 0) return [];
    const { waitsFor } = row.outcome;
    const title = titleOf(given, row.name);
    const off = given.steps.filter((gate) => waitsFor.includes(gate.name) && gate.outcome?.is === 'off');
    if (off.length > 0) {
      const text = `${title} by hand. It is only done behind ${titlesOf(given, off)}, which is switched off`;
      return [{ text, link: byHand(given, row) }];
    }
    const gates = waitsFor.map((name) => titleOf(given, name));
    return [
      {
        text: `${title}: waits for ${clause(gates.join(', '))}`,
        details: ['It is done by itself once that has ended well.'],
      },
    ];
  });

const goOn = ({ runUrl }: Given) => {
  const page = `${runUrl}/hand-back`;
  return { text: 'Go on with the hand-back', request: `GET ${page}`, page };
};

function nothing(given: Given, { word }: Verdict): Line {
  switch (word) {
    case 'CONTAINED':
      return {
        text:
          lockOf(given).is === 'open'
            ? 'Help the owner in: every session has ended, and the old password is gone'
            : 'Nothing. Give the account back once its owner is identified, by telephone or in person',
      };
    case 'LOCKED':
      return { text: 'Nothing yet. You hear again when the evidence is in' };
    case 'REVERTED':
      return { text: 'Find out who or what puts it back: an administrator, a sync, or the intruder' };
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
            : 'Nothing. The account is its owner’s again',
        ...(given.run.handBack?.phase === 'roles' ? { orders: [goOn(given)] } : {}),
      };
    case 'DRY RUN':
      return { text: 'Nothing. This was a rehearsal' };
    case 'NOTHING TO DO':
      return { text: 'Ask the owner, by telephone and not by mail, whether the alert was them' };
    case 'NOT CONTAINED':
      return {
        text: 'Lock the account again, unless whoever undid the lock meant it',
        link: { text: 'The user in the Entra admin centre', url: userPage(given.run.account.id) },
        orders: [
          order(given, 'Lock it', 'retry', {
            steps: given.steps.filter(({ part }) => part === 'lock').map(({ name }) => name),
          }),
        ],
      };
    case 'HELD':
    case 'DECIDE':
      return { text: 'Decide whether this is real' };
  }
}
