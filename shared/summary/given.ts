// What a summary is made from, and what its parts share.
import type { Asked } from '../mail/letter.ts';
import { plain } from '../mail/plain.ts';
import type { RunRow, StepRow } from '../model/rows.ts';
import type { Investigation, Remediation } from '../model/step.ts';
import type { RunRows } from '../run/progress.ts';

/** A step as far as a summary describes it. */
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

interface From {
  playbook: readonly Described[];
  /** Where the app is reached. */
  baseUrl: string;
  now: Date;
}

export const givenFrom = ({ run, steps }: RunRows, { playbook, baseUrl, now }: From): Given => ({
  run: run.row,
  steps: steps.map((entry) => entry.row),
  playbook,
  runUrl: `${baseUrl}/api/runs/${encodeURIComponent(run.row.id)}`,
  now,
});

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
