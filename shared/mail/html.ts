// A report as HTML for mail. Tables and inline styles, because that is what Outlook, Gmail and telephones render alike;
// no image, no script, nothing from another host. Every value is escaped here, and nowhere else.
import { verdictText } from '../run/verdict.ts';
import { escapeHtml, isWebPage, plain } from './plain.ts';
import type { Given, Line, Report, Section } from './report.ts';
import { colourOf, toneOf } from './tone.ts';

const font = "font-family:'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const ink = 'color:#1d2126';
const soft = 'color:#59626c';
const table = 'role="presentation" width="100%" cellpadding="0" cellspacing="0"';

/** Where a mail program lets styles through, darkness is ours; elsewhere it turns the colours itself. */
const dark = `@media (prefers-color-scheme:dark){.page{background:#15181c!important}.card{background:#1e2227!important}.ink{color:#e9ecef!important}.soft{color:#b3bbc4!important}.now{background:#2a2f36!important}.order{background:#15181c!important;color:#d5dae0!important}a{color:#8ab4f8!important}}`;

export function htmlOf({ run }: Given, subject: string, { verdict, lead, sections }: Report): string {
  const upn = plain(run.account.userPrincipalName, 120);
  return pageOf({
    subject,
    colour: colourOf[toneOf(verdict)],
    title: verdictText(verdict),
    below: `${upn} · run ${plain(run.code, 12)}`,
    lead,
    sections,
  });
}

export interface Page {
  subject: string;
  colour: string;
  title: string;
  /** Under the title. */
  below: string;
  lead: string;
  /** What a person does now comes first. */
  sections: readonly Section[];
}

export function pageOf({ subject, colour, title, below, lead, sections }: Page): string {
  const [now, ...others] = sections;
  const preview = escapeHtml(`${now?.lines[0]?.text ?? ''}. ${lead}`);
  return `<!doctype html>
<html lang="en" dir="ltr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><title>${escapeHtml(subject)}</title>
<style>${dark}</style></head>
<body class="page" style="margin:0;padding:0;background:#f1f3f5;${font}">
<div style="display:none;max-height:0;overflow:hidden">${preview}</div>
<table ${table} class="page" style="background:#f1f3f5"><tr><td align="center" style="padding:12px 8px">
<table ${table} class="card" style="max-width:660px;background:#ffffff;border-radius:6px;text-align:left;word-break:break-word">
<tr><td style="padding:16px 20px;background:${colour};border-radius:6px 6px 0 0;color:#ffffff"><h1 style="margin:0;font-size:24px;line-height:30px">${escapeHtml(title)}</h1><div style="font-size:15px;line-height:22px">${escapeHtml(below)}</div></td></tr>
<tr><td class="ink" style="padding:14px 20px;font-size:16px;line-height:23px;${ink}">${escapeHtml(lead)}</td></tr>
${now === undefined ? '' : nowHtml(now)}${others.map(sectionHtml).join('')}<tr><td style="padding:0 0 20px"></td></tr></table></td></tr></table></body></html>`;
}

const nowHtml = (section: Section) =>
  `<tr><td style="padding:0 20px"><table ${table} class="now" style="background:#fff4d6;border-radius:6px"><tr><td style="padding:12px 14px">${content(section, 17)}</td></tr></table></td></tr>
`;

const sectionHtml = (section: Section) =>
  `<tr><td style="padding:18px 20px 0">${content(section, 15)}</td></tr>
`;

function content({ title, lines, numbered }: Section, size: number): string {
  const heading = `<h2 class="soft" style="margin:0 0 4px;font-size:13px;line-height:18px;${soft}">${escapeHtml(title)}</h2>`;
  const rows = lines.map((line, index) => {
    const mark = numbered
      ? `<td width="24" valign="top" class="ink" style="padding:4px 0;font-size:${size}px;line-height:22px;font-weight:600;${ink}">${index + 1}.</td>`
      : '';
    return `<tr>${mark}<td class="ink" style="padding:4px 0;font-size:${size}px;line-height:22px;${ink}">${lineHtml(line, numbered === true)}</td></tr>`;
  });
  return `${heading}<table ${table}>${rows.join('')}</table>`;
}

function lineHtml({ text, details = [], link, orders = [] }: Line, strong: boolean): string {
  const said = strong ? `<b>${escapeHtml(text)}</b>` : escapeHtml(text);
  const [name, colour] = strong ? ['ink', ink] : ['soft', soft];
  const below = details.map(
    (detail) =>
      `<div class="${name}" style="font-size:14px;line-height:20px;${colour}">${escapeHtml(detail)}</div>`,
  );
  const asked = orders.map(({ text: what, request, page }) =>
    page !== undefined && isWebPage(page)
      ? `<div style="font-size:15px;line-height:22px;padding:6px 0 0"><a href="${escapeHtml(page)}" style="color:#0b57d0;font-weight:600">${escapeHtml(what)}</a></div>`
      : `<div style="font-size:14px;line-height:20px;padding:4px 0 0">${escapeHtml(what)}:<div class="order" style="padding:4px 8px;background:#eceff2;border-radius:4px;font-family:Consolas,Menlo,monospace;font-size:12px;line-height:17px;word-break:break-all;color:#2f353c">${escapeHtml(request)}</div></div>`,
  );
  const anchor =
    link && isWebPage(link.url)
      ? `<div style="font-size:15px;line-height:22px"><a href="${escapeHtml(link.url)}" style="color:#0b57d0">${escapeHtml(link.text)}</a></div>`
      : '';
  return [said, ...below, anchor, ...asked].join('');
}
