// The unified audit log of all workloads in Microsoft Graph's own properties
// (https://learn.microsoft.com/graph/api/resources/security-auditlogrecord), and the searches by which it is read.
import { z } from 'zod';
import { annotations, flag, instant, may, open, text, texts } from './fields.ts';

export const auditRecordProperties = {
  id: text,
  createdDateTime: instant,
  auditLogRecordType: may(text).describe('exchangeAdmin, exchangeItem, sharePointFileOperation, …'),
  operation: text.describe('Add-MailboxPermission, FileDownloaded, …'),
  organizationId: may(text),
  userType: may(text).describe('Default regular'),
  userId: may(text).describe('Default: userPrincipalName'),
  service: may(text).describe('Exchange, SharePoint, OneDrive, AzureActiveDirectory, …'),
  objectId: may(text),
  userPrincipalName: may(text),
  clientIp: may(text),
  administrativeUnits: may(texts),
  auditData: may(open).describe('As the workload writes it: ClientIP, AppAccessContext, Parameters, …'),
};
export const auditRecordSchema = z.strictObject({ ...annotations, ...auditRecordProperties });

export const auditSearchProperties = {
  id: text,
  displayName: may(text),
  filterStartDateTime: may(instant),
  filterEndDateTime: may(instant),
  recordTypeFilters: may(texts),
  keywordFilter: may(text),
  serviceFilters: may(texts),
  operationFilters: may(texts),
  userPrincipalNameFilters: may(texts),
  ipAddressFilters: may(texts),
  objectIdFilters: may(texts),
  administrativeUnitIdFilters: may(texts),
  status: may(z.enum(['notStarted', 'running', 'succeeded', 'failed', 'cancelled', 'unknownFutureValue'])),
};

export const auditBehaviour = {
  auditSearchPolls: z
    .number()
    .int()
    .optional()
    .describe('So often a search of the audit log is still running when it is asked for. Default 0'),
  auditSearchFails: flag.optional().describe('It ends as failed instead of succeeded'),
};
