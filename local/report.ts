// What is reported when a run is over: what on-call is told, where the files are, and whether it ended as the scenario
// expects.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { z } from 'zod';
import { playbook } from '../functions/steps/index.ts';
import { oneLine } from '../shared/mail/plain.ts';
import type { RunRows } from '../shared/run/progress.ts';
import { givenFrom } from '../shared/summary/given.ts';
import { runDocument } from '../shared/summary/run-document.ts';
import { summaryOf } from '../shared/summary/summary.ts';
import { differences } from './ending.ts';
import type { Followed } from './live.ts';
import type { LoadedScenario } from './scenario.ts';
import { inert } from './show.ts';
import type { Stack } from './stack.ts';
import type { TenantFile } from './tenant/schema.ts';

export type Say = (line?: string) => void;

export interface Story {
  scenario: LoadedScenario;
  stack: Stack;
  followed: Followed;
  /** When the topic had accepted the alerts. */
  accepted: Date;
}

/** Writes a file of the folder in which a run leaves what it made, and answers its path. */
export function leave(folder: string, name: string, content: unknown): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`);
  return file;
}

/** Prints what became of each alert, and the summary of each run. */
export function tellRuns({ stack, followed, accepted }: Story, say: Say): void {
  for (const decision of followed.decisions) {
    if (decision.runId === null) say(`no run: ${oneLine(decision.why)} (${decision.row})`);
  }
  if (followed.deadLetters > 0) say(`dead letters: ${followed.deadLetters}`);
  for (const rows of followed.runs) {
    const { subject, text } = summaryIn(stack, rows);
    const { containedAt } = rows.run.row;
    say(styleText('bold', subject));
    say();
    say(inert(text));
    say();
    if (containedAt !== null) {
      const seconds = (Date.parse(containedAt) - accepted.getTime()) / 1000;
      say(`contained ${seconds.toFixed(2)} s after the alert was accepted`);
    }
  }
}

/** Writes the final state to a folder, and prints where. */
export function leaveAll(story: Story, folder: string, say: Say): void {
  const { stack, followed } = story;
  for (const [index, rows] of followed.runs.entries()) {
    const name = index === 0 ? 'summary.html' : `summary-${index + 1}.html`;
    say(`summary   ${leave(folder, name, summaryIn(stack, rows).html)}`);
  }
  const state = stack.tenant.state();
  say(`progress  ${leave(folder, 'progress.json', documents(story))}`);
  say(`decisions ${leave(folder, 'decisions.json', followed.decisions)}`);
  say(`outbox    ${leave(folder, 'outbox.json', state.outbox ?? [])}`);
  say(`tenant    ${leave(folder, 'tenant.json', state)}`);
}

const summaryIn = (stack: Stack, rows: RunRows) =>
  summaryOf(givenFrom(rows, { playbook, baseUrl: stack.settings['BASE_URL'] ?? '', now: new Date() }));

type Outbox = NonNullable<TenantFile['outbox']>;
export const outboxOf = (stack: Stack): Outbox => stack.tenant.state().outbox ?? [];

const mailSchema = z.object({
  subject: z.string(),
  /** The plain text of a mail that came with HTML. */
  alternative: z.object({ content: z.string() }).optional(),
});

/** Sent mails as text. */
export function mailLines(sent: Outbox): string[] {
  return sent.flatMap(({ message }) => {
    const { subject = 'without a subject', alternative } = mailSchema.safeParse(message).data ?? {};
    const text =
      alternative === undefined
        ? []
        : inert(alternative.content.replaceAll('\r\n', '\n'))
            .split('\n')
            .map((line) => `    ${line}`.trimEnd());
    return [styleText('bold', `    A mail: ${oneLine(subject)}`), ...text];
  });
}

/** What `--json` prints: the run, a list where there are several, or why there is none. */
export function document(story: Story): unknown {
  const [first, ...others] = documents(story);
  if (others.length > 0) return [first, ...others];
  return first ?? { run: null, decisions: story.followed.decisions };
}

const documents = ({ followed }: Story) => followed.runs.map((run) => runDocument(run, [], playbook));

/** Differences from the scenario's expectations for its first run; undefined if it has none. */
export function endedOtherwise({ scenario, followed }: Story): string[] | undefined {
  if (scenario.expect === undefined) return undefined;
  const [rows] = followed.runs;
  const ended = rows && { run: rows.run.row, steps: rows.steps.map((entry) => entry.row) };
  return differences(scenario.expect, ended);
}
