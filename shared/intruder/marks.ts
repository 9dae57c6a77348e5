// The marks by which acts in other logs are judged: what each session, address, device and client is worth once the
// presences that used it have their verdicts. Pure.
import type { Intruder, Mark } from '../model/intruder.ts';
import { networkOf } from './address.ts';
import type { Hint } from './hints.ts';
import { namesOf, type PresenceVerdict } from './judge-presence.ts';
import type { Profile } from './owner-profile.ts';
import type { Presence } from './presence.ts';
import { all, clientOf, has } from './sign-ins.ts';

/** As many as a row can hold beside everything else. */
const mostMarks = 120;

export type Kind = Mark['kind'];
export const isIntruders = (kind: Kind) => (mark: Mark) => mark.kind === kind && mark.verdict === 'intruder';

/** Every session, address, device and client that was seen, and whether it is the owner's or the intruder's. */
export function marksOf(
  presences: readonly Presence[],
  verdicts: ReadonlyMap<Presence, PresenceVerdict>,
  hints: readonly Hint[],
  profile: Profile,
  crowded: ReadonlySet<string>,
): Mark[] {
  const seen = new Map<
    string,
    { kind: Kind; value: string; by: (PresenceVerdict | undefined)[]; first: number }
  >();
  const see = (kind: Kind, value: string | null, verdict: PresenceVerdict | undefined, first: number) => {
    if (value === null || value === '') return;
    const key = `${kind} ${kind === 'address' ? networkOf(value) : value}`;
    const entry = seen.get(key) ?? { kind, value, by: [], first };
    entry.by.push(verdict);
    entry.first = Math.min(entry.first, first);
    seen.set(key, entry);
  };
  for (const one of presences) {
    const verdict = verdicts.get(one);
    for (const use of one.uses) {
      see('session', use.session, verdict, use.time);
      see('address', use.address, verdict, use.time);
      see('client', use.userAgent, verdict, use.time);
      see('device', use.device, verdict, use.time);
    }
  }
  const marks = [...seen.values()].map(({ kind, value, by, first }) => {
    const mark = markOf(kind, value, by);
    const shared =
      (kind === 'address' && (has(crowded, networkOf(value)) || profile.networks.has(networkOf(value)))) ||
      (kind === 'device' && profile.devices.has(value)) ||
      (kind === 'client' && has(profile.clients, clientOf(value)));
    const isShared = shared && mark.verdict === 'intruder';
    return {
      first,
      mark: isShared ? { ...mark, verdict: 'shared' as const, reason: othersUse(kind) } : mark,
    };
  });
  return [
    ...marks.toSorted((a, b) => a.first - b.first).map(({ mark }) => mark),
    ...unseen(hints, presences, profile, crowded),
  ];
}

const othersUse = (kind: Kind) => `the intruder used this ${kind}, and so does the owner or a colleague`;

function markOf(kind: Kind, value: string, by: readonly (PresenceVerdict | undefined)[]): Mark {
  const guilty = by.flatMap((verdict) => (verdict?.is === 'intruder' ? [verdict] : []));
  // As sure as the least sure of them: an act shows only the mark, not the rest of the sign-in.
  const best = guilty.find(({ certainty }) => certainty === 'likely') ?? guilty[0];
  const rest = by.filter((verdict) => verdict?.is !== 'intruder');
  const common = { kind, value, source: 'sign-ins' } as const;
  if (best !== undefined && rest.length === 0) {
    return { ...common, verdict: 'intruder', certainty: best.certainty, reason: best.reason };
  }
  if (best !== undefined)
    return { ...common, verdict: 'shared', certainty: best.certainty, reason: othersUse(kind) };
  const doubt = rest.find((verdict) => verdict?.is !== 'owner');
  if (rest.every((verdict) => verdict?.is === 'owner')) {
    return {
      ...common,
      verdict: 'owner',
      certainty: 'likely',
      reason: rest[0]?.reason ?? 'used before the attack',
    };
  }
  return {
    ...common,
    verdict: 'unknown',
    certainty: 'likely',
    reason: doubt?.reason ?? 'nothing says whose it is',
  };
}

/** What a hint names and no sign-in shows yet: the log lags by minutes. */
function unseen(
  hints: readonly Hint[],
  presences: readonly Presence[],
  profile: Profile,
  crowded: ReadonlySet<string>,
): Mark[] {
  const networks = all(presences, ({ network }) => network);
  const sessions = new Set(presences.flatMap((one) => [...one.sessions]));
  const found = new Map<string, Mark>();
  const add = (kind: Kind, key: string, value: string | null, hint: Hint, doubtful: boolean) => {
    const before = found.get(`${kind} ${key}`);
    if (value === null) return;
    found.set(`${kind} ${key}`, {
      kind,
      value: before?.value ?? value,
      verdict: doubtful || before?.verdict === 'unknown' ? 'unknown' : 'intruder',
      certainty: hint.phished || before?.certainty === 'certain' ? 'certain' : 'likely',
      reason: before?.reason ?? `${namesOf([hint])}; no sign-in of it is in the log yet`,
      source: 'sign-ins',
    });
  };
  for (const hint of hints.filter((one) => presences.every((presence) => !presence.hints.includes(one)))) {
    const { network, session, device, userAgent, travel } = hint;
    const doubtful = travel || has(crowded, network) || has(profile.networks, network);
    if (network !== null && !networks.has(network)) add('address', network, hint.address, hint, doubtful);
    if (session !== null && !sessions.has(session)) add('session', session, session, hint, travel);
    if (device !== null && !profile.devices.has(device)) add('device', device, device, hint, travel);
    const client = clientOf(userAgent);
    if (client !== null && !profile.clients.has(client)) add('client', client, userAgent, hint, travel);
  }
  return [...found.values()];
}

/**
 * The intruder's first, the owner's last. What another log said stays if this one says nothing, or if it is about a
 * device.
 */
export function mostTelling(marks: readonly Mark[], known: Intruder): Mark[] {
  const key = ({ kind, value }: Mark) => `${kind} ${kind === 'address' ? networkOf(value) : value}`;
  const registered = known.marks.filter(({ kind, source }) => kind === 'device' && source === 'audit log');
  const byKey = new Map([...known.marks, ...marks, ...registered].map((mark) => [key(mark), mark]));
  const order = ['intruder', 'shared', 'unknown', 'owner'] as const;
  return [...byKey.values()]
    .toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))
    .slice(0, mostMarks);
}
