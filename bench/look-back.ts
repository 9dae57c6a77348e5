// A look back over a whole simulated tenant that throttles, killed and resumed again and again. Measures time, requests
// and memory, and checks that nothing was asked or found twice. `node bench/look-back.ts [mailboxes [kills]]`
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { serveTenant } from '../local/tenant/serve.ts';
import { createTenant } from '../local/tenant/tenant.ts';
import { expectedFinds, lookBackTenant } from './look-back-tenant.ts';

const [mailboxes = 2000, kills = 5] = process.argv.slice(2).map(Number);
const main = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'look-back-'));
const state = join(folder, 'state.jsonl');

const faults = [
  { on: 'Get-InboxRule', every: 50, retryAfter: 1 },
  { on: 'Get-Mailbox', times: 1, status: 503 },
  { on: 'GET *', every: 20, retryAfter: 1 },
];
const tenant = createTenant(lookBackTenant(mailboxes, { behaviour: { faults, enforceLimits: true } }), {
  now: () => new Date(),
});
const served = await serveTenant(tenant);

const env = {
  ...process.env,
  AZURE_TENANT_ID: tenant.tenantId,
  GRAPH_URL: served.graphUrl,
  EXCHANGE_URL: served.exchangeUrl,
  IDENTITY_ENDPOINT: served.identityEndpoint,
  IDENTITY_HEADER: served.identityHeader,
  RECLAIM_URL: '',
};
const args = [
  '--max-old-space-size=64',
  main,
  'look-back',
  '--state',
  state,
  '--html',
  join(folder, 'report.html'),
  '--json',
];

/** A process's peak memory in MB, as the kernel counts it. */
function peakOf({ pid }: ChildProcess): number {
  try {
    const kb = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kb ?? 0) / 1024;
  } catch {
    return 0;
  }
}

const lookedIn = () => {
  try {
    return readFileSync(state, 'utf8').match(/"is":"looked"/g)?.length ?? 0;
  } catch {
    return 0;
  }
};

const began = Date.now();
let peak = 0;
let killed = 0;
let out = '';
try {
  for (;;) {
    out = '';
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8');
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const killAt = killed < kills ? ((killed + 1) * mailboxes) / (kills + 1) : Number.POSITIVE_INFINITY;
    for (;;) {
      peak = Math.max(peak, peakOf(child));
      const code = await Promise.race([ended, setTimeout(100, 'running' as const)]);
      if (code !== 'running') break;
      if (lookedIn() >= killAt) {
        child.kill('SIGKILL');
        killed += 1;
        await ended;
        break;
      }
    }
    if (child.signalCode === null) break;
  }
  const report: unknown = JSON.parse(out);
  const finds = typeof report === 'object' && report !== null && 'finds' in report ? report.finds : [];
  const counts: Record<string, number> = {};
  for (const { kind } of Array.isArray(finds) ? finds : []) counts[kind] = (counts[kind] ?? 0) + 1;
  const looked = readFileSync(state, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{"is":"looked"'));
  const rulesAsked = tenant.requests.filter(
    ({ cmdlet, status, body }) =>
      cmdlet === 'Get-InboxRule' && status === 200 && JSON.stringify(body).includes('IncludeHidden'),
  );
  console.log(
    JSON.stringify(
      {
        mailboxes,
        seconds: Math.round((Date.now() - began) / 1000),
        killed,
        requests: tenant.requests.length,
        throttled: tenant.requests.filter(({ status }) => status === 429 || status === 503).length,
        peakMegabytes: Math.round(peak),
        lookedLines: looked.length,
        lookedTwice: looked.length - new Set(looked.map((line) => /"n":(\d+)/.exec(line)?.[1])).size,
        rulesAsked: rulesAsked.length,
        found: counts,
        expected: expectedFinds(mailboxes),
      },
      null,
      1,
    ),
  );
} finally {
  await served.close();
  rmSync(folder, { recursive: true });
}
