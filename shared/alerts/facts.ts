// What a policy row may need beyond the alert: the user's other detections and successful sign-ins. Read only when a row
// needs it, because a high risk must not wait for a throttled log.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError, RetryableError } from '../errors.ts';
import type { GraphReader } from '../model/clients.ts';
import { type RiskLevel, riskLevel, type Signal } from '../model/signal.ts';
import { wholeSeconds } from '../model/text.ts';
import type { Decisions } from './decisions.ts';
import type { IntruderPlace } from './earlier-runs.ts';
import { text, time, word } from './payload-fields.ts';
import { riskDetectionSchema } from './risk-detection.ts';

export const factPermissions = ['AuditLog.Read.All', 'IdentityRiskEvent.Read.All'] as const;

/** A successful sign-in. */
export interface SignIn {
  id: string;
  at: string;
  address: string | null;
  correlationId: string | null;
  /** The risk that remains: none if the user remediated it or an administrator dismissed it. */
  risk: RiskLevel;
}

interface Facts {
  signIns: readonly SignIn[];
  /** Graph's risk detections for this user. */
  detections: readonly Signal[];
  /** Confirmed signals recorded for this user, whether or not they opened a run. */
  earlier: readonly Signal[];
  /** Where intruders came from, according to runs of the last days. */
  intruders: readonly IntruderPlace[];
}
export type FactName = keyof Facts;

/** What was read so far; `unread` says why a fact could not be read, in a sentence. */
export interface Known extends Partial<Facts> {
  unread?: { readonly [F in FactName]?: string };
}

const windowHours = 48;

const hours = (time: string, offset: number) => wholeSeconds(Date.parse(time) + offset * 3_600_000);

/**
 * https://learn.microsoft.com/graph/api/resources/signin
 * `{"id":"66ea54eb-…","createdDateTime":"2026-11-20T09:12:04Z","ipAddress":"203.0.113.7","correlationId":"abc8…",
 * "riskLevelDuringSignIn":"none","riskLevelAggregated":"high","riskState":"atRisk","status":{"errorCode":0}}`
 */
const signInSchema = z
  .object({
    id: z.string(),
    createdDateTime: time,
    ipAddress: word,
    correlationId: word,
    riskLevelDuringSignIn: word,
    riskLevelAggregated: word,
    riskState: word,
    status: z.object({ errorCode: z.number(), failureReason: text }).nullish(),
  })
  .transform((entry) => ({ ...entry, succeeded: (entry.status?.errorCode ?? 0) === 0 }));

const standing = new Set(['atrisk', 'confirmedcompromised']);
const rank = (level: RiskLevel) => ['low', 'medium', 'high'].indexOf(level);

function riskOf(entry: z.infer<typeof signInSchema>): RiskLevel {
  if (!standing.has(entry.riskState?.toLowerCase() ?? '')) return 'none';
  const levels = [riskLevel(entry.riskLevelDuringSignIn), riskLevel(entry.riskLevelAggregated)];
  return levels.reduce((worst, level) => (rank(level) > rank(worst) ? level : worst), 'none');
}

/**
 * Successful sign-ins from 48 hours before `around`: AuditLog.Read.All, a licence of Entra ID P1
 * (https://learn.microsoft.com/graph/api/signin-list). A stolen token that is used leaves no interactive sign-in, and
 * the others are only in beta; v1.0 is used if beta refuses the filter.
 */
async function readSignIns(graph: GraphReader, userId: string, around: string): Promise<SignIn[]> {
  const since = hours(around, -windowHours);
  const place = path`/auditLogs/signIns?$filter=userId eq '${userId}' and createdDateTime ge ${since} and status/errorCode eq 0`;
  const silent = "signInEventTypes/any(t: t eq 'interactiveUser' or t eq 'nonInteractiveUser')";
  const list = (query: string, version: 'v1.0' | 'beta') =>
    graph.list(`${place}${query}&$top=500`, signInSchema, { version, most: 1000 });
  const entries = await list(` and ${silent}`, 'beta').catch((error: unknown) => {
    if (error instanceof PermanentError && error.status === 400) return list('', 'v1.0');
    throw error;
  });
  return entries.flatMap((entry) =>
    entry.succeeded && entry.createdDateTime !== null
      ? [
          {
            id: entry.id,
            at: entry.createdDateTime,
            address: entry.ipAddress,
            correlationId: entry.correlationId,
            risk: riskOf(entry),
          },
        ]
      : [],
  );
}

/**
 * Risk detections of one user, made since 48 hours before `around`: IdentityRiskEvent.Read.All
 * (https://learn.microsoft.com/graph/api/riskdetection-list). Detection comes after the activity, so none in the window
 * is missed.
 */
const readDetections = (graph: GraphReader, userId: string, around: string): Promise<Signal[]> =>
  graph.list(
    path`/identityProtection/riskDetections?$filter=userId eq '${userId}' and detectedDateTime ge ${hours(around, -windowHours)}&$top=500`,
    riskDetectionSchema,
    { most: 1000 },
  );

async function readEarlier(decisions: Decisions, userId: string, around: string): Promise<Signal[]> {
  const made = await decisions.of(userId, new Date(hours(around, -windowHours)));
  return made.flatMap(({ signal }) => signal ?? []);
}

export interface Readable {
  graph: GraphReader;
  decisions: Decisions;
  /** Where intruders came from, according to runs opened since then; left out: none is known. */
  intruders?(since: Date): Promise<readonly IntruderPlace[]>;
}

const names = {
  signIns: 'the sign-in log',
  detections: 'other risk detections',
  earlier: 'earlier alerts',
  intruders: 'other runs',
} as const satisfies Record<FactName, string>;

async function read(
  { graph, decisions, intruders }: Readable,
  fact: FactName,
  userId: string,
  around: string,
) {
  switch (fact) {
    case 'signIns':
      return { signIns: await readSignIns(graph, userId, around) };
    case 'detections':
      return { detections: await readDetections(graph, userId, around) };
    case 'earlier':
      return { earlier: await readEarlier(decisions, userId, around) };
    case 'intruders':
      return { intruders: (await intruders?.(new Date(Date.parse(around) - 7 * 24 * 3_600_000))) ?? [] };
  }
}

/**
 * Adds one fact. Without the licence or the permission it counts as empty, and the reason is kept. If the service is busy,
 * its error is returned too, so that the caller can decide whether to wait.
 */
export async function learn(
  from: Readable,
  fact: FactName,
  userId: string,
  around: string,
  known: Known,
): Promise<{ known: Known; busy?: RetryableError }> {
  try {
    return { known: { ...known, ...(await read(from, fact, userId, around)) } };
  } catch (error) {
    const busy = error instanceof RetryableError;
    if (!busy && !(error instanceof PermanentError)) throw error;
    const why = `${names[fact]} could not be read (${error.message})`;
    const without = { ...known, [fact]: [], unread: { ...known.unread, [fact]: why } };
    return busy ? { known: without, busy: error } : { known: without };
  }
}
