// A tenant may start only so many searches of the unified audit log: 200 a day, ten at once
// (https://learn.microsoft.com/purview/audit-search). Many accounts attacked together share them, so each search is
// noted before it starts, in one row that only one writer can change at a time. An account whose log was never read
// goes before one whose log is read again. Here: the interface, and what follows from the row.
import { z } from 'zod';

/** A run's first look at the log, or a later one for records that came in late. */
export type Look = 'first' | 'later';

/** Why a search has to wait: too many are running, or too many were started in the last 24 hours. */
export type Wait = 'running' | 'day';

export interface AuditSearches {
  /** Notes that `who` starts a search, unless it has to wait. If `who` already has one running, that one counts. */
  start(who: string, look: Look, now: Date): Promise<'started' | Wait>;
  /** Its search has ended, or nobody will ask for it again; if it was refused, it doesn't count for the day. */
  end(who: string, how: 'ended' | 'refused', now: Date): Promise<void>;
}

const mostRunning = 10;
const mostInADay = 200;
/** How many running searches are kept free for first looks. */
const runningForFirst = 4;
const dayForFirst = 80;
/** An abandoned search counts as running no longer than this: most end within minutes. */
const forgottenAfterMs = 60 * 60_000;
const dayMs = 24 * 60 * 60_000;

export const searchesSchema = z.object({
  /** When each search of the last 24 hours was started. */
  started: z.array(z.string()),
  running: z.array(z.object({ who: z.string(), since: z.string() })),
});
export type Searches = z.infer<typeof searchesSchema>;

export const noSearches: Searches = { started: [], running: [] };

const standing = ({ started, running }: Searches, now: Date): Searches => {
  const isWithin = (at: string, ms: number) => Date.parse(at) > now.getTime() - ms;
  return {
    started: started.filter((at) => isWithin(at, dayMs)),
    running: running.filter(({ since }) => isWithin(since, forgottenAfterMs)),
  };
};

/** The row with a search by `who` added, or why it has to wait. Pure. */
export function withSearch(before: Searches, who: string, look: Look, now: Date): Searches | Wait {
  const { started, running } = standing(before, now);
  const others = running.filter((one) => one.who !== who);
  const [forOthers, forOtherDays] = look === 'first' ? [0, 0] : [runningForFirst, dayForFirst];
  if (others.length >= mostRunning - forOthers) return 'running';
  if (started.length >= mostInADay - forOtherDays) return 'day';
  const at = now.toISOString();
  return { started: [...started, at], running: [...others, { who, since: at }] };
}

/** The row without the running search by `who`, and without its start if it was refused. Pure. */
export function withoutSearch(before: Searches, who: string, how: 'ended' | 'refused', now: Date): Searches {
  const { started, running } = standing(before, now);
  const mine = running.find((one) => one.who === who);
  const refused = how === 'refused' && mine !== undefined ? started.indexOf(mine.since) : -1;
  return {
    started: started.filter((_, index) => index !== refused),
    running: running.filter((one) => one !== mine),
  };
}
