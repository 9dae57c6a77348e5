// Alerts of Microsoft Defender XDR, all products (alerts_v2 in Microsoft Graph). One alert may name several accounts;
// its evidence says which of them it is about.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { riskLevel, type Signal } from '../model/signal.ts';
import { impliesItsUser } from './detectors.ts';
import { type Evidence, evidenceSchema, type Person, peopleIn } from './evidence.ts';
import { namesNobody } from './named-account.ts';
import { guid, listOf, sourceId, text, time, word } from './payload-fields.ts';
import { type Reading, readAt, source } from './source.ts';

/**
 * https://learn.microsoft.com/graph/api/resources/security-alert
 * `{"@odata.type":"#microsoft.graph.security.alert","id":"ad702c56…","incidentId":"14","status":"new",
 * "severity":"high","classification":"unknown","determination":"unknown","serviceSource":"azureAdIdentityProtection",
 * "detectionSource":"azureAdIdentityProtection","detectorId":"AnomalousToken","productName":"Microsoft Entra ID
 * Protection","tenantId":"9f1c…","title":"Anomalous Token","category":"InitialAccess",
 * "alertWebUrl":"https://security.microsoft.com/alerts/ad702c56…?tid=9f1c…","createdDateTime":"2026-11-20T10:00:00.12Z",
 * "lastUpdateDateTime":"2026-11-20T10:02:00Z","firstActivityDateTime":"2026-11-20T09:12:04Z",
 * "lastActivityDateTime":"2026-11-20T09:40:51Z","evidence":[{…}]}`
 */
const payload = z.object({
  id: sourceId,
  tenantId: guid,
  title: text,
  detectorId: word,
  serviceSource: word,
  severity: word,
  status: word,
  classification: word,
  determination: word,
  createdDateTime: time,
  lastUpdateDateTime: time,
  firstActivityDateTime: time,
  lastActivityDateTime: time,
  alertWebUrl: z.unknown().optional().transform(portalLink),
  evidence: listOf(evidenceSchema),
});
type Payload = z.infer<typeof payload>;

/** Without this header, enum values added later arrive as unknownFutureValue, and a role could be lost. */
export const allWords = { headers: { Prefer: 'include-unknown-enum-members' } };

/** The same parsing, for alerts nested in something else. */
export const alertReadingSchema = payload.transform((given) => reading(given));

const recognised = z
  .object({ '@odata.type': z.string().regex(/^#?microsoft\.graph\.security\.alert$/i) })
  .or(z.object({ serviceSource: z.string(), evidence: z.array(z.unknown()) }))
  .or(z.object({ alertWebUrl: z.string(), severity: z.string(), evidence: z.array(z.unknown()) }));

/** https://learn.microsoft.com/graph/api/security-alert-get */
export const alertV2 = source({
  name: 'alert',
  noun: 'alert',
  eventTypes: ['Reclaim.Alert'],
  permissions: ['SecurityAlert.Read.All'],
  payload,
  recognises: (data) => recognised.safeParse(data).success,
  ask: readAt((id) => path`/security/alerts_v2/${id}`, payload, reading, allWords),
  reading,
});

const guidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function reading(given: Payload): Reading {
  const title = given.title ?? 'Untitled alert';
  // Defender for Office 365 and Endpoint put a policy's GUID here, which means nothing to a reader.
  const detector = given.detectorId && !guidShape.test(given.detectorId) ? given.detectorId : title;
  // A risk detection shown by Defender as an alert is always about its one user.
  const identity = given.serviceSource?.toLowerCase() === 'azureadidentityprotection';
  const { named, implied, left } = peopleIn(given.evidence, identity || impliesItsUser({ detector, title }));
  const alone = named.length === 1;
  return {
    id: given.id,
    tenantId: given.tenantId,
    subjects: named.map((person) => ({
      signal: signalOf(given, { person, title, detector, alone, implied: implied && !identity }),
      sid: person.sid,
      label: person.label,
    })),
    about: { detector, title, ...(given.serviceSource ? { product: given.serviceSource } : {}) },
    left: named.length === 0 && left.length === 0 ? namesNobody(title) : [...left],
  };
}

interface About {
  person: Person;
  title: string;
  detector: string;
  /** The alert names no other account, so its addresses and sessions belong to this one. */
  alone: boolean;
  implied: boolean;
}

export const falseAlarm: ReadonlySet<string> = new Set([
  'falsepositive',
  'informationalexpectedactivity',
  'benignpositive',
]);
export const compromised: ReadonlySet<string> = new Set(['compromisedaccount', 'compromiseduser']);

function signalOf(given: Payload, { person, title, detector, alone, implied }: About): Signal {
  const classification = given.classification?.toLowerCase() ?? '';
  const byPerson =
    classification === 'truepositive' && compromised.has(given.determination?.toLowerCase() ?? '');
  const known = [given.status, given.classification, given.determination];
  return {
    source: 'alert',
    sourceId: given.id,
    version: given.lastUpdateDateTime ?? `${given.status ?? ''} ${given.severity ?? ''}`,
    tenantId: person.tenantId ?? given.tenantId,
    userId: person.userId,
    userPrincipalName: person.userPrincipalName,
    detector,
    title,
    ...(given.serviceSource === null ? {} : { product: given.serviceSource }),
    level: riskLevel(given.severity),
    ...(byPerson ? { confirmedByPerson: true as const } : {}),
    ...(implied ? { implied: true as const } : {}),
    standing: given.status?.toLowerCase() !== 'resolved' && !falseAlarm.has(classification),
    state: known.filter((part) => part && part !== 'unknown').join(', ') || 'unknown',
    activityAt: given.firstActivityDateTime,
    ...(given.lastActivityDateTime === null ? {} : { lastActivityAt: given.lastActivityDateTime }),
    detectedAt: given.createdDateTime,
    address: alone ? onlyOne(given.evidence, 'ipevidence', ({ ipAddress }) => ipAddress) : null,
    sessionId: alone ? onlyOne(given.evidence, 'cloudlogonsessionevidence', (one) => one.sessionId) : null,
    requestId: alone ? onlyOne(given.evidence, 'cloudlogonrequestevidence', (one) => one.requestId) : null,
    correlationId: null,
    // Devices in an alert are the victim's, not the ones the intruder signed in from.
    deviceId: null,
    userAgent: alone ? onlyOne(given.evidence, 'cloudlogonsessionevidence', (one) => one.userAgent) : null,
    link: given.alertWebUrl,
  };
}

/** With several addresses or sessions, one may be the owner's, and we act on what we take for the intruder's. */
function onlyOne(
  evidence: readonly Evidence[],
  kind: string,
  read: (entry: Evidence) => string | null,
): string | null {
  const values = new Set(
    evidence.filter((entry) => entry.kind === kind).flatMap((entry) => read(entry) ?? []),
  );
  const [value] = values;
  return values.size === 1 ? (value ?? null) : null;
}

/** On-call clicks this link in an email at night, so it must lead to Microsoft's portal. */
export function portalLink(given: unknown): string | null {
  if (typeof given !== 'string' || !URL.canParse(given)) return null;
  const url = new URL(given);
  return url.protocol === 'https:' && /(^|\.)security\.microsoft\.(com|us)$/.test(url.hostname)
    ? url.href
    : null;
}
