// Each notice is sent once, whatever dies in between: the rows are the same for the process that sends and for the next
// one.
import { beforeEach, describe, expect, it } from 'vitest';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { Notice, NoticeStore } from '../../shared/mail/notice.ts';
import { createNotices } from '../../shared/mail/notices.ts';
import { type MemoryNotices, memoryNotices } from '../fakes/memory-stores.ts';

const silent: Notice = {
  key: 'no-signal',
  version: 'silent since 2026-11-20T06:00:00Z',
  headline: 'NO SIGNAL',
  subject: 'no source of alerts has answered for 3 hours',
  tone: 'alarm',
  lead: 'Nothing is watched.',
  sections: [],
};
const back: Notice = { ...silent, version: 'back', headline: 'SIGNAL IS BACK', tone: 'well' };

const minute = 60_000;
let clock = Date.parse('2026-11-20T09:00:00Z');
let sent: Notice[] = [];
let lines: string[] = [];
let store: MemoryNotices;
/** Errors of the next sends, in order; 'after': the mail leaves anyway. */
let failures: { error: Error; after?: true }[] = [];

const later = (minutes: number) => {
  clock += minutes * minute;
};

const mailer = {
  async send(notice: Notice) {
    const failure = failures.shift();
    if (failure === undefined || failure.after) sent.push(notice);
    if (failure) throw failure.error;
  },
  async wasSent(notice: Notice) {
    return sent.includes(notice) || sent.some((one) => one.version === notice.version);
  },
};
const noticesOn = (rows: NoticeStore, by = mailer) =>
  createNotices({ store: rows, mailer: by, now: () => new Date(clock), log: (line) => lines.push(line) });

beforeEach(() => {
  clock = Date.parse('2026-11-20T09:00:00Z');
  sent = [];
  lines = [];
  failures = [];
  store = memoryNotices();
});

describe('a notice', () => {
  it('leaves once for each version — the same news every five minutes teaches on-call to look away', async () => {
    const notices = noticesOn(store);
    expect(await notices.tell(silent)).toBe('told');
    later(5);
    expect(await notices.tell(silent)).toBe('known');
    later(600);
    expect(await notices.tell(back)).toBe('told');
    expect(await notices.tell(silent)).toBe('told');
    expect(sent).toEqual([silent, back, silent]);
  });

  it('leaves once if many send it at the same instant', async () => {
    const results = await Promise.all(Array.from({ length: 20 }, () => noticesOn(store).tell(silent)));
    expect(results.filter((one) => one === 'told')).toHaveLength(1);
    expect(sent).toHaveLength(1);
  });

  it('that was refused is kept and leaves later by itself', async () => {
    const notices = noticesOn(store);
    failures = [{ error: new PermanentError('the mailbox does not exist') }];
    expect(await notices.tell(silent)).toBe('later');
    expect(await notices.tell(silent)).toBe('later');
    expect(await notices.last('no-signal')).toMatchObject({ state: 'waiting', notice: silent });
    expect(lines.join()).toContain('the mailbox does not exist');
    await notices.tellWaiting();
    expect(sent).toEqual([]);
    later(2);
    expect(await notices.tellWaiting()).toBe(1);
    expect(await notices.tellWaiting()).toBe(0);
    expect(sent).toEqual([silent]);
  });

  it('is tried less and less often, but never given up', async () => {
    const notices = noticesOn(store);
    failures = Array.from({ length: 200 }, () => ({ error: new PermanentError('refused') }));
    await notices.tell(silent);
    for (let minutes = 0; minutes < 24 * 60; minutes += 5) {
      later(5);
      await notices.tellWaiting();
    }
    const tries = 200 - failures.length;
    expect(tries).toBeGreaterThan(20);
    expect(tries).toBeLessThan(36);
    failures = [];
    later(61);
    await notices.tellWaiting();
    expect(sent).toEqual([silent]);
  });

  it('is looked for before it is sent again if the answer was lost', async () => {
    const notices = noticesOn(store);
    failures = [{ error: new RetryableError('connection reset'), after: true }];
    expect(await notices.tell(silent)).toBe('later');
    later(2);
    await notices.tellWaiting();
    expect(sent).toEqual([silent]);
    expect(await notices.tell(silent)).toBe('known');
  });

  it('that is no longer true is not sent', async () => {
    const notices = noticesOn(store);
    failures = [{ error: new PermanentError('refused') }];
    await notices.tell(silent);
    await notices.tell(back);
    later(600);
    await notices.tellWaiting();
    expect(sent).toEqual([back]);
  });
});

describe('the process that sends it may die', () => {
  class Death extends Error {}

  /** Dies at one of the writes: before it, or after it took effect. */
  const dying = (at: number, when: 'before' | 'after'): NoticeStore => {
    let writes = 0;
    let dead = false;
    const alive = () => {
      if (dead) throw new Death();
    };
    return {
      ...store,
      async write(row, etag) {
        alive();
        writes += 1;
        dead = writes === at;
        if (dead && when === 'before') throw new Death();
        const answer = await store.write(row, etag);
        if (dead) throw new Death();
        return answer;
      },
    };
  };

  it.each([
    [1, 'before', 0],
    [1, 'after', 0],
    [2, 'before', 1],
    [2, 'after', 1],
  ] as const)('%s. write, %s it: the next process sends it, and it leaves once', async (at, when, gone) => {
    await noticesOn(dying(at, when))
      .tell(silent)
      .catch((thrown: unknown) => expect(thrown).toBeInstanceOf(Death));
    expect(sent).toHaveLength(gone);
    later(3);
    await noticesOn(store).tellWaiting();
    await noticesOn(store).tell(silent);
    expect(sent).toEqual([silent]);
    expect(await noticesOn(store).tell(silent)).toBe('known');
  });

  it('in the middle of the send: nobody else sends while the lease stands, then it is looked for', async () => {
    let dead = false;
    const hung = { ...mailer, send: () => new Promise<void>(() => (dead = true)) };
    void noticesOn(store, hung).tell(silent);
    await expect.poll(() => dead).toBe(true);
    later(1);
    expect(await noticesOn(store).tell(silent)).toBe('busy');
    later(2);
    expect(await noticesOn(store).tell(silent)).toBe('told');
    expect(sent).toEqual([silent]);
  });

  it('and a slow one that comes back late overwrites nothing', async () => {
    let release = () => {};
    const slow = { ...mailer, send: () => new Promise<void>((resolve) => (release = resolve)) };
    const first = noticesOn(store, slow).tell(silent);
    await expect.poll(() => store.rows.get('no-signal')?.row.state).toBe('sending');
    later(3);
    await noticesOn(store).tell(back);
    release();
    await first;
    expect(await noticesOn(store).last('no-signal')).toMatchObject({ state: 'told', notice: back });
  });
});
