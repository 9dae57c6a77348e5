// Reads each feed from its mark to now and publishes what is new. Pure except for its dependencies; it knows no service.
//
//   mark − overlap ──slice──┬──slice──┬─ … ─► until (now, when the pass began); then it is the mark
//        publish, then write the row: after a crash in between, the same ids are published again and dropped
//
// The first mark is written before the first listing, so it stays in place however often the first pass crashes. Two
// pollers publish the same ids, and the one that finds its row replaced stops.

import { PermanentError, RetryableError } from '../errors.ts';
import type { GraphReader } from '../model/clients.ts';
import type { OutgoingAlert } from '../model/step.ts';
import {
  cutOf,
  type FeedPosition,
  type FeedPositions,
  firstPosition,
  freshOf,
  type KeptPosition,
  published as markAfter,
  type Pass,
  passOf,
  secondMs,
  silent,
  wholeSecond,
} from './feed-position.ts';
import type { Feed, Item } from './feeds.ts';

export interface PollDeps {
  graph: GraphReader;
  marks: FeedPositions;
  publish(alerts: readonly OutgoingAlert[]): Promise<void>;
  now(): Date;
  /** No slice starts after this time; the rest is left to the next call. */
  deadline: Date;
  /** The source gave everything it had, even if that was nothing. */
  answered(source: Feed['source'], at: Date): void;
  log(line: string): void;
  /** For on-call: logged once, then once a day while it lasts. */
  error(line: string): void;
}

export interface Polled {
  feed: Feed['name'];
  published: number;
  /** `elsewhere`: another poller took over. `unfinished`: time ran out. `silent`: the service gave no list. */
  ended: 'current' | 'unfinished' | 'silent' | 'elsewhere';
}

/** Reads every feed, even if another fails. Throws at the end if publishing or storage failed. */
export async function pollAll(deps: PollDeps, feeds: readonly Feed[]): Promise<readonly Polled[]> {
  const polled: Polled[] = [];
  const failures: unknown[] = [];
  for (const feed of feeds) {
    await poll(deps, feed).then(
      (one) => void polled.push(one),
      (error: unknown) => void failures.push(error),
    );
  }
  if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join(' | '));
  if (failures.length === 1) throw failures[0];
  return polled;
}

async function poll(deps: PollDeps, feed: Feed): Promise<Polled> {
  let count = 0;
  const ended = (how: Polled['ended']): Polled => ({ feed: feed.name, published: count, ended: how });
  const { marks, now } = deps;

  let kept = await opened(deps, feed);
  let pass = begun(deps, feed, kept.mark);
  let longest = Number.POSITIVE_INFINITY;
  while (pass.at < pass.until) {
    if (now() >= deps.deadline) return ended('unfinished');
    const slice = await sliceOf(deps, feed, kept.mark, pass, longest).catch(refused);
    if ('error' in slice) {
      const next = await quiet(deps, feed, kept, slice.error);
      if (next === undefined) return ended('elsewhere');
      if (next.mark.cut === kept.mark.cut) return ended('silent');
      kept = next;
      pass = begun(deps, feed, kept.mark);
      continue;
    }
    const fresh = freshOf(kept.mark, slice.items);
    await publish(deps, feed, fresh);
    count += fresh.length;
    if (kept.mark.silent) deps.log(`${feed.noun} can be read again, after ${kept.mark.silent.since}`);
    const after = markAfter(kept.mark, { feed, pass, to: slice.to, fresh, now: now() });
    const next = await marks.write(feed.name, after, kept.etag);
    if (next === undefined) return ended('elsewhere');
    kept = next;
    // A slice that had to be halved once will have to be again, so don't try it whole each time.
    longest = Math.max(2 * secondMs, 2 * (slice.to.getTime() - pass.at.getTime()));
    pass = { at: slice.to, until: pass.until };
  }
  deps.answered(feed.source, now());
  return ended('current');
}

/** The row; created before anything is listed, if there is none. */
async function opened({ marks, now }: PollDeps, { name }: Feed): Promise<KeptPosition> {
  const kept = (await marks.read(name)) ?? (await marks.write(name, firstPosition(now()), undefined));
  const found = kept ?? (await marks.read(name));
  if (found === undefined) throw new RetryableError(`the mark of ${name} was neither written nor found`);
  return found;
}

function begun(deps: PollDeps, feed: Feed, mark: FeedPosition): Pass {
  const { pass, leftOut } = passOf(mark, feed, deps.now());
  if (leftOut !== null) {
    deps.error(`${feed.noun}: nothing was read for too long; what came before ${leftOut} is left out`);
  }
  return pass;
}

interface Slice {
  items: readonly Item[];
  to: Date;
}

/** As much as fits on a page: halved while there is more, down to one second, which is read whole. */
async function sliceOf(
  { graph }: PollDeps,
  feed: Feed,
  mark: FeedPosition,
  { at, until }: Pass,
  longest: number,
): Promise<Slice> {
  let to = new Date(Math.min(until.getTime(), at.getTime() + longest));
  for (;;) {
    const items = await feed.list(graph, cutOf(feed, mark), at, to, false);
    if (items.length <= feed.page) return { items, to };
    const length = to.getTime() - at.getTime();
    if (length <= secondMs) return { items: await feed.list(graph, cutOf(feed, mark), at, to, true), to };
    to = wholeSecond(at.getTime() + length / 2);
  }
}

/** Refusals and busy services are noted in the row; anything else is a bug of ours. */
function refused(error: unknown): { error: PermanentError | RetryableError } {
  if (error instanceof PermanentError || error instanceof RetryableError) return { error };
  throw error;
}

async function publish(deps: PollDeps, feed: Feed, fresh: readonly Item[]): Promise<void> {
  for (const { event } of fresh) if (typeof event === 'string') deps.error(`${feed.noun}: ${event}`);
  const events = fresh.flatMap(({ event }) => (typeof event === 'string' ? [] : [event]));
  if (events.length > 0) await deps.publish(events);
}

/** Tries another filter if the service refuses this one; otherwise notes that the feed is silent, and logs it once a day. */
async function quiet(
  deps: PollDeps,
  feed: Feed,
  { mark, etag }: KeptPosition,
  error: PermanentError | RetryableError,
): Promise<KeptPosition | undefined> {
  if ((error.status === 400 || error.status === 501) && mark.cut + 1 < feed.cuts.length) {
    const next = { ...mark, cut: mark.cut + 1, pass: null };
    deps.log(`${feed.noun} are read by ${cutOf(feed, next).property} from now on: ${error.message}`);
    return deps.marks.write(feed.name, next, etag);
  }
  const { mark: next, isNews } = silent(mark, error, deps.now());
  if (isNews) {
    const advice =
      error instanceof PermanentError
        ? `They need the permission ${feed.permission} and a licence (${feed.licence}).`
        : 'They are read from the same place when it answers.';
    deps.error(`${feed.noun} can't be read: ${error.message} ${advice} The other feeds go on.`);
  }
  return deps.marks.write(feed.name, next, etag);
}
