// The sections of a report as a page shows them: the email's words, with buttons instead of links to buttons, and with
// before and after of each change. Every value is escaped here.

import { type Html, html, nothing } from '../mail/html.ts';
import type { Line, Section } from '../mail/letter.ts';
import { isWebPage, plain } from '../mail/plain.ts';
import { taskKey } from '../run/tick-off.ts';
import { askUrl } from '../summary/given.ts';
import { beforeAndAfter } from './change-table.ts';

export function sectionHtml(section: Section, path: string, id: string, timeZone?: string): Html {
  const { title, lines, numbered } = section;
  const list = numbered ? 'ol' : 'ul';
  const items = lines.map(
    (line) =>
      html`<li${line.uncounted ? html` class="u"` : nothing}>${lineHtml(line, path, numbered === true, timeZone)}</li>`,
  );
  return html`<section id="${id}" aria-labelledby="${id}-h"><h2 id="${id}-h">${title}</h2><${list}>${items}</${list}></section>`;
}

function lineHtml(line: Line, path: string, strong: boolean, timeZone: string | undefined): Html {
  const { text, details = [], commands = [], change } = line;
  const said = strong ? html`<b>${text}</b>` : text;
  const below = details.map((detail) => html`<div class="d">${detail}</div>`);
  const typed = commands.length === 0 ? nothing : html`<pre>${commands.join('\n')}</pre>`;
  const go = [...places(line, path), ...buttons(line, path)];
  return html`${said}${below}${typed}${go.length === 0 ? nothing : html`<div class="go">${go}</div>`}${change === undefined ? nothing : beforeAndAfter(change, timeZone)}`;
}

/** Links to other pages; a link to this page is pointless. */
function places({ link }: Line, path: string): Html[] {
  if (link === undefined || !isWebPage(link.url) || isPageOf(link.url, path)) return [];
  return [html`<a class="x" href="${link.url}" rel="noreferrer">${link.text}</a>`];
}

const isPageOf = (url: string, path: string) => URL.canParse(url) && new URL(url).pathname === path;

function buttons({ orders = [], task, text }: Line, path: string): Html[] {
  const asked = orders.flatMap(({ text: what, page }) => {
    if (page === undefined || !URL.canParse(page)) return [];
    const { pathname, search } = new URL(page);
    return [button(`${pathname}${search}`, what)];
  });
  if (task === undefined) return asked;
  const url = askUrl(path, task.done ? 'untick' : 'tick', { step: task.step, task: taskKey(task.id) });
  const label = task.done ? 'Take the tick back' : 'Done: tick it off';
  return [...asked, button(url, label, `${label}: ${plain(text, 80)}`)];
}

/** `spoken` lets a screen reader tell buttons with the same words apart; it begins with those words. */
export const button = (url: string, label: string, spoken?: string): Html =>
  html`<a class="b" href="${url}"${spoken === undefined ? nothing : html` aria-label="${spoken}"`}>${label}</a>`;
