// Who did what, newest first, and the state of every step. What is cut off here is in the run's JSON.

import { type Html, html, nothing } from '../mail/html.ts';
import { plain } from '../mail/plain.ts';
import { clockIn } from '../mail/zone.ts';
import type { LogRow, StepRow } from '../model/rows.ts';
import { type Given, titleOf } from '../summary/given.ts';

export function logHtml(given: Given, log: readonly LogRow[], most: number): Html {
  if (log.length === 0) return nothing;
  const rows = log
    .toReversed()
    .slice(0, most)
    .map(({ at, who, what, why }) => {
      const said = why === null ? plain(what, 300) : `${plain(what, 300)}: ${plain(why, 500)}`;
      return html`<tr><td>${clockIn(given.timeZone, at)}</td><td>${plain(who, 120)}</td><td>${said}</td></tr>`;
    });
  const more = log.length - rows.length;
  return html`<section id="log" aria-labelledby="log-h"><h2 id="log-h">Who did what</h2><table><thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">What and why</th></tr></thead><tbody>${rows}</tbody></table>${more > 0 ? html`<p class="d">And ${more} earlier.</p>` : nothing}</section>`;
}

export function stepsHtml(given: Given, most: number): Html {
  const { steps } = given;
  const rows = steps.map(
    (row) =>
      html`<tr><th scope="row">${titleOf(given, row.name)}</th><td>${standOf(given, row)}${keptHtml(row, most)}</td><td>${row.changes.length}</td></tr>`,
  );
  return html`<section id="steps" aria-labelledby="steps-h"><h2 id="steps-h">Every step</h2><details><summary>${steps.length} steps, ${steps.filter((row) => row.state === 'settled').length} settled</summary><table><thead><tr><th scope="col">Step</th><th scope="col">How it stands</th><th scope="col">Changes</th></tr></thead><tbody>${rows}</tbody></table></details></section>`;
}

/** What was looked at and left alone; investigations' findings are told above. */
const keptHtml = ({ kind, kept }: StepRow, most: number) =>
  kind === 'investigation'
    ? nothing
    : kept
        .slice(0, most)
        .map((entry) => html`<div class="d">${plain(`${entry.what}: ${entry.why}`, 200)}</div>`);

function standOf({ timeZone }: Given, { state, outcome, aim, mode, lastError, until }: StepRow): string {
  if (state !== 'settled') {
    const next = state === 'waiting' && until !== null ? ` until ${clockIn(timeZone, until)}` : '';
    const again = lastError === null ? '' : `, after a failure: ${plain(lastError.message, 160)}`;
    return `${state}${aim === 'fix' ? '' : ` (${aim})`}${next}${again}`;
  }
  if (outcome === null) return 'not begun';
  switch (outcome.is) {
    case 'skipped':
      return `skipped: ${plain(outcome.reason, 200)}`;
    case 'failed':
      return `FAILED: ${plain(outcome.error.message, 200)}`;
    case 'needs-human':
      return `waits for a person: ${plain(outcome.waitsFor.join(', '), 200)}`;
    default:
      return mode === 'report' ? `${outcome.is} (set to report only)` : outcome.is;
  }
}
