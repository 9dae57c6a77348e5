// The report of a drill, for a terminal and for a browser.
import { styleText } from 'node:util';
import type { DrillReport, PlantingReport } from '../../functions/drill/drill.ts';
import { type Html, html, nothing } from '../../shared/mail/html.ts';
import { clock } from '../../shared/mail/plain.ts';
import { css } from '../../shared/page/style.ts';
import { shown } from '../terminal.ts';

export interface ToldDrill extends DrillReport {
  /** Where this tenant answers differently from the stand-in. */
  differs: readonly string[];
}

const became: Readonly<Record<PlantingReport['is'], string>> = {
  removed: 'taken away',
  asked: 'asked about',
  late: 'known only to logs that come late',
  'not looked for': 'not looked for',
  missed: 'NOT FOUND',
  refused: 'not planted: refused',
  failed: 'not planted',
  'left out': 'left out',
  planted: 'planted, and nothing came of it',
};

const seconds = (from: string | null, to: string | null): string =>
  from === null || to === null
    ? 'never'
    : `${Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 100) / 10)} s`;

interface Part {
  title: string;
  lines: readonly (string | readonly [string, ...string[]])[];
}

function partsOf(report: ToldDrill): Part[] {
  const { refusals, plantings, run, alertAt, containedAt, cleanAt, left, because, differs, alarm } = report;
  return [
    { title: 'Why not', lines: refusals.map(({ why, now }) => [why, now] as const) },
    { title: 'What went wrong', lines: because },
    {
      title: 'Still there',
      lines: left.map(({ what, why, byHand }) => [what, why, `To remove it: ${byHand}`] as const),
    },
    {
      title: 'What was planted',
      lines: plantings.map(
        ({ what, is, why, missing }) =>
          [
            `${what}: ${became[is]}`,
            ...(missing.length > 0 ? [`The identity that plants lacks ${missing.join(' and ')}.`] : []),
            ...(why === null ? [] : [why]),
          ] as const,
      ),
    },
    {
      title: 'How long it took',
      lines:
        alertAt === null
          ? []
          : [
              `alarm (${alarm}): ${clock(alertAt)}`,
              `contained after ${seconds(alertAt, containedAt)}`,
              `clean after ${seconds(alertAt, cleanAt)}`,
              ...(run === null ? [] : [`run ${run.code}: ${run.verdict}`]),
            ],
    },
    { title: 'What this tenant answers otherwise than the stand-in', lines: differs },
  ].filter(({ lines }) => lines.length > 0);
}

const linesIn = (line: Part['lines'][number]): readonly [string, ...string[]] =>
  typeof line === 'string' ? [line] : line;

const headOf = ({ account, verdict, begunAt }: DrillReport) =>
  `Drill on ${account}: ${verdict}, ${clock(begunAt)}`;

export const reportText = (report: ToldDrill): string =>
  [
    styleText('bold', shown(headOf(report))),
    ...partsOf(report).flatMap(({ title, lines }) => [
      '',
      styleText('bold', title),
      ...lines
        .map(linesIn)
        .flatMap(([first, ...more]) => [`- ${shown(first)}`, ...more.map((line) => `  ${shown(line)}`)]),
    ]),
    '',
  ].join('\n');

/** A single file that loads nothing and runs nothing. */
export function reportHtml(report: ToldDrill): string {
  const tone = report.verdict === 'passed' ? 'well' : report.left.length > 0 ? 'alarm' : 'waiting';
  const part = ({ title, lines }: Part): Html =>
    html`<section><h2>${title}</h2><ul>${lines
      .map(linesIn)
      .map(
        ([first, ...more]) =>
          html`<li><b>${shown(first)}</b>${more.length === 0 ? nothing : more.map((line) => html`<div class="d">${shown(line)}</div>`)}</li>`,
      )}</ul></section>`;
  const page = html`<!doctype html>
<html lang="en" dir="ltr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>Drill</title>
<style>${css}</style></head>
<body><header class="band ${tone}"><div><h1>Drill</h1><p>${shown(headOf(report))}</p></div></header>
<main>${partsOf(report).map(part)}</main></body></html>`;
  return page.text;
}
