// What a summary is made from, and what its parts share.
import type { Asked, Section } from '../mail/letter.ts';
import { clock, dayOf, plain } from '../mail/plain.ts';
import { clockIn, retold, withLocal } from '../mail/zone.ts';
import type { RunRow, StepRow } from '../model/rows.ts';
import type { Investigation, Remediation } from '../model/step.ts';
import type { RunRows } from '../run/progress.ts';

/** What a summary needs to describe a step. */
export type Described = Partial<Pick<Remediation, 'part' | 'byHand'>> &
  (
    | (Pick<Remediation, 'kind' | 'name' | 'title' | 'undo' | 'permissions'> &
        Partial<Pick<Remediation, 'did'>>)
    | (Pick<Investigation, 'kind' | 'name' | 'title' | 'leaves' | 'permissions'> &
        Partial<Pick<Investigation, 'handsOn' | 'toldIn'>>)
  );

export interface Given {
  run: RunRow;
  steps: readonly StepRow[];
  playbook: readonly Described[];
  /** The page of this run. */
  runUrl: string;
  now: Date;
  /** On-call's time zone: times are shown in it too. */
  timeZone?: string;
  /** What is known about the last drill, shown at the bottom. */
  lastDrill?: string | undefined;
}

interface From {
  playbook: readonly Described[];
  /** Where the app is reached. */
  baseUrl: string;
  now: Date;
  timeZone?: string | undefined;
}

export const givenFrom = ({ run, steps }: RunRows, { playbook, baseUrl, now, timeZone }: From): Given => ({
  run: run.row,
  steps: steps.map((entry) => entry.row),
  playbook,
  runUrl: `${baseUrl}/api/runs/${encodeURIComponent(run.row.id)}`,
  now,
  ...(timeZone === undefined ? {} : { timeZone }),
});

/** `09:15 UTC (10:15 CET)`, with the day if it is not the day on which the run opened. */
export function timeOf({ run, timeZone }: Pick<Given, 'run' | 'timeZone'>, iso: string): string {
  const utc = clock(iso).replace(/:\d\d UTC$/, ' UTC');
  const shown = dayOf(iso) === dayOf(run.openedAt) ? utc.slice(11) : utc;
  return withLocal(shown, iso, timeZone);
}

/**
 * Times in a step's text, as `timeOf` writes them. Text in quotes is somebody's name for something and stays as it is.
 */
export const inZone = (given: Pick<Given, 'run' | 'timeZone'>, text: string): string =>
  retold(text, (iso, utc) =>
    /:\d\d:\d\d UTC$/.test(utc) ? clockIn(given.timeZone, iso) : timeOf(given, iso),
  );

/** Commands, links and recorded changes stay as they are. */
export const sectionInZone = (given: Pick<Given, 'run' | 'timeZone'>, section: Section): Section => ({
  ...section,
  lines: section.lines.map((line) => ({
    ...line,
    text: inZone(given, line.text),
    ...(line.details === undefined ? {} : { details: line.details.map((detail) => inZone(given, detail)) }),
  })),
});

export const titleOf = ({ playbook }: Pick<Given, 'playbook'>, name: string): string =>
  playbook.find((step) => step.name === name)?.title ?? plain(name, 80);

export const titlesOf = (given: Pick<Given, 'playbook'>, rows: readonly { name: string }[]): string =>
  rows.map((row) => titleOf(given, row.name)).join(', ');

/** What people call the owner. */
export const ownerOf = ({ run: { account } }: Pick<Given, 'run'>): string =>
  plain(account.displayName, 80) || plain(account.userPrincipalName, 120);

export type Ask = 'approve' | 'retry' | 'undo' | 'tick' | 'untick';

/** Parameters for the page that asks; a list becomes one parameter per entry. */
type AskedWith = Readonly<Record<string, string | true | readonly string[]>>;

/** The page of a run that asks for the reason before anything is done. */
export function askUrl(runUrl: string, ask: Ask, more: AskedWith = {}): string {
  const query = new URLSearchParams({ do: ask });
  for (const [name, value] of Object.entries(more)) {
    for (const entry of typeof value === 'object' ? value : [String(value)]) query.append(name, entry);
  }
  return `${runUrl}?${query.toString()}`;
}

/** The reason is left for the reader to fill in: it is kept in the run's log. */
export const order = (
  { runUrl }: Pick<Given, 'runUrl'>,
  text: string,
  what: 'approve' | 'retry' | 'undo',
  more: AskedWith = {},
): Asked => ({
  text,
  request: `POST ${runUrl}/${what} ${JSON.stringify({ ...more, reason: '…' })}`,
  page: askUrl(runUrl, what, more),
});

const placeNames: Readonly<Record<string, string>> = {
  'entra.microsoft.com': 'Entra admin center',
  'security.microsoft.com': 'Defender portal',
  'admin.exchange.microsoft.com': 'Exchange admin center',
  'purview.microsoft.com': 'Purview portal',
  'learn.microsoft.com': 'How, on Microsoft Learn',
};

/** Where a link leads and in which role to open it, so that the reader knows before opening it. */
export function placeOf(url: string, role?: string): string {
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  const place = placeNames[host] ?? (host.endsWith('.sharepoint.com') ? 'SharePoint' : 'Open the page');
  return role === undefined ? place : `${place}, as ${plain(role, 120)}`;
}
