// Which sign-ins are the intruder's: from what the alert names, through sessions, addresses and devices, until
// nothing new is found. Pure. In doubt a sign-in is called uncertain, since evidence is what makes a run act.

import type { Intruder } from '../model/intruder.ts';
import type { Signal } from '../model/signal.ts';
import { networkOf } from './address.ts';
import { type Hint, hintsOf, names, suspect } from './hints.ts';
import { type Marks, startMarks } from './intruder-marks.ts';
import { judge, otherLegs } from './named-sign-ins.ts';
import { ownerHabits, type Suspicion } from './owner-habits.ts';
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
  /** When the run opened (ISO 8601): stands in for an activity that nothing dates. */
  openedAt: string;
  /** What other steps have found: kept where the sign-in log says nothing about it. */
  known: Intruder;
  /** Networks from which other users sign in as well. */
  crowded: ReadonlySet<string>;
}

export interface Trail {
  intruder: Intruder;
  /** The intruder's successful sign-ins, oldest first, and what makes each theirs. */
  hits: readonly { signIn: SignIn; tie: string }[];
  /** Failed tries: no access, but intent. */
  failed: readonly SignIn[];
  /** Could be the owner's just as well: a travel, or the alert itself names the owner's place and client. */
  uncertain: readonly SignIn[];
  /** Sessions of the owner whose token the intruder uses. */
  stolenSessions: readonly string[];
}

export function findIntruder(clues: Clues): Trail {
  const { signIns } = clues;
  const hints = hintsOf(clues.signals, clues.riskDetections, signIns);
  const successes = signIns.filter(({ errorCode }) => errorCode === 0).toSorted(byTime);
  const suspicion = withForeignSessions(suspect(hints, signIns, Date.parse(clues.openedAt)), successes);
  const habits = ownerHabits(successes, suspicion);
  const marks = startMarks(successes, habits, suspicion, clues.crowded);

  const hits = new Map<SignIn, string>();
  const uncertain = new Set<SignIn>();
  const take = (signIn: SignIn, tie: string) => {
    hits.set(signIn, tie);
    marks.learn(signIn);
  };
  const doubt = (signIn: SignIn) => {
    uncertain.add(signIn);
    if (signIn.network !== null) marks.share(signIn.network);
  };

  for (const signIn of successes) {
    const judged = judge(signIn, { hints, signIns: successes, habits, marks, first: suspicion.first });
    if (judged === 'uncertain') doubt(signIn);
    else if (judged !== undefined) take(signIn, judged.tie);
  }
  for (const hint of hints) {
    if (![...uncertain].some((signIn) => names(hint, signIn))) marks.learn(hint);
  }
  for (let grew = true; grew; ) {
    grew = false;
    for (const signIn of successes) {
      const tie = hits.has(signIn) || uncertain.has(signIn) ? undefined : marks.tie(signIn);
      if (tie === undefined) continue;
      take(signIn, tie);
      grew = true;
    }
  }
  for (const leg of otherLegs(hints, [...uncertain], successes)) {
    if (!hits.has(leg) && !marks.isOwners(leg)) doubt(leg);
  }

  const stolen = all(
    successes.filter((signIn) => !hits.has(signIn)),
    ({ session }) => (has(marks.sessions, session) ? session : null),
  );
  return {
    hits: [...hits].map(([signIn, tie]) => ({ signIn, tie })).toSorted((a, b) => byTime(a.signIn, b.signIn)),
    failed: signIns
      .filter(({ errorCode }) => errorCode !== 0)
      .filter((signIn) => has(marks.networks, signIn.network) || hints.some((hint) => names(hint, signIn)))
      .toSorted(byTime),
    uncertain: [...uncertain].toSorted(byTime),
    stolenSessions: [...stolen],
    intruder: describe(clues, hints, [...hits.keys()].toSorted(byTime), [...uncertain], marks, stolen),
  };
}

/** Sessions used at a hinted address are suspect too, unless it is the owner's. */
function withForeignSessions(suspicion: Suspicion, successes: readonly SignIn[]): Suspicion {
  const { networks } = ownerHabits(successes, suspicion);
  const foreign = successes.filter(
    ({ network }) => has(suspicion.networks, network) && !has(networks, network),
  );
  return {
    ...suspicion,
    sessions: new Set([...suspicion.sessions, ...all(foreign, ({ session }) => session)]),
  };
}

function describe(
  { signIns, known }: Clues,
  hints: readonly Hint[],
  hits: readonly SignIn[],
  uncertain: readonly SignIn[],
  marks: Marks,
  stolen: ReadonlySet<string>,
): Intruder {
  const addressesAt = (networks: ReadonlySet<string>) =>
    all([...hits, ...uncertain, ...hints], ({ network, address }) =>
      has(networks, network) ? address : null,
    );
  const loggedNetworks = all(signIns, ({ network }) => network);
  const loggedSessions = all(signIns, ({ session }) => session);
  const earliest = Math.min(...[...hits, ...hints].map(({ time }) => time ?? Number.POSITIVE_INFINITY));
  const since = Number.isFinite(earliest) ? new Date(earliest - hourMs).toISOString() : null;
  return {
    since: [since, known.since].filter((time) => time !== null).toSorted()[0] ?? null,
    sessions: upTo(mostOthers, [
      ...[...marks.sessions].filter((session) => !stolen.has(session)),
      ...known.sessions.filter((session) => !loggedSessions.has(session)),
    ]),
    addresses: upTo(mostOthers, [
      ...addressesAt(marks.networks),
      ...known.addresses.filter((address) => !loggedNetworks.has(networkOf(address))),
    ]),
    sharedAddresses: upTo(mostOthers, [...addressesAt(marks.shared)]),
    devices: upTo(mostOthers, [...marks.devices, ...known.devices]),
    userAgents: upTo(mostOthers, [...marks.userAgents]),
    requests: upTo(
      mostRequests,
      hits.toReversed().flatMap(({ id, token }) => (token === null ? [id] : [id, token])),
    ),
    marks: [],
  };
}

const byTime = (a: SignIn, b: SignIn) => a.time - b.time;
const upTo = (most: number, values: readonly string[]) => [...new Set(values)].slice(0, most);
