// What comes through the door and is about no account of a person. Refused by name, so that whoever finds it among the
// dead letters sees at once that nothing was missed.
import { z } from 'zod';
import { clean } from './payload-fields.ts';
import type { Opener } from './source.ts';

const servicePrincipal = z
  .object({ '@odata.type': z.string().regex(/servicePrincipal/i) })
  .or(z.object({ servicePrincipalId: z.string(), userId: z.undefined().optional() }))
  .or(z.object({ servicePrincipalDisplayName: z.string(), riskLevel: z.string() }));

export const notAlerts: Opener = ({ type, data }) => {
  if (/^Microsoft\.EventGrid\.Subscription/i.test(type)) {
    return [{ refused: `${clean(type, 100)} is about a subscription of Event Grid, not about an alert` }];
  }
  return servicePrincipal.safeParse(data).success
    ? [{ refused: 'it is about a service principal; only accounts of people are acted on' }]
    : undefined;
};
