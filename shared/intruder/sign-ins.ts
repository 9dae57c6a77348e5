// The sign-in log and the risk detections of one user, reduced to what tells owner and intruder apart. One log in two
// shapes: beta has sessions and non-interactive sign-ins; v1.0 is the fallback without them.
import { z } from 'zod';
import { networkOf } from './address.ts';

const text = z
  .string()
  .nullish()
  .transform((given) => (given ? given : null));
const flag = z
  .boolean()
  .nullish()
  .transform((given) => given === true);

/**
 * One entry of /auditLogs/signIns (https://learn.microsoft.com/graph/api/resources/signin), where an unknown device
 * or session is an empty string:
 * `{"id":"66ea54eb-…","createdDateTime":"2026-11-20T09:12:04Z","ipAddress":"203.0.113.7","clientAppUsed":"Browser",
 * "isInteractive":true,"userAgent":"Mozilla/5.0 …","status":{"errorCode":0},"deviceDetail":{"deviceId":""},
 * "location":{"city":"Amsterdam","countryOrRegion":"NL"},"sessionId":"005f1a2c-…"}`
 */
export const signInSchema = z
  .object({
    id: z.string(),
    createdDateTime: z.string(),
    userId: text,
    userPrincipalName: text,
    ipAddress: text,
    userAgent: text,
    correlationId: text,
    appId: text,
    appDisplayName: text,
    resourceDisplayName: text,
    clientAppUsed: text,
    isInteractive: z.boolean().nullish(),
    riskLevelDuringSignIn: text,
    riskState: text,
    riskEventTypes_v2: z.array(z.string()).nullish(),
    status: z.object({ errorCode: z.number().nullish(), failureReason: text }).nullish(),
    deviceDetail: z.object({ deviceId: text, isManaged: flag, isCompliant: flag }).nullish(),
    location: z.object({ city: text, countryOrRegion: text }).nullish(),
    // beta only
    sessionId: text,
    originalRequestId: text,
    uniqueTokenIdentifier: text,
    authenticationRequirement: text,
    authenticationProtocol: text,
    autonomousSystemNumber: z.union([z.number(), z.string()]).nullish().catch(null),
  })
  .transform((entry) => ({
    id: entry.id,
    at: entry.createdDateTime,
    time: Date.parse(entry.createdDateTime),
    userId: entry.userId,
    userName: entry.userPrincipalName,
    address: entry.ipAddress,
    network: entry.ipAddress === null ? null : networkOf(entry.ipAddress),
    city: entry.location?.city ?? null,
    country: entry.location?.countryOrRegion ?? null,
    /** The number of the network's operator: it stays the same when a carrier changes a customer's address. */
    operator: operatorOf(entry.autonomousSystemNumber),
    userAgent: entry.userAgent,
    correlation: entry.correlationId,
    originalRequest: entry.originalRequestId,
    session: entry.sessionId,
    token: entry.uniqueTokenIdentifier,
    device: entry.deviceDetail?.deviceId ?? null,
    /** Enrolled or compliant: more than a registration, which an intruder can make. */
    managed: (entry.deviceDetail?.isManaged || entry.deviceDetail?.isCompliant) ?? false,
    app: entry.appDisplayName ?? entry.resourceDisplayName,
    appId: entry.appId?.toLowerCase() ?? null,
    client: entry.clientAppUsed,
    protocol: entry.authenticationProtocol,
    interactive: entry.isInteractive ?? true,
    errorCode: entry.status?.errorCode ?? 0,
    failure: entry.status?.failureReason ?? null,
    /** Whether two factors were asked for, which a successful sign-in therefore gave; null if the log does not say. */
    mfa:
      entry.authenticationRequirement === null
        ? null
        : entry.authenticationRequirement === 'multiFactorAuthentication',
    risk: entry.riskLevelDuringSignIn,
    riskState: entry.riskState,
    riskTypes: entry.riskEventTypes_v2 ?? [],
  }));

export type SignIn = Readonly<z.infer<typeof signInSchema>>;

/** The log writes zero if it knows none. */
function operatorOf(logged: number | string | null | undefined): string | null {
  const number = String(logged ?? '').trim();
  return number === '' || number === '0' ? null : number;
}

const pairsSchema = z.array(z.object({ Key: z.string(), Value: z.unknown() }));
const otherLegSchema = z.object({ clientIP: z.string() });

function additional(json: string | null): ReadonlyMap<string, unknown> {
  try {
    const pairs = pairsSchema.safeParse(JSON.parse(json ?? '[]'));
    return new Map(pairs.data?.map(({ Key, Value }) => [Key, Value]));
  } catch {
    return new Map();
  }
}

/**
 * One entry of /identityProtection/riskDetections (https://learn.microsoft.com/graph/api/resources/riskdetection).
 * `additionalInfo` is JSON in a string: `[{"Key":"userAgent","Value":"Mozilla/5.0 …"},{"Key":"relatedLocation",
 * "Value":{"clientIP":"198.51.100.20"}}]`; what can't be read there counts as missing.
 */
export const riskDetectionSchema = z
  .object({
    id: z.string(),
    riskEventType: text,
    riskLevel: text,
    riskState: text,
    ipAddress: text,
    requestId: text,
    correlationId: text,
    activityDateTime: text,
    additionalInfo: text,
  })
  .transform((entry) => {
    const more = additional(entry.additionalInfo);
    return {
      id: entry.id,
      detector: entry.riskEventType ?? 'generic',
      level: entry.riskLevel,
      state: entry.riskState,
      address: entry.ipAddress,
      request: entry.requestId,
      correlation: entry.correlationId,
      /** When the intruder acted; an offline detection is made up to two days later. */
      at: entry.activityDateTime,
      userAgent: z.string().safeParse(more.get('userAgent')).data ?? null,
      /** The other end of a journey that cannot have been made. */
      otherLeg: otherLegSchema.safeParse(more.get('relatedLocation')).data?.clientIP ?? null,
    };
  });

export type RiskDetection = Readonly<z.infer<typeof riskDetectionSchema>>;

/** A user agent without its version numbers: browsers update themselves. */
export const clientOf = (userAgent: string | null) => userAgent?.replaceAll(/[\d._]+/g, '') ?? null;

/** Programs that no owner signs in with by hand: if one appears at a second address, it is the same intruder. */
export const program = /axios|python|fasthttp|go-http|okhttp|curl|node-fetch|undici|aiohttp|httpx|BAV2ROPC/i;

/** The values that these have, once each. */
export const all = <T>(items: readonly T[], value: (item: T) => string | null): Set<string> =>
  new Set(items.flatMap((item) => value(item) ?? []));

/** A missing value matches nothing. */
export const has = (values: ReadonlySet<string>, value: string | null) => value !== null && values.has(value);
