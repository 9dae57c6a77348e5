// The shape of a source: one file says how its events are recognised, where Microsoft Graph holds the original, and
// how a payload becomes signals. The event and Graph's answer go through the same reading, but only the latter counts.
import type { z } from 'zod';
import type { GraphOptions, GraphReader } from '../model/clients.ts';
import type { Signal } from '../model/signal.ts';
import type { Kept } from '../model/step.ts';

/** One account that the alert is about. Its object id may still be missing. */
export interface Subject {
  signal: Signal;
  /** Security identifier, where no object id names the account. */
  sid: string | null;
  /** As the alert calls it where it gives no UPN: `CONTOSO\adele`. */
  label?: string;
}

/** What one payload says. */
export interface Reading {
  id: string;
  tenantId: string | null;
  subjects: readonly Subject[];
  /** Accounts that it names and that are not acted on, and why. */
  left: readonly Kept[];
  /** What it is called, where no subject says so. */
  about?: Pick<Signal, 'detector' | 'title' | 'product'>;
}

export interface Source {
  name: Signal['source'];
  /** For people: "risk detection". */
  noun: string;
  /** CloudEvent types that mark it, compared without case. */
  eventTypes: readonly string[];
  /** What Graph asks for to give the original; none where Graph has no original. */
  permissions: readonly string[];
  /** Whether data looks like this source's, whatever the event calls itself. */
  recognises(data: unknown): boolean;
  /** What the event claims; a sentence when it cannot be read. */
  read(data: unknown): Reading | string;
  /** The original from Microsoft Graph. Throws PermanentError with status 404 where there is none. */
  ask(graph: GraphReader, id: string): Promise<Reading>;
}

/**
 * What is behind an event: a source and what it claims, why it can't be taken for one, or why it is none and need not be:
 * a notice about a subscription is nobody's to look into.
 */
export type Claim = { source: Source; claim: Reading } | { refused: string } | { ignored: string };

/** A payload inside another, to be taken for an event of its own. */
export interface Inner {
  type: string;
  data: unknown;
}

/** A wrapping that a service puts around payloads. undefined: this event is not wrapped so. */
export type Opener = (event: Inner) => readonly (Inner | Claim)[] | undefined;

interface Declaration<Payload> extends Omit<Source, 'read'> {
  payload: z.ZodType<Payload>;
  /** How the original is read; by `readAt` where one request tells all. */
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

/** The way for a source whose original is one object. */
export const readAt =
  <Payload>(
    path: (id: string) => string,
    payload: z.ZodType<Payload>,
    reading: (payload: Payload) => Reading,
    options?: GraphOptions,
  ): Source['ask'] =>
  async (graph, id) =>
    reading(await graph.get(path(id), payload, options));
