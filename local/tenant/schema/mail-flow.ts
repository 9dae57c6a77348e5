// Mail on its way: what Exchange traced and what Defender for Office 365 analysed, in Microsoft Graph's own properties
// (https://learn.microsoft.com/graph/api/resources/exchangemessagetrace, …/security-analyzedemail).
import { z } from 'zod';
import { annotations, flag, instant, may, open, text, texts, whole } from './fields.ts';

const traced = z.enum([
  'gettingStatus',
  'pending',
  'failed',
  'delivered',
  'expanded',
  'quarantined',
  'filteredAsSpam',
]);
export const messageTraceProperties = {
  id: may(text).describe('The network message id; default: made from messageId'),
  senderAddress: text,
  recipientAddress: text,
  messageId: may(text),
  receivedDateTime: instant,
  subject: may(text),
  size: may(whole),
  fromIP: may(text),
  toIP: may(text),
  status: may(traced).describe('Default delivered'),
};
export const messageTraceSchema = z.strictObject({ ...annotations, ...messageTraceProperties });

const locations = [
  'unknown',
  'inbox_folder',
  'junkFolder',
  'deletedFolder',
  'quarantine',
  'onprem_external',
  'failed',
  'dropped',
  'others',
] as const;
const deliverySchema = z.strictObject({
  ...annotations,
  action: may(z.enum(['unknown', 'deliveredToJunk', 'delivered', 'blocked', 'replaced'])),
  location: may(z.enum(locations)),
  latestThreats: may(text),
  originalThreats: may(text),
});
export const analyzedEmailProperties = {
  id: may(text).describe('Default: made from the message and its recipient'),
  networkMessageId: text,
  internetMessageId: may(text),
  recipientEmailAddress: text,
  senderDetail: may(open),
  recipientDetail: may(open),
  subject: may(text),
  loggedDateTime: instant,
  directionality: may(z.enum(['unknown', 'inbound', 'outbound', 'intraOrg'])).describe('Default intraOrg'),
  latestDelivery: may(deliverySchema).describe('Default: as originalDelivery'),
  originalDelivery: may(deliverySchema).describe('Default: delivered to inbox_folder'),
  alertIds: may(texts),
  attachments: may(z.array(open)),
  urls: may(z.array(open)),
  threatTypes: may(texts),
  detectionMethods: may(texts),
  overrideSources: may(texts),
  returnPath: may(text),
  sizeInBytes: may(whole),
  policyAction: may(text),
};
export const analyzedEmailSchema = z.strictObject({ ...annotations, ...analyzedEmailProperties });

export const mailFlowBehaviour = {
  messageTraceReady: flag
    .optional()
    .describe(
      'false: the service principal that message trace needs (appId 8bd644d1-64a1-4d4b-ae52-2e0cbf64e373) is not in the tenant. Default true',
    ),
  remediationSeconds: whole
    .optional()
    .describe('How long Defender for Office 365 takes to move a message after it accepted. Default 0'),
};
