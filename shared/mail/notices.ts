// Tells on-call once. A notice is written down before it is sent, so that if its sender dies, the next one who looks
// sends it; and since sendMail can't be repeated safely, that one first looks for the mail. A notice leaves twice only
// if Sent Items lags behind the send by more than the lease; it is never lost.
//
//   waiting ──claim──► sending ──answer──► told
//      ▲                  │ no answer: after the lease, looked for; then sent again
//      └────refused───────┘

import { RetryableError, toFailure } from '../errors.ts';
import { inQuotes } from '../model/text.ts';
import { timing } from '../run/timing.ts';
import type { Notice, NoticeRow, NoticeStore } from './notice.ts';

export interface NoticeMailer {
  /** Throws RetryableError with tookEffect 'unknown' if it may have left anyway. */
  send(notice: Notice): Promise<void>;
  /** Whether it has left since then; asked only after a send that may have been cut off. */
  wasSent(notice: Notice, since: Date): Promise<boolean>;
}

export interface Notices {
  /**
   * Sends it, unless this version is told already ('known') or another process is sending it ('busy'). Returns 'later'
   * if it could not leave now: it is kept, and `tellWaiting` tries again. Throws only if it could not even be kept.
   */
  tell(notice: Notice): Promise<'told' | 'known' | 'busy' | 'later'>;
  /** The notice under a key, told or on its way. */
  last(key: string): Promise<Pick<NoticeRow, 'state' | 'notice'> | undefined>;
  /** Sends what could not leave before and is due again. Returns how many were looked at. */
  tellWaiting(): Promise<number>;
}

interface Dependencies {
  store: NoticeStore;
  mailer: NoticeMailer;
  now: () => Date;
  log: (line: string) => void;
}

const nameOf = ({ notice }: NoticeRow) => `notice ${inQuotes(notice.headline)} (${notice.key})`;

const firstWaitMinutes = 1;
const longestWaitMinutes = 60;

export function createNotices({ store, mailer, now, log }: Dependencies): Notices {
  const inMinutes = (minutes: number) => new Date(now().getTime() + minutes * 60_000).toISOString();
  const isOver = (until: string | null) => until === null || until <= now().toISOString();

  async function send(row: NoticeRow, etag: string | undefined): Promise<'told' | 'busy' | 'later'> {
    const cutOff = row.claimedAt;
    const until = new Date(now().getTime() + timing.leaseSeconds * 1000).toISOString();
    const claimed: NoticeRow = {
      ...row,
      state: 'sending',
      until,
      claimedAt: cutOff ?? now().toISOString(),
    };
    const held = await store.write(claimed, etag);
    if (held === 'conflict') return 'busy';
    try {
      const left = cutOff !== null && (await mailer.wasSent(row.notice, new Date(cutOff)));
      if (!left) await mailer.send(row.notice);
    } catch (thrown) {
      log(`${nameOf(row)} was not sent: ${toFailure(thrown).message}`);
      await settle(afterFailure(claimed, thrown), held);
      return 'later';
    }
    log(`${nameOf(row)} was sent`);
    await settle(
      { ...claimed, state: 'told', toldAt: now().toISOString(), until: null, claimedAt: null },
      held,
    );
    return 'told';
  }

  /** If this write fails, the next one who looks finds out whether the mail has left. */
  async function settle(row: NoticeRow, etag: string): Promise<void> {
    await store.write(row, etag).catch((thrown: unknown) => {
      log(`what became of ${nameOf(row)} could not be kept: ${toFailure(thrown).message}`);
    });
  }

  function afterFailure(row: NoticeRow, thrown: unknown): NoticeRow {
    const attempt = row.attempt + 1;
    const unknown = thrown instanceof RetryableError && thrown.tookEffect === 'unknown';
    const wait = Math.min(firstWaitMinutes * 2 ** (attempt - 1), longestWaitMinutes);
    // Refused outright: nothing has left, so the next try need not look for it.
    return {
      ...row,
      state: 'waiting',
      attempt,
      until: inMinutes(wait),
      claimedAt: unknown ? row.claimedAt : null,
    };
  }

  return {
    async tell(notice) {
      const found = await store.read(notice.key);
      if (found?.row.notice.version === notice.version) {
        if (found.row.state === 'told') return 'known';
        if (!isOver(found.row.until)) return found.row.state === 'sending' ? 'busy' : 'later';
        return await send(found.row, found.etag);
      }
      // The previous version is no longer true: this one takes its place.
      const row = {
        notice,
        state: 'waiting',
        attempt: 0,
        until: null,
        claimedAt: null,
        toldAt: null,
      } as const;
      return await send(row, found?.etag);
    },

    async last(key) {
      return (await store.read(key))?.row;
    },

    async tellWaiting() {
      const waiting = await store.waiting();
      for (const { row, etag } of waiting) if (isOver(row.until)) await send(row, etag);
      return waiting.length;
    },
  };
}
