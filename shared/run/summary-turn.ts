// When on-call is written to: as soon as there is something true to say, and again only when the verdict changes.

import type { RunRow, StepRow } from '../model/rows.ts';
import { type Outgoing, queues } from './bus.ts';
import { isHandedBack, isHandingBack, isStuck } from './hand-back.ts';
import { timing } from './timing.ts';
import { isPending, looksAgain, verdictOf, verdictText } from './verdict.ts';

type Summary = RunRow['summary'];

export function nextSummary(
  run: RunRow,
  steps: readonly StepRow[],
  now: Date,
): { next: Summary; send: Outgoing | undefined } | undefined {
  // A run that another run has replaced says nothing more: the other one now speaks for the account.
  if (run.state === 'closed' || run.endsAs === 'superseded') return undefined;
  const { summary } = run;
  const past = summary.until !== null && Date.parse(summary.until) <= now.getTime();
  const verdict = verdictText(verdictOf(run, steps));
  // A mail that may have left is looked for under the verdict that it had, so that verdict stays until then.
  const cutOff = summary.state === 'sending' || summary.claimedAt !== null;
  if (verdict !== summary.verdict && !cutOff && isDue(run, steps, now)) {
    return queueSummary(run, { ...summary, verdict, attempt: 0 }, now, null);
  }
  switch (summary.state) {
    case 'waiting':
      return queueSummary(run, summary, now, summary.until);
    // An earlier version gave up on mails; this one never does.
    case 'failed':
      return queueSummary(run, summary, now, null);
    case 'queued':
      return past ? queueSummary(run, summary, now, null) : undefined;
    case 'sending':
      // The sender died: the next one first checks whether the mail had left.
      return past ? queueSummary(run, summary, now, null) : undefined;
    case 'none':
    case 'sent':
      return undefined;
  }
}

function queueSummary(run: RunRow, summary: Summary, now: Date, notBefore: string | null) {
  const due = notBefore !== null && Date.parse(notBefore) > now.getTime() ? new Date(notBefore) : now;
  const turn = summary.turn + 1;
  const next: Summary = {
    ...summary,
    state: 'queued',
    turn,
    queuedAt: now.toISOString(),
    until: new Date(due.getTime() + timing.graceSeconds * 1000).toISOString(),
  };
  const send: Outgoing = {
    queue: queues.summaries,
    id: `${run.id}:${turn}`,
    body: { run: run.id, turn },
    ...(due > now ? { at: due } : {}),
  };
  return { next, send };
}

function isDue(run: RunRow, steps: readonly StepRow[], now: Date): boolean {
  if (run.state === 'held') return run.toldInList !== true;
  // The operator who hands the account back sees the progress; on-call hears of it when it is done, or stuck.
  if (isHandingBack(run) && !isHandedBack(run) && !isStuck({ run, steps })) return false;
  const pending = (stage: StepRow['stage']) => steps.some((row) => row.stage === stage && isToCome(row));
  const seconds = (now.getTime() - Date.parse(begunAt(run))) / 1000;
  const [withoutCollect, whatever] = timing.summarySeconds;
  const acted = !pending('contain') && !pending('evict');
  if (!awaitsFirst(run)) {
    if (!acted) return false;
    if (!pending('collect') || run.state !== 'open') return true;
    const minutes = timing.checkMinutes[run.checks - 1];
    if (minutes === undefined || run.finishedAt === null) return seconds >= withoutCollect;
    // While logs are read again, what is already known is looked at without what they will add.
    const looking = (now.getTime() - Date.parse(run.finishedAt)) / 1000 - minutes * 60;
    return looking >= timing.laterSummarySeconds;
  }
  if (acted && (!pending('collect') || seconds >= withoutCollect)) return true;
  return seconds >= whatever;
}

/** A mere read-back delays the mail for one look, not for all of them. */
const isToCome = (row: StepRow) => isPending(row) && !(looksAgain(row) && (row.quickLooks ?? 0) > 1);

/** Tried without success: it is tried again until it has left or a person takes it over. */
export const isUnsent = ({ summary, endsAs }: RunRow): boolean =>
  endsAs !== 'superseded' &&
  (summary.state === 'failed' || (summary.attempt > 0 && summary.state !== 'sent'));

/** The time from which the run acts. */
export const begunAt = ({ releasedAt, openedAt }: RunRow): string => releasedAt ?? openedAt;

/** Nothing has been said yet about what the run does: the notice that it was held doesn't count. */
export const awaitsFirst = ({ summary, releasedAt }: RunRow): boolean =>
  summary.turn === 0 || (releasedAt !== undefined && (summary.queuedAt ?? '') < releasedAt);
