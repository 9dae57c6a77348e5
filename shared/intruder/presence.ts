// Sign-ins reduced to presences: one client on one device at one network. A presence is the smallest thing that is
// judged, because owner and intruder may share any of the three, and a session too. Pure.
import { type Hint, names } from './hints.ts';
import { all, clientOf, has, type SignIn } from './sign-ins.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
/** How far apart the alert and the log may time one and the same sign-in. */
const soonMs = 15 * minuteMs;

export interface Presence {
  network: string | null;
  client: string | null;
  device: string | null;
  country: string | null;
  city: string | null;
  operator: string | null;
  /** Enrolled or compliant according to the log. A stolen token carries this claim too. */
  managed: boolean;
  sessions: ReadonlySet<string>;
  /** Successful, oldest first. */
  uses: readonly SignIn[];
  first: number;
  last: number;
  /** What points at it, and when it was first pointed at (ms). */
  hints: readonly Hint[];
  hintedAt: number;
}

/** A phished session is kept apart even at the owner's own address: nothing in it speaks for the owner. */
const keyOf = ({ network, userAgent, device, session }: SignIn, phished: ReadonlySet<string>) =>
  JSON.stringify([
    network ?? `session ${session}`,
    clientOf(userAgent),
    device,
    has(phished, session) ? session : null,
  ]);

/** Oldest first; the judgement doesn't depend on the order in which the log was read. */
export function presencesOf(successes: readonly SignIn[], hints: readonly Hint[]): Presence[] {
  const points = hints.map((hint) => {
    const { signIns, exact } = namedBy(hint, successes);
    return { hint, exact, at: new Set(signIns) };
  });
  const phished = new Set(
    points.flatMap(({ hint, at }) => (hint.phished ? [...all([hint, ...at], ({ session }) => session)] : [])),
  );
  const groups = new Map<string, [SignIn, ...SignIn[]]>();
  for (const signIn of successes) {
    const key = keyOf(signIn, phished);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [signIn]);
    else group.push(signIn);
  }
  return [...groups.values()]
    .map((group) => {
      const uses = group.toSorted((a, b) => a.time - b.time || a.id.localeCompare(b.id));
      const first = uses[0] ?? group[0];
      const named = points.filter(({ at }) => uses.some((use) => at.has(use)));
      const times = named.flatMap(({ hint, at, exact }) => {
        const used = uses.filter((use) => at.has(use)).map(({ time }) => time);
        return exact ? used : [hint.time ?? Math.max(...used)];
      });
      return {
        network: first.network,
        client: clientOf(first.userAgent),
        device: first.device,
        country: uses.find(({ country }) => country !== null)?.country ?? null,
        city: uses.find(({ city }) => city !== null)?.city ?? null,
        operator: uses.find(({ operator }) => operator !== null)?.operator ?? null,
        managed: uses.some(({ managed }) => managed),
        sessions: all(uses, ({ session }) => session),
        uses,
        first: first.time,
        last: uses.at(-1)?.time ?? first.time,
        hints: named.map(({ hint }) => hint),
        hintedAt: Math.min(...times),
      };
    })
    .toSorted((a, b) => a.first - b.first || keyOfPresence(a).localeCompare(keyOfPresence(b)));
}

/** When each session was first used (ms). */
export function sessionStarts(presences: readonly Presence[]): ReadonlyMap<string, number> {
  const starts = new Map<string, number>();
  for (const { session, time } of presences.flatMap(({ uses }) => uses))
    if (session !== null) starts.set(session, Math.min(time, starts.get(session) ?? time));
  return starts;
}

const keyOfPresence = ({ network, client, device, uses }: Presence) =>
  JSON.stringify([network, client, device, uses[0]?.id]);

/**
 * The sign-ins that a hint is about. Its request says it best, then its session, then its address. If something was
 * there at that very time, then only that, since several people may share one address.
 */
function namedBy(hint: Hint, successes: readonly SignIn[]): { signIns: readonly SignIn[]; exact: boolean } {
  const exact = successes.filter((signIn) => names(hint, signIn));
  const there = successes.filter(({ network }) => hint.network !== null && network === hint.network);
  const inSession = successes.filter(({ session }) => hint.session !== null && session === hint.session);
  const both = inSession.filter((signIn) => there.includes(signIn));
  const then = there.filter(({ time }) => hint.time !== null && Math.abs(time - hint.time) <= soonMs);
  if (exact.length > 0) return { signIns: [...exact, ...both], exact: both.length === 0 };
  if (inSession.length > 0) return { signIns: both.length > 0 ? both : inSession, exact: false };
  return { signIns: then.length > 0 ? then : there, exact: then.length > 0 };
}
