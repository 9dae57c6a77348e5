// Change notifications of Microsoft Graph through a partner topic (such as Microsoft.Graph.AlertCreated). Legacy: they
// carry only ids, for alerts that end in 2026. The alert is read under the same id.
import { z } from 'zod';
import { nullableText } from '../model/text.ts';
import { clean, guid } from './payload-fields.ts';
import type { Opener } from './source.ts';

/**
 * https://learn.microsoft.com/azure/event-grid/security-alert-events
 * `{"subscriptionId":"f3b6…","resource":"security/alerts/ad702c56…","changeType":"updated","clientState":"…",
 * "resourceData":{"id":"ad702c56…","@odata.id":"security/…","@odata.type":"#IsgWebApi.SecurityGraphModel.…"},
 * "tenantId":"6f2a1c0e-…"}`
 */
const notification = z.object({
  subscriptionId: z.string(),
  resource: z.string(),
  tenantId: guid,
  resourceData: z.object({ id: z.string(), '@odata.type': nullableText }).nullish(),
});

/**
 * https://learn.microsoft.com/graph/change-notifications-lifecycle-events
 * `{"lifecycleEvent":"subscriptionRemoved","subscriptionId":"f3b6…","subscriptionExpirationDateTime":"…","tenantId":"6f2a…"}`:
 * names no resource.
 */
const lifecycle = z.object({ subscriptionId: z.string(), lifecycleEvent: z.string() });

const aboutSubscription = /^Microsoft\.Graph\.(Subscription(Reauthorization|Removed)|Missed)/i;

const kinds = [
  { of: /alert|SecurityGraphModel/i, type: 'Reclaim.Alert' },
  { of: /incident/i, type: 'Reclaim.Incident' },
  { of: /riskDetection/i, type: 'Reclaim.RiskDetection' },
  { of: /riskyUser/i, type: 'Reclaim.RiskyUser' },
] as const;

export const graphNotification: Opener = ({ type, data }) => {
  const event = lifecycle.safeParse(data).data?.lifecycleEvent;
  if (event !== undefined || aboutSubscription.test(type)) {
    return [{ ignored: `${clean(event ?? type, 100)} is about the subscription, not about an alert` }];
  }
  const parsed = notification.safeParse(data);
  if (!parsed.success) return undefined;
  const { resource, resourceData, tenantId } = parsed.data;
  const said = `${type} ${resource} ${resourceData?.['@odata.type'] ?? ''}`;
  const kind = kinds.find(({ of }) => of.test(said));
  if (kind === undefined)
    return [{ refused: `a notification about ${clean(resource, 100) ?? ''} tells of no alert` }];
  const id = resourceData?.id ?? resource.split('/').at(-1);
  return [{ type: kind.type, data: { id, tenantId } }];
};
