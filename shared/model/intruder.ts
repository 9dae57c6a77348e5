// What is known of the attacker, as a run remembers it. shared/intruder works it out.
import { z } from 'zod';

/** Certain: the intruder's session or device. Likely: signs that fit together, but prove nothing. */
export const certainties = ['certain', 'likely'] as const;
export type Certainty = (typeof certainties)[number];

const markSchema = z.object({
  kind: z.enum(['session', 'address', 'device', 'client']),
  value: z.string(),
  /** Shared: the owner or colleagues use it as well, so by itself it says nothing. */
  verdict: z.enum(['intruder', 'owner', 'shared', 'unknown']),
  /** How sure the verdict is. */
  certainty: z.enum(certainties),
  /** One sentence. */
  reason: z.string(),
  /** The log that it came from. Findings from other logs are kept when the sign-ins are judged again. */
  source: z.enum(['sign-ins', 'audit log']).default('sign-ins'),
});

/** Something that identifies a person in the logs, and whose it is. */
export type Mark = Readonly<z.infer<typeof markSchema>>;

/** What a log said about who acted, kept so that it can be judged again. */
export const storedTraceSchema = z.object({
  session: z.string().nullable(),
  request: z.string().nullable(),
  address: z.string().nullable(),
  device: z.string().nullable(),
  userAgent: z.string().nullable(),
});
export type StoredTrace = Readonly<z.infer<typeof storedTraceSchema>>;

export const intruderSchema = z.object({
  /** Earliest known activity minus an hour (ISO 8601), or null while nothing is known. A lower bound. */
  since: z.string().nullable(),
  /** Session ids used only by the intruder; a session whose token was stolen is the owner's too. */
  sessions: z.array(z.string()),
  /** IP addresses used only by the intruder; those the owner uses too are in sharedAddresses. */
  addresses: z.array(z.string()),
  sharedAddresses: z.array(z.string()),
  /** Device ids registered in Entra ID that the intruder signed in from. */
  devices: z.array(z.string()),
  /** Only those that the owner isn't known to use. */
  userAgents: z.array(z.string()),
  /** Unique ids of the sign-in requests and of the tokens they were answered with. */
  requests: z.array(z.string()),
  /**
   * Every judged mark, the owner's too, with its reason. Rows of the first shape have none: their lists name what is
   * the intruder's, and all of it counts as certain.
   */
  marks: z.array(markSchema).default([]),
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
  marks: [],
};
