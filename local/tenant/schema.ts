// The tenant file: one JSON document that holds all there is in a simulated Microsoft 365 tenant. Nearly everything
// may be left out. Defaults are filled in when something is read, never in the file, so that what was changed and
// changed back leaves no trace.
import { z } from 'zod';
import { appSchema, behaviourSchema, drillAppSchema } from './schema/app.ts';
import {
  applicationSchema,
  appRoleAssignmentSchema,
  grantSchema,
  servicePrincipalSchema,
} from './schema/application.ts';
import { passPolicySchema } from './schema/authentication.ts';
import { deviceSchema } from './schema/device.ts';
import {
  domainSchema,
  groupEligibilitySchema,
  groupSchema,
  roleAssignmentSchema,
  roleDefinitionSchema,
  roleEligibilitySchema,
  userSchema,
} from './schema/directory.ts';
import { directoryAuditSchema } from './schema/directory-audit.ts';
import { guid, text, texts } from './schema/fields.ts';
import { machineActionSchema, machineSchema } from './schema/machine.ts';
import { analyzedEmailSchema, messageTraceSchema } from './schema/mail-flow.ts';
import { mailFlowSchema } from './schema/mail-flow-objects.ts';
import {
  acceptedDomainSchema,
  blockedSenderSchema,
  type mailboxSchema,
  recipientSchema,
  sentMailSchema,
} from './schema/mailbox.ts';
import { riskDetectionSchema, riskyUserSchema } from './schema/risk.ts';
import { managementRoleAssignmentSchema, roleGroupSchema } from './schema/role-group.ts';
import { alertSchema, incidentSchema } from './schema/security.ts';
import { signInSchema } from './schema/sign-in.ts';
import { auditRecordSchema } from './schema/unified-audit.ts';

export const tenantSchema = z
  .strictObject({
    $schema: text.optional(),
    tenantId: guid.optional().describe('Default: made from the first domain'),
    displayName: text.optional(),
    servicePlans: texts
      .optional()
      .describe(
        'Licences by service plan: AAD_PREMIUM, AAD_PREMIUM_P2, EXCHANGE_S_ENTERPRISE, THREAT_INTELLIGENCE, WINDEFATP, ATA, M365_AUDIT_PLATFORM. Default: all of them',
      ),
    domains: z
      .array(domainSchema)
      .optional()
      .describe('Default: the domains of the users, managed, the first one as the default'),
    users: z.array(userSchema),
    groups: z.array(groupSchema).optional(),
    roleDefinitions: z
      .array(roleDefinitionSchema)
      .optional()
      .describe('Custom ones; the built-in ones exist'),
    roleAssignments: z
      .array(roleAssignmentSchema)
      .optional()
      .describe('Active assignments of directory roles'),
    roleEligibilities: z.array(roleEligibilitySchema).optional().describe('Eligible assignments in PIM'),
    groupEligibilities: z
      .array(groupEligibilitySchema)
      .optional()
      .describe('Who may activate membership or ownership of a group in PIM for Groups'),
    devices: z.array(deviceSchema).optional().describe('Registered in Entra ID'),
    machines: z.array(machineSchema).optional().describe('Known to Defender for Endpoint'),
    machineActions: z.array(machineActionSchema).optional().describe('Scans and the like'),
    temporaryAccessPass: passPolicySchema.optional().describe('The policy on Temporary Access Passes'),
    riskDetections: z.array(riskDetectionSchema).optional(),
    riskyUsers: z
      .array(riskyUserSchema)
      .optional()
      .describe('Default: whoever has a detection at risk, at its highest level'),
    signIns: z.array(signInSchema).optional(),
    applications: z.array(applicationSchema).optional().describe('App registrations of this tenant'),
    servicePrincipals: z.array(servicePrincipalSchema).optional().describe('Enterprise applications'),
    oauth2PermissionGrants: z.array(grantSchema).optional().describe('Consents'),
    appRoleAssignments: z
      .array(appRoleAssignmentSchema)
      .optional()
      .describe('Assignments of users to applications'),
    auditRecords: z
      .array(auditRecordSchema)
      .optional()
      .describe('The unified audit log; searched only with the service plan M365_AUDIT_PLATFORM'),
    directoryAudits: z.array(directoryAuditSchema).optional().describe('The directory audit log'),
    alerts: z.array(alertSchema).optional().describe('Defender alerts (alerts_v2)'),
    incidents: z.array(incidentSchema).optional(),
    acceptedDomains: z.array(acceptedDomainSchema).optional().describe('Default: the verified domains'),
    recipients: z.array(recipientSchema).optional().describe('Mail contacts, mail users, groups'),
    roleGroups: z.array(roleGroupSchema).optional().describe('Of Exchange Online'),
    managementRoleAssignments: z
      .array(managementRoleAssignmentSchema)
      .optional()
      .describe('Exchange roles given to a user directly'),
    complianceRoleGroups: z
      .array(roleGroupSchema)
      .optional()
      .describe('Of Defender for Office 365 and Purview (email and collaboration)'),
    messageTraces: z
      .array(messageTraceSchema)
      .optional()
      .describe('Mail that is not in the Sent Items of a mailbox, one entry a recipient'),
    analyzedEmails: z
      .array(analyzedEmailSchema)
      .optional()
      .describe('Mail as Defender for Office 365 knows it; only with the service plan THREAT_INTELLIGENCE'),
    mailFlow: mailFlowSchema.optional().describe('Rules and connectors of the organisation'),
    blockedSenders: z.array(blockedSenderSchema).optional().describe('Restricted entities'),
    outbox: z.array(sentMailSchema).optional().describe('What was sent with sendMail'),
    drillApp: drillAppSchema.optional(),
    app: appSchema.optional(),
    behaviour: behaviourSchema.optional(),
  })
  .meta({ title: 'Reclaim: a simulated Microsoft 365 tenant' });

export type TenantFile = z.infer<typeof tenantSchema>;
export type User = TenantFile['users'][number];
export type Mailbox = z.infer<typeof mailboxSchema>;
export type InboxRule = NonNullable<Mailbox['inboxRules']>[number];
