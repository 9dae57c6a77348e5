// The unified audit log of all workloads in Microsoft Graph's own properties
// (https://learn.microsoft.com/graph/api/resources/security-auditlogrecord), and the searches by which it is read.
import { z } from 'zod';
import { annotations, flag, instant, may, minutes, open, text, texts, whole } from './fields.ts';

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
  auditLagMinutes: z
    .union([minutes, z.record(z.string(), minutes)])
    .optional()
    .describe(
      'How long after the act a record can be found in the unified audit log: for all, or by workload (Exchange, SharePoint, AzureActiveDirectory, …, default). Default 75',
    ),
  directoryAuditLagMinutes: minutes.optional().describe('The same for the directory audit log. Default 5'),
  signInLagMinutes: minutes.optional().describe('The same for the sign-in log. Default 5'),
  logPages: z
    .strictObject({
      size: whole.min(1).optional().describe('So many records a page at most'),
      order: z
        .enum(['asRecorded', 'reversed', 'shuffled'])
        .optional()
        .describe('Where no order is asked for. Default asRecorded'),
      repeatEvery: whole
        .min(1)
        .optional()
        .describe('Each n-th record comes a second time, behind all others. Left out: none does'),
    })
    .optional()
    .describe('How the pages of all three logs come'),
  auditSearchPolls: z
    .number()
    .int()
    .optional()
    .describe('So often a search of the audit log is still running when it is asked for. Default 0'),
  auditSearchesEmpty: whole
    .optional()
    .describe('So many searches succeed first without a record, whatever there is. Default 0'),
  auditSearchesRunning: whole
    .optional()
    .describe('So many searches may run at once; another is refused with 429. Default 10'),
  auditSearchesADay: whole
    .optional()
    .describe('So many searches may be started in 24 hours; another is refused with 429. Default 200'),
  auditSearchFails: flag.optional().describe('It ends as failed instead of succeeded'),
};
