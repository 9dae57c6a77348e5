import { describe, expect, it } from 'vitest';
import { account, drillTenant, group, rehearsal } from './rehearsal.ts';

const someone = { userPrincipalName: 'megan@contoso.com', mailbox: {} };
const withUser = (user: object) => drillTenant({}, user);
const base = drillTenant();
const groupOf = (changes: object) => drillTenant({ groups: [{ ...base.groups[0], ...changes }] });
const others = (changes: object) => drillTenant({ users: [...base.users, someone], ...changes });
const now = '2026-11-20T09:00:00Z';

/** Each entry is a tenant, the setting that differs, and the word for the refusal. */
const refused: readonly (readonly [string, object, string, Readonly<Record<string, string>>?])[] = [
  ['outside the drill group', groupOf({ members: ['sink@contoso.com'] }), 'outside'],
  [
    'only in a group within the drill group',
    drillTenant({
      groups: [
        { ...base.groups[0], members: ['Inner'] },
        { displayName: 'Inner', members: [account] },
      ],
    }),
    'outside',
  ],
  ['of a group that does not exist', drillTenant({ groups: [] }), 'no-group'],
  [
    'of a group whose members follow from a rule',
    groupOf({ membershipRule: 'user.city -eq "x"' }),
    'group-dynamic',
  ],
  ['of a Microsoft 365 group', groupOf({ groupTypes: ['Unified'], mailEnabled: true }), 'group-mail'],
  ['of a group that may carry roles', groupOf({ isAssignableToRole: true }), 'group-roles'],
  ['of a group from Active Directory', groupOf({ onPremisesSyncEnabled: true }), 'group-synced'],
  [
    'of a group of everybody',
    drillTenant({
      users: [
        ...base.users,
        ...Array.from({ length: 12 }, (_, index) => ({ userPrincipalName: `u${index}@contoso.com` })),
      ],
      groups: [
        {
          ...base.groups[0],
          members: [account, ...Array.from({ length: 12 }, (_, index) => `u${index}@contoso.com`)],
        },
      ],
    }),
    'group-large',
  ],
  [
    'with a directory role',
    drillTenant({ roleAssignments: [{ principalId: account, roleDefinitionId: 'User Administrator' }] }),
    'privileged',
  ],
  [
    'with a directory role through a group',
    drillTenant({
      groups: [base.groups[0], { displayName: 'Admins', isAssignableToRole: true, members: [account] }],
      roleAssignments: [{ principalId: 'Admins', roleDefinitionId: 'User Administrator' }],
    }),
    'privileged',
  ],
  [
    'that could activate a role',
    drillTenant({ roleEligibilities: [{ principalId: account, roleDefinitionId: 'User Administrator' }] }),
    'privileged',
  ],
  ['in a restricted administrative unit', withUser({ isManagementRestricted: true }), 'privileged'],
  ['from Active Directory', withUser({ onPremisesSyncEnabled: true }), 'synced'],
  [
    'of a federated domain',
    drillTenant({ domains: [{ id: 'contoso.com', authenticationType: 'Federated' }] }),
    'federated',
  ],
  ['that is a guest', withUser({ userType: 'Guest' }), 'guest'],
  ['that is disabled', withUser({ accountEnabled: false }), 'disabled'],
  [
    'without a mailbox',
    drillTenant({ users: [{ userPrincipalName: account }, ...base.users.slice(1)] }),
    'no-mailbox',
  ],
  [
    'with a shared mailbox',
    withUser({ mailbox: { RecipientTypeDetails: 'SharedMailbox' } }),
    'shared-mailbox',
  ],
  ['that is a room', withUser({ mailbox: { RecipientTypeDetails: 'RoomMailbox' } }), 'shared-mailbox'],
  [
    'whose mail is forwarded',
    withUser({ mailbox: { ForwardingSmtpAddress: 'smtp:x@elsewhere.example' } }),
    'forwards',
  ],
  ['on litigation hold', withUser({ mailbox: { LitigationHoldEnabled: true } }), 'on-hold'],
  [
    'that sends mail to others',
    withUser({
      mailbox: {
        sentItems: [
          {
            subject: 'Hello',
            sentDateTime: now,
            toRecipients: [{ emailAddress: { address: 'megan@contoso.com' } }],
          },
        ],
      },
    }),
    'sends-mail',
  ],
  [
    'that signed in lately',
    drillTenant({
      signIns: [{ id: 's1', userPrincipalName: account, createdDateTime: '2026-11-19T09:00:00Z' }],
    }),
    'signed-in',
  ],
  [
    'with a method registered',
    withUser({
      authenticationMethods: [
        { '@odata.type': '#microsoft.graph.softwareOathAuthenticationMethod', id: 'm1' },
      ],
    }),
    'methods',
  ],
  [
    'that owns a group',
    drillTenant({ groups: [base.groups[0], { displayName: 'Team', owners: [account] }] }),
    'owns',
  ],
  [
    'that owns an application',
    drillTenant({ applications: [{ displayName: 'Payroll', owners: [account] }] }),
    'owns',
  ],
  [
    'with a device',
    drillTenant({
      devices: [{ displayName: 'LAPTOP-1', registeredUsers: [account], registeredOwners: [account] }],
    }),
    'devices',
  ],
  [
    'that is at risk',
    drillTenant({ riskyUsers: [{ id: account, riskLevel: 'high', riskState: 'atRisk' }] }),
    'at-risk',
  ],
  ['that is protected', base, 'protected', { PROTECTED_ACCOUNTS: account }],
  [
    'in a protected group',
    drillTenant({
      groups: [
        base.groups[0],
        { id: '5b0f9d3e-33ad-4f42-9f6b-6b1f8c0d2a11', displayName: 'Break glass', members: [account] },
      ],
    }),
    'protected',
    { PROTECTED_GROUPS: '5b0f9d3e-33ad-4f42-9f6b-6b1f8c0d2a11' },
  ],
  ['that gets the mail of on-call', base, 'protected', { MAIL_TO: account }],
  ['that is a named VIP', base, 'vip', { VIP_ACCOUNTS: account }],
  ['that is a service account', base, 'service-account', { SERVICE_ACCOUNTS: account }],
  ['whose sink is outside', base, 'sink-outside', { DRILL_SINK: 'x@elsewhere.example' }],
  ['whose sink is nobody', base, 'sink-unknown', { DRILL_SINK: 'nobody@contoso.com' }],
  ['whose sink is itself', base, 'sink-itself', { DRILL_SINK: account }],
  ['of an app that only looks', base, 'dry-run', { DRY_RUN: 'true' }],
  ['whose sign-ins nobody can read', others({ servicePlans: ['EXCHANGE_S_ENTERPRISE'] }), 'unread'],
];

describe('a drill refuses an account', () => {
  it.each(refused.map(([who, tenant, word, settings]) => ({ who, tenant, word, settings: settings ?? {} })))(
    '$who, before anything is written, and says what to do',
    async ({ tenant, word, settings }) => {
      const { drill, story, drills } = await rehearsal(tenant, settings);
      const report = await drill();
      expect(report.verdict).toBe('refused');
      expect(report.refusals.map(({ is }) => is)).toContain(word);
      for (const { why, now: what } of report.refusals) {
        expect(why).not.toBe('');
        expect(what).toMatch(/^[A-Z].*\.$/);
      }
      const writes = story.tenant.requests.filter(({ method, cmdlet }) =>
        cmdlet === null ? method !== 'GET' : !cmdlet.startsWith('Get-'),
      );
      expect(writes).toEqual([]);
      expect(drills.row().current).toBeNull();
    },
  );

  it.each(['nobody@contoso.com', '00000000-1111-4222-8333-444444444444'])(
    'that does not exist (%s)',
    async (name) => {
      const { services } = await rehearsal();
      const { checkAccount } = await import('../../functions/drill/check.ts');
      expect(await checkAccount(services, name)).toMatchObject({
        is: 'refused',
        refusals: [{ is: 'unknown' }],
      });
    },
  );

  it('that has a run', async () => {
    const { drill, services } = await rehearsal();
    services.runOf = async () => 'a run';
    expect(await drill()).toMatchObject({ verdict: 'refused', refusals: [{ is: 'has-run' }] });
  });

  it('if no group or no sink is configured', async () => {
    const { drill, services } = await rehearsal();
    services.settings = { ...services.settings, DRILL_GROUP: undefined, DRILL_SINK: undefined };
    expect((await drill()).refusals.map(({ is }) => is)).toEqual(['no-group', 'no-sink']);
  });

  it('with the responder’s identity: it must not plant what it evicts', async () => {
    const { drill, services, story, drills } = await rehearsal();
    services.clientId = story.tenant.drill.appId;
    expect(await drill()).toMatchObject({ verdict: 'refused', refusals: [{ is: 'own-identity' }] });
    expect(drills.row().current).toBeNull();
  });

  it(`but not the one made for it: ${group}`, async () => {
    const { services } = await rehearsal();
    const { checkAccount } = await import('../../functions/drill/check.ts');
    expect(await checkAccount(services, account)).toMatchObject({ is: 'fit' });
  });
});
