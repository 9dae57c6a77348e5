// How far each feed has been read: one row per feed, replaced only by whoever read its latest version. Here: the row and
// how it changes. When to do what is in poll.ts.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { PermanentError } from '../errors.ts';
import type { Cut, Feed, Item } from './feeds.ts';

export const feedPositionSchema = z.object({
  /** ISO 8601 in whole seconds: everything older was published, as far as it was visible. */
  mark: z.string(),
  /** An unfinished pass: [at, until) is still to be read. */
  pass: z.object({ at: z.string(), until: z.string() }).nullable(),
  /** Which of the feed's filters the service accepts. */
  cut: z.int().min(0),
  /** What was published from the period that the next pass reads again; `at` is in seconds since 1970. */
  recent: z.array(z.object({ key: z.string(), at: z.int() })),
  /** When the service last answered. */
  answeredAt: z.string().nullable(),
  /** Since when and why the service gives no list; `saidAt` is when that was last logged. */
  silent: z.object({ since: z.string(), saidAt: z.string(), why: z.string() }).nullable(),
});
export type FeedPosition = Readonly<z.infer<typeof feedPositionSchema>>;

export interface KeptPosition {
  mark: FeedPosition;
  etag: string;
}

export interface FeedPositions {
  read(feed: string): Promise<KeptPosition | undefined>;
  /** Replaces exactly this version (undefined: there is none yet). Returns undefined if the row has changed. */
  write(feed: string, mark: FeedPosition, etag: string | undefined): Promise<KeptPosition | undefined>;
}

export const secondMs = 1000;
const minuteMs = 60_000;
const dayMs = 86_400_000;
/** When a feed answers again, anything older than this is left out, and the log says so. */
const mostBehindMs = 7 * dayMs;
/** Limits the row's size. Duplicates beyond it are dropped by Service Bus. */
const mostRecent = 2000;

export const wholeSecond = (ms: number): Date => new Date(Math.floor(ms / secondMs) * secondMs);

/** Where a new deployment starts: anything older than the overlap is no emergency. */
export const firstPosition = (now: Date): FeedPosition => ({
  mark: wholeSecond(now.getTime()).toISOString(),
  pass: null,
  cut: 0,
  recent: [],
  answeredAt: null,
  silent: null,
});

export const cutOf = (feed: Feed, { cut }: FeedPosition): Cut => feed.cuts[cut] ?? feed.cuts[0];

export interface Pass {
  at: Date;
  /** Exclusive: the current second is left to the next pass. */
  until: Date;
}

/** What to read now: the rest of a pass, or a new one that starts before the mark. `leftOut`: nothing older is read. */
export function passOf(mark: FeedPosition, feed: Feed, now: Date): { pass: Pass; leftOut: string | null } {
  const until = mark.pass === null ? wholeSecond(now.getTime()) : new Date(mark.pass.until);
  const overlapMs = cutOf(feed, mark).overlapMinutes * minuteMs;
  const from = mark.pass === null ? Date.parse(mark.mark) - overlapMs : Date.parse(mark.pass.at);
  const earliest = wholeSecond(now.getTime() - mostBehindMs);
  const late = from < earliest.getTime();
  return {
    pass: { at: late ? earliest : new Date(from), until },
    leftOut: late ? earliest.toISOString() : null,
  };
}

const keyOf = ({ at, event }: Item): string =>
  createHash('sha256')
    .update(typeof event === 'string' ? `${at} ${event}` : event.id)
    .digest('base64url')
    .slice(0, 16);

/** Items not published before, each once, oldest first. */
export function freshOf(mark: FeedPosition, items: readonly Item[]): readonly Item[] {
  const known = new Set(mark.recent.map(({ key }) => key));
  return items
    .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .filter((item) => {
      const key = keyOf(item);
      return !known.has(key) && known.add(key);
    });
}

interface Published {
  feed: Feed;
  pass: Pass;
  /** The pass was read up to here. */
  to: Date;
  fresh: readonly Item[];
  now: Date;
}

export function published(mark: FeedPosition, { feed, pass, to, fresh, now }: Published): FeedPosition {
  const done = to >= pass.until;
  const until = pass.until.toISOString();
  // Keep whatever this pass or the next one may read again.
  const from = done ? pass.until.getTime() : Date.parse(mark.mark);
  const oldest = (from - cutOf(feed, mark).overlapMinutes * minuteMs) / secondMs;
  const added = fresh.map((item) => ({ key: keyOf(item), at: Math.floor(Date.parse(item.at) / secondMs) }));
  return {
    ...mark,
    mark: done ? until : mark.mark,
    pass: done ? null : { at: to.toISOString(), until },
    recent: [...mark.recent, ...added]
      .filter(({ at }) => at >= oldest)
      .toSorted((a, b) => b.at - a.at)
      .slice(0, mostRecent),
    answeredAt: now.toISOString(),
    silent: null,
  };
}

/** `isNews` when it is to be told. A feed that never answered has missed nothing: its time begins when it does. */
export function silent(mark: FeedPosition, error: Error, now: Date): { mark: FeedPosition; isNews: boolean } {
  const at = now.toISOString();
  const isNews = mark.silent === null || now.getTime() - Date.parse(mark.silent.saidAt) >= dayMs;
  const saidAt = isNews || mark.silent === null ? at : mark.silent.saidAt;
  const never = mark.answeredAt === null && error instanceof PermanentError;
  return {
    isNews,
    mark: {
      ...mark,
      ...(never ? { mark: wholeSecond(now.getTime()).toISOString(), pass: null } : {}),
      silent: { since: mark.silent?.since ?? at, saidAt, why: error.message.slice(0, 500) },
    },
  };
}
