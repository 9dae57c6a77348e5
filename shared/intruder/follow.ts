// From what is known to be the intruder's to what else is theirs: through the session, the device, the address and the
// client of a presence that was found out, until nothing new turns up. Pure.
import type { Certainty } from '../model/intruder.ts';
import { networkOf } from './address.ts';
import type { Hint } from './hints.ts';
import {
  ask,
  certain,
  judgePresence,
  likely,
  type PresenceVerdict,
  type Surroundings,
} from './judge-presence.ts';
import { clientFit, type Profile, placeFit, type Suspicion } from './owner-profile.ts';
import { dayMs, type Presence } from './presence.ts';
import { has, program } from './sign-ins.ts';

const hourMs = 3_600_000;

type Around = Pick<Surroundings, 'crowded' | 'registered'>;

/** What the intruder is recognised by so far. */
interface Traces {
  /** Since when the intruder is known to have been in the session (ms). */
  sessions: Map<string, { certainty: Certainty; since: number }>;
  devices: Map<string, Certainty>;
  networks: Map<string, Certainty>;
  clients: Map<string, Certainty>;
  operators: Map<string, Certainty>;
  countries: Set<string>;
}

/** From one thing of the intruder's to the next: another sign-in in the session, at the address, with the device. */
export function follow(
  presences: readonly Presence[],
  hints: readonly Hint[],
  profile: Profile,
  suspicion: Suspicion,
  around: Around,
  verdicts: Map<Presence, PresenceVerdict>,
): void {
  const ownSessions = new Set(
    presences.filter((one) => verdicts.get(one)?.is === 'owner').flatMap(({ sessions }) => [...sessions]),
  );
  const open = () => presences.filter((one) => !verdicts.has(one));
  // If the phishing proxy turns out to be the owner's own desk, it made no session.
  const phishedSessions = new Set(
    presences
      .filter((one) => verdicts.get(one)?.is === 'intruder')
      .flatMap(({ sessions }) => [...sessions].filter((session) => suspicion.phished.has(session))),
  );
  for (const one of open()) {
    const phished = [...one.sessions].some((session) => phishedSessions.has(session));
    if (phished && placeFit(one, profile) !== 'known') {
      verdicts.set(one, certain('in a session that was made at a phishing proxy'));
    }
    if (has(around.registered, one.device) && !has(profile.devices, one.device)) {
      verdicts.set(one, certain(`device ${one.device}, which the intruder registered`));
    }
  }
  for (const leg of otherLegs(hints, presences, verdicts)) {
    const pointed = { ...leg, hints: hints.filter(({ travel }) => travel), hintedAt: leg.last };
    const judged = judgePresence(pointed, profile, { ...around, logStart: 0, others: [], presences: [] });
    const doubtful =
      judged.is === 'intruder' && judged.certainty === 'certain' ? likely(judged.reason) : judged;
    verdicts.set(leg, doubtful);
  }
  for (let grew = true; grew; ) {
    grew = false;
    const traces = tracesOf(presences, verdicts, profile, around);
    for (const one of presences) {
      const before = verdicts.get(one);
      if (before !== undefined && before.is !== 'intruder') continue;
      if (before?.is === 'intruder' && before.certainty === 'certain') continue;
      const tie = tieTo(traces, one, { profile, suspicion, ownSessions, around });
      if (tie === undefined) continue;
      if (before !== undefined && !isCertain(tie)) continue;
      verdicts.set(one, tie);
      grew = true;
    }
  }
  const came = cameAt(presences, verdicts);
  for (const one of open()) {
    const nothingOwn = clientFit(one, profile) === 'foreign' && placeFit(one, profile) !== 'known';
    if (nothingOwn && one.first >= came - hourMs) {
      verdicts.set(one, ask('with nothing of the owner, while the intruder was in'));
    }
  }
}

/** When the intruder came (ms), or never. */
const cameAt = (presences: readonly Presence[], verdicts: ReadonlyMap<Presence, PresenceVerdict>) =>
  Math.min(...presences.flatMap((one) => (verdicts.get(one)?.is === 'intruder' ? [one.first] : [])));

const isCertain = (verdict: PresenceVerdict | undefined) =>
  verdict?.is === 'intruder' && verdict.certainty === 'certain';

function tracesOf(
  presences: readonly Presence[],
  verdicts: ReadonlyMap<Presence, PresenceVerdict>,
  profile: Profile,
  { crowded }: Around,
): Traces {
  const traces: Traces = {
    sessions: new Map(),
    devices: new Map(),
    networks: new Map(),
    clients: new Map(),
    operators: new Map(),
    countries: new Set(),
  };
  const add = (to: Map<string, Certainty>, value: string | null, certainty: Certainty) => {
    if (value !== null && to.get(value) !== 'certain') to.set(value, certainty);
  };
  /** A stolen token claims the device that it was issued to: a different client used that device before. */
  const isClaimed = (one: Presence) =>
    presences.some(
      (other) =>
        other.device === one.device &&
        other.client !== one.client &&
        other.first < one.first &&
        verdicts.get(other)?.is !== 'intruder',
    );
  for (const one of presences) {
    const verdict = verdicts.get(one);
    if (verdict?.is !== 'intruder') continue;
    const { certainty } = verdict;
    for (const { session, time } of one.uses) {
      if (session === null) continue;
      const before = traces.sessions.get(session);
      traces.sessions.set(session, {
        certainty: before?.certainty === 'certain' ? 'certain' : certainty,
        since: Math.min(before?.since ?? time, time),
      });
    }
    if (!has(profile.devices, one.device) && !isClaimed(one)) add(traces.devices, one.device, certainty);
    if (!has(crowded, one.network)) add(traces.networks, one.network, certainty);
    if (one.client !== null && !profile.clients.has(one.client)) add(traces.clients, one.client, certainty);
    if (!has(profile.operators, one.operator)) add(traces.operators, one.operator, certainty);
    if (one.country !== null && !profile.countries.has(one.country)) traces.countries.add(one.country);
  }
  return traces;
}

function tieTo(
  traces: Traces,
  one: Presence,
  against: {
    profile: Profile;
    suspicion: Suspicion;
    ownSessions: ReadonlySet<string>;
    around: Around;
  },
): PresenceVerdict | undefined {
  const { profile, suspicion, around } = against;
  const { network, device } = one;
  const address = one.uses[0]?.address ?? 'an unknown address';
  const client = clientFit(one, profile);
  const place = placeFit(one, profile);
  const isRecent = one.first >= suspicion.first - dayMs;
  const theirClient = one.client === null ? undefined : traces.clients.get(one.client);
  const theirDevice = device === null ? undefined : traces.devices.get(device);
  if (theirDevice !== undefined) return guilty(theirDevice, `device ${device}`);

  const bySession = tieBySession(traces, one, against);
  if (bySession !== undefined) return bySession;
  const ownDevice = has(profile.devices, device);
  const looksOwn = client === 'known' && (ownDevice || profile.devices.size === 0);
  const crowded = has(around.crowded, network);
  const here = network === null ? undefined : traces.networks.get(network);
  if (here !== undefined && place !== 'known') {
    if (theirClient !== undefined) return guilty(weaker(here, theirClient), `address ${address} and client`);
    const mimics = client === 'known' && traces.clients.size === 0 && isRecent;
    const foreign = client === 'foreign' && isRecent;
    if (foreign || mimics || client === 'unsaid' || client === 'bare') return likely(`address ${address}`);
  }
  if (theirClient !== undefined && !(ownDevice && place === 'known')) {
    const userAgent = one.uses[0]?.userAgent ?? '';
    if (here !== undefined || crowded) return likely(`the intruder's client at ${address}`);
    if (place !== 'known' && program.test(userAgent)) return likely(`the intruder's program ${userAgent}`);
    const foreignPlace = place === 'abroad' || place === 'elsewhere';
    if (foreignPlace || (place !== 'known' && isRecent)) return likely(`the intruder's client at ${address}`);
  }
  if (!isRecent || crowded) return undefined;
  const nothingOwn = client === 'foreign' && !ownDevice;
  if (place === 'abroad') {
    const certainties = [
      ...[...traces.sessions.values()].map(({ certainty }) => certainty),
      ...traces.networks.values(),
    ];
    if (nothingOwn && certainties.includes('certain')) {
      return likely('with nothing of the owner, in a country the owner was not in');
    }
    const sameOperator = one.operator !== null && traces.operators.has(one.operator);
    const sameCountry = one.country !== null && traces.countries.has(one.country);
    if (sameOperator && sameCountry && !looksOwn) return likely("on the network of the intruder's operator");
  }
  if (place === 'elsewhere' && nothingOwn && traces.sessions.size > 0) {
    return likely('with nothing of the owner, on the network of another operator');
  }
  return undefined;
}

const guilty = (certainty: Certainty, reason: string): PresenceVerdict => ({
  is: 'intruder',
  certainty,
  reason,
});

/** A session that moves stays the intruder's; a stolen session was the owner's first, and stays the owner's too. */
function tieBySession(
  traces: Traces,
  one: Presence,
  { profile, ownSessions }: { profile: Profile; ownSessions: ReadonlySet<string> },
): PresenceVerdict | undefined {
  const sessions = [...one.sessions].flatMap((id) => {
    const trace = traces.sessions.get(id);
    return trace === undefined ? [] : [{ id, ...trace }];
  });
  const [session] = sessions;
  if (session === undefined) return undefined;
  const client = clientFit(one, profile);
  const place = placeFit(one, profile);
  const reason = `session ${session.id}`;
  const sure: Certainty = sessions.some(({ certainty }) => certainty === 'certain') ? 'certain' : 'likely';
  const isStolen = sessions.every(({ id }) => ownSessions.has(id));
  const theirClient = one.client === null ? undefined : traces.clients.get(one.client);
  if (place === 'known') {
    if (client === 'bare' && !isStolen) return ask(`${reason}, without the device the owner always has`);
    // The owner's home is not the intruder's place, so nothing from there is certain.
    return client === 'foreign' ? likely(reason) : undefined;
  }
  if (client === 'known' && has(profile.devices, one.device)) {
    return place === 'abroad' ? ask(`${reason}, with the owner's client and device`) : undefined;
  }
  if (isStolen) {
    // If its client is only likely because of this very presence, that proves nothing.
    if (theirClient !== undefined) return guilty(weaker(sure, theirClient), reason);
    if (client === 'foreign') return likely(reason);
    return place === 'abroad' ? likely(reason) : undefined;
  }
  // The owner's client, long before anything foreign: the owner began this session, and it was stolen later.
  const earlier = Math.min(...sessions.map(({ since }) => since)) - one.first;
  if (client === 'known' && earlier > 2 * hourMs) return ask(`${reason}, with the owner's client`);
  if (client === 'foreign' && theirClient === undefined && earlier > 2 * hourMs)
    return ask(`${reason}, which began here long before the intruder was in it`);
  return guilty(client === 'known' ? 'likely' : sure, reason);
}

const weaker = (a: Certainty, b: Certainty): Certainty =>
  a === 'certain' && b === 'certain' ? 'certain' : 'likely';

/** If an impossible travel alert names the owner's own place, the intruder may be at its other end. */
function otherLegs(
  hints: readonly Hint[],
  presences: readonly Presence[],
  verdicts: ReadonlyMap<Presence, PresenceVerdict>,
): Presence[] {
  const told = hints.flatMap(({ travel, otherLeg }) =>
    travel && otherLeg !== null ? [networkOf(otherLeg)] : [],
  );
  return presences
    .filter((one) => verdicts.get(one)?.is === 'owner' && one.hints.some(({ travel }) => travel))
    .flatMap((one) => {
      const before = presences
        .filter((other) => other.first < one.hintedAt && !verdicts.has(other))
        .toSorted((a, b) => a.last - b.last);
      return (
        before.findLast(({ network }) => network !== null && told.includes(network)) ??
        before.findLast(
          ({ country }) => country !== null && one.country !== null && country !== one.country,
        ) ??
        []
      );
    });
}
