// `reclaim look-back` as a process: real sockets, a tenant that throttles, a kill in the middle, and a running app's
// front door.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { expectedFinds, lookBackTenant } from '../../bench/look-back-tenant.ts';
import { type ServedTenant, serveTenant } from '../../local/tenant/serve.ts';
import { createTenant } from '../../local/tenant/tenant.ts';
import { builtStack } from '../fakes/whole.ts';

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'look-back-'));
afterAll(() => rmSync(folder, { recursive: true }));

let served: ServedTenant | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});

async function serve(mailboxes: number, changes: object = {}) {
  const tenant = createTenant(lookBackTenant(mailboxes, changes), { now: () => new Date() });
  served = await serveTenant(tenant);
  const env = {
    ...process.env,
    AZURE_TENANT_ID: tenant.tenantId,
    GRAPH_URL: served.graphUrl,
    EXCHANGE_URL: served.exchangeUrl,
    IDENTITY_ENDPOINT: served.identityEndpoint,
    IDENTITY_HEADER: served.identityHeader,
  };
  return { tenant, env };
}

function start(env: Readonly<Record<string, string | undefined>>, ...args: readonly string[]) {
  const child = spawn(process.execPath, [main, 'look-back', ...args], {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let error = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    error += chunk.toString('utf8');
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, ended: ended.then((code) => ({ code, out, error })) };
}

const reportSchema = z.object({
  finds: z.array(z.object({ id: z.string(), kind: z.string() })),
  complete: z.boolean(),
});

function lookedIn(file: string): number[] {
  try {
    return [...readFileSync(file, 'utf8').matchAll(/^\{"is":"looked","n":(\d+)/gm)].map(([, n]) => Number(n));
  } catch {
    return [];
  }
}

describe('reclaim look-back', () => {
  it('goes on after being killed: nothing is looked at or found twice, and the report comes in three forms', async () => {
    const faults = [{ on: 'Get-InboxRule', every: 20, retryAfter: 1 }];
    const { env } = await serve(160, { behaviour: { faults } });
    const state = join(folder, 'killed.jsonl');
    const page = join(folder, 'report.html');
    const first = start(env, '--state', state);
    while (lookedIn(state).length < 50) await setTimeout(20);
    first.child.kill('SIGKILL');
    await first.ended;
    const { code, out, error } = await start(env, '--state', state, '--html', page, '--json').ended;
    expect(error).toContain('of 160 mailboxes');
    expect(code).toBe(7);
    const { finds, complete } = reportSchema.parse(JSON.parse(out));
    expect(complete).toBe(true);
    expect(new Set(finds.map(({ id }) => id)).size).toBe(finds.length);
    for (const [kind, count] of Object.entries(expectedFinds(160)))
      expect([kind, finds.filter((find) => find.kind === kind).length]).toEqual([kind, count]);
    expect(lookedIn(state).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 160 }, (_, n) => n));
    const text = await start(env, '--state', state).ended;
    expect(text.out).toMatch(/160 of 160 mailboxes with \d+ rules were looked into/);
    expect(text.out).toContain('person00039@contoso.com: rule ".."');
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('person00039@contoso.com: rule &quot;..&quot;');
    expect(html).not.toContain('<script');
  }, 60_000);

  it('is stopped by Ctrl+C and says how to go on', async () => {
    const { env } = await serve(160, { behaviour: { latencyMs: 20 } });
    const state = join(folder, 'stopped.jsonl');
    const { child, ended } = start(env, '--state', state);
    while (lookedIn(state).length < 5) await setTimeout(20);
    child.kill('SIGINT');
    const { code, error } = await ended;
    expect(code).toBe(1);
    expect(error).toMatch(
      /Stopped\. What was seen is in .*stopped\.jsonl\. \d+ of 160 mailboxes are done\. The same command goes on from there\./,
    );
  }, 60_000);

  it('refuses an identity that may change anything, and reads nothing with it', async () => {
    const app = {
      permissions: ['Directory.Read.All', 'User.EnableDisableAccount.All', 'Exchange.ManageAsApp'],
    };
    const { env, tenant } = await serve(3, { app });
    const { code, error } = await start(env, '--state', join(folder, 'writer.jsonl')).ended;
    expect([code, error]).toEqual([
      3,
      expect.stringMatching(/may do more than look: User\.EnableDisableAccount\.All/),
    ]);
    expect(tenant.requests).toEqual([]);
  }, 60_000);

  it('refuses an identity without application permissions — a person’s token does not say what it may do', async () => {
    const { env, tenant } = await serve(3, { app: { permissions: ['Exchange.ManageAsApp'] } });
    const { code, error } = await start(env, '--state', join(folder, 'person.jsonl')).ended;
    expect([code, error]).toEqual([3, expect.stringContaining('no application with permissions of its own')]);
    expect(tenant.requests).toEqual([]);
  }, 60_000);

  it('accepts a list of addresses, and names a line that is none', async () => {
    const { env } = await serve(3);
    const file = join(folder, 'addresses.txt');
    writeFileSync(file, '# ours\n198.51.100.9\n');
    const { out } = await start(env, '--state', join(folder, 'addresses.jsonl'), '--addresses', file).ended;
    expect(out).toMatch(/person00002@contoso\.com: User registered phone/);
    writeFileSync(file, '198.51.100.9\nfriday\n');
    const wrong = await start(env, '--state', join(folder, 'addresses.jsonl'), '--addresses', file).ended;
    expect([wrong.code, wrong.error]).toEqual([2, expect.stringContaining('line 2 of')]);
  }, 60_000);
});

describe('addresses that runs of Reclaim name', () => {
  const answering = async (status: number, work: (url: string) => Promise<void>) => {
    const server = createServer((request, response) => {
      const run = { intruder: { addresses: ['198.51.100.9'] } };
      const list = { runs: [{ id: 'r1', code: '8M2P' }] };
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(request.url?.startsWith('/api/runs/') ? run : list));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    try {
      await work(typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : '');
    } finally {
      server.close();
      server.closeAllConnections();
    }
  };

  it('count as an intruder’s, with the run that says so', async () => {
    const { env } = await serve(3);
    await answering(200, async (url) => {
      const all = { ...env, RECLAIM_URL: url, RECLAIM_KEY: 'key' };
      const { out } = await start(all, '--state', join(folder, 'runs.jsonl')).ended;
      expect(out).toMatch(/person00002@contoso\.com: User registered phone[^\n]*\n[^\n]*known from run 8M2P/);
    });
  }, 60_000);

  it('are reported as not seen if they can’t be read', async () => {
    const { env } = await serve(3);
    await answering(403, async (url) => {
      const all = { ...env, RECLAIM_URL: url, RECLAIM_KEY: 'key' };
      const { out } = await start(all, '--state', join(folder, 'no-runs.jsonl')).ended;
      expect(out).toContain('- addresses that runs of Reclaim name');
    });
  }, 60_000);
});

const within = builtStack();
const tenantId = '5b0d6a11-7a52-4b8e-8c1f-6d9e4a3b2c10';
const withUsers = z.looseObject({ users: z.array(z.unknown()) });

describe('reclaim look-back --raise', () => {
  it('shows what it would raise, then opens one held run for each account, once', async () => {
    const hiding = { Name: '..', SubjectContainsWords: ['invoice'], MoveToFolder: 'RSS Feeds' };
    const users = [
      {
        userPrincipalName: 'one@contoso.com',
        mailbox: { inboxRules: [hiding], ForwardingSmtpAddress: 'smtp:x@mail.example' },
      },
      { userPrincipalName: 'two@contoso.com', mailbox: { inboxRules: [hiding] } },
    ];
    const { env } = await serve(0, {
      ...{
        tenantId,
        users,
        groups: [],
        roleAssignments: [],
        roleEligibilities: [],
        directoryAudits: [],
        riskDetections: [],
      },
      ...{ oauth2PermissionGrants: [], appRoleAssignments: [] },
    });
    await within(
      'false-alarm',
      async ({ stack, ask }) => {
        const all = { ...env, RECLAIM_URL: stack.host?.url, RECLAIM_KEY: stack.host?.keys.default };
        const state = join(folder, 'raised.jsonl');
        const refused = await start(all, '--state', state, '--raise').ended;
        expect([refused.code, refused.error]).toEqual([2, expect.stringContaining('Nothing was raised')]);
        expect(refused.error).toMatch(/- one@contoso\.com: .*rule "\.\."/);
        expect((await ask('GET', '/api/runs')).json).toEqual({ runs: [] });
        const { error, out } = await start(all, '--state', state, '--raise', '--yes').ended;
        expect(error).toMatch(/one@contoso\.com: hold, .*not confirmed/);
        expect(out).toContain('Raised as alerts');
        // The answer to the second was lost: it is raised again, and joins.
        const kept = readFileSync(state, 'utf8').split('\n');
        writeFileSync(state, `${kept.slice(0, -2).join('\n')}\n`);
        await start(all, '--state', state, '--raise', '--yes').ended;
        const { json } = await ask('GET', '/api/runs');
        const { runs } = z
          .object({ runs: z.array(z.object({ userPrincipalName: z.string(), verdict: z.string() })) })
          .parse(json);
        expect(
          runs.map(({ userPrincipalName, verdict }) => `${userPrincipalName} ${verdict}`).toSorted(),
        ).toEqual(['one@contoso.com HELD', 'two@contoso.com HELD']);
        const again = await start(all, '--state', state, '--raise', '--yes').ended;
        expect(again.error).toContain('There is nothing to raise. 2 were raised before.');
      },
      {},
      (given) => {
        const tenant = withUsers.parse(given);
        return { ...tenant, tenantId, users: [...tenant.users, ...users] };
      },
    );
  }, 180_000);
});
