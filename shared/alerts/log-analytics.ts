// Rows of Log Analytics and advanced hunting, as a query returns them. Column names are capitalised, and TenantId is the
// workspace's, not the directory's.

import { z } from 'zod';
import { inQuotes } from '../model/text.ts';
import { clean, word } from './payload-fields.ts';
import type { Opener } from './source.ts';

/**
 * https://learn.microsoft.com/azure/azure-monitor/reference/tables/aaduserriskevents, …/aadriskyusers
 * `{"TimeGenerated":"2026-11-20T09:54:27Z","Type":"AADUserRiskEvents","Id":"6a58…","RiskEventType":"anomalousToken",
 * "RiskLevel":"high","RiskState":"atRisk","UserId":"87d3…","UserPrincipalName":"adele@contoso.com","TenantId":"0c1e…"}`
 */
const riskRow = z.looseObject({ Id: z.string(), RiskLevel: z.unknown(), RiskState: z.unknown() });

/**
 * https://learn.microsoft.com/defender-xdr/advanced-hunting-alertinfo-table, …-alertevidence-table
 * `{"Timestamp":"2026-11-20T09:40:00Z","AlertId":"fa5f…","Title":"…","Severity":"High","ServiceSource":"…"}`
 */
const alertRow = z
  .looseObject({ AlertId: z.string(), ServiceSource: z.string(), Title: word, Severity: word })
  .or(z.looseObject({ AlertId: z.string(), EntityType: z.string(), Title: word, Severity: word }));

/** As PowerShell shows an alert of Microsoft Graph (Get-MgSecurityAlertV2): `{"Id":"ad70…","ServiceSource":"…"}` */
const shownAlert = z.looseObject({ Id: z.string(), ServiceSource: z.string(), Title: word, Severity: word });

/**
 * https://learn.microsoft.com/azure/azure-monitor/reference/tables/securityincident
 * `{"Type":"SecurityIncident","IncidentName":"2f6b…","IncidentNumber":84,"ProviderName":"Microsoft XDR",
 * "ProviderIncidentId":"2972395","Title":"…","Severity":"High","Status":"New"}`
 */
const incidentRow = z.looseObject({
  IncidentName: z.string(),
  ProviderName: word,
  ProviderIncidentId: z.union([z.string(), z.number()]).nullish(),
  Title: word,
});

const defender = /^microsoft (xdr|365 defender|threat protection|defender xdr)$/i;

export const logAnalyticsRow: Opener = ({ data }) => {
  const shown = shownAlert.safeParse(data);
  if (shown.success) {
    const { Id: id, Title: title, Severity: severity } = shown.data;
    return [{ type: 'Reclaim.Alert', data: { id, title, severity } }];
  }
  const risk = riskRow.safeParse(data);
  if (risk.success) {
    const named = Object.entries(risk.data).map(([name, value]) => [small(name), value] as const);
    const { tenantId: _, type: __, ...row } = Object.fromEntries(named);
    const detection = 'riskEventType' in row || 'riskType' in row;
    return [{ type: detection ? 'Reclaim.RiskDetection' : 'Reclaim.RiskyUser', data: row }];
  }
  const alert = alertRow.safeParse(data);
  if (alert.success) {
    const { AlertId: id, Title: title, Severity: severity } = alert.data;
    return [{ type: 'Reclaim.Alert', data: { id, title, severity } }];
  }
  const incident = incidentRow.safeParse(data);
  if (!incident.success) return undefined;
  const { ProviderName: by, ProviderIncidentId: id, Title: title } = incident.data;
  return defender.test(by ?? '') && id != null
    ? [{ type: 'Reclaim.Incident', data: { id: String(id), displayName: title } }]
    : [
        {
          refused: `a row about ${inQuotes(clean(title, 100) ?? '')} names no account; publish the incident itself`,
        },
      ];
};

const small = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);
