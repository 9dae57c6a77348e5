import { describe, expect, it } from 'vitest';
import { reviewAdminActivity } from '../../functions/steps/review-admin-activity/review-admin-activity.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { actsOf } from '../../shared/intruder/acts.ts';
import { directoryAuditSchema } from '../../shared/intruder/audit.ts';
import { unifiedRecordSchema } from '../../shared/intruder/unified-audit.ts';
import type { Account } from '../../shared/model/account.ts';
import type { Collected, RunView } from '../../shared/model/step.ts';
import { delegated, directoryAudit, intruder, record } from '../fakes/audit.ts';
import { account, context, guest, synced } from '../fakes/context.ts';
import { adele } from '../fakes/sign-ins.ts';
import { simulated } from '../fakes/simulated.ts';

const megan = [{ userPrincipalName: 'megan@contoso.com', type: 'User' }];
const policy = [{ displayName: 'Require MFA for everybody', type: 'Policy' }];
const exchangeAdmin = (by: 'intruder' | 'owner', operation: string, parameters: Record<string, string>) =>
  record(by, operation, {
    auditLogRecordType: 'exchangeAdmin',
    objectId: parameters['Name'] ?? parameters['Identity'],
    auditData: { Parameters: Object.entries(parameters).map(([Name, Value]) => ({ Name, Value })) },
  });

const privileged: Partial<Account> = { privileged: true, roles: ['Global Administrator'] };
const file = (more: object = {}) => ({
  users: [{ id: adele, userPrincipalName: 'adele@contoso.com', displayName: 'Adele Vance', mailbox: {} }],
  ...more,
});
const factsOf = (directory: readonly object[], unified: readonly object[] = []): Partial<RunView> => ({
  facts: {
    acts: actsOf(
      [
        ...directory.map((one) => directoryAuditSchema.parse({ result: 'success', ...one })),
        ...unified.map((one) => unifiedRecordSchema.parse(one)),
      ],
      intruder,
    ),
  },
});
async function review(
  tenant: ReturnType<typeof simulated>,
  run: Partial<RunView> = {},
  given: Partial<Account> = privileged,
): Promise<Collected & { tasks: NonNullable<Collected['tasks']> }> {
  const result = await reviewAdminActivity.collect(
    context({ account: given, run, intruder }),
    tenant.clients,
    null,
  );
  if (!('findings' in result)) throw new Error('did not collect');
  return { ...result, tasks: result.tasks ?? [] };
}
const tenantOf = (more: object = {}) => simulated(reviewAdminActivity, file(more));

describe('review-admin-activity', () => {
  it.each<[string, object[], object[]]>([
    [
      'federation',
      [directoryAudit('intruder', 'Set federation settings on domain', { targetResources: [] })],
      [],
    ],
    [
      'applications',
      [directoryAudit('intruder', 'Add service principal credentials', { targetResources: [] })],
      [],
    ],
    [
      'applications',
      [
        directoryAudit('intruder', 'Update application – Certificates and secrets management', {
          targetResources: [],
        }),
      ],
      [],
    ],
    [
      'policies',
      [directoryAudit('intruder', 'Update conditional access policy', { targetResources: policy })],
      [],
    ],
    ['roles', [directoryAudit('intruder', 'Add member to role', { targetResources: megan })], []],
    ['people', [directoryAudit('intruder', 'Invite external user', { targetResources: megan })], []],
    [
      'credentials-of-others',
      [directoryAudit('intruder', 'Reset user password', { targetResources: megan })],
      [],
    ],
    [
      'credentials-of-others',
      [directoryAudit('intruder', 'Admin registered security info', { targetResources: megan })],
      [],
    ],
    ['mail-flow', [], [exchangeAdmin('intruder', 'New-TransportRule', { Name: 'Archive' })]],
    ['mail-flow', [], [exchangeAdmin('intruder', 'New-InboundConnector', { Name: 'Partner' })]],
    [
      'mailboxes-of-others',
      [],
      [exchangeAdmin('intruder', 'Add-MailboxPermission', { Identity: 'megan', User: 'adele' })],
    ],
    [
      'roles',
      [],
      [
        exchangeAdmin('intruder', 'Add-RoleGroupMember', {
          Identity: 'Organization Management',
          Member: 'megan',
        }),
      ],
    ],
    ['searches', [], [record('intruder', 'SearchExported', { objectId: 'Contracts' })]],
  ])('makes one task of %s', async (kind, directory, unified) => {
    const { tasks } = await review(tenantOf(), factsOf(directory, unified));
    expect(tasks).toMatchObject([{ id: `admin:${kind}`, link: expect.stringMatching(/^https:/) }]);
    expect(tasks[0]?.instruction).toContain('2026-11-20 09:13 UTC');
  });

  it('ignores what the owner did, what was refused, and what concerns only the account itself', async () => {
    const records = factsOf(
      [
        directoryAudit('owner', 'Set federation settings on domain', { targetResources: [] }),
        directoryAudit('intruder', 'Update conditional access policy', { result: 'failure' }),
        directoryAudit('intruder', 'Add member to role'),
        directoryAudit('intruder', 'Reset user password'),
        directoryAudit('intruder', 'User registered security info'),
      ],
      [
        delegated('intruder', 'lidia@contoso.com'),
        exchangeAdmin('intruder', 'Set-Mailbox', { Identity: 'adele' }),
      ],
    );
    expect((await review(tenantOf(), records)).tasks).toEqual([]);
  });

  it('counts the acts of a kind and names the latest of many', async () => {
    const many = Array.from({ length: 12 }, () =>
      directoryAudit('intruder', 'Reset user password', { targetResources: megan }),
    );
    const { tasks } = await review(tenantOf(), factsOf(many));
    expect(tasks).toMatchObject([{ what: expect.stringContaining('megan@contoso.com') }]);
    expect(tasks[0]?.instruction).toContain('and 4 more');
  });

  it('reads the directory audits itself while the audit log has not answered', async () => {
    const directoryAudits = [
      directoryAudit('intruder', 'Invite external user', {
        targetResources: [{ displayName: 'x', type: 'User', id: 'a1' }],
      }),
      directoryAudit('owner', 'Delete conditional access policy', { targetResources: policy }),
    ];
    const { tasks } = await review(tenantOf({ directoryAudits }));
    expect(tasks).toMatchObject([{ id: 'admin:people' }]);
  });

  it('says so if no log can be read, and still looks at the mail flow', async () => {
    const tenant = tenantOf({
      servicePlans: [],
      mailFlow: { transportRules: [{ Name: 'Hide', WhenChanged: '2026-11-20T09:00:00Z' }] },
    });
    const tasks = (await review(tenant)).tasks;
    expect(tasks).toMatchObject([{ id: 'mail-flow-recent' }]);
  });

  it('asks about rules and connectors that changed since, and not about older ones', async () => {
    const mailFlow = {
      transportRules: [{ Name: 'Disclaimer' }, { Name: 'Archive', WhenChanged: '2026-11-20T09:00:00Z' }],
      outboundConnectors: [{ Name: 'To partner', WhenChanged: '2026-11-20T09:01:00Z' }],
      remoteDomains: [{ Name: 'Default', WhenChanged: '2026-11-01T00:00:00Z' }],
    };
    const { tasks } = await review(tenantOf({ mailFlow }), factsOf([]));
    expect(tasks).toMatchObject([
      {
        id: 'mail-flow-recent',
        instruction: expect.stringContaining(
          'transport rule "Archive" (2026-11-20 09:00 UTC); outbound connector "To partner" (2026-11-20 09:01 UTC).',
        ),
      },
    ]);
  });

  it('asks nothing about mail flow if the account administers nothing', async () => {
    const mailFlow = { transportRules: [{ Name: 'Archive', WhenChanged: '2026-11-20T09:00:00Z' }] };
    expect((await review(tenantOf({ mailFlow }), factsOf([]), {})).tasks).toEqual([]);
    const roleGroups = [{ Name: 'Organization Management', Members: ['adele@contoso.com'] }];
    expect((await review(tenantOf({ mailFlow, roleGroups }), factsOf([]), {})).tasks).toHaveLength(1);
    const removed = { ...factsOf([]), fixedAt: { 'remove-exchange-roles': '2026-11-20T09:15:02Z' } };
    expect((await review(tenantOf({ mailFlow }), removed, {})).tasks).toHaveLength(1);
  });

  it('names a list that it may not read, and goes on', async () => {
    const behaviour = { faults: [{ on: 'Get-JournalRule', status: 403 }] };
    const { findings } = await review(tenantOf({ behaviour }), factsOf([]));
    expect(findings).toContainEqual({
      what: 'a part of the mail flow could not be looked at',
      why: expect.stringContaining('journal rule'),
    });
  });

  it('applies to every account, and only reads', async () => {
    for (const given of [{}, guest, synced, privileged]) {
      expect(reviewAdminActivity.appliesTo(account(given))).toBe(true);
    }
    const tenant = tenantOf();
    await review(tenant);
    for (const { method, cmdlet } of tenant.tenant.requests) expect(cmdlet ?? method).toMatch(/^G(et-|ET)/i);
    expect(tenant.used()).toEqual(new Set(['AuditLog.Read.All', 'Exchange.ManageAsApp']));
  });

  it.each<[string, number, typeof RetryableError | typeof PermanentError]>([
    ['GET /v1.0/auditLogs/*', 429, RetryableError],
    ['GET /v1.0/auditLogs/*', 403, PermanentError],
    ['Get-TransportRule', 429, RetryableError],
  ])('is stopped where %s answers %i', async (on, status, kind) => {
    await expect(review(tenantOf({ behaviour: { faults: [{ on, status }] } }))).rejects.toBeInstanceOf(kind);
  });
});
