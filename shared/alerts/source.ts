// The shape of a source: how its events are recognised, where Microsoft Graph holds the original, and how a payload becomes
// signals. The event and Graph's answer are parsed alike, but only the answer counts.
import type { z } from 'zod';
import type { GraphOptions, GraphReader } from '../model/clients.ts';
import type { Signal } from '../model/signal.ts';
import type { Kept } from '../model/step.ts';

/** One account that the alert is about. Its object id may still be missing. */
export interface Subject {
  signal: Signal;
  /** Security identifier, if no object id names the account. */
  sid: string | null;
  /** The alert's name for it if it gives no UPN: `CONTOSO\adele`. */
  label?: string;
}

/** What one payload says. */
export interface Reading {
  id: string;
  tenantId: string | null;
  subjects: readonly Subject[];
  /** Accounts it names that are left alone, and why. */
  left: readonly Kept[];
  /** What it is called, if no subject says so. */
  about?: Pick<Signal, 'detector' | 'title' | 'product'>;
}

export interface Source {
  name: Signal['source'];
  /** For people: "risk detection". */
  noun: string;
  /** Its CloudEvent types, compared without case. */
  eventTypes: readonly string[];
  /** What reading the original takes; none if Graph has no original. */
  permissions: readonly string[];
  /** Whether the data looks like this source's, whatever the event's type. */
  recognises(data: unknown): boolean;
  /** What the event claims, or a sentence if it can't be read. */
  read(data: unknown): Reading | string;
  /** The original from Microsoft Graph. Throws PermanentError with status 404 if there is none. */
  ask(graph: GraphReader, id: string): Promise<Reading>;
}

/**
 * What is behind an event: a source and what it claims, or why it was refused, or why it can be ignored (nobody needs to
 * look into a notice about a subscription).
 */
export type EventClaim = { source: Source; claim: Reading } | { refused: string } | { ignored: string };

/** A payload inside another, treated as an event of its own. */
export interface Inner {
  type: string;
  data: unknown;
}

/** Opens a wrapping that a service puts around payloads. undefined: this event isn't wrapped that way. */
export type Opener = (event: Inner) => readonly (Inner | EventClaim)[] | undefined;

interface Declaration<Payload> extends Omit<Source, 'read'> {
  payload: z.ZodType<Payload>;
  /** How the original is read; use `readAt` if one request is enough. */
  ask: Source['ask'];
  reading(payload: Payload): Reading;
}

export function source<Payload>(declared: Declaration<Payload>): Source {
  const { payload, reading, ...rest } = declared;
  return {
    ...rest,
    read(data) {
      const parsed = payload.safeParse(data);
      if (parsed.success) return reading(parsed.data);
      const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'it'} ${issue.message}`);
      return `the ${rest.noun} cannot be read: ${problems.join(', ')}`;
    },
  };
}

/** For a source whose original is one object. */
export const readAt =
  <Payload>(
    path: (id: string) => string,
    payload: z.ZodType<Payload>,
    reading: (payload: Payload) => Reading,
    options?: GraphOptions,
  ): Source['ask'] =>
  async (graph, id) =>
    reading(await graph.get(path(id), payload, options));
