// The page of one run: what the email says, as of now, with buttons. Pure: rows and log in, HTML out. It limits the
// lines of each section, so that the page loads over any phone.

import { type Html, html } from '../mail/html.ts';
import type { Section } from '../mail/letter.ts';
import { plain } from '../mail/plain.ts';
import { clockIn } from '../mail/zone.ts';
import type { LogRow } from '../model/rows.ts';
import { ofTheRun, unsentSummary } from '../run/tick-off.ts';
import { verdictText } from '../run/verdict.ts';
import type { Given } from '../summary/given.ts';
import { type Report, reportOf } from '../summary/report.ts';
import { toneOf } from '../summary/verdict-colour.ts';
import { actionsHtml } from './actions.ts';
import { filesHtml } from './files.ts';
import { logHtml, stepsHtml } from './log-table.ts';
import { sectionHtml } from './sections.ts';
import { runPath, shell } from './shell.ts';
import { timelineHtml } from './timeline.ts';

export interface RunPage {
  /** `runUrl` is absolute, as in the email. */
  given: Given;
  log: readonly LogRow[];
  who: string;
  /** The reader has stopped the automatic refresh. */
  still: boolean;
}

const mostBytes = 58_000;
/** The most lines for each section and for the log. */
const limits = [30, 15, 8, 4, 2] as const;

export function runPage(page: RunPage): string {
  let html = '';
  for (const most of limits) {
    html = pageWith(page, most);
    if (Buffer.byteLength(html) <= mostBytes) break;
  }
  return html;
}

/** Seconds until the page reloads, or null: only an open run changes by itself within minutes. */
export function refreshSeconds({ run, now }: Given): number | null {
  if (run.state !== 'open') return null;
  return now.getTime() - Date.parse(run.openedAt) < 10 * 60_000 ? 5 : 30;
}

function pageWith({ given, log, who, still }: RunPage, most: number): string {
  const { run } = given;
  const path = runPath(run.id);
  const report = reportOf(given, most);
  const verdict = verdictText(report.verdict);
  const upn = plain(run.account.userPrincipalName, 120);
  return shell({
    title: `${verdict}: ${upn} (${plain(run.code, 12)}) – Reclaim`,
    tone: toneOf(report.verdict),
    heading: verdict,
    under: html`<p>${upn} · run ${plain(run.code, 12)}, ${run.state}</p><p>${liveHtml(given, path, still)}</p>`,
    main: html`${[
      html`<p class="lead">${report.story}</p>`,
      timelineHtml(given),
      ...sectionsHtml(report, given, path, [...unsentHtml(given, path), actionsHtml(given, path)]),
      filesHtml(given, path),
      stepsHtml(given, Math.ceil(most / 3)),
      logHtml(given, log, most * 2),
    ]}`,
    who: plain(who, 160),
    lastDrill: given.lastDrill,
  });
}

/** What a person must do now and what is still open, then the actions, then the rest. */
function sectionsHtml(
  { now, stillOpen, rest }: Report,
  { timeZone }: Given,
  path: string,
  between: readonly Html[],
): Html[] {
  const section = (id: string) => (each: Section, index: number) =>
    sectionHtml(each, path, `${id}${index}`, timeZone);
  return [
    sectionHtml(now, path, 'now'),
    ...stillOpen.map(section('open')),
    ...between,
    ...rest.map(section('s')),
  ];
}

/** Only here: a mail that could say so would already have left. */
function unsentHtml({ run }: Given, path: string): Html[] {
  const task = unsentSummary(run);
  if (task === undefined) return [];
  const line = {
    text: task.what,
    details: [task.instruction],
    task: { step: ofTheRun, id: task.id, done: false },
  };
  return [sectionHtml({ title: 'The mail has not left', lines: [line] }, path, 'mail')];
}

function liveHtml(given: Given, path: string, still: boolean): Html {
  const at = `As of ${clockIn(given.timeZone, given.now.toISOString())}.`;
  const seconds = refreshSeconds(given);
  if (seconds === null) return html`${at}`;
  return still
    ? html`${at} <a href="${path}?still=1">Refresh</a> · <a href="${path}">Refresh every ${seconds} seconds</a>`
    : html`${at} It refreshes itself every ${seconds} seconds until the run has finished. <a href="${path}?still=1">Stop that</a>`;
}
