// Whole runs in tenants made by somebody else, each with a difficulty of its own. They know no rule of this project:
// what is asserted is what on-call would expect.
import { describe, expect, it } from 'vitest';
import type { StepRow } from '../shared/model/rows.ts';
import { tenantWith, told } from './fakes/told.ts';

const noor = 'noor@tailspin.example';
const signIn = {
  id: 'b7c1d2e3-0000-4000-8000-000000000001',
  createdDateTime: 'now-25m',
  userPrincipalName: noor,
  ipAddress: '192.0.2.66',
  sessionId: 'a0a0a0a0-1111-4222-8333-444444444444',
  appDisplayName: 'Outlook Web',
  riskLevelDuringSignIn: 'high',
};
const detection = {
  id: 'd'.repeat(64),
  userPrincipalName: noor,
  riskEventType: 'anomalousToken',
  riskLevel: 'high',
  ipAddress: '192.0.2.66',
  requestId: signIn.id,
  activityDateTime: 'now-25m',
  detectedDateTime: 'now-2m',
};
/** No owner makes such a rule: it is what makes a run full. */
const badRule = {
  Name: 'a',
  ForwardTo: ['"x" [SMTP:collector@mail.example]'],
  DeleteMessage: true,
};
const mailboxOf = (mailbox: object, more: object = {}) => ({
  users: [
    { userPrincipalName: noor, displayName: 'Noor Haddad', ...more, mailbox },
    { userPrincipalName: 'root@tailspin.example', mailbox: {} },
    { userPrincipalName: 'helper@tailspin.example', mailbox: {} },
  ],
  signIns: [signIn],
});
const live = (tenant: object, settings: Readonly<Record<string, string>> = {}) =>
  told(tenantWith(tenant, [detection]), settings);
const rowOf = (steps: readonly StepRow[], name: string) => {
  const row = steps.find((one) => one.name === name);
  if (row === undefined) throw new Error(`no step ${name}`);
  return row;
};
const outcomes = (steps: readonly StepRow[]) =>
  Object.fromEntries(steps.map(({ name, outcome }) => [name, outcome?.is]));

describe('a privileged administrator whose lock is refused until the roles are gone', () => {
  const root = { userPrincipalName: 'root@tailspin.example' };
  const tenant = {
    users: [{ userPrincipalName: noor, displayName: 'Noor Haddad', mailbox: {} }, root],
    groups: [
      { displayName: 'PAW users', isAssignableToRole: true, members: [noor, root.userPrincipalName] },
      {
        displayName: 'Role keepers',
        isAssignableToRole: true,
        members: [noor],
        owners: ['root@tailspin.example'],
      },
    ],
    roleAssignments: [
      { principalId: root.userPrincipalName, roleDefinitionId: 'Global Administrator' },
      {
        principalId: noor,
        roleDefinitionId: 'User Administrator',
        assignmentType: 'Activated',
        startDateTime: 'now-1h',
        endDateTime: 'now+7h',
      },
      { principalId: 'Role keepers', roleDefinitionId: 'Privileged Authentication Administrator' },
    ],
    roleEligibilities: [
      { principalId: noor, roleDefinitionId: 'User Administrator' },
      { principalId: noor, roleDefinitionId: 'Privileged Role Administrator' },
      { principalId: 'PAW users', roleDefinitionId: 'Security Administrator' },
    ],
    groupEligibilities: [{ groupId: 'Role keepers', principalId: noor }],
    roleGroups: [{ Name: 'Organization Management', Roles: ['Role Management'], Members: [noor] }],
    app: { directoryRoles: ['User Administrator', 'Exchange Administrator'] },
    signIns: [signIn],
  };

  it('is locked in the end, without any role, active or eligible', async () => {
    const story = await live(tenant);
    const { run, steps, summary } = await story.run();
    expect(summary.subject).toMatch(/^\[Reclaim\] CONTAINED/);
    expect(run.raisedBecause).toContain('block-sign-in did not end well');
    const locks = story.tenant.requests.filter(
      ({ body }) => JSON.stringify(body) === '{"accountEnabled":false}',
    );
    expect(locks.map(({ status }) => status)).toEqual([...locks.slice(1).map(() => 403), 204]);
    const after = story.tenant.state();
    expect(after.users[0]?.accountEnabled).toBe(false);
    const held = [
      after.roleAssignments,
      after.roleEligibilities,
      after.groupEligibilities,
      after.groups,
      after.roleGroups,
    ];
    expect(JSON.stringify(held)).not.toContain(noor);
    expect(rowOf(steps, 'remove-admin-roles').changes).toHaveLength(6);
  });
});

describe('a mailbox with eleven rules, four of them bad, one hidden and one empty', () => {
  const owners = [
    { Name: 'Newsletters', FromAddressContainsWords: ['news@'], MoveToFolder: 'Newsletters' },
    { Name: 'Boss', From: ['"Root" [SMTP:root@tailspin.example]'], MarkImportance: 'High' },
    { Name: 'Build', SubjectContainsWords: ['[build]'], MoveToFolder: 'Build' },
    {
      Name: 'Invoices to accounting',
      SubjectContainsWords: ['invoice'],
      ForwardTo: ['"Root" [SMTP:root@tailspin.example]'],
    },
    { Name: 'Old one', SubjectContainsWords: ['lunch'], MoveToFolder: 'Lunch', Enabled: false },
    { Name: 'Junk E-mail Rule', hidden: true },
  ];
  const empty = { Name: 'Pinned' };
  const bad = [
    {
      Name: '.',
      SubjectOrBodyContainsWords: ['invoice', 'wire'],
      MoveToFolder: 'RSS Feeds',
      MarkAsRead: true,
    },
    badRule,
    { Name: 'sync', RedirectTo: ['"x" [SMTP:collector@mail.example]'], hidden: true },
    { Name: 'clean', FromAddressContainsWords: ['security', 'microsoft'], DeleteMessage: true },
  ];

  it('keeps its owner’s rules, loses the four, and a person looks at what can’t be judged', async () => {
    const story = await live(mailboxOf({ inboxRules: [...owners, empty, ...bad] }));
    const { steps, summary } = await story.run();
    const row = rowOf(steps, 'disable-inbox-rules');
    expect(row.changes.map(({ what }) => what).toSorted()).toEqual([
      'rule "."',
      'rule "a"',
      'rule "clean"',
      'rule "sync"',
    ]);
    expect(row.tasks).toMatchObject([
      {
        what: expect.stringContaining('rule "Pinned"'),
        instruction: expect.stringMatching(/shows nothing that it does/),
      },
    ]);
    const enabled = story.tenant
      .state()
      .users[0]?.mailbox?.inboxRules?.filter(({ Enabled }) => Enabled !== false);
    expect(enabled?.map(({ Name }) => Name)).toEqual([
      ...owners.map(({ Name }) => Name).filter((name) => name !== 'Old one'),
      'Pinned',
    ]);
    expect(summary.subject).toMatch(/CONTAINED, 1 TASK:/);
  });
});

describe('methods without a date', () => {
  const authenticationMethods = [
    {
      '@odata.type': '#microsoft.graph.phoneAuthenticationMethod',
      phoneNumber: '+1 5550100',
      phoneType: 'mobile',
    },
    {
      '@odata.type': '#microsoft.graph.microsoftAuthenticatorAuthenticationMethod',
      id: 'm1',
      displayName: 'Pixel 9',
      createdDateTime: null,
    },
    {
      '@odata.type': '#microsoft.graph.fido2AuthenticationMethod',
      id: 'm3',
      displayName: 'YubiKey',
      createdDateTime: 'now-400d',
    },
  ];

  it('become one question to the owner, and all of them stay', async () => {
    const story = await live(mailboxOf({ inboxRules: [badRule] }, { authenticationMethods }));
    const { steps, summary } = await story.run();
    const row = rowOf(steps, 'remove-auth-methods');
    expect(row.changes).toEqual([]);
    expect(row.tasks).toMatchObject([
      { instruction: expect.stringMatching(/555.*Pixel 9.*nobody can tell when/) },
    ]);
    expect(story.tenant.state().users[0]?.authenticationMethods).toEqual(
      story.before.users[0]?.authenticationMethods,
    );
    expect(summary.subject).toMatch(/CONTAINED, 1 TASK:/);
  });
});

describe('an audit query that takes its time', () => {
  const added = (User: string, clientIp: string) => ({
    id: `5e6f7081-9a2b-4c3d-8e4f-0000000000${clientIp.length}${User.length}`,
    createdDateTime: 'now-20m',
    auditLogRecordType: 'exchangeAdmin',
    operation: 'Add-MailboxPermission',
    service: 'Exchange',
    userPrincipalName: noor,
    clientIp,
    objectId: 'noor',
    auditData: {
      Parameters: [
        { Name: 'Identity', Value: noor },
        { Name: 'User', Value: User },
        { Name: 'AccessRights', Value: 'FullAccess' },
      ],
    },
  });

  it('is asked four times; the delegate that it ties to the intruder goes, the other stays', async () => {
    const story = await live({
      ...mailboxOf({
        inboxRules: [badRule],
        permissions: [{ User: 'helper@tailspin.example' }, { User: 'root@tailspin.example' }],
      }),
      behaviour: { auditSearchPolls: 3, auditLagMinutes: 0 },
      auditRecords: [added('helper', '192.0.2.66:51234'), added('root@tailspin.example', '198.51.100.9')],
    });
    const { steps, summary } = await story.run();
    const polls = story.tenant.requests.filter(
      ({ method, url }) => method === 'GET' && /auditLog\/queries\/[^/]+$/.test(url),
    );
    expect(polls).toHaveLength(4);
    expect(outcomes(steps)).toMatchObject({
      'collect-audit-log': 'done',
      'remove-mailbox-delegates': 'done',
    });
    expect(rowOf(steps, 'remove-mailbox-delegates').changes).toMatchObject([
      { what: 'helper@tailspin.example may open the mailbox (FullAccess)' },
    ]);
    expect(story.tenant.state().users[0]?.mailbox?.permissions).toEqual([{ User: 'root@tailspin.example' }]);
    expect(summary.text).toContain('helper@tailspin.example may open the mailbox');
  });
});

describe('a tenant with hardly a licence', () => {
  const alert = {
    id: 'fa00000000000000000000000000000001',
    title: 'Suspicious email sending patterns detected',
    severity: 'high',
    createdDateTime: 'now-3m',
    firstActivityDateTime: 'now-30m',
    lastActivityDateTime: 'now-10m',
    evidence: [
      {
        '@odata.type': '#microsoft.graph.security.userEvidence',
        roles: ['compromised'],
        userAccount: { userPrincipalName: noor },
      },
    ],
  };
  const tenant = {
    ...mailboxOf(
      { inboxRules: [badRule] },
      { onPremisesSyncEnabled: true, onPremisesDistinguishedName: 'CN=Noor' },
    ),
    servicePlans: ['EXCHANGE_S_STANDARD'],
    alerts: [alert],
    devices: [{ displayName: 'NOOR-PC', registeredOwners: [noor], registrationDateTime: 'now-200d' }],
  };

  it('is contained anyway: each step that needs one is skipped with that reason, and none has failed', async () => {
    const story = await told(tenantWith(tenant, [], [{ type: 'Reclaim.Alert', data: alert }]));
    const { steps, summary } = await story.run();
    expect(summary.subject).toMatch(/^\[Reclaim\] CONTAINED/);
    expect(steps.filter(({ outcome }) => outcome?.is === 'failed')).toEqual([]);
    const skipped = Object.fromEntries(
      steps.flatMap(({ name, outcome }) => (outcome?.is === 'skipped' ? [[name, outcome.reason]] : [])),
    );
    expect(skipped).toMatchObject({
      'collect-sign-ins': expect.stringContaining('P1'),
      'collect-audit-log': expect.stringContaining('audit'),
      'confirm-compromise': expect.stringContaining('P2'),
      'scan-devices': expect.stringContaining('Defender for Endpoint'),
      'contain-on-premises-account': expect.stringContaining('Defender for Identity'),
      'find-other-victims': expect.stringContaining('could not be read'),
    });
    for (const reason of Object.values(skipped)) expect(summary.text).toContain(reason);
  });
});

describe('two victims of one address', () => {
  const mate = 'mate@tailspin.example';
  const theirs = {
    ...signIn,
    id: 'b7c1d2e3-0000-4000-8000-000000000002',
    userPrincipalName: mate,
    sessionId: 'b1b1b1b1-1111-4222-8333-444444444444',
  };
  const { users, signIns } = mailboxOf({ inboxRules: [badRule] });
  const people = [...users, { userPrincipalName: mate, displayName: 'Mate Novak', mailbox: {} }];

  it('each get a run of their own: the second is reported to the front door, which asks Microsoft Graph', async () => {
    const story = await live({ users: people, signIns: [...signIns, theirs] });
    expect(story.published[0]?.id).toMatch(new RegExp(`^signIn:${theirs.id}:20`));
    const runs = await story.runs();
    expect(runs.map(({ run }) => run.account.userPrincipalName)).toEqual([noor, mate]);
    const [one, other] = runs;
    expect(one?.summary.text).toContain(`${mate} was signed in to from 192.0.2.66`);
    expect(other?.summary.subject).toMatch(/: mate@tailspin\.example/);
    // Each learns about the other, and is told only what concerns its own account.
    for (const { run } of runs) {
      const about = new Set(run.signals.map(({ userPrincipalName }) => userPrincipalName));
      expect([...about]).toEqual([run.account.userPrincipalName]);
    }
    expect(story.decisions.all.filter(({ joined }) => !joined)).toHaveLength(2);
    expect(story.tenant.state().outbox).toHaveLength(2);
  });

  it('are not found at an address that the company itself uses every day', async () => {
    const clients = {
      'root@tailspin.example': 'Edge',
      'helper@tailspin.example': 'Outlook',
      [mate]: 'Safari',
    };
    const before = Object.entries(clients).flatMap(([userPrincipalName, userAgent], person) =>
      ['now-6d', 'now-4d', 'now-2d', 'now-30m'].map((createdDateTime, day) => ({
        ...signIn,
        id: `b7c1d2e3-0000-4000-8000-0000000001${person}${day}`,
        createdDateTime,
        userPrincipalName,
        userAgent,
        sessionId: `c${person}c1c1c1-1111-4222-8333-444444444444`,
        riskLevelDuringSignIn: 'none',
      })),
    );
    const story = await live({ users: people, signIns: [...signIns, ...before] });
    expect(story.published).toEqual([]);
    expect(await story.runs()).toHaveLength(1);
    const row = rowOf((await story.run()).steps, 'find-other-victims');
    expect(row.kept.map(({ what, why }) => `${what}: ${why}`)).not.toContain(mate);
  });
});
