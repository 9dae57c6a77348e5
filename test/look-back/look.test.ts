// A look back on the simulated tenant: what it finds, what it says it could not see, and what it leaves for the next time.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { expectedFinds, lookBackTenant } from '../../bench/look-back-tenant.ts';
import type { Find } from '../../cli/look-back/find.ts';
import { type Looking, look } from '../../cli/look-back/look.ts';
import { listMailboxes } from '../../cli/look-back/mailboxes.ts';
import { reportOf } from '../../cli/look-back/report.ts';
import { State } from '../../cli/look-back/state.ts';
import { lookBackNotes, lookBackPermissions } from '../../infra/look-back-permissions.ts';
import { createTenant } from '../../local/tenant/tenant.ts';
import { createExchange } from '../../shared/clients/exchange.ts';
import { createGraph } from '../../shared/clients/graph.ts';
import type { ExchangePages } from '../../shared/model/clients.ts';

const folder = mkdtempSync(join(tmpdir(), 'look-back-'));
afterAll(() => rmSync(folder, { recursive: true }));
const now = () => new Date('2026-11-20T10:00:00Z');

let files = 0;
function newFile(content?: string | Buffer): string {
  files += 1;
  const file = join(folder, `${files}.jsonl`);
  if (content !== undefined) writeFileSync(file, content);
  return file;
}

type Tenant = ReturnType<typeof createTenant>;
const tenantOf = (mailboxes: number, changes: object = {}) =>
  createTenant(lookBackTenant(mailboxes, changes), { now });

interface Around extends Partial<Looking> {
  file?: string;
  ended?: AbortSignal;
  waited?: (seconds: number) => void;
}

async function lookAt(
  tenant: Tenant,
  { file = newFile(), ended = new AbortController().signal, waited, ...changes }: Around = {},
) {
  const { credential, fetch, tenantId } = tenant;
  const wait = async (seconds: number) => waited?.(seconds);
  const options = { credential, fetch, now, random: () => 0, wait, patienceSeconds: 600 };
  const state = await State.open(file, { tenantId, days: 180, at: now().toISOString() });
  try {
    await look(
      {
        graph: createGraph({ ...options, baseUrl: 'https://graph.microsoft.com' }).withAbort(ended),
        exchange: createExchange({
          ...options,
          baseUrl: 'https://outlook.office365.com',
          tenantId,
        }).withAbort(ended),
        state,
        now,
        known: { addresses: new Map(), gaps: [] },
        progress: () => {},
        ...changes,
      },
      ended,
    );
    return await reportOf(state, now());
  } finally {
    await state.close();
  }
}

function countsOf(finds: readonly Find[]): Record<string, number> {
  const counts: Record<string, number> = { rule: 0, forwarding: 0 };
  for (const { kind } of finds) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
const said = (report: Awaited<ReturnType<typeof lookAt>>) =>
  report.gaps.map(({ what, why }) => `${what}: ${why}`).join('\n');
const cmdlets = ({ requests }: Tenant, name: string) => requests.filter(({ cmdlet }) => cmdlet === name);

describe('a look back', () => {
  it('finds what intruders leave in mailboxes, applications, methods and roles, and counts the rest', async () => {
    const tenant = tenantOf(300);
    const report = await lookAt(tenant);
    expect(countsOf(report.finds)).toEqual(expectedFinds(300));
    expect(report).toMatchObject({ mailboxes: { listed: 300, seen: 300 }, rules: 85, complete: true });
    const by = (kind: Find['kind']) => report.finds.filter((find) => find.kind === kind);
    expect(by('method')).toMatchObject([
      {
        verdict: 'remove',
        person: { userPrincipalName: 'person00001@contoso.com' },
        why: expect.stringMatching(/from 203\.0\.113\.66, .*risk detection.*still there: phone/),
      },
    ]);
    expect(by('administrator').map(({ person }) => person?.userPrincipalName)).toEqual([
      'eligible@contoso.com',
      'in-group@contoso.com',
      'no-factor@contoso.com',
    ]);
    expect(by('application').map(({ person, verdict }) => [person?.userPrincipalName, verdict])).toEqual([
      ['person00001@contoso.com', 'remove'],
      ['person00002@contoso.com', 'remove'],
    ]);
    expect(by('forwarding').map(({ verdict }) => verdict)).toEqual(['remove', 'remove', 'ask', 'ask']);
    expect(
      tenant.requests.filter(({ method, cmdlet }) => method !== 'GET' && !cmdlet?.startsWith('Get-')),
    ).toEqual([]);
  });

  it('makes only requests that its permissions are documented for, and uses each permission', async () => {
    const tenant = tenantOf(160);
    await lookAt(tenant);
    const { requests } = tenant;
    const documented = Object.values(lookBackNotes).flatMap((note) => note.requests);
    const graph = requests.filter(({ service }) => service === 'graph');
    expect(new Set(graph.map(({ route }) => route))).toEqual(new Set(documented));
    const asked = requests.flatMap(({ cmdlet }) => cmdlet ?? []);
    expect([...new Set(asked)].toSorted()).toEqual([...lookBackPermissions.exchange]);
    expect(requests.filter(({ status }) => status !== 200)).toEqual([]);
  });

  it('says what no look can show: what is older than the log, and registrations without an address', async () => {
    const report = await lookAt(tenantOf(3));
    expect(report.gaps.map(({ what }) => what)).toEqual([
      'methods registered before 2026-10-21 10:00:00 UTC',
      '1 registration of a method',
    ]);
  });

  it('reads a mailbox’s rules a second time only if it matters whether one is hidden', async () => {
    const tenant = tenantOf(40);
    await lookAt(tenant);
    // Ten of them have rules.
    expect(cmdlets(tenant, 'Get-InboxRule')).toHaveLength(50);
    expect(cmdlets(tenant, 'Get-Mailbox')).toHaveLength(1);
  });

  it('reports a rule that was switched off, and one that is hidden — whoever made it was there', async () => {
    const sorting = { From: ['news@adatum.com'], MoveToFolder: 'Newsletters' };
    const inboxRules = [
      { Name: '..', SubjectContainsWords: ['invoice'], MoveToFolder: 'RSS Feeds', Enabled: false },
      { ...sorting, Name: 'Shown' },
      { ...sorting, Name: 'Unseen', hidden: true },
      { Name: 'Junk E-mail Rule', hidden: true },
    ];
    const users = [{ userPrincipalName: 'adele@contoso.com', mailbox: { inboxRules } }];
    const tenant = tenantOf(0, {
      ...{ users, groups: [], roleAssignments: [], roleEligibilities: [], directoryAudits: [] },
      ...{ riskDetections: [], oauth2PermissionGrants: [], appRoleAssignments: [] },
    });
    const report = await lookAt(tenant);
    expect(report.rules).toBe(4);
    const rules = report.finds.filter(({ kind }) => kind === 'rule');
    expect(rules.map(({ what }) => what).toSorted()).toEqual([
      'rule "..", which is switched off',
      'rule "Unseen"',
    ]);
    expect(rules.find(({ what }) => what.includes('switched off'))?.verdict).toBe('ask');
  });

  it('waits as long as a service asks, and finds the same', async () => {
    const faults = [
      { on: 'Get-InboxRule', every: 7, retryAfter: 30 },
      { on: 'Get-Mailbox', times: 2, status: 503 },
      { on: 'GET *', every: 3, retryAfter: 5 },
    ];
    const waits: number[] = [];
    const report = await lookAt(tenantOf(120, { behaviour: { faults } }), {
      waited: (seconds) => waits.push(seconds),
    });
    expect(countsOf(report.finds)).toEqual(expectedFinds(120));
    expect(report.complete).toBe(true);
    expect(waits.filter((seconds) => seconds >= 30).length).toBeGreaterThan(15);
  });
});

describe('a look back with an identity that lacks something', () => {
  let looked: ReturnType<typeof lookAt> | undefined;
  const withAll = () => {
    looked ??= lookAt(tenantOf(160));
    return looked;
  };
  const app = {
    permissions: [...lookBackPermissions.graph, 'Exchange.ManageAsApp'],
    directoryRoles: [],
    exchangeCmdlets: [...lookBackPermissions.exchange],
  };
  const without = (missing: string) => ({
    app: {
      ...app,
      permissions: app.permissions.filter((one) => one !== missing),
      exchangeCmdlets: app.exchangeCmdlets.filter((one) => one !== missing),
    },
  });

  it.each([...app.permissions, ...app.exchangeCmdlets])(
    'names %s, and goes on with the rest',
    async (missing) => {
      const file = newFile();
      const report = await lookAt(tenantOf(160, without(missing)), { file });
      expect(said(report)).toContain(missing);
      expect(report.complete).toBe(false);
      // Nothing is made up for what could not be seen: each finding is one of those found with all rights.
      const whole = await withAll();
      const known = new Set(whole.finds.map(({ id }) => id));
      expect(report.finds.filter(({ id }) => !known.has(id))).toEqual([]);
      // With the right, it continues where it was, and finds the same.
      const later = await lookAt(tenantOf(160), { file });
      expect(later.finds).toEqual(whole.finds);
      expect(later.gaps).toEqual(whole.gaps);
    },
  );

  it('stops asking once it is clear that no mailbox will answer', async () => {
    const tenant = tenantOf(160, without('Get-InboxRule'));
    const report = await lookAt(tenant);
    expect(cmdlets(tenant, 'Get-InboxRule').length).toBeLessThan(10);
    expect(said(report)).toMatch(/15\d of 160 mailboxes: /);
  });

  it('leaves one mailbox that does not answer for the next time, and goes on with the others', async () => {
    const file = newFile();
    const faults = [{ on: 'Get-InboxRule', skip: 20, times: 1, status: 400 }];
    const first = await lookAt(tenantOf(45, { behaviour: { faults } }), { file });
    expect(first).toMatchObject({ mailboxes: { listed: 45, seen: 44 }, complete: false });
    expect(said(first)).toMatch(/forwarding and inbox rules of person\d+@contoso\.com: /);
    const tenant = tenantOf(45);
    const second = await lookAt(tenant, { file });
    expect(second).toMatchObject({ mailboxes: { listed: 45, seen: 45 }, complete: true });
    expect(cmdlets(tenant, 'Get-InboxRule').length).toBeLessThan(3);
  });

  it('says which licence is missing', async () => {
    const report = await lookAt(tenantOf(3, { servicePlans: [] }));
    expect(said(report)).toMatch(/risk detections name: .*Entra ID P1/);
    expect(said(report)).toMatch(/calls an administrator: .*Entra ID P1/);
    expect(said(report)).toMatch(/Privileged Identity Management: .*Entra ID P2/);
    expect(report.finds.filter(({ kind }) => kind === 'administrator')).not.toEqual([]);
  });
});

describe('a look back that was killed', () => {
  it('continues where it was, at whatever byte the process was killed, and finds nothing twice', async () => {
    const file = newFile();
    const whole = await lookAt(tenantOf(45), { file });
    const bytes = readFileSync(file);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length }), async (length) => {
        const cut = bytes.subarray(0, length);
        const kept = cut
          .toString('utf8')
          .split('\n')
          .slice(0, -1)
          .filter((line) => line.includes('"is":"looked"')).length;
        const tenant = tenantOf(45);
        const report = await lookAt(tenant, { file: newFile(cut) });
        expect(report.finds).toEqual(whole.finds);
        expect(report.gaps).toEqual(whole.gaps);
        expect([report.rules, report.mailboxes]).toEqual([whole.rules, whole.mailboxes]);
        const asked = cmdlets(tenant, 'Get-InboxRule').map(({ body }) => JSON.stringify(body));
        const first = asked.filter((body) => body.includes('IncludeHidden'));
        expect(first).toHaveLength(45 - kept);
        expect(new Set(first).size).toBe(first.length);
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  it('asks for nothing once everything is seen', async () => {
    const file = newFile();
    const whole = await lookAt(tenantOf(45), { file });
    const tenant = tenantOf(45);
    expect(await lookAt(tenant, { file })).toEqual(whole);
    expect(tenant.requests).toEqual([]);
  });

  it('stops at once when told to, with what was seen in the file', async () => {
    const file = newFile();
    const stopping = new AbortController();
    const progress = ({ seen }: { seen: number }) => {
      if (seen === 20) stopping.abort();
    };
    await expect(lookAt(tenantOf(45), { file, progress, ended: stopping.signal })).rejects.toThrow();
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(lines.filter((line) => line.includes('"is":"looked"')).length).toBeLessThan(26);
    expect(countsOf((await lookAt(tenantOf(45), { file })).finds)).toEqual(expectedFinds(45));
  });
});

describe('the list of mailboxes', () => {
  it('lists each once, even if a page begins with the last entry of the one before, and includes those without an id', async () => {
    const row = (n: number) => ({
      ExternalDirectoryObjectId: `id-${n}`,
      UserPrincipalName: `p${n}@contoso.com`,
    });
    const pages = [
      [row(0), row(1), row(2)],
      [row(2), row(3)],
      [row(4), { UserPrincipalName: null }],
    ];
    const exchange: ExchangePages = {
      async *pages(_cmdlet, _parameters, item) {
        for (const page of pages) yield page.map((one) => item.parse(one));
      },
    };
    const state = await State.open(newFile(), { tenantId: 'a', days: 180, at: now().toISOString() });
    await listMailboxes(exchange, state, now);
    const listed: string[] = [];
    for await (const { id } of state.unseen()) listed.push(id);
    await state.close();
    expect(listed).toEqual(['id-0', 'id-1', 'id-2', 'id-3', 'id-4', '']);
  });
});

describe('the state of a look back', () => {
  const begun = { tenantId: 'c598b4ac-dcdb-4a49-8f63-25db95e06a6f', days: 180, at: now().toISOString() };

  it('is readable only by its owner', async () => {
    const file = newFile();
    await (await State.open(file, begun)).close();
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it.each(['dear diary', 'dear diary\nnothing\n', '{"is":"other"}\n'])(
    'leaves another file alone: %j',
    async (content) => {
      const file = newFile(content);
      await expect(State.open(file, begun)).rejects.toThrow('not the state of a look back');
      expect(readFileSync(file, 'utf8')).toBe(content);
    },
  );

  it('is not used for another tenant, or for other days', async () => {
    const file = newFile();
    await (await State.open(file, begun)).close();
    await expect(State.open(file, { ...begun, days: 30 })).rejects.toThrow('over 180 days');
    await expect(State.open(file, { ...begun, tenantId: 'another' })).rejects.toThrow('over 180 days');
  });

  it('names a line that somebody changed', async () => {
    const file = newFile();
    await lookAt(tenantOf(3), { file });
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, lines.with(3, 'x').join('\n'));
    await expect(lookAt(tenantOf(3), { file })).rejects.toThrow('line 4 of');
  });
});
