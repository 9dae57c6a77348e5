// The shape of every mail that Reclaim writes, as HTML and as plain text with the same content. It uses tables and
// inline styles, which Outlook, Gmail and phones render alike; no image, no script, nothing from another host.
import type { ChangeRecord } from '../model/rows.ts';
import type { Danger } from '../model/words.ts';
import { type Html, html, nothing } from './html.ts';
import { isWebPage } from './plain.ts';

export interface Line {
  text: string;
  /** Shown below it. */
  details?: readonly string[];
  /** PowerShell to type, one command per line. */
  commands?: readonly string[];
  link?: { text: string; url: string };
  /** An unnumbered entry in a numbered list: not a task that the subject counts. */
  uncounted?: true;
  /** What the intruder still has until it is done. */
  remains?: string;
  /** What this app can be asked to do about it. */
  orders?: readonly Asked[];
  /** A task that a person can tick off, or has ticked off. */
  task?: { step: string; id: string; done: boolean; danger?: Danger };
  /** The recorded change that it is about, so that the page can show before and after. */
  change?: ChangeRecord;
}

export interface Asked {
  text: string;
  /** For a program: method, address, body. */
  request: string;
  /** For a person: the page that explains it and asks for the reason. */
  page?: string;
}

export interface Section {
  title: string;
  lines: readonly Line[];
  /** Shown one after the other in this order. */
  numbered?: true;
}

export interface Letter {
  subject: string;
  colour: string;
  title: string;
  /** Under the title. */
  below: string;
  /** What happened, in a few sentences. */
  lead: string;
  /** What a person must do now comes first. */
  sections: readonly Section[];
  /** Below everything. */
  foot?: string | undefined;
}

/** Without the subject, which is always shown beside it. */
export const letterText = ({ lead, sections, foot }: Pick<Letter, 'lead' | 'sections' | 'foot'>): string =>
  [lead, ...sections.map(sectionText), ...(foot === undefined ? [] : [foot])].join('\n\n');

const sectionText = ({ title, lines, numbered }: Section): string =>
  [
    title.toUpperCase(),
    ...numbersOf(lines, numbered === true).flatMap(([line, number]) => lineText(line, number ?? '-')),
  ].join('\n');

/** Each line with its number, if it has one. */
export function numbersOf(
  lines: readonly Line[],
  numbered: boolean,
): (readonly [Line, string | undefined])[] {
  let last = 0;
  return lines.map((line) => {
    if (!numbered || line.uncounted) return [line, undefined];
    last += 1;
    return [line, `${last}.`];
  });
}

const lineText = ({ text, details = [], commands = [], link, orders = [] }: Line, mark: string): string[] => [
  `${mark} ${text}`,
  ...details.map((detail) => `    ${detail}`),
  ...commands.map((command) => `        ${command}`),
  ...(link && isWebPage(link.url) ? [`    ${link.text}: ${link.url}`] : []),
  ...orders.map(({ text: what, request, page }) => `    ${what}: ${page ?? request}`),
];

const font = "font-family:'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const ink = 'color:#1d2126';
const soft = 'color:#59626c';
const table = html`role="presentation" width="100%" cellpadding="0" cellspacing="0"`;

/** If a mail program allows styles, dark mode is ours; otherwise it converts the colours itself. */
const dark = html`@media (prefers-color-scheme:dark){.page{background:#15181c!important}.card{background:#1e2227!important}.ink{color:#e9ecef!important}.soft{color:#b3bbc4!important}.now{background:#2a2f36!important}.order{background:#15181c!important;color:#d5dae0!important}a{color:#8ab4f8!important}}`;

export function letterHtml({ subject, colour, title, below, lead, sections, foot }: Letter): string {
  const [now, ...others] = sections;
  return html`<!doctype html>
<html lang="en" dir="ltr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><title>${subject}</title>
<style>${dark}</style></head>
<body class="page" style="margin:0;padding:0;background:#f1f3f5;${font}">
<div style="display:none;max-height:0;overflow:hidden">${now?.lines[0]?.text ?? ''}. ${lead}</div>
<table ${table} class="page" style="background:#f1f3f5"><tr><td align="center" style="padding:12px 8px">
<table ${table} class="card" style="max-width:660px;background:#ffffff;border-radius:6px;text-align:left;word-break:break-word">
<tr><td style="padding:16px 20px;background:${colour};border-radius:6px 6px 0 0;color:#ffffff"><h1 style="margin:0;font-size:24px;line-height:30px">${title}</h1><div style="font-size:15px;line-height:22px">${below}</div></td></tr>
<tr><td class="ink" style="padding:14px 20px;font-size:16px;line-height:23px;${ink}">${lead}</td></tr>
${now === undefined ? nothing : nowHtml(now)}${others.map(sectionHtml)}${foot === undefined ? nothing : footHtml(foot)}<tr><td style="padding:0 0 20px"></td></tr></table></td></tr></table></body></html>`
    .text;
}

const footHtml = (foot: string) =>
  html`<tr><td class="soft" style="padding:18px 20px 0;font-size:13px;line-height:18px;${soft}">${foot}</td></tr>
`;

const nowHtml = (section: Section) =>
  html`<tr><td style="padding:0 20px"><table ${table} class="now" style="background:#fff4d6;border-radius:6px"><tr><td style="padding:12px 14px">${content(section, 17)}</td></tr></table></td></tr>
`;

const sectionHtml = (section: Section) =>
  html`<tr><td style="padding:18px 20px 0">${content(section, 15)}</td></tr>
`;

function content({ title, lines, numbered }: Section, size: number): Html {
  const rows = numbersOf(lines, numbered === true).map(([line, number]) => {
    const mark = numbered
      ? html`<td width="24" valign="top" class="ink" style="padding:4px 0;font-size:${size}px;line-height:22px;font-weight:600;${ink}">${number ?? '▸'}</td>`
      : nothing;
    return html`<tr>${mark}<td class="ink" style="padding:4px 0;font-size:${size}px;line-height:22px;${ink}">${lineHtml(line, numbered === true)}</td></tr>`;
  });
  return html`<h2 class="soft" style="margin:0 0 4px;font-size:13px;line-height:18px;${soft}">${title}</h2><table ${table}>${rows}</table>`;
}

const mono =
  'padding:4px 8px;margin:4px 0 0;background:#eceff2;border-radius:4px;font-family:Consolas,Menlo,monospace;font-size:12px;line-height:17px;overflow-wrap:anywhere;word-break:break-word;color:#2f353c';

function lineHtml({ text, details = [], commands = [], link, orders = [] }: Line, strong: boolean): Html {
  const [name, colour] = strong ? ['ink', ink] : ['soft', soft];
  const below = details.map(
    (detail) => html`<div class="${name}" style="font-size:14px;line-height:20px;${colour}">${detail}</div>`,
  );
  const asked = orders.map(({ text: what, request, page }) =>
    page !== undefined && isWebPage(page)
      ? html`<div style="font-size:15px;line-height:22px;padding:6px 0 0"><a href="${page}" style="color:#0b57d0;font-weight:600">${what}</a></div>`
      : html`<div style="font-size:14px;line-height:20px;padding:4px 0 0">${what}:<div class="order" style="${mono}">${request}</div></div>`,
  );
  const anchor =
    link && isWebPage(link.url)
      ? html`<div style="font-size:15px;line-height:22px"><a href="${link.url}" style="color:#0b57d0">${link.text}</a></div>`
      : nothing;
  const typed =
    commands.length === 0
      ? nothing
      : html`<div class="order" style="${mono}">${commands.map((command) => html`<div>${command}</div>`)}</div>`;
  return html`${strong ? html`<b>${text}</b>` : text}${below}${typed}${anchor}${asked}`;
}
