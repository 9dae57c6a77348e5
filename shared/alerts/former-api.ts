// Shapes of the APIs before alerts_v2. Incidents and alerts of the Microsoft 365 Defender, Defender for Endpoint and
// Management Activity APIs carry the id that Graph uses; the first generation of Graph alerts does not.
import { z } from 'zod';
import { clean, guid, word } from './payload-fields.ts';
import type { Opener } from './source.ts';

/**
 * https://learn.microsoft.com/graph/api/resources/alert, replaced by alerts_v2:
 * `{"id":"7e4b…","azureTenantId":"6f2a…","category":"AnonymousLogin","severity":"medium","status":"newAlert","title":
 * "Anonymous IP address","userStates":[{"aadUserId":"87d3…","accountName":"adele"}],"vendorInformation":
 * {"provider":"IPC","vendor":"Microsoft"}}`
 */
const firstAlerts = z
  .looseObject({ vendorInformation: z.looseObject({}) })
  .or(z.looseObject({ vendorinformation: z.looseObject({}) }))
  .or(z.looseObject({ azureTenantId: z.string(), userStates: z.array(z.unknown()) }));

/**
 * https://learn.microsoft.com/defender-xdr/api-list-incidents
 * `{"incidentId":924565,"redirectIncidentId":null,"incidentName":"…","createdTime":"…","status":"Active","severity":
 * "High","alerts":[{"alertId":"faf8…","entities":[{"entityType":"User","aadUserId":"87d3…"}]}]}`
 */
const defenderIncident = z.object({
  incidentId: z.union([z.int().positive(), z.string()]),
  incidentName: z.unknown().refine((name) => name !== undefined),
  severity: word,
  status: word,
  incidentWebUrl: z.undefined().optional(),
});

/** The same, by itself: `{"alertId":"faf8…","incidentId":924565,"serviceSource":"Office365","title":"…","entities":[…]}` */
const defenderAlert = z.object({
  alertId: z.string(),
  serviceSource: z.string(),
  title: word,
  severity: word,
});

/**
 * https://learn.microsoft.com/defender-endpoint/api/alerts
 * `{"id":"da637472900382838869_1364969609","incidentId":1126093,"severity":"Low","status":"New","machineId":"111e6dd8…",
 * "alertCreationTime":"2021-01-26T20:33:57.7220239Z","title":"Low-reputation arbitrary code executed"}`
 */
const endpointAlert = z.object({
  id: z.string(),
  alertCreationTime: z.string(),
  title: word,
  severity: word,
  aadTenantId: guid,
});

/**
 * https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-schema
 * `{"RecordType":40,"Operation":"AlertTriggered","Workload":"SecurityComplianceCenter","AlertId":"5f9b2c1e-…","Name":
 * "User restricted from sending email","Severity":"High","AlertEntityId":"adele@contoso.com","OrganizationId":"6f2a…"}`
 */
const managementAlert = z.object({
  Operation: z.string().regex(/^Alert/),
  Workload: z.string().regex(/SecurityComplianceCenter/i),
  AlertId: z.guid(),
  Name: word,
  Severity: word,
  OrganizationId: guid,
});

export const formerApi: Opener = ({ data }) => {
  if (firstAlerts.safeParse(data).success) {
    const why =
      'an alert of the API that alerts_v2 has replaced, under an id that Microsoft Graph does not know';
    return [{ refused: `${why}; publish the alert of /security/alerts_v2, or let poll-alerts find it` }];
  }
  const incident = defenderIncident.safeParse(data);
  if (incident.success) {
    const { incidentId, incidentName, severity, status } = incident.data;
    const displayName = clean(incidentName);
    return [{ type: 'Reclaim.Incident', data: { id: String(incidentId), displayName, severity, status } }];
  }
  const one = defenderAlert.safeParse(data);
  if (one.success) {
    const { alertId: id, title, severity } = one.data;
    return [{ type: 'Reclaim.Alert', data: { id, title, severity } }];
  }
  const triggered = managementAlert.safeParse(data);
  if (triggered.success) {
    const { AlertId, Name: title, Severity: severity, OrganizationId: tenantId } = triggered.data;
    // Defender XDR puts its own prefix before the id of Defender for Office 365.
    return [{ type: 'Reclaim.Alert', data: { id: `fa${AlertId.toLowerCase()}`, title, severity, tenantId } }];
  }
  const alert = endpointAlert.safeParse(data);
  if (!alert.success) return undefined;
  const { id, title, severity, aadTenantId: tenantId } = alert.data;
  return [{ type: 'Reclaim.Alert', data: { id, title, severity, tenantId } }];
};
