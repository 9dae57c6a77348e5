// Which sign-ins are the intruder's. What the alerts point at is held against the owner's profile first, since an alert
// may be wrong; what turns out to be foreign is then followed through sessions, devices, addresses and clients. Each
// presence gets a verdict and a reason, and from those come the marks by which other logs are judged. Pure.
import { type Certainty, type Intruder, type Mark, nobodyKnown } from '../model/intruder.ts';
import type { Signal } from '../model/signal.ts';
import { networkOf } from './address.ts';
import { type Hint, hintsOf, names } from './hints.ts';
import {
  clientFit,
  isEmpty,
  isHabit,
  isInAnothersSession,
  ownersAmong,
  type Profile,
  placeFit,
  profileOf,
  type Suspicion,
} from './owner-profile.ts';
import { dayMs, type Presence, presencesOf } from './presence.ts';
import { all, clientOf, has, program, type RiskDetection, type SignIn } from './sign-ins.ts';

const hourMs = 3_600_000;
/** Nobody crosses a border and signs in there sooner, unless through a proxy. */
const journeyMs = 5 * hourMs;
/** What a row can hold; far more than a person reads. */
const mostRequests = 300;
const mostOthers = 100;

export interface Clues {
  signals: readonly Signal[];
  /** The user's own, interactive or not, in any order. */
  signIns: readonly SignIn[];
  riskDetections: readonly RiskDetection[];
  /** When the run opened (ISO 8601): stands in for an activity that nothing dates. */
  openedAt: string;
  /** What other steps have found: kept where the sign-in log says nothing about it. */
  known: Intruder;
  /** Networks from which colleagues sign in by habit. */
  crowded: ReadonlySet<string>;
}

export interface Trail {
  intruder: Intruder;
  /** The intruder's successful sign-ins, oldest first, and what makes each theirs. */
  hits: readonly { signIn: SignIn; tie: string; certainty: Certainty }[];
  /** Failed tries: no access, but intent. */
  failed: readonly SignIn[];
  /** Could be the owner's just as well, so that somebody has to ask. */
  uncertain: readonly SignIn[];
  /** Sessions of the owner whose token the intruder uses. */
  stolenSessions: readonly string[];
}

export type Verdict =
  | { is: 'intruder'; certainty: Certainty; reason: string }
  /** `ask`: the owner is asked whether it was them. */
  | { is: 'owner' | 'unknown'; reason: string; ask: boolean };

export function findIntruder(clues: Clues): Trail {
  const hints = hintsOf(clues.signals, clues.riskDetections, clues.signIns);
  const successes = clues.signIns.filter(({ errorCode }) => errorCode === 0).toSorted(byTime);
  const presences = presencesOf(successes, hints);
  const named = presences.filter((one) => one.hints.length > 0);
  const suspicion = suspicionOf(hints, named, clues);

  const verdicts = new Map<Presence, Verdict>();
  const profile = judgeNamed(presences, suspicion, clues, verdicts);
  follow(presences, hints, profile, suspicion, clues, verdicts);

  const hits = presences.flatMap((presence) => {
    const verdict = verdicts.get(presence);
    if (verdict?.is !== 'intruder') return [];
    const { certainty, reason: tie } = verdict;
    return presence.uses.map((signIn) => ({ signIn, tie, certainty }));
  });
  const uncertain = presences.flatMap((presence) => {
    const verdict = verdicts.get(presence);
    if (verdict === undefined || verdict.is === 'intruder' || !verdict.ask) return [];
    const pointed = presence.uses.filter((use) => isPointedAt(use, presence));
    return pointed.length > 0 ? pointed : presence.uses.slice(0, 1);
  });
  const marks = marksOf(presences, verdicts, hints, profile, clues);
  // What other logs told rests on the sign-ins that are the intruder's, and falls with them.
  const isCleared = hits.length === 0 && named.length > 0;
  const theirs = all(hits, ({ signIn }) => signIn.session);
  const owners = successes.filter((signIn) => !hits.some((hit) => hit.signIn === signIn));
  const networks = new Set(marks.filter(isIntruders('address')).map(({ value }) => networkOf(value)));
  return {
    hits: hits.toSorted((a, b) => byTime(a.signIn, b.signIn)),
    failed: clues.signIns
      .filter(({ errorCode }) => errorCode !== 0)
      .filter((signIn) => has(networks, signIn.network) || hints.some((hint) => names(hint, signIn)))
      .toSorted(byTime),
    uncertain: uncertain.toSorted(byTime),
    stolenSessions: [...all(owners, ({ session }) => (has(theirs, session) ? session : null))],
    intruder: describe({ ...clues, known: isCleared ? nobodyKnown : clues.known }, hints, hits, marks),
  };
}

const isPointedAt = (use: SignIn, { hints }: Presence) =>
  hints.some(
    (hint) =>
      names(hint, use) ||
      (hint.time !== null && Math.abs(use.time - hint.time) <= hourMs / 4) ||
      (hint.session !== null && hint.session === use.session && hint.request === null),
  );

function suspicionOf(hints: readonly Hint[], named: readonly Presence[], clues: Clues): Suspicion {
  const times = [...hints.flatMap(({ time }) => time ?? []), ...named.map(({ hintedAt }) => hintedAt)].filter(
    (time) => !Number.isNaN(time),
  );
  const pointedAt = named.flatMap((one) => one.uses.filter((use) => isPointedAt(use, one)));
  return {
    first: times.length > 0 ? Math.min(...times) : Date.parse(clues.openedAt),
    networks: all([...hints, ...named], ({ network }) => network),
    sessions: all([...hints, ...pointedAt], ({ session }) => session),
    clients: all(named, ({ client }) => client),
    phished: all(
      [...hints.filter(({ phished }) => phished), ...pointedAt.filter((use) => isPhished(use, named))],
      ({ session }) => session,
    ),
  };
}

const isPhished = (use: SignIn, named: readonly Presence[]) =>
  named.some((one) => one.uses.includes(use) && one.hints.some(({ phished }) => phished));

/** Presences that are pointed at; those that turn out to be the owner's then help to judge the rest. */
function judgeNamed(
  presences: readonly Presence[],
  suspicion: Suspicion,
  clues: Clues,
  verdicts: Map<Presence, Verdict>,
): Profile {
  const named = presences.filter(({ hints }) => hints.length > 0);
  const others = presences.filter(({ hints }) => hints.length === 0);
  let owners: Presence[] = [];
  for (let round = 0; round < 3; round += 1) {
    const anchored = ownersAmong(others, suspicion, owners);
    const profile = profileOf([...owners, ...anchored], suspicion.first);
    const logStart = Math.min(...presences.map(({ first }) => first));
    for (const one of named) {
      if (owners.includes(one)) continue;
      verdicts.set(
        one,
        judgePresence(one, profile, {
          logStart,
          presences: [...owners, ...anchored],
          crowded: clues.crowded,
          registered: registeredIn(clues),
        }),
      );
    }
    const cleared = named.filter((one) => verdicts.get(one)?.is === 'owner');
    for (const one of anchored)
      verdicts.set(one, { is: 'owner', reason: 'used before the attack', ask: false });
    if (cleared.length === owners.length) return profile;
    for (const one of anchored) verdicts.delete(one);
    owners = cleared;
  }
  const anchored = ownersAmong(others, suspicion, owners);
  for (const one of anchored)
    verdicts.set(one, { is: 'owner', reason: 'used before the attack', ask: false });
  return profileOf([...owners, ...anchored], suspicion.first);
}

interface Surroundings {
  logStart: number;
  /** The owner's, as far as known. */
  presences: readonly Presence[];
  /** Devices that the intruder registered. */
  registered: ReadonlySet<string>;
  crowded: ReadonlySet<string>;
}

/** By the audit log. What sign-ins told earlier is judged anew by today's, so that no mistake lives on. */
const registeredIn = ({ known }: Clues): Set<string> =>
  new Set(
    known.marks.flatMap(({ kind, verdict, source, value }) =>
      kind === 'device' && verdict === 'intruder' && source === 'audit log' ? [value] : [],
    ),
  );

const certain = (reason: string): Verdict => ({ is: 'intruder', certainty: 'certain', reason });
const likely = (reason: string): Verdict => ({ is: 'intruder', certainty: 'likely', reason });
const ask = (reason: string): Verdict => ({ is: 'unknown', reason, ask: true });
const owners = (reason: string): Verdict => ({ is: 'owner', reason, ask: true });

/** One presence that something points at, against what the owner is known to use. */
export function judgePresence(one: Presence, profile: Profile, around: Surroundings): Verdict {
  const by = namesOf(one.hints);
  const client = clientFit(one, profile);
  const place = placeFit(one, profile);
  const phished = one.hints.some((hint) => hint.phished);
  const placeOnly = one.hints.every((hint) => hint.placeOnly);
  const travel = one.hints.every((hint) => hint.travel);
  const isProgram = program.test(one.uses[0]?.userAgent ?? '');
  const provenPlace = one.hints.some((hint) => hint.intrudersPlace);
  const dwells = one.hintedAt - one.first > 6 * hourMs;

  if (has(around.registered, one.device) && !has(profile.devices, one.device)) {
    return certain(`${by}, from a device that the intruder registered`);
  }
  if (isEmpty(profile)) {
    if (dwells && !phished && !provenPlace && !isProgram) {
      return owners(`${by}, but it is the only place where the account was seen, and has been for days`);
    }
    return phished || isProgram
      ? certain(by)
      : likely(`${by}; nothing is known of the owner to compare it with`);
  }
  const habit =
    !provenPlace &&
    isHabit(one, around.logStart, one.hintedAt) &&
    !isInAnothersSession(one, around.presences);
  if (place === 'known') {
    if (client === 'foreign' && !habit) {
      return likely(`${by}, at an address of the owner with a client the owner is not known to use`);
    }
    if (client === 'bare' && !placeOnly) {
      return likely(`${by}, at an address of the owner without the owner's device`);
    }
    return owners(`${by}, but the owner has used this address and this client since before the attack`);
  }
  if (phished || isProgram) return certain(by);
  if (client === 'foreign') {
    if (habit && place !== 'abroad')
      return ask(`${by}, but it has been there for most of the time that the log covers`);
    if (place === 'near')
      return likely(
        `${by}, with a client the owner is not known to use, on a network of the owner's operator`,
      );
    if (travel && one.managed && has(profile.devices, one.device))
      return likely(`${by}, with a client the owner is not known to use on the owner's device`);
    return certain(`${by}, with an address and a client the owner is not known to use`);
  }
  if (client === 'unsaid') {
    return place === 'abroad'
      ? certain(`${by}, from a country the owner was not in`)
      : likely(`${by}, at an address the owner is not known to use`);
  }
  if (has(around.crowded, one.network))
    return ask(`${by}, with the owner's client at an address that colleagues use`);
  if (client === 'bare' && !travel) return likely(`${by}, without the device the owner always has`);
  if (place === 'near') {
    return placeOnly
      ? owners(`${by}, but with the owner's client on a network of the owner's operator`)
      : ask(`${by}, with the owner's client on a network of the owner's operator`);
  }
  if (dwells && (habit || place !== 'abroad'))
    return owners(`${by}, but the owner's client has been there since before the alert`);
  if (travel) return ask(`${by}, with the owner's client: a journey, or somebody who looks like the owner`);
  const roams = (profile.roaming.get(one.client ?? '') ?? 0) > 2;
  const sameCity = has(profile.cities, one.city);
  if (place === 'somewhere' && (roams || sameCity)) {
    return ask(`${by}, with the owner's client where the owner usually is`);
  }
  // A token is taken out of a session that is there; one that the owner's client began abroad may be the owner's.
  const isNew = one.sessions.size > 0 && [...one.sessions].every((session) => !profile.sessions.has(session));
  if (!placeOnly && !(isNew && place === 'abroad')) {
    return likely(`${by}, at an address the owner is not known to use`);
  }
  if (tookNoTime(one, profile, around)) {
    return likely(`${by}, too soon after the owner was in another country`);
  }
  if (place === 'elsewhere' && sameCity)
    return likely(`${by}, in the owner's city on the network of another operator`);
  return ask(`${by}, with the owner's client: a journey, or somebody who looks like the owner`);
}

const namesOf = (hints: readonly Hint[]) =>
  `named by the alert (${[...new Set(hints.map(({ detector }) => detector))].toSorted().join(', ')})`;

/** The session began with the owner, who was at home, in another country, just before or in between. */
function tookNoTime(one: Presence, profile: Profile, { presences }: Surroundings): boolean {
  const isOld = [...one.sessions].some((session) => profile.sessions.has(session));
  if (!isOld || one.country === null || one.country === profile.homeCountry) return false;
  return presences.some((other) =>
    other.uses.some(
      ({ time, country }) =>
        country === profile.homeCountry && time > one.first - journeyMs && time < one.last,
    ),
  );
}

/** What the intruder is recognised by so far. */
interface Traces {
  /** Since when the intruder is known to be in it (ms). */
  sessions: Map<string, { certainty: Certainty; since: number }>;
  devices: Map<string, Certainty>;
  networks: Map<string, Certainty>;
  clients: Map<string, Certainty>;
  operators: Map<string, Certainty>;
  countries: Set<string>;
}

/** From what is the intruder's to what else is: another sign-in in the session, at the address, with the device. */
function follow(
  presences: readonly Presence[],
  hints: readonly Hint[],
  profile: Profile,
  suspicion: Suspicion,
  clues: Clues,
  verdicts: Map<Presence, Verdict>,
): void {
  const ownSessions = new Set(
    presences.filter((one) => verdicts.get(one)?.is === 'owner').flatMap(({ sessions }) => [...sessions]),
  );
  const open = () => presences.filter((one) => !verdicts.has(one));
  const phishedSessions = suspicion.phished;
  for (const one of open()) {
    const phished = [...one.sessions].some((session) => phishedSessions.has(session));
    if (phished && placeFit(one, profile) !== 'known') {
      verdicts.set(one, certain('in a session that was made at a phishing proxy'));
    }
    if (has(registeredIn(clues), one.device) && !has(profile.devices, one.device)) {
      verdicts.set(one, certain(`device ${one.device}, which the intruder registered`));
    }
  }
  for (const leg of otherLegs(hints, presences, verdicts)) {
    const pointed = { ...leg, hints: hints.filter(({ travel }) => travel), hintedAt: leg.last };
    const judged = judgePresence(pointed, profile, {
      logStart: 0,
      presences: [],
      crowded: clues.crowded,
      registered: registeredIn(clues),
    });
    const doubtful =
      judged.is === 'intruder' && judged.certainty === 'certain' ? likely(judged.reason) : judged;
    verdicts.set(leg, doubtful);
  }
  for (let grew = true; grew; ) {
    grew = false;
    const traces = tracesOf(presences, verdicts, profile, clues);
    for (const one of presences) {
      const before = verdicts.get(one);
      if (before !== undefined && before.is !== 'intruder') continue;
      if (before?.is === 'intruder' && before.certainty === 'certain') continue;
      const tie = tieTo(traces, one, { profile, suspicion, ownSessions, clues });
      if (tie === undefined) continue;
      if (before !== undefined && !isCertain(tie)) continue;
      verdicts.set(one, tie);
      grew = true;
    }
  }
  const attack = attackOf(presences, verdicts);
  for (const one of open()) {
    const nothingOwn = clientFit(one, profile) === 'foreign' && placeFit(one, profile) !== 'known';
    if (nothingOwn && attack.proven && one.first >= attack.first - hourMs) {
      verdicts.set(one, ask('with nothing of the owner, while the intruder was in'));
    }
  }
}

const attackOf = (presences: readonly Presence[], verdicts: ReadonlyMap<Presence, Verdict>) => {
  const theirs = presences.filter((one) => verdicts.get(one)?.is === 'intruder');
  return {
    proven: theirs.some((one) => isCertain(verdicts.get(one))),
    first: Math.min(...theirs.map(({ first }) => first)),
  };
};

const isCertain = (verdict: Verdict | undefined) =>
  verdict?.is === 'intruder' && verdict.certainty === 'certain';

function tracesOf(
  presences: readonly Presence[],
  verdicts: ReadonlyMap<Presence, Verdict>,
  profile: Profile,
  clues: Clues,
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
    if (!has(profile.devices, one.device)) add(traces.devices, one.device, certainty);
    if (!has(clues.crowded, one.network)) add(traces.networks, one.network, certainty);
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
    clues: Clues;
  },
): Verdict | undefined {
  const { profile, suspicion, clues } = against;
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
  const crowded = has(clues.crowded, network);
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

const guilty = (certainty: Certainty, reason: string): Verdict => ({ is: 'intruder', certainty, reason });

/** A session that moves stays the intruder's; one that was stolen was the owner's first, and goes on being so. */
function tieBySession(
  traces: Traces,
  one: Presence,
  { profile, ownSessions }: { profile: Profile; ownSessions: ReadonlySet<string> },
): Verdict | undefined {
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
  const theirClient = one.client !== null && traces.clients.has(one.client);
  if (place === 'known') {
    return client === 'foreign' ? guilty(isStolen ? 'likely' : sure, reason) : undefined;
  }
  if (client === 'known' && has(profile.devices, one.device)) {
    return place === 'abroad' ? ask(`${reason}, with the owner's client and device`) : undefined;
  }
  if (isStolen) {
    if (theirClient) return guilty(sure, reason);
    if (client === 'foreign') return likely(reason);
    return place === 'abroad' ? likely(reason) : undefined;
  }
  // The owner's client long before anything foreign: then the session was begun by its owner and stolen later.
  const earlier = Math.min(...sessions.map(({ since }) => since)) - one.first;
  if (client === 'known' && earlier > 2 * hourMs) return ask(`${reason}, with the owner's client`);
  return guilty(client === 'known' ? 'likely' : sure, reason);
}

const weaker = (a: Certainty, b: Certainty): Certainty =>
  a === 'certain' && b === 'certain' ? 'certain' : 'likely';

/** Where the alert for a travel names the owner's own place, the intruder may be at the other end of it. */
function otherLegs(
  hints: readonly Hint[],
  presences: readonly Presence[],
  verdicts: ReadonlyMap<Presence, Verdict>,
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

type Kind = Mark['kind'];
const isIntruders = (kind: Kind) => (mark: Mark) => mark.kind === kind && mark.verdict === 'intruder';

/** Every session, address, device and client that was seen, and whose it is. */
function marksOf(
  presences: readonly Presence[],
  verdicts: ReadonlyMap<Presence, Verdict>,
  hints: readonly Hint[],
  profile: Profile,
  clues: Clues,
): Mark[] {
  const seen = new Map<string, { kind: Kind; value: string; by: (Verdict | undefined)[]; first: number }>();
  const see = (kind: Kind, value: string | null, verdict: Verdict | undefined, first: number) => {
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
      (kind === 'address' &&
        (has(clues.crowded, networkOf(value)) || profile.networks.has(networkOf(value)))) ||
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
    ...unseen(hints, presences, profile, clues),
  ];
}

const othersUse = (kind: Kind) => `the intruder used this ${kind}, and so does the owner or a colleague`;

function markOf(kind: Kind, value: string, by: readonly (Verdict | undefined)[]): Mark {
  const guilty = by.flatMap((verdict) => (verdict?.is === 'intruder' ? [verdict] : []));
  // As sure as the least sure of them: an act shows the mark, not the rest of the sign-in.
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
  clues: Clues,
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
    const doubtful = travel || has(clues.crowded, network) || has(profile.networks, network);
    if (network !== null && !networks.has(network)) add('address', network, hint.address, hint, doubtful);
    if (session !== null && !sessions.has(session)) add('session', session, session, hint, travel);
    if (device !== null && !profile.devices.has(device)) add('device', device, device, hint, travel);
    const client = clientOf(userAgent);
    if (client !== null && !profile.clients.has(client)) add('client', client, userAgent, hint, travel);
  }
  return [...found.values()];
}

function describe(
  { signIns, known }: Clues,
  hints: readonly Hint[],
  hits: Trail['hits'],
  marks: readonly Mark[],
): Intruder {
  const of = (kind: Kind) => marks.filter(isIntruders(kind)).map(({ value }) => value);
  const loggedNetworks = all(signIns, ({ network }) => network);
  const loggedSessions = all(signIns, ({ session }) => session);
  const loggedDevices = all(signIns, ({ device }) => device);
  const earliest = Math.min(
    ...[...hits.map(({ signIn }) => signIn), ...hints].map(({ time }) => time ?? Number.POSITIVE_INFINITY),
  );
  const since = Number.isFinite(earliest) ? new Date(earliest - hourMs).toISOString() : null;
  const doubtful = marks.filter(
    ({ kind, verdict, value }) =>
      kind === 'address' &&
      (verdict === 'shared' || hints.some(({ network }) => network === networkOf(value))) &&
      verdict !== 'intruder',
  );
  return {
    since: [since, known.since].filter((time) => time !== null).toSorted()[0] ?? null,
    sessions: upTo(mostOthers, [
      ...of('session'),
      ...known.sessions.filter((session) => !loggedSessions.has(session)),
    ]),
    addresses: upTo(mostOthers, [
      ...of('address'),
      ...known.addresses.filter((address) => !loggedNetworks.has(networkOf(address))),
    ]),
    sharedAddresses: upTo(
      mostOthers,
      doubtful.map(({ value }) => value),
    ),
    devices: upTo(mostOthers, [
      ...of('device'),
      ...known.devices.filter((device) => !loggedDevices.has(device)),
    ]),
    userAgents: upTo(mostOthers, of('client')),
    requests: upTo(
      mostRequests,
      hits
        .filter(({ certainty }) => certainty === 'certain')
        .toReversed()
        .flatMap(({ signIn: { id, token } }) => (token === null ? [id] : [id, token])),
    ),
    marks: mostTelling(marks, known),
  };
}

/** The intruder's first, the owner's last; what another log told stays where this one says nothing, or of a device. */
function mostTelling(marks: readonly Mark[], known: Intruder): Mark[] {
  const key = ({ kind, value }: Mark) => `${kind} ${kind === 'address' ? networkOf(value) : value}`;
  const registered = known.marks.filter(({ kind, source }) => kind === 'device' && source === 'audit log');
  const byKey = new Map([...known.marks, ...marks, ...registered].map((mark) => [key(mark), mark]));
  const order = ['intruder', 'shared', 'unknown', 'owner'] as const;
  return [...byKey.values()]
    .toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))
    .slice(0, 2 * mostOthers);
}

const byTime = (a: SignIn, b: SignIn) => a.time - b.time || a.id.localeCompare(b.id);
const upTo = (most: number, values: readonly string[]) => [...new Set(values)].slice(0, most);
