// The sections of a report as a page shows them: the words of the email, with buttons in place of links to buttons,
// and with before and after of each change. Every value is escaped here.

import { escapeHtml, isWebPage, plain } from '../mail/plain.ts';
import { askUrl, type Line, type Section } from '../mail/report.ts';
import { taskKey } from '../run/tick-off.ts';
import { beforeAndAfter } from './change-table.ts';

export function sectionHtml(section: Section, path: string, id: string): string {
  const { title, lines, numbered } = section;
  const list = numbered ? 'ol' : 'ul';
  const items = lines.map((line) => `<li>${lineHtml(line, path, numbered === true)}</li>`).join('');
  return `<section id="${id}" aria-labelledby="${id}-h"><h2 id="${id}-h">${escapeHtml(title)}</h2><${list}>${items}</${list}></section>`;
}

function lineHtml(line: Line, path: string, strong: boolean): string {
  const { text, details = [], change } = line;
  const said = strong ? `<b>${escapeHtml(text)}</b>` : escapeHtml(text);
  const below = details.map((detail) => `<div class="d">${escapeHtml(detail)}</div>`).join('');
  const go = [...places(line, path), ...buttons(line, path)].join('');
  return `${said}${below}${go === '' ? '' : `<div class="go">${go}</div>`}${change === undefined ? '' : beforeAndAfter(change)}`;
}

/** Pages of others; a link to the page itself leads nowhere. */
function places({ link }: Line, path: string): string[] {
  if (link === undefined || !isWebPage(link.url) || isPageOf(link.url, path)) return [];
  return [`<a class="x" href="${escapeHtml(link.url)}" rel="noreferrer">${escapeHtml(link.text)}</a>`];
}

const isPageOf = (url: string, path: string) => URL.canParse(url) && new URL(url).pathname === path;

function buttons({ orders = [], task, text }: Line, path: string): string[] {
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

/** `spoken` tells buttons with the same words apart for whoever only hears them; it begins with those words. */
export const button = (url: string, label: string, spoken?: string): string =>
  `<a class="b" href="${escapeHtml(url)}"${spoken === undefined ? '' : ` aria-label="${escapeHtml(spoken)}"`}>${escapeHtml(label)}</a>`;
