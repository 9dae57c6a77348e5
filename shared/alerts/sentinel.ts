// Incidents of Microsoft Sentinel, as an automation rule passes them to a playbook. Those from Defender XDR are read from
// Microsoft Graph by Defender's id. Graph holds no original of the others, so a person decides.
import { z } from 'zod';
import { PermanentError } from '../errors.ts';
import { riskLevel } from '../model/signal.ts';
import { incident } from './incident.ts';
import { accountIn, distinctAccounts, namesNobody, subjectOf, type Told } from './named-account.ts';
import { listOf, maybe, sourceId, text, time, word } from './payload-fields.ts';
import { type Opener, type Reading, source } from './source.ts';

const looseText = z.record(z.string(), z.unknown());

const entitySchema = z.object({ kind: z.string(), properties: looseText });
const alertSchema = z.object({
  properties: z.object({
    systemAlertId: word,
    alertDisplayName: text,
    productName: text,
    providerAlertId: word,
    alertLink: text,
  }),
});

const guidIn = /\/tenants\/([0-9a-f-]{36})/i;

/**
 * https://learn.microsoft.com/azure/sentinel/playbook-triggers-actions
 * `{"eventUniqueId":"5c1d…","objectSchemaType":"Incident","objectEventType":"Create","workspaceId":"0c1e…",
 * "workspaceInfo":{"SubscriptionId":"…","ResourceGroupName":"rg-sec","WorkspaceName":"law-sec"},"object":{"id":
 * "/subscriptions/…/providers/Microsoft.SecurityInsights/Incidents/2f6b…","name":"2f6b…","properties":{"title":
 * "Sign-in from a TOR address","severity":"High","status":"New","incidentNumber":84,"providerName":"Azure Sentinel",
 * "providerIncidentId":"84","createdTimeUtc":"2026-11-20T10:00:00Z","lastModifiedTimeUtc":"2026-11-20T10:02:00Z",
 * "incidentUrl":"https://portal.azure.com/#asset/…","alerts":[{"properties":{"systemAlertId":"…"}}],"relatedEntities":
 * [{"kind":"Account","properties":{"accountName":"adele","upnSuffix":"contoso.com","aadUserId":"87d349ed-…"}}]}}}`
 */
const payload = z.object({
  object: z.object({
    id: text,
    name: sourceId,
    properties: z.object({
      title: text,
      severity: word,
      status: word,
      classification: word,
      providerName: text,
      providerIncidentId: z
        .unknown()
        .optional()
        .transform(
          (given) => sourceId.safeParse(typeof given === 'number' ? String(given) : given).data ?? null,
        ),
      firstActivityTimeUtc: time,
      createdTimeUtc: time,
      lastModifiedTimeUtc: time,
      incidentUrl: text,
      alerts: listOf(alertSchema),
      relatedEntities: listOf(entitySchema),
    }),
  }),
  tenantId: maybe(z.string()),
});
type Payload = z.infer<typeof payload>;

const recognised = z
  .object({ objectSchemaType: z.string().regex(/^incident$/i), object: z.object({ properties: looseText }) })
  .or(z.object({ object: z.object({ type: z.string().regex(/SecurityInsights\/Incidents$/i) }) }));

export const sentinel = source({
  name: 'sentinel',
  noun: 'Sentinel incident',
  eventTypes: ['Reclaim.SentinelIncident'],
  permissions: [],
  payload,
  recognises: (data) => recognised.safeParse(data).success,
  async ask() {
    throw new PermanentError('Microsoft Graph holds no incidents of a Sentinel workspace');
  },
  reading,
});

/** Sentinel's names for Defender XDR, present and past. */
const defender = /^microsoft (xdr|365 defender|threat protection|defender xdr)$/i;

/** A Defender incident is read by Defender's own id, which Graph can confirm. */
export const sentinelIncident: Opener = ({ data, type }) => {
  const bare = bareSchema.safeParse(data);
  const wrapped = bare.success && !recognised.safeParse(data).success ? { object: bare.data } : data;
  if (!recognised.safeParse(wrapped).success && type.toLowerCase() !== 'reclaim.sentinelincident')
    return undefined;
  const parsed = payload.safeParse(wrapped);
  if (!parsed.success) {
    const claim = sentinel.read(wrapped);
    return [typeof claim === 'string' ? { refused: claim } : { source: sentinel, claim }];
  }
  const { providerName, providerIncidentId } = parsed.data.object.properties;
  if (providerIncidentId === null || !defender.test(providerName ?? '')) {
    return [{ source: sentinel, claim: reading(parsed.data) }];
  }
  const claim = reading(parsed.data, { source: 'incident', id: providerIncidentId });
  return [{ source: incident, claim }];
};

/** Some playbooks send only the incident. */
const bareSchema = z.looseObject({
  type: z.string().regex(/SecurityInsights\/Incidents$/i),
  properties: looseText,
});

function reading({ object }: Payload, as?: Pick<Told, 'source' | 'id'>): Reading {
  const given = object.properties;
  const title = given.title ?? 'Sentinel incident';
  const id = as?.id ?? object.name;
  const tenant = guidIn.exec(given.incidentUrl ?? '')?.[1]?.toLowerCase() ?? null;
  const closed = given.status?.toLowerCase() === 'closed';
  const [alert] = given.alerts;
  const told: Told = {
    source: as?.source ?? 'sentinel',
    id,
    version: given.lastModifiedTimeUtc ?? `${given.status ?? ''} ${given.severity ?? ''}`,
    tenantId: tenant,
    detector: alert?.properties.alertDisplayName ?? title,
    title,
    product: alert?.properties.productName ?? given.providerName ?? 'Microsoft Sentinel',
    level: riskLevel(given.severity),
    standing: !closed,
    state: [given.status, given.classification].filter(Boolean).join(', ') || 'unknown',
    activityAt: given.firstActivityTimeUtc,
    detectedAt: given.createdTimeUtc,
    link: portal(given.incidentUrl),
  };
  const named = given.relatedEntities
    .filter(({ kind }) => /^(account|mailbox|ip)$/i.test(kind))
    .map(({ properties }) => properties);
  const accounts = distinctAccounts(named.flatMap((properties) => accountIn(properties) ?? []));
  return {
    id,
    tenantId: tenant,
    subjects: accounts.map((account) => subjectOf(account, told)),
    left: accounts.length === 0 ? namesNobody(title, named) : [],
  };
}

function portal(url: string | null): string | null {
  if (url === null || !URL.canParse(url)) return null;
  const { protocol, hostname, href } = new URL(url);
  return protocol === 'https:' && /(^|\.)(portal\.azure\.com|security\.microsoft\.com)$/.test(hostname)
    ? href
    : null;
}
