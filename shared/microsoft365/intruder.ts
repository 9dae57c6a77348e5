// What is known of the attacker. Evidence is that a session, address or device of these made a change.
import { z } from 'zod';

export const intruderSchema = z.object({
  /** Earliest known activity less an hour (ISO 8601), or null while nothing is known. A lower bound. */
  since: z.string().nullable(),
  /** Session ids of sign-ins that are the intruder's. */
  sessions: z.array(z.string()),
  /** IP addresses that are the intruder's alone; those the owner uses too are in sharedAddresses. */
  addresses: z.array(z.string()),
  sharedAddresses: z.array(z.string()),
  /** Device ids registered in Entra ID that the intruder signed in from. */
  devices: z.array(z.string()),
  userAgents: z.array(z.string()),
  /** Unique ids of the sign-in requests. */
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
