// Which application permission allows which request, least privileged first, as Microsoft maps them
// (https://github.com/microsoftgraph/microsoft-graph-devx-content, permissions/new/permissions.json).

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

const writeRoles = ['RoleManagement.ReadWrite.Directory'];
const writeMembers = ['GroupMember.ReadWrite.All', 'Group.ReadWrite.All', 'Directory.ReadWrite.All'];
const writeOwners = ['Group.ReadWrite.All', 'Directory.ReadWrite.All'];
const base = '/roleManagement/directory';
const pimGroups = '/identityGovernance/privilegedAccess/group';

const readApps = [
  'Application.Read.All',
  'Application.ReadWrite.OwnedBy',
  'Application.ReadWrite.All',
  'Directory.Read.All',
];
const ownApps = ['Application.ReadWrite.OwnedBy', 'Application.ReadWrite.All'];
const readCalendars = ['Calendars.Read', 'Calendars.ReadWrite'];
const readFiles = ['Files.Read.All', 'Files.ReadWrite.All', 'Sites.Read.All', 'Sites.ReadWrite.All'];
const writeFiles = ['Files.ReadWrite.All', 'Sites.ReadWrite.All'];
const writeApps = ['Application.ReadWrite.All', 'Directory.ReadWrite.All'];
const readGrants = [
  'Directory.Read.All',
  'DelegatedPermissionGrant.ReadWrite.All',
  'Directory.ReadWrite.All',
];
const writeGrants = ['DelegatedPermissionGrant.ReadWrite.All', 'Directory.ReadWrite.All'];
const addOwner = [['Application.ReadWrite.All', 'Directory.Read.All']];

const changeMethod = (kind: string) => [
  `UserAuthMethod-${kind}.ReadWrite.All`,
  'UserAuthenticationMethod.ReadWrite.All',
];

const readDevices = [
  ['User.Read.All', 'Device.Read.All'],
  ['User.Read.All', 'Device.ReadWrite.All'],
  'Directory.Read.All',
];

const analyzed = '/security/collaboration/analyzedEmails';

/** By method and path; a part after # names the property, action or kind of group that the permission is about. */
export const graphPermissions: Readonly<Record<string, Alternatives>> = {
  // Defender for Identity.
  'GET /security/identities/identityAccounts': ['SecurityIdentitiesAccount.Read.All'],
  'GET /security/identities/identityAccounts/{id}': ['SecurityIdentitiesAccount.Read.All'],
  'POST /security/identities/identityAccounts/{id}/invokeAction': ['SecurityIdentitiesActions.ReadWrite.All'],
  // Directory roles, PIM and the groups that carry roles.
  [`POST ${base}/roleAssignments`]: writeRoles,
  [`DELETE ${base}/roleAssignments/{id}`]: writeRoles,
  [`POST ${base}/roleAssignmentScheduleRequests`]: [
    'RoleAssignmentSchedule.ReadWrite.Directory',
    ...writeRoles,
  ],
  [`POST ${base}/roleAssignmentScheduleRequests#adminRemove`]: [
    'RoleAssignmentSchedule.Remove.Directory',
    'RoleAssignmentSchedule.ReadWrite.Directory',
    ...writeRoles,
  ],
  [`POST ${base}/roleEligibilityScheduleRequests`]: [
    'RoleEligibilitySchedule.ReadWrite.Directory',
    ...writeRoles,
  ],
  [`POST ${base}/roleEligibilityScheduleRequests#adminRemove`]: [
    'RoleEligibilitySchedule.Remove.Directory',
    'RoleEligibilitySchedule.ReadWrite.Directory',
    ...writeRoles,
  ],
  'GET /users/{id}/ownedObjects/microsoft.graph.group': [
    'User.Read.All',
    'User.ReadWrite.All',
    'Directory.Read.All',
    'Directory.ReadWrite.All',
  ],
  'POST /groups/{id}/members/$ref': writeMembers,
  'POST /groups/{id}/members/$ref#roleAssignable': writeRoles,
  'DELETE /groups/{id}/members/{id}/$ref': writeMembers,
  'DELETE /groups/{id}/members/{id}/$ref#roleAssignable': writeRoles,
  'POST /groups/{id}/owners/$ref': writeOwners,
  'POST /groups/{id}/owners/$ref#roleAssignable': writeRoles,
  'DELETE /groups/{id}/owners/{id}/$ref': writeOwners,
  'DELETE /groups/{id}/owners/{id}/$ref#roleAssignable': writeRoles,
  [`GET ${pimGroups}/eligibilityScheduleInstances`]: [
    'PrivilegedEligibilitySchedule.Read.AzureADGroup',
    'PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup',
  ],
  [`POST ${pimGroups}/eligibilityScheduleRequests`]: ['PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup'],
  [`POST ${pimGroups}/eligibilityScheduleRequests#adminRemove`]: [
    'PrivilegedEligibilitySchedule.Remove.AzureADGroup',
    'PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup',
  ],

  // Applications.
  'GET /users/{id}/oauth2PermissionGrants': ['Directory.Read.All', 'DelegatedPermissionGrant.ReadWrite.All'],
  'GET /users/{id}/appRoleAssignments': ['Directory.Read.All', 'AppRoleAssignment.ReadWrite.All'],
  'POST /users/{id}/appRoleAssignments': ['AppRoleAssignment.ReadWrite.All'],
  'DELETE /users/{id}/appRoleAssignments/{id}': ['AppRoleAssignment.ReadWrite.All'],
  'GET /users/{id}/ownedObjects': [
    'User.Read.All',
    'User.ReadWrite.All',
    'Directory.Read.All',
    'Directory.ReadWrite.All',
  ],
  'GET /oauth2PermissionGrants': readGrants,
  'POST /oauth2PermissionGrants': writeGrants,
  'DELETE /oauth2PermissionGrants/{id}': writeGrants,
  'GET /servicePrincipals': readApps,
  'GET /servicePrincipals/{id}': readApps,
  'GET /servicePrincipals/{id}/appRoleAssignedTo': readApps,
  'GET /servicePrincipals/{id}/appRoleAssignments': readApps,
  'POST /servicePrincipals': ownApps,
  'GET /applications': readApps,
  'POST /applications': ownApps,
  'DELETE /applications/{id}': ownApps,
  'PATCH /servicePrincipals/{id}': writeApps,
  'POST /servicePrincipals/{id}/owners/$ref': addOwner,
  'DELETE /servicePrincipals/{id}/owners/{id}/$ref': writeApps,
  'GET /applications/{id}': readApps,
  'POST /applications/{id}/owners/$ref': addOwner,
  'DELETE /applications/{id}/owners/{id}/$ref': writeApps,

  // Methods, devices and licences of an account.
  'GET /users/{id}/registeredDevices': readDevices,
  'GET /users/{id}/ownedDevices': readDevices,
  'GET /devices/{id}': ['Device.Read.All', 'Device.ReadWrite.All', 'Directory.Read.All'],
  'PATCH /devices/{id}': ['Device.ReadWrite.All', 'Directory.ReadWrite.All'],
  'GET /organization': ['Organization.Read.All', 'User.Read.All', 'Directory.Read.All'],
  'GET /users/{id}/authentication/methods': [
    'UserAuthenticationMethod.Read.All',
    'UserAuthenticationMethod.ReadWrite.All',
  ],
  'DELETE /users/{id}/authentication/fido2Methods/{id}': changeMethod('Passkey'),
  'DELETE /users/{id}/authentication/phoneMethods/{id}': changeMethod('Phone'),
  'DELETE /users/{id}/authentication/microsoftAuthenticatorMethods/{id}': changeMethod('MicrosoftAuthApp'),
  'DELETE /users/{id}/authentication/softwareOathMethods/{id}': changeMethod('SoftwareOATH'),
  'DELETE /users/{id}/authentication/emailMethods/{id}': changeMethod('Email'),
  'DELETE /users/{id}/authentication/windowsHelloForBusinessMethods/{id}': changeMethod('WindowsHello'),
  'DELETE /users/{id}/authentication/platformCredentialMethods/{id}': changeMethod('PlatformCred'),
  'DELETE /users/{id}/authentication/temporaryAccessPassMethods/{id}': changeMethod('TAP'),
  'POST /users/{id}/authentication/temporaryAccessPassMethods': changeMethod('TAP'),
  'DELETE /users/{id}/authentication/externalAuthenticationMethods/{id}': changeMethod('External'),
  'GET /users/{id}/authentication/requirements': ['Policy.Read.All', 'Policy.ReadWrite.AuthenticationMethod'],
  'PATCH /users/{id}/authentication/requirements': ['Policy.ReadWrite.AuthenticationMethod'],
  'GET /reports/authenticationMethods/userRegistrationDetails': ['AuditLog.Read.All'],
  'GET /reports/authenticationMethods/userRegistrationDetails/{id}': ['AuditLog.Read.All'],

  'GET /users/{id}/authentication/phoneMethods': [
    'UserAuthMethod-Phone.Read.All',
    'UserAuthenticationMethod.Read.All',
    ...changeMethod('Phone'),
  ],
  'POST /users/{id}/authentication/phoneMethods': changeMethod('Phone'),

  // What a drill plants beside the methods.
  'GET /users/{id}/calendar/calendarPermissions': readCalendars,
  'POST /users/{id}/calendar/calendarPermissions': ['Calendars.ReadWrite'],
  'DELETE /users/{id}/calendar/calendarPermissions/{id}': ['Calendars.ReadWrite'],
  'GET /users/{id}/drive/root:/{id}': readFiles,
  'POST /users/{id}/drive/root/children': writeFiles,
  'DELETE /users/{id}/drive/items/{id}': writeFiles,
  'POST /users/{id}/drive/items/{id}/createLink': writeFiles,
  'DELETE /users/{id}/messages/{id}': ['Mail.ReadWrite'],
  'POST /users/{id}/mailFolders/inbox/messageRules': writeSettings,
  'DELETE /users/{id}/mailFolders/inbox/messageRules/{id}': writeSettings,

  // Mail: messages, their way, and what Defender for Office 365 knows of them.
  'GET /users/{id}/messages': ['Mail.ReadBasic.All', 'Mail.Read', 'Mail.ReadWrite'],
  'GET /admin/exchange/tracing/messageTraces': ['ExchangeMessageTrace.Read.All'],
  [`GET ${analyzed}`]: ['SecurityAnalyzedMessage.Read.All', 'SecurityAnalyzedMessage.ReadWrite.All'],
  [`POST ${analyzed}/remediate`]: ['SecurityAnalyzedMessage.ReadWrite.All'],
  // Users, risk, alerts, logs and mailboxes.
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

/** The permissions of the first alternative that is held in full, or undefined. */
export function granting(held: readonly string[], alternatives: Alternatives): readonly string[] | undefined {
  for (const alternative of alternatives) {
    const needed = typeof alternative === 'string' ? [alternative] : alternative;
    if (needed.every((permission) => held.includes(permission))) return needed;
  }
  return undefined;
}
