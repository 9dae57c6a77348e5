// Combinations that make weak signals strong. Pure: each answers yes, no, or which fact it needs first.
import { networkOf } from '../intruder/address.ts';
import { type Signal, timeOf } from '../model/signal.ts';
import { isShownTwice, kindOf } from './detectors.ts';
import type { FactName, Known, SignIn } from './facts.ts';

export type ConditionName = keyof typeof conditions;

type Condition = (signal: Signal, known: Known) => boolean | { needs: FactName };

const hourMs = 3_600_000;
const grave = new Set(['medium', 'high']);

function within(hours: number, a: string | null, b: string | null): boolean {
  return a !== null && b !== null && Math.abs(Date.parse(a) - Date.parse(b)) <= hours * hourMs;
}

/** The same request, correlation id or address: whoever raised the signal got in. */
function tied(signal: Signal, signIns: readonly SignIn[]): boolean {
  const same = (a: string | null, b: string | null) => a !== null && a.toLowerCase() === b?.toLowerCase();
  return signIns.some(
    (signIn) =>
      same(signal.requestId, signIn.id) ||
      same(signal.correlationId, signIn.correlationId) ||
      same(signal.address, signIn.address),
  );
}

/** Defender for Cloud Apps reports the same thing as a detection and as an alert; if both are of one kind, they count once. */
const detectorOf = (signal: Signal) => kindOf(signal) ?? signal.detector.toLowerCase();

const counts = (signal: Signal) =>
  signal.standing &&
  kindOf(signal) !== 'ignored' &&
  (grave.has(signal.level) || kindOf(signal) === 'new-country');

/** Abuse of the mailbox, as the policy's rows mean it. */
function abuse(signal: Signal): boolean {
  const kind = kindOf(signal);
  if (kind === 'restricted-sender') return signal.standing;
  const abusive = kind === 'mail-forwarding' || kind === 'inbox-rule' || kind === 'restricted-forms';
  return abusive && signal.standing && grave.has(signal.level);
}

/** Signals within 24 hours of this one that can count as one of the two. */
function near(signal: Signal, detections: readonly Signal[], earlier: readonly Signal[]): Signal[] {
  // Graph still has the risk detections, with their current state.
  const recorded = earlier.filter((one) => one.source !== 'riskDetection' && !isShownTwice(one));
  const others = [...detections, ...recorded];
  const all = isShownTwice(signal) ? others : [signal, ...others];
  return all.filter((one) => counts(one) && within(24, timeOf(one), timeOf(signal)));
}

const tiedSignIn: Condition = (signal, known) => {
  if (signal.requestId === null && signal.correlationId === null && signal.address === null) return false;
  if (known.signIns === undefined) return { needs: 'signIns' };
  return tied(signal, known.signIns);
};

export const conditions = {
  /** A successful sign-in at medium risk or above, within 48 hours. */
  'risky-sign-in': (signal, known) => {
    if (known.signIns === undefined) return { needs: 'signIns' };
    return known.signIns.some(({ at, risk }) => grave.has(risk) && within(48, at, timeOf(signal) ?? at));
  },

  /** The reverse order: abuse of the mailbox, then a risk detection with a successful sign-in. */
  'mailbox-abuse-before': (signal, known) => {
    if (signal.source !== 'riskDetection' || abuse(signal)) return false;
    if (known.earlier === undefined) return { needs: 'earlier' };
    const before = known.earlier.some((one) => abuse(one) && within(48, timeOf(one), timeOf(signal)));
    if (!before) return false;
    return tiedSignIn(signal, known);
  },

  /** From an address that a run attributes to an intruder alone; the event's own claim proves nothing. */
  'intruders-address': (signal, known) => {
    if (signal.address === null) return false;
    if (known.intruders === undefined) return { needs: 'intruders' };
    const network = networkOf(signal.address);
    return known.intruders.some(
      ({ address, client }) =>
        networkOf(address) === network && (client === null || client === signal.userAgent),
    );
  },

  /** A successful sign-in that belongs to the signal. */
  'tied-sign-in': tiedSignIn,

  /** Two different detectors within 24 hours, and a successful sign-in tied to one of them. */
  'second-detector': (signal, known) => {
    const { detections, earlier, signIns } = known;
    if (detections === undefined) return { needs: 'detections' };
    if (earlier === undefined) return { needs: 'earlier' };
    const both = near(signal, detections, earlier);
    if (new Set(both.map(detectorOf)).size < 2) return false;
    if (signIns === undefined) return { needs: 'signIns' };
    return both.some((one) => tied(one, signIns));
  },
} as const satisfies Record<string, Condition>;
