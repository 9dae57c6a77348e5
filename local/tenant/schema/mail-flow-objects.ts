// What directs the mail of the organisation, in Exchange's own properties; any other property is returned unchanged.
import { z } from 'zod';
import { instant, may, text } from './fields.ts';

const objects = z
  .array(z.looseObject({ Name: text, WhenChanged: may(instant) }))
  .optional()
  .describe('WhenChanged is a year before the tenant is loaded where it is left out');

export const mailFlowSchema = z.strictObject({
  transportRules: objects,
  inboundConnectors: objects,
  outboundConnectors: objects,
  journalRules: objects,
  remoteDomains: objects,
});
