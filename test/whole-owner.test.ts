// What the owner made while the intruder was in: a method, a device, a consent, rules, a delegate. If it came from the
// owner's own address, or from one that both use, nothing of it may be removed; what could be either's becomes a
// question.
import { describe, expect, it } from 'vitest';
import { tenantWith, told } from './fakes/told.ts';

const noor = 'noor@tailspin.example';
const noorId = 'f0f0f0f0-2b71-4d0b-8f3e-5a6c1d2e4f77';
const device = '9f6f2f0a-7c3d-4f0e-9d5b-3b9f5c1a2d01';
const todo = 'c8e2d3f4-5a6b-4c7d-9e8f-0a1b2c3d4e5f';
const intruder = {
  ipAddress: '192.0.2.66',
  sessionId: 'a0a0a0a0-1111-4222-8333-444444444444',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36',
  location: { city: 'Kyiv', countryOrRegion: 'UA' },
};
const owner = {
  ipAddress: '198.51.100.20',
  sessionId: 'e0e0e0e0-1111-4222-8333-444444444444',
  userAgent:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0',
  location: { city: 'Oslo', countryOrRegion: 'NO' },
};
const numbered = (rows: readonly object[]) =>
  rows.map((row, index) => ({
    id: `b7c1d2e3-0000-4000-8000-${String(index + 1).padStart(12, '0')}`,
    ...row,
  }));
const signIn = (who: object, createdDateTime: string) => ({
  createdDateTime,
  userPrincipalName: noor,
  appDisplayName: 'Outlook Web',
  ...who,
});
const detection = {
  id: 'd'.repeat(64),
  userPrincipalName: noor,
  riskEventType: 'anomalousToken',
  riskLevel: 'high',
  ipAddress: intruder.ipAddress,
  requestId: 'b7c1d2e3-0000-4000-8000-000000000001',
  activityDateTime: 'now-40m',
  detectedDateTime: 'now-2m',
};
const own = [
  {
    Name: 'To my private mail',
    SubjectContainsWords: ['ticket'],
    ForwardTo: ['"me" [SMTP:noor.h@mail.example]'],
  },
  { Name: 'Receipts', SubjectContainsWords: ['invoice'], MoveToFolder: 'Archive', MarkAsRead: true },
];
const bad = { Name: 'a', ForwardTo: ['"x" [SMTP:collector@mail.example]'], DeleteMessage: true };

/** Everything that Noor made came from this address, where she had also signed in before. */
function tenantOf(address: string) {
  const directory = (activityDisplayName: string, activityDateTime: string, more: object) => ({
    activityDateTime,
    activityDisplayName,
    initiatedBy: { user: { userPrincipalName: noor, ipAddress: address } },
    ...more,
  });
  const exchange = (operation: string, parameters: Readonly<Record<string, string>>) => ({
    createdDateTime: 'now-25m',
    auditLogRecordType: 'exchangeAdmin',
    operation,
    service: 'Exchange',
    userPrincipalName: noor,
    clientIp: address,
    objectId: 'noor',
    auditData: {
      AppAccessContext: { AADSessionId: owner.sessionId },
      Parameters: Object.entries(parameters).map(([Name, Value]) => ({ Name, Value })),
    },
  });
  const at = { ...owner, ipAddress: address };
  return {
    users: [
      {
        id: noorId,
        userPrincipalName: noor,
        displayName: 'Noor Haddad',
        authenticationMethods: [
          {
            '@odata.type': '#microsoft.graph.microsoftAuthenticatorAuthenticationMethod',
            id: 'own-new',
            displayName: 'New phone',
            createdDateTime: 'now-30m',
          },
        ],
        mailbox: { permissions: [{ User: 'helper@tailspin.example' }], inboxRules: [...own, bad] },
      },
      { userPrincipalName: 'helper@tailspin.example', mailbox: {} },
    ],
    devices: [
      { displayName: 'NOOR-LT', deviceId: device, registeredOwners: [noor], registrationDateTime: 'now-28m' },
    ],
    servicePrincipals: [{ id: todo, appId: 'b7d1c2e3-4f5a-4b6c-8d7e-9f0a1b2c3d4e', displayName: 'Todo App' }],
    oauth2PermissionGrants: [
      { clientId: todo, principalId: noor, resourceId: 'Microsoft Graph', scope: 'Mail.Read offline_access' },
    ],
    appRoleAssignments: [{ resourceId: todo, principalId: noor, createdDateTime: 'now-26m' }],
    signIns: numbered([
      { ...signIn(intruder, 'now-40m'), riskLevelDuringSignIn: 'high' },
      signIn(intruder, 'now-35m'),
      ...['now-3d', 'now-2d', 'now-33m', 'now-27m'].map((time) => signIn(at, time)),
      signIn(owner, 'now-4d'),
    ]),
    directoryAudits: numbered([
      directory('User registered security info', 'now-30m', {
        resultReason: 'User registered Authenticator App with Notification and Code',
        targetResources: [{ id: noorId, type: 'User' }],
      }),
      directory('Register device', 'now-28m', {
        category: 'Device',
        targetResources: [],
        additionalDetails: [{ key: 'Device Id', value: device }],
      }),
      directory('Consent to application', 'now-26m', {
        targetResources: [{ type: 'ServicePrincipal', id: todo }],
      }),
    ]),
    // Every log answers at once: the test is about what the app makes of what it knows.
    behaviour: { auditLagMinutes: 0 },
    auditRecords: numbered([
      ...own.map(({ Name }) => exchange('New-InboxRule', { Name })),
      exchange('Add-MailboxPermission', {
        Identity: noor,
        User: 'helper@tailspin.example',
        AccessRights: 'FullAccess',
      }),
    ]),
  };
}

/** For one run in a tenant: what it removed because of a tie to somebody, and what it asks. */
async function takenIn(tenant: object) {
  const story = await told(tenantWith(tenant, [detection]));
  const { run, steps } = await story.run();
  const attributed = [
    'disable-inbox-rules',
    'remove-auth-methods',
    'remove-app-access',
    'disable-devices',
    'remove-mailbox-delegates',
  ];
  const rows = steps.filter(({ name }) => attributed.includes(name));
  return {
    story,
    run,
    taken: rows.flatMap(({ changes }) => changes.map(({ what }) => what)),
    kept: rows.flatMap((row) => row.kept.map(({ what, why }) => `${what} ${why}`)),
    asked: rows.flatMap(({ tasks }) => tasks.map(({ what, instruction }) => `${what}. ${instruction}`)),
  };
}

describe("the owner's own things, made while the intruder was in", () => {
  it.each([
    ["the owner's own address", owner.ipAddress],
    ['an address that both use, as behind one NAT or VPN', intruder.ipAddress],
  ])('survive: from %s', async (_, address) => {
    const { story, run, taken, asked, kept } = await takenIn(tenantOf(address));
    expect(run.level).toBe('full');
    expect(taken).toEqual(['rule "a"']);
    for (const thing of ['New phone', 'Todo App', 'NOOR-LT', 'Receipts']) {
      expect(asked.filter((what) => what.includes(thing))).toHaveLength(1);
    }
    // The log shows the owner's own session, so nobody needs to be asked; but it sends mail out, so it is named.
    expect(kept.filter((what) => what.includes('To my private mail'))).toHaveLength(1);
    const { users, devices, oauth2PermissionGrants, appRoleAssignments, servicePrincipals } =
      story.tenant.state();
    const { before } = story;
    expect(users[0]?.authenticationMethods).toEqual(before.users[0]?.authenticationMethods);
    expect(users[0]?.mailbox?.permissions).toEqual(before.users[0]?.mailbox?.permissions);
    expect(users[0]?.mailbox?.inboxRules?.slice(0, 2)).toEqual(own);
    expect({ devices, oauth2PermissionGrants, appRoleAssignments, servicePrincipals }).toEqual({
      devices: before.devices,
      oauth2PermissionGrants: before.oauth2PermissionGrants,
      appRoleAssignments: before.appRoleAssignments,
      servicePrincipals: before.servicePrincipals,
    });
  });

  it("are removed if only the intruder's address made them", async () => {
    const { signIns, ...rest } = tenantOf(intruder.ipAddress);
    const alone = signIns.filter((one) => !('ipAddress' in one) || one.ipAddress !== intruder.ipAddress);
    const { taken } = await takenIn({ ...rest, signIns: [...signIns.slice(0, 2), ...alone] });
    expect(taken.join('; ')).toMatch(/New phone/);
    expect(taken.join('; ')).toMatch(/Todo App/);
    expect(taken.join('; ')).toMatch(/NOOR-LT/);
    expect(taken.join('; ')).toMatch(/To my private mail/);
    expect(taken.join('; ')).toMatch(/helper@tailspin\.example/);
  });

  it('a rule with only its looks against it waits for the audit log, and is removed if that cannot tell', async () => {
    const { auditRecords: _silent, ...tenant } = tenantOf(owner.ipAddress);
    const silent = await takenIn(tenant);
    expect(silent.taken.toSorted()).toEqual(['rule "Receipts"', 'rule "a"']);
    const disabled = silent.story.tenant.requests.flatMap(({ cmdlet, body, time }) =>
      cmdlet === 'Disable-InboxRule' ? [{ time, body: JSON.stringify(body) }] : [],
    );
    const answered = silent.story.tenant.requests.find(({ url }) => url.includes('/records'))?.time ?? '';
    expect(disabled.map(({ time }) => time > answered)).toEqual([false, true]);
  });
});
