// What the identity of a look back is granted, apart from everything that the responder holds: it reads, and nothing else.
// docs/permissions.md and setup-look-back.ps1 say the same; tests hold them against each other.

interface LookBackPermissions {
  graph: readonly string[];
  exchange: readonly string[];
}

export const lookBackPermissions: LookBackPermissions = {
  graph: [
    'AuditLog.Read.All',
    'Directory.Read.All',
    'IdentityRiskEvent.Read.All',
    'RoleManagement.Read.Directory',
    'UserAuthenticationMethod.Read.All',
  ],
  exchange: ['Get-AcceptedDomain', 'Get-InboxRule', 'Get-Mailbox', 'Get-Recipient'],
};
