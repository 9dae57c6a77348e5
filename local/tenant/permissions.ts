// Which application permission allows which request, least privileged first, as Microsoft maps them
// (https://github.com/microsoftgraph/microsoft-graph-devx-content, permissions/new/permissions.json).

import { accountPermissions } from './account-permissions.ts';
import { appPermissions } from './app-permissions.ts';
import { mailPermissions } from './mail-permissions.ts';
import { identityPermissions, rolePermissions } from './role-permissions.ts';

/** One of these is enough; an inner list is needed together. */
export type Alternatives = readonly (string | readonly string[])[];

const readUsers = ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'];
const readRoles = [
  'RoleManagement.Read.Directory',
  'RoleManagement.ReadWrite.Directory',
  'Directory.Read.All',
  'Directory.ReadWrite.All',
];
const readMail = ['Mail.ReadBasic.All', 'Mail.Read', 'Mail.ReadWrite'];
const readSettings = ['MailboxSettings.Read', 'MailboxSettings.ReadWrite'];
const writeSettings = ['MailboxSettings.ReadWrite'];
const riskyUser = ['IdentityRiskyUser.Read.All', 'IdentityRiskyUser.ReadWrite.All'];
const riskDetection = ['IdentityRiskEvent.Read.All', 'IdentityRiskEvent.ReadWrite.All'];
const readAlerts = ['SecurityAlert.Read.All', 'SecurityAlert.ReadWrite.All'];
const readIncidents = ['SecurityIncident.Read.All', 'SecurityIncident.ReadWrite.All'];
const readMembership = [
  'User.Read.All',
  'GroupMember.Read.All',
  'Group.Read.All',
  'Directory.Read.All',
  'Directory.ReadWrite.All',
];

const readMembers = [
  'GroupMember.Read.All',
  'GroupMember.ReadWrite.All',
  'Group.Read.All',
  'Directory.Read.All',
];

/** By method and path; what depends on the property that is written has it behind a #. */
export const graphPermissions: Readonly<Record<string, Alternatives>> = {
  ...rolePermissions,
  ...identityPermissions,
  ...appPermissions,
  ...accountPermissions,
  ...mailPermissions,
  'GET /users': readUsers,
  'GET /users/{id}': readUsers,
  'GET /users/{id}/manager': readUsers,
  'PATCH /users/{id}': ['User.ReadWrite.All', 'Directory.ReadWrite.All'],
  'PATCH /users/{id}#accountEnabled': [
    ['User.EnableDisableAccount.All', 'User.Read.All'],
    'User.ReadWrite.All',
    'Directory.ReadWrite.All',
  ],
  'PATCH /users/{id}#passwordProfile': ['User-PasswordProfile.ReadWrite.All'],
  'POST /users/{id}/revokeSignInSessions': [
    'User.RevokeSessions.All',
    'User.ReadWrite.All',
    'Directory.ReadWrite.All',
  ],
  'GET /users/{id}/transitiveMemberOf': readMembership,
  'GET /users/{id}/transitiveMemberOf/microsoft.graph.directoryRole': readMembership,
  'GET /users/{id}/transitiveMemberOf/microsoft.graph.group': readMembership,
  // Without a right to groups, the group comes back with its id alone.
  'GET /users/{id}/transitiveMemberOf/microsoft.graph.group#properties': [
    'GroupMember.Read.All',
    'GroupMember.ReadWrite.All',
    'Group.Read.All',
    'Group.ReadWrite.All',
    'Directory.Read.All',
    'Directory.ReadWrite.All',
  ],
  'GET /groups/{id}': readMembers,
  'GET /groups/{id}/members': readMembers,
  'GET /groups/{id}/owners': readMembers,
  'GET /groups/{id}/transitiveMembers': readMembers,
  'GET /groups/{id}/transitiveMembers/microsoft.graph.user': readMembers,
  'GET /domains': ['Domain.Read.All', 'Domain.ReadWrite.All', 'Directory.Read.All'],
  'GET /domains/{id}': ['Domain.Read.All', 'Domain.ReadWrite.All', 'Directory.Read.All'],
  'GET /directoryRoles': readRoles,
  'GET /directoryRoles/{id}': readRoles,
  'GET /directoryRoles/{id}/members': readRoles,
  'GET /roleManagement/directory/roleDefinitions': readRoles,
  'GET /roleManagement/directory/roleDefinitions/{id}': readRoles,
  'GET /roleManagement/directory/roleAssignments': readRoles,
  'GET /roleManagement/directory/roleAssignments/{id}': readRoles,
  'GET /roleManagement/directory/roleAssignmentScheduleInstances': [
    'RoleAssignmentSchedule.Read.Directory',
    'RoleAssignmentSchedule.ReadWrite.Directory',
    'RoleManagement.Read.Directory',
    'RoleManagement.ReadWrite.Directory',
    'RoleManagement.Read.All',
  ],
  'GET /roleManagement/directory/roleEligibilityScheduleInstances': [
    'RoleEligibilitySchedule.Read.Directory',
    'RoleEligibilitySchedule.ReadWrite.Directory',
    'RoleManagement.Read.Directory',
    'RoleManagement.ReadWrite.Directory',
    'RoleManagement.Read.All',
  ],
  'GET /identityProtection/riskDetections': riskDetection,
  'GET /identityProtection/riskDetections/{id}': riskDetection,
  'GET /identityProtection/riskyUsers': riskyUser,
  'GET /identityProtection/riskyUsers/{id}': riskyUser,
  'POST /identityProtection/riskyUsers/confirmCompromised': ['IdentityRiskyUser.ReadWrite.All'],
  'POST /identityProtection/riskyUsers/dismiss': ['IdentityRiskyUser.ReadWrite.All'],
  'GET /auditLogs/directoryAudits': ['AuditLog.Read.All', 'Directory.Read.All'],
  'GET /auditLogs/directoryAudits/{id}': ['AuditLog.Read.All', 'Directory.Read.All'],
  'POST /security/auditLog/queries': ['AuditLogsQuery.Read.All'],
  'GET /security/auditLog/queries': ['AuditLogsQuery.Read.All'],
  'GET /security/auditLog/queries/{id}': ['AuditLogsQuery.Read.All'],
  'GET /security/auditLog/queries/{id}/records': ['AuditLogsQuery.Read.All'],
  'GET /auditLogs/signIns': ['AuditLog.Read.All'],
  'GET /auditLogs/signIns/{id}': ['AuditLog.Read.All'],
  'GET /security/alerts_v2': readAlerts,
  'GET /security/alerts_v2/{id}': readAlerts,
  'PATCH /security/alerts_v2/{id}': ['SecurityAlert.ReadWrite.All'],
  'POST /security/alerts_v2/{id}/comments': ['SecurityAlert.ReadWrite.All'],
  'GET /security/incidents': readIncidents,
  'GET /security/incidents/{id}': readIncidents,
  'PATCH /security/incidents/{id}': ['SecurityIncident.ReadWrite.All'],
  'POST /security/incidents/{id}/comments': ['SecurityIncident.ReadWrite.All'],
  'GET /users/{id}/mailboxSettings': readSettings,
  'GET /users/{id}/mailFolders': readMail,
  'GET /users/{id}/mailFolders/{id}': readMail,
  'GET /users/{id}/mailFolders/{id}/messages': readMail,
  'GET /users/{id}/mailFolders/inbox/messageRules': readSettings,
  'GET /users/{id}/mailFolders/inbox/messageRules/{id}': readSettings,
  'PATCH /users/{id}/mailFolders/inbox/messageRules/{id}': writeSettings,
  'POST /users/{id}/sendMail': ['Mail.Send'],
};

/** Every application permission there is here: what an app holds when nobody says otherwise. */
export const allPermissions: readonly string[] = [
  ...new Set([
    ...Object.values(graphPermissions).flat(2),
    'Exchange.ManageAsApp',
    'Machine.Read.All',
    'Machine.Scan',
  ]),
];

/** What is needed together of the first alternative that is held, or undefined. */
export function granting(held: readonly string[], alternatives: Alternatives): readonly string[] | undefined {
  for (const alternative of alternatives) {
    const needed = typeof alternative === 'string' ? [alternative] : alternative;
    if (needed.every((permission) => held.includes(permission))) return needed;
  }
  return undefined;
}
