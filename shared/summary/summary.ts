// The summary: subject, text and HTML with the same content, from one report. Pure.

import { letterHtml, letterText } from '../mail/letter.ts';
import { dayOf, plain } from '../mail/plain.ts';
import { verdictText } from '../run/verdict.ts';
import type { Given } from './given.ts';
import { type BriefReport, briefReportOf, cut } from './report.ts';
import { colourOf, toneOf } from './verdict-colour.ts';

export interface Summary {
  subject: string;
  text: string;
  html: string;
}

/** Gmail cuts a mail off after 102 KB, and whatever stands at the end is lost. */
const mostBytes = 100_000;
/** A hyphen that a line can't break at. */
const unbreaking = '\u2011';
/** Lines per section: as many as fit. */
const limits = [30, 15, 6, 2] as const;

export function summaryOf(given: Given): Summary {
  const report = briefReportOf(given);
  let summary = summaryWith(given, report, limits[0]);
  for (const most of limits.slice(1)) {
    if (Buffer.byteLength(summary.html) <= mostBytes) break;
    summary = summaryWith(given, report, most);
  }
  return summary;
}

function summaryWith(
  { run, lastDrill }: Given,
  { verdict, story, now, brief }: BriefReport,
  mostLines: number,
): Summary {
  const title = verdictText(verdict);
  const letter = {
    subject: subjectOf(run, title),
    colour: colourOf[toneOf(verdict)],
    title,
    below: `${plain(run.account.userPrincipalName, 120)} · run ${plain(run.code, 12)} · ${dayOf(run.openedAt).replaceAll('-', unbreaking)}`,
    lead: story,
    sections: [now, ...brief].map((section) => cut(section, mostLines)),
    foot: lastDrill,
  };
  return { subject: letter.subject, text: letterText(letter), html: letterHtml(letter) };
}

/** `[Reclaim] CONTAINED, 2 TASKS: bob@contoso.com (8M2P)` */
export const subjectOf = (
  { account, code }: Pick<Given['run'], 'account' | 'code'>,
  verdict: string,
): string => `[Reclaim] ${verdict}: ${plain(account.userPrincipalName, 120)} (${plain(code, 12)})`;
