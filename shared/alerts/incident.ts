// Incidents of Defender XDR: several alerts as one story. What counts is in the alerts, except that attack disruption marks
// the incident itself, and that a person may have classified the incident as a whole.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError } from '../errors.ts';
import type { GraphReader } from '../model/clients.ts';
import { riskLevel, type Signal } from '../model/signal.ts';
import { alertReadingSchema, allWords, compromised, falseAlarm, portalLink } from './alert-v2.ts';
import { namesNobody } from './named-account.ts';
import { guid, listOf, sourceId, text, time, word, words } from './payload-fields.ts';
import { type Reading, type Subject, source } from './source.ts';

/** Some publishers send the id as a number. */
const incidentId = z.union([z.string(), z.int().positive()], 'has no id').transform(String).pipe(sourceId);

/**
 * https://learn.microsoft.com/graph/api/resources/security-incident
 * `{"@odata.type":"#microsoft.graph.security.incident","id":"2972395","tenantId":"6f2a1c0e-…","status":"active",
 * "redirectIncidentId":null,"displayName":"BEC financial fraud attack launched from a compromised account (attack
 * disruption)","createdDateTime":"2026-11-20T09:40:00Z","lastUpdateDateTime":"2026-11-20T10:02:00Z","severity":"high",
 * "classification":"unknown","determination":"unknown","incidentWebUrl":"https://security.microsoft.com/incidents/2972395",
 * "customTags":[],"systemTags":["Attack Disruption"],"alerts":[{"id":"ra637a…","title":"…","evidence":[{…}]}]}`
 */
const payload = z.object({
  id: incidentId,
  tenantId: guid,
  displayName: text,
  severity: word,
  status: word,
  classification: word,
  determination: word,
  redirectIncidentId: z
    .unknown()
    .optional()
    .transform((given) => incidentId.safeParse(given).data ?? null),
  createdDateTime: time,
  lastUpdateDateTime: time,
  incidentWebUrl: z.unknown().optional().transform(portalLink),
  systemTags: words,
  alerts: listOf(alertReadingSchema),
});
type Payload = z.infer<typeof payload>;

const recognised = z
  .object({ '@odata.type': z.string().regex(/^#?microsoft\.graph\.security\.incident$/i) })
  .or(z.object({ incidentWebUrl: z.string() }).and(z.object({ alertWebUrl: z.undefined().optional() })));

/** https://learn.microsoft.com/graph/api/security-incident-get */
export const incident = source({
  name: 'incident',
  noun: 'incident',
  eventTypes: ['Reclaim.Incident'],
  permissions: ['SecurityIncident.Read.All'],
  payload,
  recognises: (data) => recognised.safeParse(data).success,
  ask: followed,
  reading,
});

/** A merged incident says where it went; more merges than this are a mistake. */
const mostMerges = 5;

async function followed(graph: GraphReader, id: string): Promise<Reading> {
  let at = id;
  for (let merges = 0; merges <= mostMerges; merges += 1) {
    const given = await graph.get(path`/security/incidents/${at}?$expand=alerts`, payload, allWords);
    if (given.id.toLowerCase() !== at.toLowerCase()) return reading(given);
    if (given.redirectIncidentId === null) return { ...reading(given), id };
    at = given.redirectIncidentId;
  }
  throw new PermanentError(
    `Incident ${id} was merged more than ${mostMerges} times; open it in the portal and start the run by hand.`,
  );
}

function reading(given: Payload): Reading {
  const title = given.displayName ?? `Incident ${given.id}`;
  const disrupted =
    /\(attack disruption\)/i.test(title) || given.systemTags.some((tag) => /^attack ?disruption$/i.test(tag));
  const { standing, byPerson, state } = standingOf(given);
  const all = given.alerts.flatMap(({ subjects }) => subjects);
  // Alerts classified as false alarms accuse nobody, whatever the incident says.
  const accused = all.some(({ signal }) => signal.standing)
    ? all.filter(({ signal }) => signal.standing)
    : all;
  const left = given.alerts.flatMap((alert) => alert.left);
  const subjects = accused.map(({ signal, sid }): Subject => {
    if (!disrupted && !byPerson) {
      return { signal: standing ? signal : { ...signal, standing: false, state }, sid };
    }
    return {
      signal: { ...signal, ...own(given, { title, disrupted, byPerson, standing, state }) },
      sid,
    };
  });
  const named = disrupted || byPerson ? earliestOfEach(subjects) : subjects;
  return {
    id: given.id,
    tenantId: given.tenantId,
    subjects: named,
    left: subjects.length === 0 && left.length === 0 ? namesNobody(title) : left,
  };
}

function standingOf({ status, classification, determination }: Payload) {
  const word = classification?.toLowerCase() ?? '';
  const known = [status, classification, determination].filter((part) => part && part !== 'unknown');
  return {
    standing: status?.toLowerCase() !== 'resolved' && !falseAlarm.has(word),
    byPerson: word === 'truepositive' && compromised.has(determination?.toLowerCase() ?? ''),
    state: known.join(', ') || 'unknown',
  };
}

interface Whole {
  title: string;
  disrupted: boolean;
  byPerson: boolean;
  standing: boolean;
  state: string;
}

/** What the incident says about each of its accounts; address, times and tenant stay the alert's. */
function own(given: Payload, { title, disrupted, byPerson, standing, state }: Whole): Partial<Signal> {
  return {
    source: 'incident',
    sourceId: given.id,
    version: given.lastUpdateDateTime ?? `${given.status ?? ''} ${given.severity ?? ''}`,
    detector: disrupted ? 'attackDisruption' : title,
    title,
    product: 'microsoft365Defender',
    level: riskLevel(given.severity),
    standing,
    state,
    ...(byPerson ? { confirmedByPerson: true as const } : {}),
    ...(given.incidentWebUrl === null ? {} : { link: given.incidentWebUrl }),
  };
}

/** If an account is in several alerts, the one with the earliest activity shows where it began. */
function earliestOfEach(subjects: readonly Subject[]): Subject[] {
  const keyOf = ({ signal, sid }: Subject) => signal.userId ?? signal.userPrincipalName?.toLowerCase() ?? sid;
  const found = new Map<string | null, Subject>();
  for (const subject of subjects) {
    const key = keyOf(subject);
    const other = found.get(key);
    const [at, before] = [subject.signal.activityAt, other?.signal.activityAt];
    if (other === undefined || (at !== null && (before == null || at < before))) found.set(key, subject);
  }
  return [...found.values()];
}
