// What is known of the attacker. Evidence is that a session, address or device of these made a change.
import { z } from 'zod';
import { bareAddress, networkOf } from '../intruder/address.ts';

export const intruderSchema = z.object({
  /** Earliest known activity less an hour (ISO 8601), or null while nothing is known. A lower bound. */
  since: z.string().nullable(),
  /** Session ids of sign-ins that are the intruder's alone; a session whose token was stolen is the owner's too. */
  sessions: z.array(z.string()),
  /** IP addresses that are the intruder's alone; those the owner uses too are in sharedAddresses. */
  addresses: z.array(z.string()),
  sharedAddresses: z.array(z.string()),
  /** Device ids registered in Entra ID that the intruder signed in from. */
  devices: z.array(z.string()),
  /** Only those the owner is not known to use. */
  userAgents: z.array(z.string()),
  /** Unique ids of the sign-in requests and of the tokens they were answered with. */
  requests: z.array(z.string()),
});

export type Intruder = Readonly<z.infer<typeof intruderSchema>>;

export const nobodyKnown: Intruder = {
  since: null,
  sessions: [],
  addresses: [],
  sharedAddresses: [],
  devices: [],
  userAgents: [],
  requests: [],
};

/** What a log says about who made a change; leave out what it does not say. */
export interface Trace {
  session?: string | null;
  /** Id of the sign-in request or of the token. */
  request?: string | null;
  /** As logged: a port or brackets do not matter. */
  address?: string | null;
  device?: string | null;
  userAgent?: string | null;
}

/**
 * What ties a change to the intruder, in words that follow "made ", or undefined. An address that the owner uses
 * too proves nothing without a user agent that the owner does not have; a user agent alone never does.
 */
export function tieToIntruder(intruder: Intruder, trace: Trace): string | undefined {
  const { session, request, device, userAgent } = trace;
  if (session && intruder.sessions.includes(session)) return `in the intruder's session ${session}`;
  if (request && intruder.requests.includes(request)) return `with the intruder's sign-in ${request}`;
  if (device && intruder.devices.includes(device)) return `from the intruder's device ${device}`;
  if (!trace.address) return undefined;
  const address = bareAddress(trace.address);
  const network = networkOf(address);
  if (intruder.addresses.some((known) => networkOf(known) === network)) {
    return `from the intruder's address ${address}`;
  }
  if (
    userAgent &&
    intruder.userAgents.includes(userAgent) &&
    intruder.sharedAddresses.some((known) => networkOf(known) === network)
  ) {
    return `with the intruder's client (${userAgent}) from ${address}, an address the owner uses too`;
  }
  return undefined;
}
