// The runs of the last days as a page: those that wait for a person first, then the rest, newest first in both. Words
// say what the colours say. A plain form filters it, without JavaScript.
import { type Html, html, nothing } from '../mail/html.ts';
import { plain } from '../mail/plain.ts';
import { clockIn } from '../mail/zone.ts';
import { words } from '../run/verdict.ts';
import { runPath, runsPath, shell } from './shell.ts';

interface ListedRun {
  id: string;
  code: string;
  verdict: string;
  state: string;
  userPrincipalName: string;
  displayName: string;
  openedAt: string;
  waits: boolean;
}

export interface ListPage {
  runs: readonly ListedRun[];
  days: number;
  /** Older ones were not read. */
  most: number;
  /** The filter in use. */
  verdict: string | undefined;
  person: string;
  who: string;
  timeZone?: string | undefined;
  lastDrill?: string | undefined;
}

/** Nobody would read more; to find a person, search by name. */
export const mostLookedAt = 1000;
/** The most shown of the rest; to find one of a thousand, filter. */
const mostOfTheRest = 200;

export function listPage({ runs, days, most, verdict, person, who, timeZone, lastDrill }: ListPage): string {
  const waiting = runs.filter(({ waits }) => waits);
  const rest = runs.filter(({ waits }) => !waits);
  const all =
    most < mostLookedAt
      ? html`, and up to 100 that are held. <a href="${runsPath}?days=${days}&amp;most=${mostLookedAt}">Look at up to ${mostLookedAt}</a>: it takes longer.`
      : html`.`;
  const cut = runs.length >= most ? html` Only the newest ${most} are looked at${all}` : nothing;
  const none = html`<p class="lead">No run in these days${verdict === undefined && person === '' ? '' : ' that fits'}. That says nothing about alerts that opened none.</p>`;
  const left = rest.length - mostOfTheRest;
  return shell({
    title: 'Runs – Reclaim',
    tone: 'quiet',
    heading: 'Runs',
    under: html`<p>${runs.length} in the last ${days} days, ${waiting.length} of them ${waiting.length === 1 ? 'waits' : 'wait'} for a person.${cut}</p>`,
    main: html`${filters(days, verdict, person)}${runs.length === 0 ? none : nothing}${table('waiting', 'Waits for a person', waiting, timeZone)}${table('rest', 'Nothing to do now', rest.slice(0, mostOfTheRest), timeZone)}${left > 0 ? html`<p class="lead">And ${left} more: narrow them by person, verdict or days.</p>` : nothing}`,
    who: plain(who, 160),
    lastDrill,
  });
}

const periods = [1, 7, 30, 90, 365];

function filters(days: number, verdict: string | undefined, person: string): Html {
  const option = (value: string, text: string, chosen: boolean) =>
    html`<option value="${value}"${chosen ? ' selected' : ''}>${text}</option>`;
  const dayOptions = [...new Set([...periods, days])]
    .toSorted((a, b) => a - b)
    .map((each) => option(String(each), each === 1 ? '1 day' : `${each} days`, each === days));
  const wordOptions = [
    option('', 'any verdict', verdict === undefined),
    ...words.map((word) => option(word, word, word === verdict)),
  ];
  return html`<form method="get" action="${runsPath}" class="filters"><p><label for="person">Person</label><input type="text" id="person" name="person" value="${person}" autocomplete="off"></p><p><label for="verdict">Verdict</label><select id="verdict" name="verdict">${wordOptions}</select></p><p><label for="days">Within</label><select id="days" name="days">${dayOptions}</select></p><div class="go"><button type="submit">Show</button><a class="x" href="${runsPath}">Show all</a></div></form>`;
}

function table(id: string, title: string, runs: readonly ListedRun[], timeZone?: string): Html {
  if (runs.length === 0) return nothing;
  const rows = runs.map(
    ({ id: run, code, verdict, state, userPrincipalName, displayName, openedAt, waits }) =>
      html`<tr><th scope="row" class="k"><a href="${runPath(run)}">${plain(verdict, 60)}</a><div class="d">${waits && state === 'finished' ? 'waits' : state}</div></th><td>${plain(displayName, 80)}<div class="d">${plain(userPrincipalName, 120)}</div></td><td class="k">${clockIn(timeZone, openedAt).replace(/:\d\d UTC/, ' UTC')}<div class="d">${plain(code, 12)}</div></td></tr>`,
  );
  return html`<section aria-labelledby="${id}-h"><h2 id="${id}-h">${title}: ${runs.length}</h2><table><thead><tr><th scope="col">Verdict</th><th scope="col">Account</th><th scope="col">Opened</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}
