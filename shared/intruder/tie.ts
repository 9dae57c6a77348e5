// Did the intruder do this? What a log says about who acted is compared with the marks, and the answer says how sure it
// is, because that decides what may be done about it. Pure.
import type { Certainty, Intruder, Mark, StoredTrace } from '../model/intruder.ts';
import { bareAddress, networkOf } from './address.ts';

/** What a log says about who acted; leave out what it does not say. */
export interface Trace {
  session?: string | null;
  /** Id of the sign-in request or of the token. */
  request?: string | null;
  /** As logged: a port or brackets do not matter. */
  address?: string | null;
  device?: string | null;
  userAgent?: string | null;
}

/** As a row keeps it. */
export const storedTrace = (trace: Trace): StoredTrace => ({
  session: trace.session ?? null,
  request: trace.request ?? null,
  address: trace.address ?? null,
  device: trace.device ?? null,
  userAgent: trace.userAgent ?? null,
});

export interface Tie {
  certainty: Certainty;
  /** Words that follow "made ". */
  words: string;
}

/** What can't be undone is irreversible: a deleted method or pass, a wiped phone. Everything else has an undo. */
export type ActionKind = 'irreversible' | 'reversible';

/** What may be done about a thing, depending on how sure it is that the intruder made it. */
const allowed = {
  certain: { irreversible: 'remove', reversible: 'remove' },
  likely: { irreversible: 'ask', reversible: 'remove' },
} as const satisfies Record<Certainty, Record<ActionKind, 'remove' | 'ask'>>;

/** Nothing is removed without a tie; whether to ask or to keep is for the step to say. */
export const mayBeRemoved = (tie: Pick<Tie, 'certainty'> | undefined, kind: ActionKind): boolean =>
  tie !== undefined && allowed[tie.certainty][kind] === 'remove';

/**
 * What ties an act to the intruder, or undefined. The owner's session at the intruder's address is a stolen token,
 * which leaves no sign-in while it lives. An address that the owner uses too proves nothing without a client that the
 * owner does not have, and nothing at all in a session of the owner's. A client alone never proves anything.
 */
export function tieOf(intruder: Intruder, trace: Trace): Tie | undefined {
  const { session, request, device, userAgent } = trace;
  const sureOf = (kind: Mark['kind'], matches: (value: string) => boolean): Certainty =>
    intruder.marks.find((mark) => mark.kind === kind && mark.verdict === 'intruder' && matches(mark.value))
      ?.certainty ?? 'certain';
  const tie = (kind: Mark['kind'], value: string, words: string): Tie => ({
    certainty: sureOf(kind, (known) => known === value),
    words,
  });

  if (session && intruder.sessions.includes(session))
    return tie('session', session, `in the intruder's session ${session}`);
  if (request && intruder.requests.includes(request)) {
    return { certainty: 'certain', words: `with the intruder's sign-in ${request}` };
  }
  if (device && intruder.devices.includes(device))
    return tie('device', device, `from the intruder's device ${device}`);
  if (!trace.address) return undefined;
  const address = bareAddress(trace.address);
  const network = networkOf(address);
  const here = (known: string) => networkOf(known) === network;
  if (intruder.addresses.some(here)) {
    return { certainty: sureOf('address', here), words: `from the intruder's address ${address}` };
  }
  if (session && isOwners(intruder, 'session', session)) return undefined;
  if (userAgent && intruder.userAgents.includes(userAgent) && intruder.sharedAddresses.some(here)) {
    return {
      certainty: 'likely',
      words: `with the intruder's client (${userAgent}) from ${address}, an address the owner uses too`,
    };
  }
  return undefined;
}

const isOwners = ({ marks }: Intruder, kind: Mark['kind'], value: string) =>
  marks.some((mark) => mark.kind === kind && mark.value === value && mark.verdict === 'owner');

/** Made in a session, on a device or at an address of the owner's, and with nothing of the intruder's. */
export const isOwnersTrace = (intruder: Intruder, trace: Trace): boolean =>
  tieOf(intruder, trace) === undefined &&
  intruder.marks.some(
    ({ kind, value, verdict }) =>
      verdict === 'owner' &&
      ((kind === 'session' && value === trace.session) ||
        (kind === 'device' && value === trace.device) ||
        (kind === 'address' &&
          Boolean(trace.address) &&
          networkOf(value) === networkOf(bareAddress(trace.address ?? '')))),
  );

/** The words alone, for telling people. */
export const tieToIntruder = (intruder: Intruder, trace: Trace): string | undefined =>
  tieOf(intruder, trace)?.words;
