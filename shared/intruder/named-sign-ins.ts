// The sign-ins that an alert itself points at, judged: the intruder's, or the owner's just as well. An alert may be
// wrong about which of two it saw, so it is not believed where everything else about the sign-in is the owner's.
import { networkOf } from './address.ts';
import { type Hint, names } from './hints.ts';
import type { Marks } from './intruder-marks.ts';
import { type Habits, isForeignClient } from './owner-habits.ts';
import { has, type SignIn } from './sign-ins.ts';

const hourMs = 3_600_000;
/** An alert's time and the log's for one and the same thing. */
const soonMs = hourMs / 4;

/** What the judgement rests on. */
export interface Case {
  hints: readonly Hint[];
  signIns: readonly SignIn[];
  habits: Habits;
  marks: Marks;
  /** First known activity of the intruder (ms). */
  first: number;
}

/** The tie of the intruder's sign-in; 'uncertain' for one that may be the owner's; undefined for any not named. */
export function judge(
  signIn: SignIn,
  { hints, signIns, habits, marks, first }: Case,
): { tie: string } | 'uncertain' | undefined {
  const by = hints.filter((hint) => names(hint, signIn));
  const bySession = hints.some(({ session }) => session !== null && session === signIn.session);
  const byPlace = hints.some((hint) => isThereAndThen(hint, signIn));
  if (by.length === 0 && !bySession && !byPlace) return undefined;

  const foreign = isForeignClient(signIn.userAgent, habits);
  if (marks.isOwnersPlace(signIn.network)) {
    // A named session that only began with the alert is believed even there: behind one line are many.
    const whole = signIns.filter(({ session }) => session === signIn.session);
    const begunThere = whole.every(
      ({ network, time }) => marks.isOwnersPlace(network) && time >= first - hourMs,
    );
    if (bySession && begunThere) return { tie: 'session named by the alert' };
    if (foreign && byPlace) return { tie: "address and time named by the alert, not the owner's client" };
    if (by.length === 0) return undefined;
    return foreign ? tiedBy(by) : 'uncertain';
  }
  // At any other place a named session is followed like one that was found.
  if (by.length === 0) return undefined;

  const usualDevice = has(habits.devices, signIn.device);
  const usualClient =
    signIn.userAgent !== null && !foreign && signIn.device === null && habits.devices.size === 0;
  // A known device excuses a travel only: a stolen token carries the device it was issued to.
  return by.every((hint) => hint.travel) && (usualDevice || usualClient) ? 'uncertain' : tiedBy(by);
}

const isThereAndThen = (hint: Hint, { network, time }: SignIn) =>
  hint.network !== null &&
  hint.network === network &&
  hint.time !== null &&
  Math.abs(hint.time - time) <= soonMs;

const tiedBy = (by: readonly Hint[]) => ({
  tie: `named by the alert (${[...new Set(by.map(({ detector }) => detector))].join(', ')})`,
});

/** Where the alert for a travel names the owner's own place, the intruder may be at the other end of it. */
export function otherLegs(
  hints: readonly Hint[],
  uncertain: readonly SignIn[],
  successes: readonly SignIn[],
): SignIn[] {
  const travels = hints.filter((hint) => hint.travel);
  const told = travels.flatMap(({ otherLeg }) => (otherLeg === null ? [] : [networkOf(otherLeg)]));
  return uncertain
    .filter((signIn) => travels.some((hint) => names(hint, signIn)))
    .flatMap((signIn) => {
      const before = successes.filter(({ time }) => time < signIn.time);
      const leg =
        before.findLast(({ network }) => network !== null && told.includes(network)) ??
        before.findLast(
          ({ country }) => country !== null && signIn.country !== null && country !== signIn.country,
        );
      return leg ?? [];
    });
}
