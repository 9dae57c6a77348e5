// Which sign-ins are the intruder's. What the alerts point at is first compared with the owner's profile, since an
// alert may be wrong; what turns out to be foreign is then followed through sessions, devices, addresses and clients.
// Each presence gets a verdict and a reason, and these give the marks by which other logs are judged. Pure.
import { type Certainty, type Intruder, type Mark, nobodyKnown } from '../model/intruder.ts';
import type { Signal } from '../model/signal.ts';
import { networkOf } from './address.ts';
import { follow } from './follow.ts';
import { type Hint, hintsOf, names } from './hints.ts';
import { judgePresence, type PresenceVerdict, type Surroundings } from './judge-presence.ts';
import { isIntruders, type Kind, marksOf, mostTelling } from './marks.ts';
import { ownersAmong, type Profile, profileOf, type Suspicion } from './owner-profile.ts';
import { type Presence, presencesOf, sessionStarts } from './presence.ts';
import { all, has, type RiskDetection, type SignIn } from './sign-ins.ts';

const hourMs = 3_600_000;
/** What a row can hold; far more than a person reads. */
const mostRequests = 300;
const mostOthers = 100;

export interface Clues {
  signals: readonly Signal[];
  /** The user's own, interactive or not, in any order. */
  signIns: readonly SignIn[];
  riskDetections: readonly RiskDetection[];
  /** When the run opened (ISO 8601): used for an activity that has no date of its own. */
  openedAt: string;
  /** What other steps have found: kept if the sign-in log says nothing about it. */
  known: Intruder;
  /** Networks from which colleagues sign in by habit. */
  crowded: ReadonlySet<string>;
}

export interface Trail {
  intruder: Intruder;
  /** The intruder's successful sign-ins, oldest first, and why each is theirs. */
  hits: readonly { signIn: SignIn; tie: string; certainty: Certainty }[];
  /** Failed tries: no access, but intent. */
  failed: readonly SignIn[];
  /** May just as well be the owner's, so somebody has to ask. */
  uncertain: readonly SignIn[];
  /** Sessions of the owner whose token the intruder uses. */
  stolenSessions: readonly string[];
}

export function findIntruder(given: Clues): Trail {
  // Pages of a log that is being written may hold a record twice.
  const clues = {
    ...given,
    signIns: [...new Map(given.signIns.map((one) => [`${one.id} ${one.at}`, one])).values()],
  };
  const hints = hintsOf(clues.signals, clues.riskDetections, clues.signIns);
  const successes = clues.signIns.filter(({ errorCode }) => errorCode === 0).toSorted(byTime);
  const presences = presencesOf(successes, hints);
  const named = presences.filter((one) => one.hints.length > 0);
  const suspicion = suspicionOf(hints, presences, clues);

  const verdicts = new Map<Presence, PresenceVerdict>();
  const around = { crowded: clues.crowded, registered: registeredIn(clues) };
  const profile = judgeNamed(presences, suspicion, around, verdicts);
  follow(presences, hints, profile, suspicion, around, verdicts);

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
  const marks = marksOf(presences, verdicts, hints, profile, clues.crowded);
  // What other logs said rests on the sign-ins that are the intruder's, and falls with them.
  const isCleared = hits.length === 0 && named.length > 0;
  const theirs = all(hits, ({ signIn }) => signIn.session);
  const found = new Set(hits.map(({ signIn }) => signIn));
  const owners = successes.filter((signIn) => !found.has(signIn));
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

function suspicionOf(hints: readonly Hint[], presences: readonly Presence[], clues: Clues): Suspicion {
  const named = presences.filter((one) => one.hints.length > 0);
  const times = [...hints.flatMap(({ time }) => time ?? []), ...named.map(({ hintedAt }) => hintedAt)].filter(
    (time) => !Number.isNaN(time),
  );
  const pointedAt = named.flatMap((one) => one.uses.filter((use) => isPointedAt(use, one)));
  return {
    first: times.length > 0 ? Math.min(...times) : Date.parse(clues.openedAt),
    networks: all([...hints, ...named], ({ network }) => network),
    sessions: all([...hints, ...pointedAt], ({ session }) => session),
    begun: sessionStarts(presences),
    clients: all(named, ({ client }) => client),
    phished: all(
      [...hints.filter(({ phished }) => phished), ...pointedAt.filter((use) => isPhished(use, named))],
      ({ session }) => session,
    ),
  };
}

const isPhished = (use: SignIn, named: readonly Presence[]) =>
  named.some((one) => one.uses.includes(use) && one.hints.some(({ phished }) => phished));

/** Presences that something points at; those that turn out to be the owner's then help to judge the rest. */
function judgeNamed(
  presences: readonly Presence[],
  suspicion: Suspicion,
  around: Pick<Surroundings, 'crowded' | 'registered'>,
  verdicts: Map<Presence, PresenceVerdict>,
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
        judgePresence(one, profile, { ...around, logStart, others, presences: [...owners, ...anchored] }),
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

/**
 * According to the audit log. What the sign-ins said earlier is judged again by today's, so that no mistake lives on.
 */
const registeredIn = ({ known }: Clues): Set<string> =>
  new Set(
    known.marks.flatMap(({ kind, verdict, source, value }) =>
      kind === 'device' && verdict === 'intruder' && source === 'audit log' ? [value] : [],
    ),
  );

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

const byTime = (a: SignIn, b: SignIn) => a.time - b.time || a.id.localeCompare(b.id);
const upTo = (most: number, values: readonly string[]) => [...new Set(values)].slice(0, most);
