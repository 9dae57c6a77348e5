// A tenant of any size for a look back: mostly mailboxes with nothing to find, and here and there what intruders leave.
// The number of mailboxes alone determines what there is to find.
import { lookBackPermissions } from '../infra/look-back-permissions.ts';

const domain = 'contoso.com';
const nameOf = (n: number) => `person${String(n).padStart(5, '0')}@${domain}`;
/** em Client, which is on the list of abused applications. */
const abusedAppId = 'e9a7fea1-1cc0-4cd9-a31b-9137ca5deedd';
const intruders = '203.0.113.66';

/** Each kind occurs once in this many mailboxes. */
const every = { sorts: 4, hides: 40, asks: 100, forwards: 125, sendsInside: 150 };

const on = (n: number, step: number) => n % step === step - 1;
const countOf = (mailboxes: number, step: number) => Math.floor(mailboxes / step);

function rulesOf(n: number): object[] {
  return [
    ...(on(n, every.sorts)
      ? [{ Name: 'Newsletters', From: ['news@adatum.com'], MoveToFolder: 'Newsletters' }]
      : []),
    ...(on(n, every.hides)
      ? [
          {
            Name: '..',
            SubjectOrBodyContainsWords: ['invoice', 'payment'],
            MoveToFolder: 'RSS Feeds',
            MarkAsRead: true,
          },
        ]
      : []),
    ...(on(n, every.asks)
      ? [{ Name: 'Falcon', SubjectContainsWords: ['Falcon'], ForwardTo: ['anna@fabrikam.com'] }]
      : []),
  ];
}

function forwardingOf(n: number): object {
  if (on(n, every.forwards)) return { ForwardingSmtpAddress: 'smtp:drop@mail.example' };
  return on(n, every.sendsInside) ? { ForwardingAddress: nameOf(0) } : {};
}

/** `app`, `behaviour` and other `changes` override the defaults. */
export function lookBackTenant(mailboxes: number, changes: object = {}): object {
  const phone = {
    '@odata.type': '#microsoft.graph.phoneAuthenticationMethod',
    phoneNumber: '+1 5555550100',
    phoneType: 'mobile',
    createdDateTime: 'now-3d',
  };
  const people = Array.from({ length: mailboxes }, (_, n) => ({
    userPrincipalName: nameOf(n),
    mailbox: { inboxRules: rulesOf(n), ...forwardingOf(n) },
    ...(n === 1 || n === 2 ? { authenticationMethods: [phone] } : {}),
  }));
  const administrators = ['has-factor', 'no-factor', 'eligible', 'in-group', 'left'].map((name) => ({
    userPrincipalName: `${name}@${domain}`,
    accountEnabled: name !== 'left',
    ...(name === 'has-factor' ? { authenticationMethods: [phone] } : {}),
  }));
  const role = (principalId: string) => ({ principalId, roleDefinitionId: 'Global Administrator' });
  const registered = (name: string, ipAddress: string | null) => ({
    activityDateTime: 'now-3d',
    activityDisplayName: 'User registered security info',
    loggedByService: 'Authentication Methods',
    resultReason: 'User registered phone',
    initiatedBy: { user: { userPrincipalName: name, ipAddress } },
    targetResources: [{ userPrincipalName: name }],
  });
  return {
    users: [...people, ...administrators],
    groups: [{ displayName: 'Role holders', isAssignableToRole: true, members: [`in-group@${domain}`] }],
    roleAssignments: ['has-factor', 'no-factor', 'left']
      .map((name) => role(`${name}@${domain}`))
      .concat(role('Role holders')),
    roleEligibilities: [role(`eligible@${domain}`)],
    servicePrincipals: [
      { displayName: 'eM Client', appId: abusedAppId },
      { displayName: 'Payroll', appId: '0a0a0a0a-0000-4000-8000-000000000001' },
    ],
    oauth2PermissionGrants: [
      {
        clientId: 'eM Client',
        principalId: nameOf(1),
        resourceId: 'Microsoft Graph',
        scope: 'Mail.Read offline_access',
      },
      { clientId: 'Payroll', principalId: nameOf(2), resourceId: 'Microsoft Graph', scope: 'User.Read' },
    ],
    appRoleAssignments: [{ principalId: nameOf(2), resourceId: 'eM Client' }],
    riskDetections: [
      {
        id: 'd1',
        userPrincipalName: nameOf(1),
        riskEventType: 'anomalousToken',
        riskLevel: 'high',
        ipAddress: intruders,
        detectedDateTime: 'now-3d',
      },
      {
        id: 'd2',
        userPrincipalName: nameOf(2),
        riskEventType: 'unlikelyTravel',
        riskLevel: 'high',
        riskState: 'dismissed',
        ipAddress: '198.51.100.9',
        detectedDateTime: 'now-3d',
      },
    ],
    directoryAudits: [
      registered(nameOf(1), intruders),
      registered(nameOf(2), '198.51.100.9'),
      registered(nameOf(3), null),
    ],
    app: {
      permissions: [...lookBackPermissions.graph, 'Exchange.ManageAsApp'],
      directoryRoles: [],
      exchangeCmdlets: [...lookBackPermissions.exchange],
    },
    ...changes,
  };
}

/** How many finds of each kind a look back must report. */
export const expectedFinds = (mailboxes: number): Record<string, number> => ({
  rule: countOf(mailboxes, every.hides) + countOf(mailboxes, every.asks),
  // A mailbox that gets both forwards outside.
  forwarding:
    countOf(mailboxes, every.forwards) + countOf(mailboxes, every.sendsInside) - countOf(mailboxes, 750),
  application: 2,
  method: 1,
  administrator: 3,
});
