// What the declarations can't say about a permission: which requests need it, and what it is worth to somebody who took
// over the app. docs/permissions.md is generated from this; tests compare the requests with what every scenario asks of
// the tenant. It is data, and long because every permission has a note.

export interface Note {
  /** Method and path, ids as {id}; under v1.0 or beta. */
  requests: readonly string[];
  /** What an attacker who took over the app could do with it. */
  risk: string;
}

const methods = [
  'email',
  'externalAuthentication',
  'fido2',
  'microsoftAuthenticator',
  'phone',
  'platformCredential',
  'softwareOath',
  'temporaryAccessPass',
  'windowsHelloForBusiness',
];

export const notes: Readonly<Record<string, Note>> = {
  'AppRoleAssignment.ReadWrite.All': {
    requests: [
      'DELETE /users/{id}/appRoleAssignments/{id}',
      'POST /users/{id}/appRoleAssignments',
      'GET /users/{id}/appRoleAssignments',
    ],
    risk: 'Grant any application permission to any application, this one included: with it an attacker owns the tenant. Turn remove-app-access off, or let it only report, if you can live with the tasks that it leaves.',
  },
  'Application.Read.All': {
    requests: ['GET /servicePrincipals', 'GET /servicePrincipals/{id}/appRoleAssignedTo'],
    risk: "List the applications of the tenant and their credentials' names.",
  },
  'Application.ReadWrite.All': {
    requests: [
      'GET /servicePrincipals',
      'GET /servicePrincipals/{id}/appRoleAssignedTo',
      'PATCH /servicePrincipals/{id}',
      'DELETE /applications/{id}/owners/{id}/$ref',
      'DELETE /servicePrincipals/{id}/owners/{id}/$ref',
      'POST /applications/{id}/owners/$ref',
      'POST /servicePrincipals/{id}/owners/$ref',
    ],
    risk: 'Add a credential to an application that holds more than this one does, and sign in as it.',
  },
  'AuditLog.Read.All': {
    requests: [
      'GET /auditLogs/directoryAudits',
      'GET /auditLogs/signIns',
      'GET /reports/authenticationMethods/userRegistrationDetails/{id}',
    ],
    risk: 'Read who signs in from where, and what administrators do.',
  },
  'AuditLogsQuery.Read.All': {
    requests: [
      'POST /security/auditLog/queries',
      'GET /security/auditLog/queries',
      'GET /security/auditLog/queries/{id}',
      'GET /security/auditLog/queries/{id}/records',
    ],
    risk: 'Read what everybody does in Exchange, SharePoint, Teams and Entra ID: names of files, subjects of mail.',
  },
  'DelegatedPermissionGrant.ReadWrite.All': {
    requests: [
      'DELETE /oauth2PermissionGrants/{id}',
      'POST /oauth2PermissionGrants',
      'GET /oauth2PermissionGrants',
      'GET /users/{id}/oauth2PermissionGrants',
    ],
    risk: 'Consent to an application in the name of any user, and read what that user can read.',
  },
  'Device.Read.All': {
    requests: ['GET /users/{id}/ownedDevices', 'GET /users/{id}/registeredDevices'],
    risk: 'List devices and whose they are.',
  },
  'Device.ReadWrite.All': {
    requests: ['PATCH /devices/{id}', 'GET /users/{id}/ownedDevices', 'GET /users/{id}/registeredDevices'],
    risk: 'Disable devices, and so lock out who signs in with them.',
  },
  'Domain.Read.All': {
    requests: ['GET /domains', 'GET /domains/{id}'],
    risk: 'List the domains of the tenant and how they sign in.',
  },
  'ExchangeMessageTrace.Read.All': {
    requests: ['GET /admin/exchange/tracing/messageTraces'],
    risk: 'Read who writes to whom, with subjects, of the whole tenant.',
  },
  'Group.ReadWrite.All': {
    requests: ['DELETE /groups/{id}/owners/{id}/$ref', 'POST /groups/{id}/owners/$ref'],
    risk: 'Change members and owners of every group that no role can be assigned to, and read what those groups share.',
  },
  'GroupMember.Read.All': {
    requests: [
      'GET /users/{id}/transitiveMemberOf/microsoft.graph.group',
      'GET /groups/{id}/transitiveMembers/microsoft.graph.user',
    ],
    risk: 'Read who is in which group.',
  },
  'GroupMember.ReadWrite.All': {
    requests: ['DELETE /groups/{id}/members/{id}/$ref', 'POST /groups/{id}/members/$ref'],
    risk: 'Add anybody to a group that opens data or exempts from Conditional Access.',
  },
  'IdentityRiskEvent.Read.All': {
    requests: ['GET /identityProtection/riskDetections', 'GET /identityProtection/riskDetections/{id}'],
    risk: 'Read which sign-ins are held to be risky, and why.',
  },
  'IdentityRiskyUser.Read.All': {
    requests: ['GET /identityProtection/riskyUsers/{id}'],
    risk: 'Read which users are held to be risky.',
  },
  'IdentityRiskyUser.ReadWrite.All': {
    requests: [
      'POST /identityProtection/riskyUsers/confirmCompromised',
      'POST /identityProtection/riskyUsers/dismiss',
    ],
    risk: 'Dismiss the risk of an account that they hold, or block accounts by confirming them where a policy acts on risk.',
  },
  'Mail.ReadBasic.All': {
    requests: ['GET /users/{id}/messages', 'GET /users/{id}/mailFolders/{id}/messages'],
    risk: 'Read subjects, senders and recipients of every mailbox, without bodies or attachments.',
  },
  'Mail.Send': {
    requests: ['POST /users/{id}/sendMail'],
    risk: 'Send as the one mailbox that summaries come from. It is granted on that mailbox alone, by setup-tenant.ps1, never in Entra ID.',
  },
  'Policy.Read.All': {
    requests: ['GET /users/{id}/authentication/requirements'],
    risk: 'Read Conditional Access and other policies, and so the ways around them.',
  },
  'Policy.ReadWrite.AuthenticationMethod': {
    requests: ['PATCH /users/{id}/authentication/requirements'],
    risk: 'Weaken which authentication methods the tenant allows.',
  },
  'PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup': {
    requests: [
      'GET /identityGovernance/privilegedAccess/group/eligibilityScheduleInstances',
      'POST /identityGovernance/privilegedAccess/group/eligibilityScheduleRequests',
    ],
    risk: 'Make anybody eligible for a group in PIM, and for the roles that the group holds.',
  },
  'RoleManagement.Read.Directory': {
    requests: [
      'GET /roleManagement/directory/roleAssignments',
      'GET /roleManagement/directory/roleAssignmentScheduleInstances',
      'GET /roleManagement/directory/roleEligibilityScheduleInstances',
    ],
    risk: 'Read who is an administrator of what.',
  },
  'RoleManagement.ReadWrite.Directory': {
    requests: [
      'DELETE /roleManagement/directory/roleAssignments/{id}',
      'POST /roleManagement/directory/roleAssignments',
      'POST /roleManagement/directory/roleAssignmentScheduleRequests',
      'POST /roleManagement/directory/roleEligibilityScheduleRequests',
      'DELETE /groups/{id}/members/{id}/$ref',
      'DELETE /groups/{id}/owners/{id}/$ref',
      'POST /groups/{id}/members/$ref',
      'POST /groups/{id}/owners/$ref',
      'GET /roleManagement/directory/roleAssignments',
      'GET /roleManagement/directory/roleAssignmentScheduleInstances',
      'GET /roleManagement/directory/roleEligibilityScheduleInstances',
    ],
    risk: 'Make anybody Global Administrator. Turn remove-admin-roles off where administrators are not to be touched by a machine: their runs end in tasks then.',
  },
  'SecurityAlert.Read.All': {
    requests: ['GET /security/alerts_v2', 'GET /security/alerts_v2/{id}'],
    risk: 'Read every alert, and so learn what has been noticed.',
  },
  'SecurityAlert.ReadWrite.All': {
    requests: [
      'POST /security/alerts_v2/{id}/comments',
      'PATCH /security/alerts_v2/{id}',
      'GET /security/alerts_v2',
      'GET /security/alerts_v2/{id}',
    ],
    risk: 'Close the alerts that are about themselves.',
  },
  'SecurityAnalyzedMessage.ReadWrite.All': {
    requests: [
      'GET /security/collaboration/analyzedEmails',
      'POST /security/collaboration/analyzedEmails/remediate',
    ],
    risk: 'Move or delete mail in every mailbox.',
  },
  'SecurityIdentitiesAccount.Read.All': {
    requests: ['GET /security/identities/identityAccounts', 'GET /security/identities/identityAccounts/{id}'],
    risk: 'Read the accounts that Defender for Identity knows, those of Active Directory included.',
  },
  'SecurityIdentitiesActions.ReadWrite.All': {
    requests: ['POST /security/identities/identityAccounts/{id}/invokeAction'],
    risk: 'Disable accounts in Active Directory, and enable those that were disabled.',
  },
  'SecurityIncident.Read.All': {
    requests: ['GET /security/incidents', 'GET /security/incidents/{id}'],
    risk: 'Read every incident.',
  },
  'SecurityIncident.ReadWrite.All': {
    requests: [
      'POST /security/incidents/{id}/comments',
      'PATCH /security/incidents/{id}',
      'GET /security/incidents',
      'GET /security/incidents/{id}',
    ],
    risk: 'Close the incidents that are about themselves.',
  },
  'User-PasswordProfile.ReadWrite.All': {
    requests: ['PATCH /users/{id}'],
    risk: "Set the password of whoever the app's directory role reaches: everyone who is no administrator, or, with Privileged Authentication Administrator, everyone.",
  },
  'User.EnableDisableAccount.All': {
    requests: ['PATCH /users/{id}'],
    risk: "Lock out whoever the app's directory role reaches, or let in whom others have locked out.",
  },
  'User.Read.All': {
    requests: [
      'GET /users',
      'GET /users/{id}',
      'GET /users/{id}/manager',
      'GET /users/{id}/ownedDevices',
      'GET /users/{id}/ownedObjects',
      'GET /users/{id}/ownedObjects/microsoft.graph.group',
      'GET /users/{id}/registeredDevices',
      'GET /users/{id}/transitiveMemberOf/microsoft.graph.group',
      'PATCH /users/{id}',
    ],
    risk: "Read everybody's profile, telephone numbers and group memberships.",
  },
  'User.RevokeSessions.All': {
    requests: ['POST /users/{id}/revokeSignInSessions'],
    risk: 'Sign people out, again and again.',
  },
  'UserAuthenticationMethod.ReadWrite.All': {
    requests: [
      'GET /users/{id}/authentication/methods',
      ...methods.map((kind) => `DELETE /users/{id}/authentication/${kind}Methods/{id}`),
      'POST /users/{id}/authentication/temporaryAccessPassMethods',
    ],
    risk: "Register a method or a pass of their own for whoever the app's directory role reaches, and sign in as that person.",
  },
  'Machine.Read.All': {
    requests: ['GET /api/machines', 'GET /api/machineactions'],
    risk: 'List the machines of the tenant and their state.',
  },
  'Machine.Scan': {
    requests: ['POST /api/machines/{id}/runAntiVirusScan'],
    risk: 'Slow machines down by scanning them.',
  },
};

/** What an attacker could use a writing cmdlet for; Get- cmdlets read what their name says. */
export const cmdletRisks: Readonly<Record<string, string>> = {
  'Add-MailboxFolderPermission': 'Open a folder of any mailbox to anybody.',
  'Add-MailboxPermission': 'Open any mailbox to anybody.',
  'Add-RecipientPermission': 'Let anybody send as anybody.',
  'Add-RoleGroupMember': 'Make anybody an administrator of Exchange.',
  'Disable-InboxRule': "Stop people's own rules.",
  'Disable-SweepRule': "Stop people's own sweep rules.",
  'Enable-InboxRule': 'Start a rule that was stopped because it forwards.',
  'Enable-SweepRule': 'Start a sweep rule that was stopped because it hides mail.',
  'New-ManagementRoleAssignment': 'Give anybody any role of Exchange.',
  'Remove-BlockedSenderAddress': 'Let a restricted account send again.',
  'Remove-MailboxFolderPermission': "Take away delegates' access.",
  'Remove-MailboxPermission': "Take away delegates' access.",
  'Remove-ManagementRoleAssignment': 'Take roles from administrators of Exchange.',
  'Remove-MobileDevice': "Take the mail off anybody's phone.",
  'Remove-RecipientPermission': 'Take away the right to send as somebody.',
  'Remove-RoleGroupMember': 'Take roles from administrators of Exchange.',
  'Set-CASMailbox': 'Open or close IMAP, POP and SMTP AUTH for any mailbox.',
  'Set-Mailbox': 'Forward any mailbox to themselves.',
  'Set-MailboxAutoReplyConfiguration': "Answer in anybody's name.",
  'Set-MailboxCalendarFolder': "Publish anybody's calendar.",
  'Set-MailboxFolderPermission': 'Open a folder of any mailbox to anybody.',
};
