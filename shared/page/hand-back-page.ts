// The hand-back as a page: what is checked, what waits for whom, and one form for each thing an operator can do now. It
// refreshes itself only while there is nothing to type. The pass has a page of its own, shown once, as the answer to
// the form that made it.

import { type Html, html, nothing } from '../mail/html.ts';
import { isWebPage, oneLine, plain } from '../mail/plain.ts';
import { spelled } from '../mail/spell.ts';
import { clockIn, inZone } from '../mail/zone.ts';
import { typed } from '../model/powershell.ts';
import { capital } from '../model/text.ts';
import type { HandBackView } from '../run/hand-back-view.ts';
import { askUrl, placeOf } from '../summary/given.ts';
import { button } from './sections.ts';
import { runPath, shell } from './shell.ts';

export interface HandBackPage {
  view: HandBackView;
  /** The run's version: a form loaded before somebody else decided is refused. */
  version: string;
  who: string;
  now: Date;
  timeZone?: string | undefined;
  lastDrill?: string | undefined;
}

export interface ShownPass {
  value: string;
  expiresAt: string;
  usableOnce: boolean;
  unusableBecause: string | null;
}

/** Seconds until the page reloads, or null if it waits for a person. */
export const refreshHandBack = ({ state, next }: HandBackView): number | null =>
  state === 'under way' && next.length === 0 ? 5 : null;

const headings = {
  'not begun': 'Hand-back: not begun',
  'under way': 'Hand-back: under way',
  'handed back': 'Handed back',
} as const;

export function handBackPage({ view: given, version, who, now, timeZone, lastDrill }: HandBackPage): string {
  const view = viewIn(timeZone, given);
  const forms = view.next.map((action) => formOf(view, version, action));
  const tasks = view.tasks.filter(({ withOwner }) => !withOwner);
  const later = view.tasks.filter(({ withOwner }) => withOwner);
  return page(
    view,
    headings[view.state],
    who,
    [
      html`<p class="lead">${leadOf(view, timeZone)} <span class="d">As of ${clockIn(timeZone, now.toISOString())}.</span></p>`,
      forms.length === 0
        ? nothing
        : html`<section id="now" aria-labelledby="now-h"><h2 id="now-h">What you do now</h2>${forms}</section>`,
      listOf(
        'left',
        'In the way, or not known',
        view.left.map(({ title, why, blocks, accepted }) => {
          const stops = accepted ? ' Accepted as it is.' : blocks ? ' It stops the hand-back.' : '';
          return html`${title}: ${plain(why, 400)}.<b>${stops}</b>`;
        }),
      ),
      listOf('tasks', 'Open tasks', tasks.map(taskHtml(view))),
      listOf('with-owner', 'Together with the owner', later.map(taskHtml(view))),
      listOf('phases', 'The way back', view.phases.map(phaseHtml), 'ol'),
      listOf('administrator', 'What the administrator does elsewhere', view.administrator.map(thingHtml)),
      listOf('owner', 'What the owner does', view.owner.map(thingHtml)),
    ],
    lastDrill,
  );
}

/** What steps and rows say, with on-call's own time beside each time that they name. */
function viewIn(timeZone: string | undefined, view: HandBackView): HandBackView {
  const told = (text: string) => inZone(timeZone, text);
  const thing = (one: Thing): Thing => ({ ...one, what: told(one.what), instruction: told(one.instruction) });
  return {
    ...view,
    left: view.left.map((one) => ({ ...one, why: told(one.why) })),
    phases: view.phases.map((phase) => ({
      ...phase,
      steps: phase.steps.map((step) => ({ ...step, restores: step.restores.map(told) })),
    })),
    tasks: view.tasks.map((task) => ({
      ...task,
      what: told(task.what),
      instruction: told(task.instruction),
    })),
    administrator: view.administrator.map(thing),
    owner: view.owner.map(thing),
  };
}

type Thing = HandBackView['owner'][number];

const linkHtml = (link: string | null, text?: string) =>
  link !== null && isWebPage(link)
    ? html`<a class="x" href="${link}" rel="noreferrer">${text ?? `Open ${new URL(link).host}`}</a>`
    : nothing;

const thingHtml = ({ what, instruction, link }: Thing): Html =>
  html`${capital(plain(what))}<div class="d">${oneLine(instruction).slice(0, 2000)}</div><div class="go">${linkHtml(link)}</div>`;

/** Each task with its tick, before and after the hand-back begins. */
const taskHtml =
  ({ run }: HandBackView) =>
  ({
    step,
    key,
    what,
    instruction,
    link,
    role,
    commands = [],
    accepted,
  }: HandBackView['tasks'][number]): Html => {
    const toType = typed(commands);
    const lines =
      toType.length === 0 ? nothing : html`<pre>${toType.map((line) => `${oneLine(line)}\n`).join('')}</pre>`;
    const stands = accepted ? html`<div class="d">Accepted as it is.</div>` : nothing;
    return html`<b>${capital(plain(what))}</b>${stands}<div class="d">${plain(instruction, 2000)}</div>${lines}<div class="go">${linkHtml(link, placeOf(link, role))}${button(askUrl(runPath(run.id), 'tick', { step, task: key }), 'Done: tick it off', `Done: tick it off: ${plain(what, 80)}`)}</div>`;
  };

/** The only place where a pass is shown. Reloading makes no new one: that takes a form of its own. */
export function passPage(view: HandBackView, pass: ShownPass, who: string, timeZone?: string): string {
  const { value, expiresAt, usableOnce, unusableBecause } = pass;
  const unusable =
    unusableBecause === null
      ? nothing
      : html`<p class="bad">It opens nothing yet: ${plain(unusableBecause)}.</p>`;
  return page(view, 'Temporary Access Pass, shown once', who, [
    html`<section id="now" aria-labelledby="now-h"><h2 id="now-h">Tell it to the owner, by phone or in person</h2><p class="pass">${value}</p><p class="d">${spelled(value)}</p>${unusable}<p>Valid until ${clockIn(timeZone, expiresAt)}${usableOnce ? ', for one sign-in' : ''}. It is shown here and nowhere else: when this page is gone, so is the pass.</p><div class="go"><a class="b" href="${runPath(view.run.id)}/hand-back">Told: go on</a></div></section>`,
  ]);
}

function page(
  { run, account }: HandBackView,
  heading: string,
  who: string,
  parts: readonly Html[],
  lastDrill?: string,
): string {
  const upn = plain(account.userPrincipalName, 120);
  const whom = `${plain(account.displayName, 80)} (${upn}), object id ${plain(account.id, 80)}`;
  return shell({
    title: `${heading}: ${upn} – Reclaim`,
    tone: 'quiet',
    heading,
    under: html`<p>${whom}</p><p><a href="${runPath(run.id)}">Run ${plain(run.code, 12)}</a></p>`,
    main: html`${parts}`,
    who: plain(who, 160),
    lastDrill,
  });
}

function leadOf(
  { state, notPossible, begun, phases, next, phase }: HandBackView,
  timeZone: string | undefined,
): string {
  if (notPossible !== null) return `Not possible now: ${plain(notPossible, 400)}.`;
  if (begun === null)
    return 'Identify the owner first: in person, or by phone on a number from before the attack, never by mail or chat.';
  const by = `Begun ${clockIn(timeZone, begun.at)} by ${plain(begun.by, 120)}; the owner was identified: ${plain(begun.identified, 300)}.`;
  if (state === 'handed back')
    return `${by} ${phase === 'done' ? 'All is given back.' : 'All but the roles is given back.'}`;
  const current = phases.find((entry) => entry.phase === phase);
  const waits = next.length === 0 ? 'It goes on by itself.' : 'It waits for you.';
  return `${by} Now: ${plain(current?.title ?? '', 200)}. ${waits}`;
}

const words = { done: 'done', now: 'now', blocked: 'BLOCKED', 'to come': 'to come' } as const;

function phaseHtml({ title, state, steps }: HandBackView['phases'][number]): Html {
  const below = steps
    .filter((step) => state !== 'to come' || step.restores.length > 0)
    .map(({ title: name, state: at, outcome, restores }) => {
      const stands = at === 'settled' ? (outcome?.is ?? '') : at;
      const what = restores.length === 0 ? '' : `: ${restores.map((each) => plain(each, 120)).join(', ')}`;
      return html`<div class="d">${plain(`${name} (${stands})${what}`, 400)}</div>`;
    });
  return html`${title}, <b>${words[state]}</b>${below}`;
}

function listOf(id: string, title: string, items: readonly Html[], list: 'ul' | 'ol' = 'ul'): Html {
  if (items.length === 0) return nothing;
  const entries = items.map((item) => html`<li>${item}</li>`);
  return html`<section id="${id}" aria-labelledby="${id}-h"><h2 id="${id}-h">${title}</h2><${list}>${entries}</${list}></section>`;
}

function formOf(
  view: HandBackView,
  version: string,
  { do: action, title }: HandBackView['next'][number],
): Html {
  const id = `reason-${action}`;
  // How the owner was identified is the reason, so it is asked for only once.
  const reason =
    action === 'begin' && view.begun === null
      ? nothing
      : html`<p><label for="${id}">Reason, kept in the log</label><input type="text" id="${id}" name="reason" required minlength="3" maxlength="500" autocomplete="off"></p>`;
  return html`<form method="post" action="${runPath(view.run.id)}/hand-back?seen=${encodeURIComponent(version)}"><input type="hidden" name="do" value="${action}">${fieldsOf(view, action)}${reason}<div class="go"><button type="submit">${title}</button></div></form>`;
}

function fieldsOf(view: HandBackView, action: HandBackView['next'][number]['do']): Html {
  switch (action) {
    case 'begin':
      return html`${identified(view)}${despite(view)}${accepts(view)}`;
    case 'pass': {
      const again = view.pass.state === 'shown';
      const note = again
        ? html`<p>One was shown to ${plain(view.pass.by ?? 'somebody', 120)}. Another one takes its place, and that one opens nothing any more.</p><input type="hidden" name="again" value="true">`
        : html`<p>It is shown on the next page, once, and nowhere else. Have the owner on the phone first.</p>`;
      return html`${note}${secondOperator(view)}<input type="hidden" name="lifetimeInMinutes" value="60">`;
    }
    case 'owner-back':
      return html`<p>The owner has signed in, registered a method and set a password. Microsoft Graph is asked first.</p><label class="o"><input type="checkbox" name="insist" value="true">I am sure, although Microsoft Graph does not show it</label>`;
    case 'roles':
      return html`<p>An approval of its own: who may use the account again need not administer the tenant again.</p>`;
  }
}

const secondOperator = ({ pass: { secondOperator: because } }: HandBackView) =>
  because === null
    ? nothing
    : html`<p>${capital(plain(because, 300))}: only an operator who neither started this run nor began the hand-back can make it.</p>`;

const identified = ({ begun }: HandBackView) =>
  begun === null
    ? html`<p><label for="identified">How you identified the owner</label><input type="text" id="identified" name="identified" required minlength="3" maxlength="500" autocomplete="off"></p>`
    : html`<input type="hidden" name="identified" value="${plain(begun.identified, 500)}">`;

function despite({ left }: HandBackView): Html {
  const blocking = left.filter(({ blocks, accepted }) => blocks && !accepted);
  if (blocking.length === 0) return nothing;
  const boxes = blocking.map(
    ({ step, title, why }) =>
      html`<label class="o"><input type="checkbox" name="despite[]" value="${step}">${title}: ${plain(why, 200)}</label>`,
  );
  return html`<fieldset><legend>In the way: tick what you accept as it is, or fix it first</legend>${boxes}</fieldset>`;
}

function accepts({ tasks, begun }: HandBackView): Html {
  const open = tasks.filter(({ withOwner, accepted }) => !withOwner && !accepted);
  if (open.length === 0 || begun !== null) return nothing;
  const boxes = open.map(
    ({ name, what }) =>
      html`<label class="o"><input type="checkbox" name="accepts[]" value="${name}">${capital(plain(what, 200))}</label>`,
  );
  return html`<fieldset><legend>Open tasks: tick each off below, or tick here what you accept as it is</legend>${boxes}</fieldset>`;
}
