// The report of a look back, made from its state file: for a terminal, for a browser, and for programs. Gaps come
// before finds, so that nobody takes an empty list for a clean tenant.
import { styleText } from 'node:util';
import { type Html, html, nothing } from '../../shared/mail/html.ts';
import { clock, count, isWebPage } from '../../shared/mail/plain.ts';
import { css } from '../../shared/page/style.ts';
import { shown } from '../terminal.ts';
import { type Find, type Gap, type Kind, kinds } from './find.ts';
import type { Line, State } from './state.ts';

export interface Report {
  tenantId: string;
  days: number;
  begunAt: string;
  at: string;
  /** null if the list could not be read. */
  mailboxes: { listed: number; seen: number } | null;
  rules: number;
  /** Everything was seen, except what no look can show. */
  complete: boolean;
  gaps: Gap[];
  finds: Find[];
  /** Alerts raised from it, by account. */
  raised: { id: string; at: string; decision: string }[];
}

type Looked = Extract<Line, { is: 'looked' | 'part' }>;

/** If something was looked at several times, the last look counts. */
export async function reportOf(state: State, now: Date): Promise<Report> {
  const looks = new Map<string, Looked>();
  const raised: Report['raised'] = [];
  let refused: Gap[] = [];
  let rules = 0;
  for await (const line of state.lines()) {
    if (line.is === 'session') refused = [];
    else if (line.is === 'refused') refused.push(line.gap);
    else if (line.is === 'raised') raised.push({ id: line.id, at: line.at, decision: line.decision });
    else if (line.is === 'part') looks.set(line.part, line);
    else if (line.is === 'looked') {
      rules += line.looked;
      // Most mailboxes have nothing to report and aren't kept.
      if (line.finds.length + line.gaps.length > 0) looks.set(`mailbox ${line.n}`, line);
      else looks.delete(`mailbox ${line.n}`);
    }
  }
  const all = [...looks.values()];
  const gaps = [...refused, ...all.flatMap((look) => look.gaps)];
  const { listed, seen } = state;
  const left =
    (listed ?? 0) - seen - all.filter((look) => look.is === 'looked' && look.gaps.length > 0).length;
  if (left > 0) {
    const why = 'the look back was interrupted before it came to them';
    gaps.push({ what: `${grouped(left)} of ${grouped(listed ?? 0)} mailboxes`, why, again: true });
  }
  const finds = [...new Map(all.flatMap((look) => look.finds.map((find) => [find.id, find]))).values()];
  return {
    tenantId: state.begun.tenantId,
    days: state.begun.days,
    begunAt: state.begun.at,
    at: now.toISOString(),
    mailboxes: listed === undefined ? null : { listed, seen },
    rules,
    complete: listed !== undefined && !gaps.some(({ again }) => again),
    gaps,
    finds: finds.toSorted(
      (a, b) =>
        kinds.indexOf(a.kind) - kinds.indexOf(b.kind) ||
        Number(a.verdict === 'ask') - Number(b.verdict === 'ask') ||
        (a.person?.userPrincipalName ?? '').localeCompare(b.person?.userPrincipalName ?? ''),
    ),
    raised,
  };
}

export const grouped = (number: number) => number.toLocaleString('en-US');

const titles: Readonly<Record<Kind, string>> = {
  forwarding: 'Mailboxes that send all their mail on',
  rule: 'Inbox rules that hide mail or send it out',
  application: 'Consents to applications that intruders are known to use',
  method: "Sign-in methods registered from an intruder's address",
  administrator: 'Administrators without a second factor',
};
const verdicts: Readonly<Record<Find['verdict'], string>> = {
  remove: 'a run would remove',
  ask: 'to ask about',
};

const whoseOf = ({ person }: Find) => person?.userPrincipalName ?? 'the organisation';

function summaryOf({ mailboxes, rules, finds, gaps }: Report): string {
  const removes = finds.filter(({ verdict }) => verdict === 'remove').length;
  const seen =
    mailboxes === null
      ? 'No mailbox was looked into'
      : `${grouped(mailboxes.seen)} of ${grouped(mailboxes.listed)} mailboxes with ${grouped(rules)} rules were looked into`;
  const found =
    finds.length === 0
      ? 'nothing was found in what was seen'
      : `${count(removes, 'find')} that a run would remove, ${finds.length - removes} to ask about`;
  return `${seen}: ${found}.${gaps.length === 0 ? '' : ` ${count(gaps.length, 'thing')} could not be seen.`}`;
}

const headOf = ({ tenantId, days, at }: Report) =>
  `Look back over ${days} days, tenant ${tenantId}, ${clock(at)}`;

export function reportText(report: Report): string {
  const { gaps, finds, raised } = report;
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', styleText('bold', title), ...lines];
  return [
    styleText('bold', headOf(report)),
    summaryOf(report),
    ...section(
      'Not seen',
      gaps.flatMap(({ what, why }) => [`- ${shown(what)}`, `  ${shown(why)}`]),
    ),
    ...kinds.flatMap((kind) => {
      const own = finds.filter((find) => find.kind === kind);
      return section(
        `${titles[kind]} (${own.length})`,
        own.flatMap((find) => [
          `- ${shown(whoseOf(find))}: ${shown(find.what)} [${verdicts[find.verdict]}]`,
          `  ${shown(find.why)}`,
          `  ${shown(find.now)}`,
          `  ${shown(find.link)}`,
        ]),
      );
    }),
    ...section(
      'Raised as alerts',
      raised.map(({ at, decision }) => `- ${clock(at)}: ${shown(decision)}`),
    ),
    '',
  ].join('\n');
}

/** A single file that loads nothing and runs nothing. */
export function reportHtml(report: Report): string {
  const { gaps, finds, raised } = report;
  const section = (title: string, items: readonly Html[]) =>
    items.length === 0 ? nothing : html`<section><h2>${title}</h2><ul>${items}</ul></section>`;
  const tone = finds.some(({ verdict }) => verdict === 'remove')
    ? 'alarm'
    : gaps.length + finds.length > 0
      ? 'waiting'
      : 'well';
  const link = (find: Find) =>
    isWebPage(find.link) ? html`<div class="go"><a href="${find.link}">Open</a></div>` : nothing;
  const page = html`<!doctype html>
<html lang="en" dir="ltr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>Look back</title>
<style>${css}</style></head>
<body><header class="band ${tone}"><div><h1>Look back</h1><p>${headOf(report)}</p></div></header>
<main><p class="lead">${summaryOf(report)}</p>
${section(
  'Not seen',
  gaps.map(({ what, why }) => html`<li><b>${shown(what)}</b><div class="d">${shown(why)}</div></li>`),
)}
${kinds.map((kind) =>
  section(
    titles[kind],
    finds
      .filter((find) => find.kind === kind)
      .map(
        (find) =>
          html`<li><b>${shown(whoseOf(find))}: ${shown(find.what)}</b> (${verdicts[find.verdict]})<div class="d">${shown(find.why)}</div><div class="d">${shown(find.now)}</div>${link(find)}</li>`,
      ),
  ),
)}
${section(
  'Raised as alerts',
  raised.map(({ at, decision }) => html`<li>${clock(at)}: ${shown(decision)}</li>`),
)}
</main></body></html>`;
  return page.text;
}
