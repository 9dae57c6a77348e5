// Messages that are not about a person's account. Event Grid's own notices are only recorded. Risk of a service
// principal is refused by name, so that a person who finds it among the dead letters knows what to look at.
import { z } from 'zod';
import { clean } from './payload-fields.ts';
import type { Opener } from './source.ts';

const servicePrincipal = z
  .object({ '@odata.type': z.string().regex(/servicePrincipal/i) })
  .or(z.object({ servicePrincipalId: z.string(), userId: z.undefined().optional() }))
  .or(z.object({ servicePrincipalDisplayName: z.string(), riskLevel: z.string() }));

const emptyList = z.array(z.never()).max(0);
/** `{"alerts":[]}`, as a query that found nothing is passed on. */
const emptyBatch = z.record(z.string(), emptyList).refine((lists) => Object.keys(lists).length === 1);

export const notAlerts: Opener = ({ type, data }) => {
  if (/^Microsoft\.EventGrid\.Subscription/i.test(type)) {
    return [{ ignored: `${clean(type, 100)} is about a subscription of Event Grid, not about an alert` }];
  }
  if (emptyList.safeParse(data).success || emptyBatch.safeParse(data).success) {
    return [{ ignored: 'the list in it is empty' }];
  }
  return servicePrincipal.safeParse(data).success
    ? [{ refused: 'it is about a service principal; only accounts of people are acted on' }]
    : undefined;
};
