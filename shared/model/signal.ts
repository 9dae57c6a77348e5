// An alert reduced to what a decision needs: who, when, how bad, how sure, from where.
import { z } from 'zod';

const riskLevels = ['none', 'informational', 'low', 'medium', 'high', 'hidden', 'unknown'] as const;
export type RiskLevel = (typeof riskLevels)[number];

export const signalSchema = z.object({
  /** The adapter that read it. */
  source: z.enum([
    'riskDetection',
    'alert',
    'incident',
    'riskyUser',
    'sentinel',
    'azureMonitor',
    'signIn',
    'lookBack',
    'operator',
  ]),
  /** The source's own id, used to ask Microsoft Graph for confirmation. */
  sourceId: z.string(),
  /** The source's version (last update), so that an escalation is a new signal. */
  version: z.string(),
  tenantId: z.string().nullable(),
  userId: z.string().nullable(),
  userPrincipalName: z.string().nullable(),
  /** Risk event type, or the alert's detector; an open string. */
  detector: z.string(),
  /** What people call it. */
  title: z.string(),
  /** What the DETECTORS setting says it is; left out: what the catalogue says. */
  kind: z.string().optional(),
  /** The product that detected it, as the source writes it: `microsoftDefenderForOffice365`; an open string. */
  product: z.string().optional(),
  level: z.enum(riskLevels),
  /** A person has called the account compromised at the source. */
  confirmedByPerson: z.literal(true).optional(),
  /** Only the alert's type implies the account; nothing in it calls the account compromised. */
  implied: z.literal(true).optional(),
  /** Still open, or already closed at the source (remediated, dismissed, resolved as false, …). */
  standing: z.boolean(),
  /** The source's own word for its state, for people. */
  state: z.string(),
  /** When the intruder acted first (ISO 8601); an offline detection reports hours later. */
  activityAt: z.string().nullable(),
  /** When the intruder last acted, if the source keeps updating it. */
  lastActivityAt: z.string().optional(),
  detectedAt: z.string().nullable(),
  address: z.string().nullable(),
  sessionId: z.string().nullable(),
  requestId: z.string().nullable(),
  correlationId: z.string().nullable(),
  deviceId: z.string().nullable(),
  userAgent: z.string().nullable(),
  /** Where a person can look at it. */
  link: z.string().nullable(),
});

export type Signal = Readonly<z.infer<typeof signalSchema>>;

/** If a source names no address, session, request or device. */
export const noTraces = {
  address: null,
  sessionId: null,
  requestId: null,
  correlationId: null,
  deviceId: null,
  userAgent: null,
} as const satisfies Partial<Signal>;

/** The level for a source's own word; a word of a later version is `unknown`. */
export function riskLevel(given: string | null): RiskLevel {
  const known = riskLevels.find((level) => level === given?.toLowerCase());
  return known ?? 'unknown';
}

/** When it happened, as far as the source says. */
export const timeOf = (signal: Signal): string | null => signal.activityAt ?? signal.detectedAt;
