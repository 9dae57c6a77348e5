// Risk detections of Microsoft Entra ID Protection: one sign-in or one user at risk, always about one account.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { riskLevel, type Signal } from '../model/signal.ts';
import { jsonIn } from './json-text.ts';
import { guid, sourceId, text, time, word } from './payload-fields.ts';
import { type Reading, readAt, source } from './source.ts';

/**
 * https://learn.microsoft.com/graph/api/resources/riskdetection
 * `{"id":"6a5874ca9abcdd82e1a4bc4ab3a6bb0d…","requestId":"ee4f4c5d-…","correlationId":"abc8a8b4-…",
 * "riskEventType":"anomalousToken","riskState":"atRisk","riskLevel":"high","riskDetail":"none","source":
 * "IdentityProtection","detectionTimingType":"offline","activity":"signin","tokenIssuerType":"AzureAD",
 * "ipAddress":"203.0.113.7","location":{"city":"Amsterdam","countryOrRegion":"NL"},
 * "activityDateTime":"2026-11-20T09:12:04.253Z","detectedDateTime":"2026-11-20T09:14:31.002Z",
 * "lastUpdatedDateTime":"2026-11-20T09:14:31.002Z","userId":"87d349ed-…","userDisplayName":"Adele Vance",
 * "userPrincipalName":"adele@contoso.com","additionalInfo":"[{\"Key\":\"userAgent\",\"Value\":\"Mozilla/5.0 …\"}]"}`
 */
const payload = z.object({
  id: sourceId,
  tenantId: guid,
  riskEventType: word,
  riskType: word,
  riskState: word,
  riskLevel: word,
  riskDetail: word,
  source: word,
  activityDateTime: time,
  detectedDateTime: time,
  lastUpdatedDateTime: time,
  requestId: word,
  correlationId: word,
  ipAddress: word,
  userId: guid,
  userPrincipalName: text,
  additionalInfo: z.unknown().optional().transform(userAgentIn),
});
type Payload = z.infer<typeof payload>;

const recognised = z.object({ riskEventType: z.string() }).or(
  z.object({
    '@odata.type': z.string().regex(/^#?microsoft\.graph\.riskDetection$/i),
  }),
);

/** https://learn.microsoft.com/graph/api/riskdetection-get; throttled at one request a second for the tenant. */
export const riskDetection = source({
  name: 'riskDetection',
  noun: 'risk detection',
  eventTypes: ['Reclaim.RiskDetection'],
  permissions: ['IdentityRiskEvent.Read.All'],
  payload,
  recognises: (data) => recognised.safeParse(data).success,
  ask: readAt((id) => path`/identityProtection/riskDetections/${id}`, payload, reading),
  reading,
});

/** The same parsing, for detections from a list. */
export const riskDetectionSchema = payload.transform((given) => signalOf(given));

const link = 'https://entra.microsoft.com/#view/Microsoft_AAD_IAM/SecurityMenuBlade/~/RiskDetections';

/** `none` is the state of what never was a risk or no longer is; a state from a later version still stands. */
const over = new Set(['none', 'remediated', 'dismissed', 'confirmedsafe']);

const byPerson = /^admin(ConfirmedUser|ConfirmedSignin)Compromised$/i;

function signalOf(given: Payload): Signal {
  // `riskType` may be generic while `riskEventType` is specific; old records have only the former.
  const detector = given.riskEventType ?? given.riskType ?? 'generic';
  const confirmed = given.riskState?.toLowerCase() === 'confirmedcompromised';
  return {
    source: 'riskDetection',
    sourceId: given.id,
    version: given.lastUpdatedDateTime ?? `${given.riskState ?? ''} ${given.riskLevel ?? ''}`,
    tenantId: given.tenantId,
    userId: given.userId,
    userPrincipalName: given.userPrincipalName,
    detector,
    title: titleOf(detector),
    product: given.source ?? 'IdentityProtection',
    level: riskLevel(given.riskLevel),
    ...(confirmed || byPerson.test(detector) || byPerson.test(given.riskDetail ?? '')
      ? { confirmedByPerson: true as const }
      : {}),
    standing: !over.has((given.riskState ?? 'atRisk').toLowerCase()),
    state: [given.riskState, given.riskDetail].filter((part) => part && part !== 'none').join(', ') || 'none',
    activityAt: given.activityDateTime,
    detectedAt: given.detectedDateTime,
    address: given.ipAddress,
    sessionId: null,
    requestId: given.requestId,
    correlationId: given.correlationId,
    deviceId: null,
    userAgent: given.additionalInfo,
    link,
  };
}

function reading(given: Payload): Reading {
  const signal = signalOf(given);
  const nameless = signal.userId === null && signal.userPrincipalName === null;
  return {
    id: given.id,
    tenantId: given.tenantId,
    subjects: nameless ? [] : [{ signal, sid: null }],
    left: nameless ? [{ what: `the risk detection ${given.id}`, why: 'names no user' }] : [],
  };
}

const pairs = z.array(z.object({ Key: z.string(), Value: z.unknown() }));

/** additionalInfo is JSON in a string; anything unreadable in it counts as missing. */
function userAgentIn(info: unknown): string | null {
  if (typeof info !== 'string') return null;
  const found = pairs.safeParse(jsonIn(info)).data?.find(({ Key }) => Key.toLowerCase() === 'useragent');
  return text.parse(found?.Value);
}

/** anomalousToken becomes "Anomalous token", mcasImpossibleTravel "Impossible travel". */
function titleOf(detector: string): string {
  const spaced = detector
    .replace(/^mcas(?=[A-Z])/, '')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z])(?=[A-Z][a-z])/g, '$1 ');
  const lower = spaced.replaceAll(/\b[A-Z][a-z]/g, (start) => start.toLowerCase());
  return lower.charAt(0).toUpperCase() + lower.slice(1);
}
