// Single alerts of Microsoft Sentinel, from a playbook's alert trigger or the SecurityAlert table. Microsoft Graph has no
// original under this id, so a person decides, as with an incident.
import { z } from 'zod';
import { riskLevel } from '../model/signal.ts';
import { jsonIn } from './json-text.ts';
import { accountIn, distinctAccounts, namesIn, namesNobody, subjectOf, type Told } from './named-account.ts';
import { listOf, sourceId, text, time, word } from './payload-fields.ts';
import { sentinel } from './sentinel.ts';
import type { Opener } from './source.ts';

/**
 * https://learn.microsoft.com/azure/sentinel/playbook-triggers-actions (alert trigger),
 * https://learn.microsoft.com/azure/azure-monitor/reference/tables/securityalert
 * `{"SystemAlertId":"4a0f…","AlertDisplayName":"Sign-in from a TOR address","AlertSeverity":"High","Status":"New",
 * "ProductName":"Azure Sentinel","StartTimeUtc":"2026-11-20T09:12:04Z","TimeGenerated":"2026-11-20T09:20:00Z","Entities":
 * "[{\"$id\":\"3\",\"Type\":\"account\",\"Name\":\"adele\",\"UPNSuffix\":\"contoso.com\",\"AadUserId\":\"87d3…\"}]"}`
 */
const recognised = z
  .looseObject({ SystemAlertId: z.string(), Entities: z.unknown() })
  .or(z.looseObject({ SystemAlertId: z.string(), AlertName: z.string() }))
  .or(z.looseObject({ SystemAlertId: z.string(), AlertDisplayName: z.string() }));

const fieldsSchema = z.object({
  systemalertid: sourceId,
  alertdisplayname: text,
  displayname: text,
  alertname: text,
  alertseverity: word,
  severity: word,
  status: word,
  productname: text,
  providername: text,
  starttimeutc: time,
  starttime: time,
  timegenerated: time,
  endtime: time,
  entities: z.unknown().optional().transform(entitiesIn),
});

export const sentinelAlert: Opener = ({ data }) => {
  const row = recognised.safeParse(data);
  if (!row.success) return undefined;
  const parsed = fieldsSchema.safeParse(Object.fromEntries(namesIn(row.data)));
  if (!parsed.success)
    return [{ refused: 'an alert of Sentinel has a SystemAlertId that Sentinel does not give' }];
  const given = parsed.data;
  const title = given.alertdisplayname ?? given.displayname ?? given.alertname ?? 'Sentinel alert';
  const status = given.status ?? 'unknown';
  const told: Told = {
    source: 'sentinel',
    id: given.systemalertid,
    version: given.timegenerated ?? `${status} ${given.alertseverity ?? given.severity ?? ''}`,
    tenantId: null,
    detector: title,
    title,
    product: given.productname ?? given.providername ?? 'Microsoft Sentinel',
    level: riskLevel(given.alertseverity ?? given.severity),
    standing: !/^(resolved|dismissed|closed)$/i.test(status),
    state: status,
    activityAt: given.starttimeutc ?? given.starttime,
    detectedAt: given.timegenerated ?? given.endtime,
    link: null,
  };
  const accounts = distinctAccounts(given.entities.flatMap((entity) => accountIn(entity) ?? []));
  const claim = {
    id: given.systemalertid,
    tenantId: null,
    subjects: accounts.map((account) => subjectOf(account, told)),
    left: accounts.length === 0 ? namesNobody(title, given.entities) : [],
  };
  return [{ source: sentinel, claim }];
};

const entitySchema = z.looseObject({ Type: z.string() }).or(z.looseObject({ type: z.string() }));

/** A list, or a list as JSON text. */
function entitiesIn(given: unknown) {
  const list = typeof given === 'string' ? jsonIn(given) : given;
  return listOf(entitySchema)
    .parse(list)
    .filter((entity) => /^(account|mailbox|ip)$/i.test(String(entity['Type'] ?? entity['type'])));
}
