// The shapes of a summary, and what its parts share. Subject, text and HTML are made of a report and of nothing else,
// so that they always say the same.
import type { RunRow, StepRow } from '../run/rows.ts';
import type { Investigation, Remediation } from '../run/step.ts';
import type { Verdict } from '../run/verdict.ts';
import { plain } from './plain.ts';

export interface Line {
  text: string;
  /** Said below it. */
  details?: readonly string[];
  link?: { text: string; url: string };
  /** Requests to this app, each with what it is for. */
  orders?: readonly { text: string; request: string }[];
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
export type Described =
  | Pick<Remediation, 'kind' | 'name' | 'title' | 'undo' | 'permissions'>
  | Pick<Investigation, 'kind' | 'name' | 'title' | 'leaves' | 'permissions'>;

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

/** The reason is left for the reader: it is kept in the run's log. */
export const order = (
  { runUrl }: Given,
  what: 'approve' | 'retry' | 'undo',
  more: Readonly<Record<string, string | readonly string[]>> = {},
): string => `POST ${runUrl}/${what} ${JSON.stringify({ ...more, reason: '…' })}`;
