// An alert reduced to what a decision needs: who, when, how bad, how sure, from where.
import { z } from 'zod';

export const riskLevels = ['none', 'informational', 'low', 'medium', 'high', 'hidden', 'unknown'] as const;

export const signalSchema = z.object({
  /** The adapter that read it. */
  source: z.enum(['riskDetection', 'alert', 'incident', 'riskyUser', 'operator']),
  /** The source's own id, by which Microsoft Graph is asked to confirm it. */
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
  level: z.enum(riskLevels),
  /** Still standing, or already closed at the source (remediated, dismissed, resolved as false, …). */
  standing: z.boolean(),
  /** The source's own word for its state, for people. */
  state: z.string(),
  /** When the intruder acted (ISO 8601); an offline detection reports hours later. */
  activityAt: z.string().nullable(),
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
