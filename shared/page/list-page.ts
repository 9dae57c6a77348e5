// The runs of the last days as a page, newest first. It says in words what the colour says too.
import { html } from '../mail/html.ts';
import { clock, plain } from '../mail/plain.ts';
import { runPath, runsPath, shell } from './shell.ts';

interface ListedRun {
  id: string;
  code: string;
  verdict: string;
  state: string;
  userId: string;
  userPrincipalName: string;
  openedAt: string;
}

export interface ListPage {
  runs: readonly ListedRun[];
  days: number;
  most: number;
  who: string;
}

export function listPage({ runs, days, most, who }: ListPage): string {
  const rows = runs.map(
    ({ id, code, verdict, state, userId, userPrincipalName, openedAt }) =>
      html`<tr><th scope="row" class="k"><a href="${runPath(id)}">${plain(verdict, 60)}</a><div class="d">${state}</div></th><td>${plain(userPrincipalName, 120)}<div class="d">${plain(userId, 80)}</div></td><td class="k">${clock(openedAt)}<div class="d">${plain(code, 12)}</div></td></tr>`,
  );
  const waiting = runs.filter(({ state }) => state === 'held' || state === 'open').length;
  const table = html`<section aria-labelledby="runs-h"><h2 id="runs-h">Newest first</h2><table><thead><tr><th scope="col">Verdict</th><th scope="col">Account</th><th scope="col">Opened</th></tr></thead><tbody>${rows}</tbody></table></section>`;
  const cut = runs.length >= most ? ` Only the newest ${most} are shown.` : '';
  return shell({
    title: 'Runs – Reclaim',
    tone: 'quiet',
    heading: 'Runs',
    under: html`<p>${runs.length} in the last ${days} days, ${waiting} of them open or held.${cut}</p>`,
    main: html`${runs.length === 0 ? html`<p class="lead">No run in these days. That says nothing about alerts that opened none.</p>` : table}<ul class="actions"><li><a class="b" href="${runsPath}?days=30">30 days</a></li><li><a class="b" href="${runsPath}?days=365&amp;most=200">A year</a></li></ul>`,
    who: plain(who, 160),
  });
}
