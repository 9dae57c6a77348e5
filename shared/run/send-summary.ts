// Sends the summary once for each verdict. sendMail is not idempotent, so after a send that may have been cut off, the
// next sender looks for the mail before sending again; and a failure here never touches the run's own state.
import { PermanentError, RetryableError, toFailure } from '../errors.ts';
import type { LogRow, RunRow, RunState } from '../model/rows.ts';
import { advance } from './advance.ts';
import { type CardMessage, type Post, queues, type SummaryMessage } from './bus.ts';
import type { Engine } from './engine.ts';
import { type RunRows, runRef } from './progress.ts';
import { timing, waitSeconds } from './timing.ts';
import { verdictOf, verdictText } from './verdict.ts';

/** What the engine needs in order to send mail. */
export interface Mailer {
  send(rows: RunRows, log: readonly LogRow[]): Promise<void>;
  /**
   * Whether a mail with the row's own `summary.verdict` has left since then; asked only after a send that may have been
   * cut off.
   */
  wasSent(rows: RunRows, since: Date): Promise<boolean>;
  /** Asks a second channel to report the same, once for each verdict; never throws. */
  second?(rows: RunRows): Promise<void>;
}

type Summary = RunRow['summary'];

/** After this many tries the waits keep growing, up to an hour. It never gives up. */
const manyAttempts = 15;
const longestWaitSeconds = 3600;

/**
 * How many looks into Sent Items may fail before the mail is sent again: fewer if looking is forbidden altogether. Two
 * copies of a mail are better than none.
 */
const mostLooks = { busy: 12, refused: 5 } as const;

export async function sendSummary(engine: Engine, mailer: Mailer, message: SummaryMessage): Promise<void> {
  const ref = runRef(message.run);
  let before: Summary | undefined;
  const claimed = await advance(engine, ref, (state) => {
    const { summary } = state.run;
    if (summary.turn !== message.turn || summary.state !== 'queued') return undefined;
    before = summary;
    const now = engine.now();
    const until = new Date(now.getTime() + timing.leaseSeconds * 1000).toISOString();
    // After a send that may have been cut off, look for the mail it may have sent.
    const claim = summary.claimedAt === null ? { claimedAt: now.toISOString(), verdict: saysNow(state) } : {};
    return { ...state, run: { ...state.run, summary: { ...summary, state: 'sending', until, ...claim } } };
  });
  if (claimed === 'gone') engine.log(`summary: no run ${message.run}, nothing sent`);
  if (claimed === 'lost') await advance(engine, ref);
  if (claimed === 'gone' || claimed === 'lost') return;
  // Before the mail, so that the alert rules outside the app hear of it even when no mail can be sent.
  engine.log('run-verdict', { run: message.run, verdict: claimed.run.row.summary.verdict ?? '' });

  // With the first try, whether it succeeds or not: when no mail gets through, the second channel must.
  if (before?.attempt === 0) await mailer.second?.(claimed);

  const settle = (change: (summary: Summary, state: RunState) => Summary) =>
    advance(engine, ref, (state) => {
      const { summary } = state.run;
      if (summary.turn !== message.turn || summary.state !== 'sending') return undefined;
      return { ...state, run: { ...state.run, summary: change(summary, state) } };
    });
  /** If the last mail already said this and nothing was said since, it is not said again. */
  const tell = async (rows: RunRows): Promise<void> => {
    const { lastSent, verdict } = rows.run.row.summary;
    if (lastSent === undefined || lastSent !== verdict)
      await mailer.send(rows, await engine.progress.log(ref));
  };
  let looking = false;
  const wasSent = async (since: string): Promise<boolean> => {
    looking = true;
    const left = await mailer.wasSent(claimed, new Date(since));
    looking = false;
    return left;
  };
  try {
    const cutOff = before?.claimedAt ?? null;
    if (cutOff === null) await tell(claimed);
    else if (!(await wasSent(cutOff))) {
      // It had not left: this mail says what is true now, and must be found under that verdict if it is cut off too.
      const claimedAt = engine.now().toISOString();
      const anew = await settle((summary, state) => ({ ...summary, claimedAt, verdict: saysNow(state) }));
      if (anew === 'gone' || anew === 'lost') return;
      await tell(anew);
    }
    const sentAt = engine.now().toISOString();
    await settle((summary) => ({
      ...summary,
      state: 'sent',
      ...(summary.verdict === null ? {} : { lastSent: summary.verdict }),
      until: null,
      claimedAt: null,
      sentAt,
      attempt: 0,
      mails: (summary.mails ?? 0) + 1,
    }));
  } catch (thrown) {
    engine.log(`summary of run ${message.run} was not sent: ${toFailure(thrown).message}`);
    await settle((summary) => afterFailure(summary, thrown, engine, looking));
  }
}

/** The verdict in the subject of a summary that is written from these rows. */
const saysNow = ({ run, steps }: RunState) => verdictText(verdictOf(run, steps));

/**
 * `looking`: what failed was the look for an earlier mail, so nobody knows any more than before whether that one left.
 */
function afterFailure(summary: Summary, thrown: unknown, engine: Engine, looking: boolean): Summary {
  const attempt = summary.attempt + 1;
  const looks = thrown instanceof PermanentError ? mostLooks.refused : mostLooks.busy;
  // Refused outright: nothing has left, so the next try need not look for it.
  const cutOff = looking
    ? attempt < looks
    : thrown instanceof RetryableError && thrown.tookEffect === 'unknown';
  const claimedAt = cutOff ? summary.claimedAt : null;
  const asked = thrown instanceof RetryableError ? thrown.retryAfterSeconds : undefined;
  const late = attempt < manyAttempts ? 0 : timing.longestWaitSeconds * 2 ** (attempt - manyAttempts);
  const wait = Math.max(waitSeconds(attempt, asked, engine.random()), Math.min(late, longestWaitSeconds));
  const until = new Date(engine.now().getTime() + wait * 1000).toISOString();
  return { ...summary, state: 'waiting', until, claimedAt, attempt };
}

/** What the engine needs of the second channel. */
export interface SecondChannel {
  wants(run: RunRow): boolean;
  send(rows: RunRows): Promise<void>;
}

export async function sendCard(
  engine: Pick<Engine, 'progress' | 'log'>,
  channel: SecondChannel | undefined,
  message: CardMessage,
): Promise<void> {
  const rows = await engine.progress.read(runRef(message.run));
  if (rows === undefined) throw new PermanentError(`there is no run ${message.run}, so no card was sent`);
  // Switched off since it was asked for.
  if (channel === undefined) return;
  try {
    await channel.send(rows);
  } catch (thrown) {
    // The card may already be there, and nobody can look; the mail says the same anyway.
    const unknown =
      thrown instanceof RetryableError && thrown.status === undefined && thrown.tookEffect === 'unknown';
    if (!unknown) throw thrown;
    engine.log(
      `card of run ${message.run}: ${thrown.message}; it may have been posted, so it is not repeated`,
    );
    return;
  }
  engine.log(`card of run ${message.run} was posted`);
}

/**
 * Asks for a card with a message of its own. The message id stays the same until a mail has left with this verdict, so
 * that a second request is dropped. Never throws: the mail must not wait for it.
 */
export const askForCard =
  (channel: SecondChannel | undefined, post: Post, log: Engine['log']) =>
  async ({ run: { row } }: RunRows): Promise<void> => {
    if (channel === undefined || !channel.wants(row)) return;
    const { turn, mails = 0, verdict } = row.summary;
    const which = `${mails}-${(verdict ?? '').replaceAll(/[^A-Z0-9]+/g, '-')}`;
    try {
      const body: CardMessage = { run: row.id, turn, card: true };
      await post.post({ queue: queues.summaries, id: `${row.id}:${which}:card`, body, properties: {} });
    } catch (thrown) {
      log(`no card could be asked for: ${thrown instanceof Error ? thrown.message : 'unknown'}`, {
        run: row.id,
      });
    }
  };
