// What can be done with a run as it stands: one button each, which leads to a page that explains it.

import { type Html, html } from '../mail/html.ts';
import type { RunRow } from '../model/rows.ts';
import { whyNotBegun } from '../run/hand-back-orders.ts';
import { askUrl, type Given } from '../summary/given.ts';
import { button } from './sections.ts';

interface Action {
  ask: 'approve' | 'retry' | 'undo';
  label: string;
}

function actionsFor({ run }: Pick<Given, 'run'>): Action[] {
  const actions: Action[] = [];
  if (canApprove(run)) actions.push({ ask: 'approve', label: 'Approve' });
  if (run.state !== 'held') actions.push({ ask: 'retry', label: 'Retry' });
  actions.push({ ask: 'undo', label: run.state === 'held' ? 'End the run' : 'Undo' });
  return actions;
}

const canApprove = (run: RunRow): boolean =>
  run.state === 'held' || (run.level === 'contain' && run.endsAs === null && !run.dryRun);

export function actionsHtml(given: Given, path: string): Html {
  const items = actionsFor(given).map(({ ask, label }) => html`<li>${button(askUrl(path, ask), label)}</li>`);
  // A page of its own, because it asks more than one question.
  if (whyNotBegun(given) === undefined)
    items.push(html`<li>${button(`${path}/hand-back`, 'Hand back')}</li>`);
  return html`<nav aria-label="Ask of this run"><ul class="actions">${items}</ul></nav>`;
}
