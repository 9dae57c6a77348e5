// Preflight against the simulated tenant, through the real clients: what is granted and what is not, what is licensed,
// who is named in the settings. The tenant's file says what is missing.
import { describe, expect, it } from 'vitest';
import { coveredBy, declaredPermissions, grantedOf } from '../../functions/permissions.ts';
import { playbook } from '../../functions/steps/index.ts';
import { createTenant } from '../../local/tenant/tenant.ts';
import type { SourceState } from '../../shared/alerts/source-health.ts';
import { createDefender } from '../../shared/clients/defender.ts';
import { createExchange } from '../../shared/clients/exchange.ts';
import { createGraph } from '../../shared/clients/graph.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { permissionsRead } from '../../shared/preflight/graph-reads.ts';
import { type PreflightDeps, preflight } from '../../shared/preflight/preflight.ts';

const declared = declaredPermissions(playbook);
const everything = [
  ...grantedOf(declared.graph).filter((name) => name !== 'Mail.Send'),
  ...Object.keys(declared.defender),
  'Exchange.ManageAsApp',
];
const breakGlass = {
  id: '3d9a2f10-6c1b-4e0b-8f5a-7a2c4e6d8b1f',
  userPrincipalName: 'breakglass@contoso.com',
};
const oncall = { userPrincipalName: 'oncall@contoso.com', mailbox: {} };
const sent = {
  subject: '[Reclaim] CONTAINED: bob@contoso.com (8M2P)',
  sentDateTime: '2026-11-19T09:12:40Z',
  toRecipients: [{ emailAddress: { address: 'oncall@contoso.com' } }],
};
const sender = {
  userPrincipalName: 'reclaim@contoso.com',
  accountEnabled: false,
  mailbox: { sentItems: [sent] },
};
const tenantFile = {
  users: [sender, oncall, breakGlass],
  roleAssignments: [{ principalId: 'breakglass@contoso.com', roleDefinitionId: 'Global Administrator' }],
  app: { permissions: everything, mailSenders: ['reclaim@contoso.com'] },
};

const whole: PreflightDeps['own'] = {
  queues: ['alerts', 'summaries'],
  warm: async () => {},
  tables: ['runs', 'watch'].map((name) => ({ name, get: async () => undefined })),
  blobs: { put: async () => ({ sha256: '', bytes: 0 }) },
  tryTopic: async () => {},
};
const usual: PreflightDeps['settings'] = {
  MAIL_FROM: 'reclaim@contoso.com',
  MAIL_TO: ['oncall@contoso.com'],
  PROTECTED_ACCOUNTS: ['breakglass@contoso.com'],
  SERVICE_ACCOUNTS: [],
  VIP_ACCOUNTS: [],
  STEPS: {},
  NO_SIGNAL_HOURS: 2,
};

interface Given {
  tenant?: object;
  app?: object;
  settings?: Partial<typeof usual>;
  off?: readonly string[];
  own?: Partial<PreflightDeps['own']>;
  attacked?: string;
  sources?: readonly SourceState[];
  tokenless?: true;
}

async function flown({
  tenant: more = {},
  app = {},
  settings = {},
  off = [],
  own = {},
  attacked,
  tokenless,
  sources = [{ name: 'alert', answeredAt: '2026-11-20T09:14:00Z', deliveredAt: null }],
}: Given = {}) {
  const now = () => new Date('2026-11-20T09:15:00Z');
  const file = { ...tenantFile, ...more, app: { ...tenantFile.app, ...app } };
  const tenant = createTenant(file, { now });
  const options = { credential: tenant.credential, fetch: tenant.fetch, now, wait: async () => undefined };
  const scopes = {
    graph: 'https://graph.microsoft.com',
    exchange: 'https://outlook.office365.com',
    defender: 'https://api.securitycenter.microsoft.com',
  };
  const report = await preflight({
    declared,
    coveredBy,
    playbook,
    isOn: (user) => !off.includes(user),
    readers: () => ({
      graph: createGraph({ baseUrl: scopes.graph, ...options }),
      exchange: createExchange({ baseUrl: scopes.exchange, tenantId: tenant.tenantId, ...options }),
      defender: createDefender({ baseUrl: 'https://api.security.microsoft.com', ...options }),
    }),
    token: async (client) => {
      if (tokenless) throw new RetryableError('no managed identity');
      return (await tenant.credential.getToken(`${scopes[client]}/.default`))?.token ?? '';
    },
    settings: { ...usual, ...settings },
    runOf: async (id) => (attacked !== undefined && id === attacked ? 'run-1' : undefined),
    own: { ...whole, ...own },
    health: { all: async () => sources },
    now,
  });
  const bad = (is: 'problem' | 'warning') =>
    report.checks.filter((check) => check.is === is).map(({ check }) => check);
  const of = (check: string) => report.checks.find((one) => one.check === check);
  return { report, tenant, problems: bad('problem'), warnings: bad('warning'), of };
}

describe('preflight of a tenant in which everything is granted', () => {
  it('finds no problem, and says so for every permission, cmdlet, licence and service', async () => {
    const { report, problems, warnings } = await flown();
    expect(problems).toEqual([]);
    expect(warnings).toEqual([]);
    expect(report.is).toBe('ok');
    const checks = report.checks.map(({ check }) => check);
    for (const name of everything) expect(checks).toContain(`permission ${name}`);
    for (const name of Object.keys(declared.exchange).filter((cmdlet) => cmdlet.startsWith('Get-'))) {
      expect(checks).toContain(`cmdlet ${name}`);
    }
    expect(new Set(checks).size).toBe(checks.length);
  });

  it('changes nothing — it may run every day, in the middle of an incident', async () => {
    const { tenant } = await flown();
    expect(tenant.requests.length).toBeGreaterThan(40);
    for (const { service, method, cmdlet } of tenant.requests) {
      if (service === 'exchange') expect(cmdlet).toMatch(/^Get-/);
      else expect(method).toBe('GET');
    }
  });

  it('uses permissions that are declared anyway — none is granted just for preflight', async () => {
    const { tenant } = await flown();
    const used = new Set(tenant.requests.flatMap(({ permission, also }) => [permission, ...also]));
    for (const name of used) if (name !== null) expect(everything).toContain(name);
  });

  it('reads with every permission that can read', () => {
    const reading = Object.keys(declared.graph).filter(
      (name) => name.includes('.Read.') && name !== 'Mail.ReadBasic.All',
    );
    const without = reading.filter((name) => !permissionsRead.includes(name));
    expect(without).toEqual([]);
  });
});

describe('a permission that is missing', () => {
  it.each([
    ['User.EnableDisableAccount.All', 'block-sign-in'],
    ['IdentityRiskEvent.Read.All', 'triage-alert'],
    ['Machine.Scan', 'scan-devices'],
  ])('%s is a problem that names %s', async (missing, step) => {
    const { problems, of } = await flown({
      app: { permissions: everything.filter((name) => name !== missing) },
    });
    expect(problems).toEqual([`permission ${missing}`]);
    expect(of(`permission ${missing}`)?.concerns).toContain(step);
    expect(of(`permission ${missing}`)?.now).toMatch(/tenant\.bicep.*24 hours/);
  });

  it('is no problem if every step that needs it is off', async () => {
    const permissions = everything.filter((name) => !name.startsWith('Machine.'));
    expect((await flown({ app: { permissions }, off: ['scan-devices'] })).problems).toEqual([]);
    expect((await flown({ app: { permissions } })).problems).toEqual([
      'permission Machine.Read.All',
      'permission Machine.Scan',
    ]);
  });

  it('is no problem if the app may write what it should read', async () => {
    const { problems } = await flown({
      app: { permissions: everything.filter((name) => name !== 'SecurityAlert.Read.All') },
    });
    expect(problems).toEqual([]);
  });

  it('is reported once for Exchange, not for each cmdlet', async () => {
    const { problems } = await flown({
      app: { permissions: everything.filter((name) => name !== 'Exchange.ManageAsApp') },
    });
    expect(problems).toEqual(['permission Exchange.ManageAsApp']);
  });

  it('is also reported if nobody uses it — only an intruder could', async () => {
    const { problems, warnings } = await flown({
      app: { permissions: [...everything, 'Sites.FullControl.All', 'Mail.Send'] },
    });
    expect(problems).toEqual([]);
    expect(warnings.toSorted()).toEqual([
      'permission-unused Mail.Send',
      'permission-unused Sites.FullControl.All',
    ]);
  });
});

describe('the app’s roles', () => {
  it('are a problem if there are none: no password can be reset, and no cmdlet run', async () => {
    const { problems, warnings, of } = await flown({ app: { directoryRoles: [] } });
    expect(problems).toContain('role User Administrator');
    expect(problems).toContain('cmdlet Get-Mailbox');
    expect(of('cmdlet Get-Mailbox')?.now).toContain('setup-tenant.ps1');
    expect(warnings).toContain('role Privileged Authentication Administrator');
  });

  it('are a choice if they reach only users: a warning says what will be left to people', async () => {
    const directoryRoles = ['User Administrator', 'Exchange Administrator'];
    const { problems, warnings, of } = await flown({ app: { directoryRoles } });
    expect(problems).toEqual([]);
    expect(warnings).toEqual(['role Privileged Authentication Administrator']);
    expect(of('role Privileged Authentication Administrator')?.what).toContain('tasks for a person');
  });

  it('are reported cmdlet by cmdlet if they include some Exchange cmdlets and not others', async () => {
    const { problems, warnings } = await flown({
      app: {
        directoryRoles: ['Privileged Authentication Administrator'],
        exchangeRoleGroups: ['Recipient Management'],
      },
    });
    expect(problems.toSorted()).toEqual([
      'cmdlet Get-BlockedSenderAddress',
      'cmdlet Get-ManagementRoleAssignment',
      'cmdlet Get-RoleGroupMember',
    ]);
    expect(warnings).toEqual(['cmdlets that write']);
  });
});

describe('a service behind a permission', () => {
  it('that is not licensed is a warning that says what will not be done', async () => {
    const { problems, warnings, of } = await flown({
      tenant: { servicePlans: ['AAD_PREMIUM', 'EXCHANGE_S_ENTERPRISE', 'M365_AUDIT_PLATFORM'] },
    });
    expect(problems).toEqual([]);
    expect(warnings).toEqual(
      expect.arrayContaining([
        'licence Entra ID P2',
        'licence Microsoft Defender for Endpoint',
        'licence Microsoft Defender for Office 365 Plan 2',
        'licence Microsoft Defender for Identity',
        'read machines',
      ]),
    );
    expect(of('licence Microsoft Defender for Endpoint')?.what).toContain('no virus scan');
  });

  it('that is not set up is a problem with its remedy: the message trace', async () => {
    const { problems, of } = await flown({ tenant: { behaviour: { messageTraceReady: false } } });
    expect(problems).toEqual(['read the message trace']);
    expect(of('read the message trace')?.now).toContain('8bd644d1-64a1-4d4b-ae52-2e0cbf64e373');
  });

  it('that is throttled or broken today is a warning — on-call is not called for it', async () => {
    const faults = [
      { on: 'GET /v1.0/security/alerts_v2*', status: 503 },
      { on: 'Get-InboxRule', status: 500 },
    ];
    const { problems, warnings } = await flown({ tenant: { behaviour: { faults } } });
    expect(problems).toEqual([]);
    expect(warnings).toEqual(['read alerts of Defender', 'cmdlet Get-InboxRule']);
  });

  it('that refuses although the permission is in the token is a problem', async () => {
    const faults = [{ on: 'GET /v1.0/security/incidents*', status: 403 }];
    const { problems } = await flown({ tenant: { behaviour: { faults } } });
    expect(problems).toEqual(['read incidents of Defender']);
  });
});

describe('mail', () => {
  it('cannot leave from a mailbox that does not exist', async () => {
    const { problems } = await flown({ settings: { MAIL_FROM: 'nobody@contoso.com' } });
    expect(problems).toEqual(['mail sender']);
    const bare = await flown({ tenant: { users: [{ ...sender, mailbox: undefined }, oncall, breakGlass] } });
    expect(bare.problems).toContain('mail sender');
  });

  it('that was never sent proves nothing', async () => {
    const { warnings } = await flown({ tenant: { users: [{ ...sender, mailbox: {} }, oncall, breakGlass] } });
    expect(warnings).toEqual(['mail sending']);
  });

  it('to the account under attack is a problem, whichever end it is', async () => {
    const victim = { ...oncall, id: '9f4d3a6e-1d0c-4a52-8e5e-2b7c1d3f4a5b' };
    const toVictim = await flown({ tenant: { users: [sender, victim, breakGlass] }, attacked: victim.id });
    expect(toVictim.problems).toEqual(['attacked oncall@contoso.com']);
    const from = { ...sender, id: victim.id };
    const fromVictim = await flown({ tenant: { users: [from, oncall, breakGlass] }, attacked: victim.id });
    expect(fromVictim.problems).toEqual(['attacked reclaim@contoso.com']);
  });

  it('to outside, to a blocked account or to itself is a warning', async () => {
    const blocked = { userPrincipalName: 'soc@contoso.com', accountEnabled: false };
    const { problems, warnings } = await flown({
      tenant: { users: [sender, oncall, breakGlass, blocked] },
      settings: {
        MAIL_TO: ['soc@fabrikam.example', 'soc@contoso.com', 'reclaim@contoso.com', 'oncall@contoso.com'],
      },
    });
    expect(problems).toEqual([]);
    expect(warnings).toEqual([
      'on-call soc@fabrikam.example',
      'on-call soc@contoso.com',
      'on-call reclaim@contoso.com',
    ]);
  });
});

describe('accounts in the settings', () => {
  it('that no longer exist protect nobody', async () => {
    const { problems, of } = await flown({
      settings: {
        PROTECTED_ACCOUNTS: ['breakglass@contoso.com', 'gone@contoso.com'],
        VIP_ACCOUNTS: ['00000000-1111-4222-8333-444444444444'],
      },
    });
    expect(problems).toEqual([
      'PROTECTED_ACCOUNTS gone@contoso.com',
      'VIP_ACCOUNTS 00000000-1111-4222-8333-444444444444',
    ]);
    expect(of('PROTECTED_ACCOUNTS gone@contoso.com')?.what).toContain('stands for nobody');
  });

  it('may be a group', async () => {
    const group = {
      id: '7f4d3a6e-1d0c-4a52-8e5e-2b7c1d3f4a5b',
      displayName: 'Emergency access',
      members: ['breakglass@contoso.com'],
    };
    const { problems, warnings } = await flown({
      tenant: { groups: [group] },
      settings: { PROTECTED_ACCOUNTS: [group.id] },
    });
    expect(problems).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('without a break-glass account are a problem if one is seen, and a warning if none is', async () => {
    const { problems } = await flown({ settings: { PROTECTED_ACCOUNTS: [] } });
    expect(problems).toEqual(['break-glass']);
    const { warnings } = await flown({
      tenant: { roleAssignments: [] },
      settings: { PROTECTED_ACCOUNTS: [] },
    });
    expect(warnings).toEqual(['break-glass']);
  });
});

describe('settings of a step', () => {
  const group = { id: '7f4d3a6e-1d0c-4a52-8e5e-2b7c1d3f4a5b', displayName: 'Requires MFA' };
  const settings = { STEPS: { 'require-mfa': { group: group.id } } };

  it('that name a missing group are a problem, unless the step is off', async () => {
    expect((await flown({ settings })).problems).toEqual(['group of require-mfa']);
    expect((await flown({ settings, off: ['require-mfa'] })).problems).toEqual([]);
    expect((await flown({ settings, tenant: { groups: [group] } })).of('group of require-mfa')?.is).toBe(
      'ok',
    );
  });
});

describe('a source', () => {
  it('that answered once and no longer does is a warning, while another still answers', async () => {
    const { warnings, of } = await flown({
      sources: [
        { name: 'alert', answeredAt: '2026-11-20T09:14:00Z', deliveredAt: '2026-11-20T08:00:00Z' },
        { name: 'riskDetection', answeredAt: '2026-11-20T07:14:59Z', deliveredAt: null },
        { name: 'sentinel', answeredAt: null, deliveredAt: '2026-09-01T00:00:00Z' },
      ],
    });
    expect(warnings).toEqual(['source riskDetection']);
    expect(of('source alert')?.what).toContain('brought something last at 2026-11-20 08:00:00 UTC');
  });

  it('is reported missing if none was ever heard', async () => {
    expect((await flown({ sources: [] })).warnings).toEqual(['sources']);
  });
});

describe('what the app works with', () => {
  it('is tried one by one — a missing queue hides no other', async () => {
    const tried: string[] = [];
    const { problems, of } = await flown({
      own: {
        queues: ['alerts', 'step-block-sign-in', 'summaries'],
        warm: async ([queue = '']) => {
          tried.push(queue);
          if (queue === 'alerts')
            throw new PermanentError('queue alerts: there is no such queue; deploy it', {
              code: 'MessagingEntityNotFound',
            });
        },
      },
    });
    expect(tried).toHaveLength(3);
    expect(problems).toEqual(['queues']);
    expect(of('queues')?.what).toContain('1 of 3 queues');
  });

  it.each([
    [
      'tables',
      {
        tables: [
          { name: 'runs', get: async () => Promise.reject(new PermanentError('no role', { status: 403 })) },
        ],
      },
      'table runs',
    ],
    [
      'blobs',
      {
        blobs: {
          put: async () =>
            Promise.reject(new PermanentError('no container', { code: 'ContainerNotFound', status: 404 })),
        },
      },
      'blobs evidence',
    ],
    [
      'the topic',
      { tryTopic: async () => Promise.reject(new PermanentError('refused', { status: 401 })) },
      'topic',
    ],
  ])('%s: a refusal is a problem', async (_, own, check) => {
    expect((await flown({ own })).problems).toEqual([check]);
  });

  it('out of reach for a moment is a warning', async () => {
    const busy = async () => Promise.reject(new RetryableError('no answer'));
    const { problems, warnings } = await flown({ own: { warm: busy, tryTopic: busy } });
    expect(problems).toEqual([]);
    expect(warnings).toEqual(['queues', 'topic']);
  });
});

describe('an app without', () => {
  it('any permission: each is reported, and its own services are checked anyway', async () => {
    const { problems, of } = await flown({ app: { permissions: [] } });
    expect(problems.filter((check) => check.startsWith('permission '))).toHaveLength(everything.length);
    expect(of('queues')?.is).toBe('ok');
  });

  it('a token: one problem per service, not one for each permission', async () => {
    const { problems, of } = await flown({ tokenless: true });
    expect(problems).toEqual([
      'token Microsoft Graph',
      'token Exchange Online',
      'token Defender for Endpoint',
    ]);
    expect(of('queues')?.is).toBe('ok');
  });
});
