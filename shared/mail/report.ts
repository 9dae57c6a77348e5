// The shapes of a summary, and what its parts share. Subject, text and HTML are made of a report and of nothing else,
// so that they always say the same.
import type { ChangeRecord, RunRow, StepRow } from '../model/rows.ts';
import type { Investigation, Remediation } from '../model/step.ts';
import type { Verdict } from '../run/verdict.ts';
import { plain } from './plain.ts';

export interface Line {
  text: string;
  /** Said below it. */
  details?: readonly string[];
  link?: { text: string; url: string };
  /** What this app can be asked to do about it. */
  orders?: readonly Asked[];
  /** A task that a person ticks off, or has ticked off. */
  task?: { step: string; id: string; done: boolean };
  /** The recorded change that it tells of, for the page to show before and after. */
  change?: ChangeRecord;
}

export interface Asked {
  text: string;
  /** For a program: method, address, body. */
  request: string;
  /** For a person: the page that says what it does and asks for the reason. */
  page?: string;
}

export interface Section {
  title: string;
  lines: readonly Line[];
  /** In this order one after the other. */
  numbered?: true;
}

export interface Report {
  verdict: Verdict;
  /** What it means, in two or three sentences. */
  lead: string;
  /** What a person does now comes first. */
  sections: readonly Section[];
}

/** A step as far as it is told about. */
export type Described = Partial<Pick<Remediation, 'part'>> &
  (
    | Pick<Remediation, 'kind' | 'name' | 'title' | 'undo' | 'permissions'>
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
}

export const titleOf = ({ playbook }: Pick<Given, 'playbook'>, name: string): string =>
  playbook.find((step) => step.name === name)?.title ?? plain(name, 80);

export const titlesOf = (given: Pick<Given, 'playbook'>, rows: readonly { name: string }[]): string =>
  rows.map((row) => titleOf(given, row.name)).join(', ');

export type Ask = 'approve' | 'retry' | 'undo' | 'tick' | 'untick';

/** Parameters of the page that asks; a list is one parameter for each entry. */
type AskedWith = Readonly<Record<string, string | true | readonly string[]>>;

/** The page of a run that asks for the reason before anything is done. */
export function askUrl(runUrl: string, ask: Ask, more: AskedWith = {}): string {
  const query = new URLSearchParams({ do: ask });
  for (const [name, value] of Object.entries(more)) {
    for (const entry of typeof value === 'object' ? value : [String(value)]) query.append(name, entry);
  }
  return `${runUrl}?${query.toString()}`;
}

/** The reason is left for the reader: it is kept in the run's log. */
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
  'entra.microsoft.com': 'Open it in the Entra admin centre',
  'security.microsoft.com': 'Open it in the Defender portal',
  'admin.exchange.microsoft.com': 'Open it in the Exchange admin centre',
  'purview.microsoft.com': 'Open it in Purview',
  'learn.microsoft.com': 'Read how, on Microsoft Learn',
};

/** What a link leads to, in words: a reader sees where it goes before it is opened. */
export const placeOf = (url: string): string =>
  (URL.canParse(url) ? placeNames[new URL(url).hostname] : undefined) ?? 'Open the page';
