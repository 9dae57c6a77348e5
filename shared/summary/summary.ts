// The summary as mail: subject, text and HTML with the same content. Pure. Tables and inline styles, because that is
// what Outlook, Gmail and telephones render alike; no image, no script, nothing from another host.
import { verdictText } from '../run/verdict.ts';
import { escapeHtml, isWebPage, plain } from './plain.ts';
import { type Given, type Line, type Report, reportOf, type Section } from './sections.ts';

export interface Summary {
  subject: string;
  text: string;
  html: string;
}

export function summaryOf(given: Given): Summary {
  const report = reportOf(given);
  return {
    subject: subjectOf(given, report),
    text: textOf(given, report),
    html: htmlOf(given, report),
  };
}

/** `[Reclaim] CONTAINED, 2 TASKS: bob@contoso.com (8M2P)` */
const subjectOf = ({ run }: Given, { verdict }: Report) =>
  `[Reclaim] ${verdictText(verdict)}: ${plain(run.account.userPrincipalName, 120)} (${run.code})`;

function textOf(given: Given, report: Report): string {
  const section = ({ title, lines }: Section) => [title.toUpperCase(), ...lines.flatMap(textLine)].join('\n');
  return [
    subjectOf(given, report).replace('[Reclaim] ', ''),
    report.lead,
    ...report.sections.map(section),
  ].join('\n\n');
}

const textLine = ({ text, details = [], link }: Line) => [
  `- ${text}`,
  ...details.map((detail) => `    ${detail}`),
  ...(link && isWebPage(link.url) ? [`    ${link.text}: ${link.url}`] : []),
];

/** Red only where something is not secured, so that it keeps its meaning. */
const colours: Readonly<Record<Report['verdict']['word'], string>> = {
  'NOT CONTAINED': '#b3261e',
  REVERTED: '#b3261e',
  HELD: '#8a5a00',
  DECIDE: '#8a5a00',
  LOCKED: '#8a5a00',
  CONTAINED: '#1b6e3c',
  'NOTHING TO DO': '#4a4f57',
  UNDONE: '#4a4f57',
  'DRY RUN': '#4a4f57',
};

const font = "font-family:'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

function htmlOf(given: Given, report: Report): string {
  const title = verdictText(report.verdict);
  const subject = escapeHtml(subjectOf(given, report));
  const body = report.sections.map(htmlSection).join('');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><title>${subject}</title>
<style>@media (prefers-color-scheme:dark){.page{background:#15181c!important}.card{background:#1e2227!important}.ink{color:#e9ecef!important}.soft{color:#aeb6bf!important}.link{color:#8ab4f8!important}}</style></head>
<body class="page" style="margin:0;padding:0;background:#f1f3f5">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" class="page" style="background:#f1f3f5"><tr><td align="center" style="padding:16px 8px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" class="card" style="max-width:640px;background:#ffffff;border-radius:6px">
<tr><td style="padding:20px 24px;background:${colours[report.verdict.word]};border-radius:6px 6px 0 0;${font};color:#ffffff"><div style="font-size:22px;font-weight:600;line-height:28px">${escapeHtml(title)}</div><div style="font-size:15px;line-height:22px;word-break:break-word">${escapeHtml(plain(given.run.account.userPrincipalName, 120))} &middot; run ${escapeHtml(given.run.code)}</div></td></tr>
<tr><td class="ink" style="padding:16px 24px 0;${font};font-size:16px;line-height:24px;color:#1d2126;word-break:break-word">${escapeHtml(report.lead)}</td></tr>
${body}<tr><td style="padding:0 0 20px"></td></tr></table></td></tr></table></body></html>`;
}

const htmlSection = ({ title, lines }: Section) =>
  `<tr><td style="padding:20px 24px 0;${font}"><h2 class="soft" style="margin:0 0 6px;font-size:13px;line-height:18px;letter-spacing:.04em;text-transform:uppercase;color:#59626c">${escapeHtml(title)}</h2>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0">${lines.map(htmlLine).join('')}</table></td></tr>
`;

function htmlLine({ text, details = [], link }: Line): string {
  const below = details
    .map(
      (detail) =>
        `<div class="soft" style="font-size:13px;line-height:19px;color:#59626c">${escapeHtml(detail)}</div>`,
    )
    .join('');
  const anchor =
    link && isWebPage(link.url)
      ? `<div style="font-size:14px;line-height:22px"><a class="link" href="${escapeHtml(link.url)}" style="color:#0b57d0">${escapeHtml(link.text)}</a></div>`
      : '';
  return `<tr><td class="ink" style="padding:4px 0;${font};font-size:15px;line-height:22px;color:#1d2126;word-break:break-word">${escapeHtml(text)}${below}${anchor}</td></tr>`;
}
