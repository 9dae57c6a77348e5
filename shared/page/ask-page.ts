// The page behind a button: what it will do, what it can't take back, and a field for the reason, which is logged. It
// never refreshes itself, so nothing typed is lost. A plain form: it works without JavaScript.

import { type Html, html, nothing } from '../mail/html.ts';
import { clause, plain } from '../mail/plain.ts';
import type { StepRow } from '../model/rows.ts';
import { toUndo } from '../run/changes.ts';
import { findTask } from '../run/tick-off.ts';
import { endedBadly } from '../run/verdict.ts';
import { versionOf } from '../run/version.ts';
import { type Ask, type Given, titleOf } from '../summary/given.ts';
import { runPath, shell } from './shell.ts';

export interface AskPage {
  given: Given;
  ask: Ask;
  /** Preselected by the link that led here. */
  level: 'contain' | 'full' | undefined;
  steps: readonly string[];
  /** For tick and untick. */
  step: string;
  task: string;
  /** For undo: preset by the link that led here. */
  falseAlarm?: boolean;
  who: string;
}

interface Form {
  heading: string;
  /** Relative to the run's path. */
  action: string;
  says: readonly string[];
  fields: Html;
  button: string;
}

/** Undefined if there is nothing of that name to ask about. */
export function askPage(page: AskPage): string | undefined {
  const form = formOf(page);
  if (form === undefined) return undefined;
  const { account, code, id } = page.given.run;
  const path = runPath(id);
  const whom = `${plain(account.displayName, 80)} (${plain(account.userPrincipalName, 120)}), object id ${plain(account.id, 80)}, run ${plain(code, 12)}`;
  const says = form.says.map((line) => html`<li>${line}</li>`);
  return shell({
    title: `${form.heading}: ${plain(account.userPrincipalName, 120)} – Reclaim`,
    tone: 'quiet',
    heading: form.heading,
    under: html`<p>${whom}</p>`,
    main: html`<section aria-labelledby="does"><h2 id="does">What it does</h2><ul>${says}</ul><form method="post" action="${path}/${form.action}?seen=${encodeURIComponent(versionOf(page.given.run))}">${form.fields}<p><label for="reason">Reason, kept in the log</label><input type="text" id="reason" name="reason" required minlength="3" maxlength="500" autocomplete="off"></p><div class="go"><button type="submit">${form.button}</button><a class="x" href="${path}">Back to the run, without doing it</a></div></form></section>`,
    who: plain(page.who, 160),
  });
}

function formOf(page: AskPage): Form | undefined {
  switch (page.ask) {
    case 'approve':
      return approveForm(page);
    case 'retry':
      return retryForm(page);
    case 'undo':
      return undoForm(page);
    case 'tick':
    case 'untick':
      return tickForm(page);
  }
}

function approveForm({ given, level, steps }: AskPage): Form {
  const { run } = given;
  if (run.state === 'held' && steps.length > 0) return someForm(given, steps);
  const chosen = level ?? (run.state === 'held' ? 'contain' : 'full');
  const lock = radio('level', 'contain', 'Lock the account only', chosen === 'contain');
  const full = radio('level', 'full', 'Lock it and remove what the intruder left', chosen === 'full');
  return {
    heading: 'Approve',
    action: 'approve',
    says: [
      run.state === 'held'
        ? 'The run begins, and starts to change things at once.'
        : 'What was only found so far is removed: password, rules, forwarding, methods, roles, applications.',
      'It can be undone, save for the password and the sessions, which are gone.',
    ],
    fields: html`<fieldset><legend>How far</legend>${run.state === 'held' ? lock : nothing}${full}</fieldset>`,
    button: 'Approve',
  };
}

/** Lets a held run begin with less than the lock. */
function someForm(given: Given, steps: readonly string[]): Form {
  const chosen = given.steps.filter((row) => steps.includes(row.name));
  return {
    heading: 'Approve',
    action: 'approve',
    says: [
      `The run begins with these alone: ${chosen.map((row) => titleOf(given, row.name)).join(', ')}.`,
      'Everything else is only looked at. If evidence of an intruder is found, the run goes all the way by itself.',
    ],
    fields: html`<input type="hidden" name="level" value="contain">${chosen.map(
      (row) => html`<input type="hidden" name="steps[]" value="${row.name}">`,
    )}`,
    button: 'Approve',
  };
}

function retryForm({ given, steps }: AskPage): Form {
  const bad = given.steps.filter((row) => endedBadly(row.outcome));
  const choice = given.steps.filter((row) => row.state === 'settled' && row.outcome?.is !== 'off');
  return {
    heading: 'Retry',
    action: 'retry',
    says: [
      bad.length === 0
        ? 'Whatever is not checked yet is looked at and tried again.'
        : `What did not end well is tried again: ${bad.map((row) => titleOf(given, row.name)).join(', ')}.`,
      'You get another email only if the verdict changes.',
    ],
    fields: stepChoice(given, choice, steps, 'Only these steps, in any case'),
    button: 'Retry',
  };
}

function undoForm({ given, steps, falseAlarm = false }: AskPage): Form {
  const { run } = given;
  const undoable = given.steps.filter(
    (row) => toUndo(row.changes).length > 0 && noWayBack(given, row) === null,
  );
  const stays = given.steps.flatMap((row) => {
    const because = toUndo(row.changes).length > 0 ? noWayBack(given, row) : null;
    return because === null ? [] : [`Stays as it is: ${titleOf(given, row.name)}. ${clause(because)}.`];
  });
  const held = run.state === 'held';
  return {
    heading: held ? 'End the run' : 'Undo',
    action: 'undo',
    says: held
      ? ['The run ends without having changed anything. A later alert opens another one.']
      : [
          'What the run changed is put back, newest first, and looked at again. The later checks end.',
          'Only if the account is safe: whoever has its password can use it again.',
          ...stays,
        ],
    fields: html`${alarmChoice(falseAlarm)}${held ? nothing : stepChoice(given, undoable, steps, 'Only these steps; the run then goes on')}`,
    button: held ? 'End the run' : 'Undo',
  };
}

/** For the whole run; refused together with single steps. */
const alarmChoice = (chosen: boolean) =>
  html`<label class="o"><input type="checkbox" name="falseAlarm" value="true"${chosen ? ' checked' : ''}>It was a false alarm: dismiss the risk as well, and close the alert as a false positive</label>`;

function noWayBack({ playbook }: Given, row: StepRow): string | null {
  const step = playbook.find((candidate) => candidate.name === row.name);
  return step?.kind === 'remediation' && typeof step.undo === 'string' ? step.undo : null;
}

function tickForm({ given, ask, step, task: key }: AskPage): Form | undefined {
  const task = findTask(given, step, key);
  if (task === undefined) return undefined;
  const done = ask === 'tick';
  const essential = done
    ? 'The step counts as done, and what waits for it goes on.'
    : 'The step waits for it again.';
  return {
    heading: done ? 'Tick a task off' : 'Take a tick back',
    action: `tasks/${encodeURIComponent(step)}/${encodeURIComponent(key)}`,
    says: [
      `${plain(task.what)}.`,
      ...(done ? [plain(task.instruction, 600)] : []),
      ...(task.essential ? [essential] : []),
    ],
    fields: html`<input type="hidden" name="done" value="${String(done)}">`,
    button: done ? 'It is done' : 'Take the tick back',
  };
}

function stepChoice(given: Given, rows: readonly StepRow[], chosen: readonly string[], legend: string): Html {
  if (rows.length === 0) return nothing;
  const boxes = rows.map(({ name }) => {
    const checked = chosen.includes(name) ? ' checked' : '';
    return html`<label class="o"><input type="checkbox" name="steps[]" value="${name}"${checked}>${titleOf(given, name)}</label>`;
  });
  const open = chosen.length > 0 ? ' open' : '';
  return html`<details${open}><summary>${legend}</summary><fieldset><legend>${legend}</legend>${boxes}</fieldset></details>`;
}

const radio = (name: string, value: string, label: string, checked: boolean) =>
  html`<label class="o"><input type="radio" name="${name}" value="${value}" required${checked ? ' checked' : ''}>${label}</label>`;
