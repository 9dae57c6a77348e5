// What preflight reads for each permission of Microsoft Graph, as data. It looks at the sender's own account, which every
// tenant has. A read that fails without a mailbox or device would prove nothing, so there is none.
import { path } from '../clients/path.ts';
import { wholeSeconds } from '../model/text.ts';
import type { Licensed } from './licences.ts';

export interface Sender {
  id: string;
  userPrincipalName: string;
}

export interface Read {
  /** Any of these allows the read; the least privileged first. */
  permissions: readonly [string, ...string[]];
  what: string;
  path: (sender: Sender, now: Date) => string;
  version?: 'beta';
  /** Without this licence the service refuses, whatever is granted. */
  licence?: keyof Licensed;
  one?: true;
}

const day = (now: Date, days: number) =>
  new Date(now.getTime() + days * 86_400_000).toISOString().slice(0, 10);

/** Microsoft Graph itself, which every tenant has. */
const graphAppId = '00000003-0000-0000-c000-000000000000';

export const reads: readonly Read[] = [
  {
    permissions: ['User.Read.All'],
    what: 'users',
    path: ({ id }) => path`/users/${id}?$select=id`,
    one: true,
  },
  { permissions: ['Domain.Read.All'], what: 'domains', path: () => '/domains?$select=id' },
  {
    permissions: ['RoleManagement.Read.Directory', 'RoleManagement.ReadWrite.Directory'],
    what: 'assignments of directory roles',
    path: ({ id }) => path`/roleManagement/directory/roleAssignments?$filter=principalId eq '${id}'`,
  },
  {
    permissions: ['GroupMember.Read.All', 'GroupMember.ReadWrite.All'],
    what: 'memberships',
    path: ({ id }) => path`/users/${id}/transitiveMemberOf/microsoft.graph.group?$select=id&$top=999`,
  },
  {
    permissions: ['PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup'],
    what: 'PIM for Groups',
    path: ({ id }) =>
      path`/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances?$filter=principalId eq '${id}'`,
    licence: 'entraP2',
  },
  {
    permissions: ['SecurityAlert.Read.All', 'SecurityAlert.ReadWrite.All'],
    what: 'alerts of Defender',
    path: () => '/security/alerts_v2?$top=1',
  },
  {
    permissions: ['SecurityIncident.Read.All', 'SecurityIncident.ReadWrite.All'],
    what: 'incidents of Defender',
    path: () => '/security/incidents?$top=1',
  },
  {
    permissions: ['IdentityRiskEvent.Read.All'],
    what: 'risk detections',
    path: () => '/identityProtection/riskDetections?$top=1',
    licence: 'entraP1',
  },
  {
    permissions: ['IdentityRiskyUser.Read.All', 'IdentityRiskyUser.ReadWrite.All'],
    what: 'risky users',
    path: () => '/identityProtection/riskyUsers?$top=1',
    licence: 'entraP2',
  },
  {
    permissions: ['AuditLog.Read.All'],
    what: 'the sign-in log',
    path: (_sender, now) => path`/auditLogs/signIns?$filter=createdDateTime ge ${wholeSeconds(now)}&$top=1`,
    licence: 'entraP1',
  },
  {
    permissions: ['AuditLog.Read.All'],
    what: 'the directory audit log',
    path: (_sender, now) =>
      path`/auditLogs/directoryAudits?$filter=activityDateTime ge ${wholeSeconds(now)}&$top=1`,
  },
  {
    permissions: ['AuditLogsQuery.Read.All'],
    what: 'searches of the unified audit log',
    path: () => '/security/auditLog/queries?$top=1',
  },
  {
    permissions: ['UserAuthenticationMethod.ReadWrite.All'],
    what: 'authentication methods',
    path: ({ id }) => path`/users/${id}/authentication/methods`,
  },
  {
    permissions: ['Policy.Read.All', 'Policy.ReadWrite.AuthenticationMethod'],
    what: 'per-user requirements of authentication',
    path: ({ id }) => path`/users/${id}/authentication/requirements`,
    version: 'beta',
    one: true,
  },
  {
    permissions: ['DelegatedPermissionGrant.ReadWrite.All'],
    what: 'consents',
    path: ({ id }) => path`/users/${id}/oauth2PermissionGrants`,
  },
  {
    permissions: ['AppRoleAssignment.ReadWrite.All'],
    what: 'assignments to applications',
    path: ({ id }) => path`/users/${id}/appRoleAssignments`,
  },
  {
    permissions: ['Application.Read.All', 'Application.ReadWrite.All'],
    what: 'enterprise applications',
    path: () => path`/servicePrincipals?$filter=appId eq '${graphAppId}'&$select=id`,
  },
  {
    permissions: ['Device.Read.All', 'Device.ReadWrite.All'],
    what: 'devices',
    path: ({ id }) => path`/users/${id}/registeredDevices`,
  },
  {
    permissions: ['ExchangeMessageTrace.Read.All'],
    what: 'the message trace',
    path: ({ userPrincipalName }, now) =>
      path`/admin/exchange/tracing/messageTraces?$filter=senderAddress eq '${userPrincipalName}' and receivedDateTime ge ${wholeSeconds(new Date(now.getTime() - 3_600_000))} and receivedDateTime le ${wholeSeconds(now)}&$top=1`,
  },
  {
    permissions: ['SecurityAnalyzedMessage.ReadWrite.All'],
    what: 'mail as Defender for Office 365 knows it',
    path: (_sender, now) =>
      path`/security/collaboration/analyzedEmails?startTime=${day(now, 0)}&endTime=${day(now, 1)}&$filter=networkMessageId eq '00000000-0000-0000-0000-000000000000'`,
    licence: 'defenderForOffice',
  },
  {
    permissions: ['SecurityIdentitiesAccount.Read.All'],
    what: 'accounts in Defender for Identity',
    path: () =>
      path`/security/identities/identityAccounts?$filter=onPremisesSecurityIdentifier eq '${'S-1-5-21-0-0-0-500'}'`,
    licence: 'defenderForIdentity',
  },
];
