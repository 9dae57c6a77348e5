// What points at the intruder before any sign-in was compared: the run's signals, the user's standing risk
// detections, and sign-ins that Entra ID itself still calls risky. A hint may be wrong.
import type { Intruder } from '../model/intruder.ts';
import type { Signal } from '../model/signal.ts';
import { networkOf } from './address.ts';
import { program, type RiskDetection, type SignIn } from './sign-ins.ts';

export interface Hint {
  /** What found it: "anomalousToken". */
  detector: string;
  /** When the intruder acted (ms), or null if nothing they did has a time: a leaked password. */
  time: number | null;
  session: string | null;
  request: string | null;
  correlation: string | null;
  address: string | null;
  network: string | null;
  device: string | null;
  userAgent: string | null;
  /** The other end of an impossible travel, where the detection names it. */
  otherLeg: string | null;
  /** It compares two places, and either may be the owner's. */
  travel: boolean;
  /** Only the place was unusual, as it is when the owner travels. */
  placeOnly: boolean;
  /** Another run has found that an intruder uses this place. */
  intrudersPlace: boolean;
  /** The session was made at a phishing proxy, so even its clean first sign-in is the intruder's. */
  phished: boolean;
}

/** Finding a leaked password, or a person's word, does not tell when the intruder acted. */
const untimed = /leaked ?credentials|threat ?intelligence|admin ?confirmed/i;
const travel = /travel|(new|infrequent) ?country/i;
const placeOnly = /unfamiliar|travel|country|location|anonymi[sz]ed|\bvpn\b|signInFromIntruder/i;
const intrudersPlace = /signInFromIntruder/i;
const phished = /(attacker|adversary).?in.?the.?middle|AiTM|stolen session cookie/i;

/** Offline detections come up to two days late; the activity itself gets a day more. */
const reachMs = 3 * 86_400_000;
const standing = new Set(['atRisk', 'confirmedCompromised']);
const grave = new Set(['medium', 'high']);

interface Given {
  detector: string;
  title?: string;
  at: string | null;
  session?: string | null;
  request: string | null;
  correlation: string | null;
  address: string | null;
  device?: string | null;
  userAgent: string | null;
  otherLeg?: string | null;
}

function hint(given: Given): Hint {
  const named = `${given.detector} ${given.title ?? ''}`;
  const placed = given.address ?? given.request ?? given.correlation ?? given.session ?? given.device ?? null;
  const timed = placed !== null || !untimed.test(named);
  return {
    detector: given.detector,
    time: given.at !== null && timed ? Date.parse(given.at) : null,
    session: given.session ?? null,
    request: given.request,
    correlation: given.correlation,
    address: given.address,
    network: given.address === null ? null : networkOf(given.address),
    device: given.device ?? null,
    userAgent: given.userAgent,
    otherLeg: given.otherLeg ?? null,
    travel: travel.test(named),
    placeOnly: placeOnly.test(named),
    intrudersPlace: intrudersPlace.test(given.detector),
    phished: phished.test(named),
  };
}

/**
 * A detection counts while it is not dismissed, is medium or above, and lies within three days of what opened the run.
 */
export function hintsOf(
  signals: readonly Signal[],
  riskDetections: readonly RiskDetection[],
  signIns: readonly SignIn[],
): Hint[] {
  const fromSignals = signals.map((signal) =>
    hint({
      detector: signal.detector,
      title: signal.title,
      at: signal.activityAt,
      session: signal.sessionId,
      request: signal.requestId,
      correlation: signal.correlationId,
      address: signal.address,
      device: signal.deviceId,
      userAgent: signal.userAgent,
    }),
  );
  const times = fromSignals.flatMap(({ time }) => (time === null ? [] : [time]));
  const from = times.length === 0 ? Number.NEGATIVE_INFINITY : Math.min(...times) - reachMs;
  const counts = (level: string | null, state: string | null, at: string | null) =>
    grave.has(level ?? '') && standing.has(state ?? '') && at !== null && Date.parse(at) >= from;
  return [
    ...fromSignals,
    ...riskDetections.filter(({ level, state, at }) => counts(level, state, at)).map(hint),
    ...signIns
      .filter(({ risk, riskState, at }) => counts(risk, riskState, at))
      .map((signIn) =>
        hint({
          detector: signIn.riskTypes.join(' ') || 'generic',
          at: signIn.at,
          session: null,
          request: signIn.id,
          correlation: null,
          address: signIn.address,
          userAgent: signIn.userAgent,
        }),
      ),
  ];
}

/** Whether the hint is about this very sign-in; an address or a session covers several. */
export const names = (hint: Hint, signIn: SignIn): boolean =>
  (hint.request !== null && (hint.request === signIn.id || hint.request === signIn.originalRequest)) ||
  (hint.correlation !== null && hint.correlation === signIn.correlation);

const hourMs = 3_600_000;

/**
 * What the alerts alone say, as long as no sign-in could be compared. An address may be the owner's as well, so by
 * itself it proves nothing. Sessions count only if they were made at a phishing proxy, clients only if they are
 * programs.
 */
export function weakStart(signals: readonly Signal[]): Intruder {
  const hints = hintsOf(signals, [], []);
  const times = hints.flatMap(({ time }) => (time === null || Number.isNaN(time) ? [] : [time]));
  const unlike = hints.filter(({ travel: isTravel }) => !isTravel);
  return {
    since: times.length === 0 ? null : new Date(Math.min(...times) - hourMs).toISOString(),
    sessions: distinct(unlike.map((one) => (one.phished ? one.session : null))),
    addresses: [],
    sharedAddresses: distinct(unlike.map(({ address }) => address)),
    devices: [],
    userAgents: distinct(unlike.map(({ userAgent }) => (program.test(userAgent ?? '') ? userAgent : null))),
    requests: [],
    marks: [],
  };
}

const distinct = (values: readonly (string | null)[]): string[] => [
  ...new Set(values.flatMap((value) => value ?? [])),
];
