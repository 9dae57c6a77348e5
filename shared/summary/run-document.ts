// A run as programs read it: the answer of GET /api/runs/{id}. Pure. It holds no secret, because no row does.
import { verificationOf } from '../run/changes.ts';
import type { RunRows } from '../run/progress.ts';
import type { LogRow, StepRow } from '../run/rows.ts';
import type { Step } from '../run/step.ts';
import { openTasks, verdictOf, verdictText } from '../run/verdict.ts';

type Titles = readonly Pick<Step, 'name' | 'title'>[];

export interface RunDocument {
  id: string;
  code: string;
  /** `CONTAINED, 2 TASKS` */
  verdict: string;
  state: string;
  level: string;
  account: RunRows['run']['row']['account'];
  why: string;
  heldBecause: string | null;
  raisedBecause: string | null;
  dryRun: boolean;
  openedAt: string;
  containedAt: string | null;
  finishedAt: string | null;
  endsAs: string | null;
  signals: RunRows['run']['row']['signals'];
  intruder: RunRows['run']['row']['intruder'];
  summary: { verdict: string | null; sentAt: string | null };
  /** What a person has to do, in the order of the playbook. */
  tasks: readonly { step: string; id: string; what: string; instruction: string; link: string }[];
  steps: readonly StepDocument[];
  log: readonly LogRow[];
}

interface StepDocument {
  name: string;
  title: string;
  stage: string;
  mode: string;
  state: string;
  outcome: StepRow['outcome'];
  changes: readonly (Omit<StepRow['changes'][number], 'once'> & { verification: string })[];
  kept: StepRow['kept'];
  attachments: readonly { name: string; type: string }[];
  lastError: StepRow['lastError'];
  queuedAt: string | null;
  startedAt: string | null;
  settledAt: string | null;
}

export function runDocument(rows: RunRows, log: readonly LogRow[], titles: Titles): RunDocument {
  const { row: run } = rows.run;
  const steps = rows.steps.map((entry) => entry.row);
  const titleOf = (name: string) => titles.find((step) => step.name === name)?.title ?? name;
  return {
    id: run.id,
    code: run.code,
    verdict: verdictText(verdictOf(run, steps)),
    state: run.state,
    level: run.level,
    account: run.account,
    why: run.why,
    heldBecause: run.heldBecause,
    raisedBecause: run.raisedBecause,
    dryRun: run.dryRun,
    openedAt: run.openedAt,
    containedAt: run.containedAt,
    finishedAt: run.finishedAt,
    endsAs: run.endsAs,
    signals: run.signals,
    intruder: run.intruder,
    summary: { verdict: run.summary.verdict, sentAt: run.summary.sentAt },
    tasks: steps.flatMap((row) =>
      openTasks(row).map(({ id, what, instruction, link }) => ({
        step: row.name,
        id,
        what,
        instruction,
        link,
      })),
    ),
    steps: steps.map((row) => stepDocument(row, titleOf(row.name))),
    log,
  };
}

const stepDocument = (row: StepRow, title: string): StepDocument => ({
  name: row.name,
  title,
  stage: row.stage,
  mode: row.mode,
  state: row.state,
  outcome: row.outcome,
  changes: row.changes.map((record) => {
    const { once: _, ...change } = record;
    return { ...change, verification: verificationOf(record) };
  }),
  kept: row.kept,
  attachments: row.attachments.map(({ name, type }) => ({ name, type })),
  lastError: row.lastError,
  queuedAt: row.queuedAt,
  startedAt: row.startedAt,
  settledAt: row.settledAt,
});
