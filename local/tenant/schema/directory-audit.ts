// The directory audit log in Microsoft Graph's own properties
// (https://learn.microsoft.com/graph/api/resources/directoryaudit). Who did it, and to whom, may be named by user
// principal name alone; the id is filled in when the entry is read.
import { z } from 'zod';
import { annotations, instant, may, text } from './fields.ts';

const pair = z.strictObject({ key: may(text), value: may(text) });

const target = z.strictObject({
  ...annotations,
  id: may(text).describe('Default: of the user that userPrincipalName names'),
  displayName: may(text),
  type: may(text).describe('Default: User where it is one'),
  userPrincipalName: may(text),
  groupType: may(z.enum(['unifiedGroups', 'azureAD', 'unknownFutureValue'])),
  modifiedProperties: may(
    z.array(z.strictObject({ displayName: may(text), oldValue: may(text), newValue: may(text) })),
  ).describe('Values are JSON in strings, as the log holds them'),
});

const initiator = z.strictObject({
  user: may(
    z.strictObject({
      '@odata.type': text.optional(),
      id: may(text),
      displayName: may(text),
      userPrincipalName: may(text),
      ipAddress: may(text),
    }),
  ),
  app: may(
    z.strictObject({
      appId: may(text),
      displayName: may(text),
      servicePrincipalId: may(text),
      servicePrincipalName: may(text),
    }),
  ),
});

export const directoryAuditProperties = {
  id: text.optional().describe('Default: made from the rest'),
  activityDateTime: instant,
  activityDisplayName: text.describe('An open list: User registered security info, Register device, …'),
  additionalDetails: may(z.array(pair)),
  category: may(text).describe('Default UserManagement'),
  correlationId: may(text),
  initiatedBy: may(initiator),
  loggedByService: may(text).describe('Default Core Directory'),
  operationType: may(text),
  result: may(z.enum(['success', 'failure', 'timeout', 'unknownFutureValue'])).describe('Default success'),
  resultReason: may(text),
  targetResources: may(z.array(target)),
};
export const directoryAuditSchema = z.strictObject({ ...annotations, ...directoryAuditProperties });
