// `npm run bench` measures every figure of docs/scale.md in one run, as times and as ratios: a slower machine changes
// the times but hardly the ratios. There is no threshold; people judge the figures.
//
//   npm run bench                 everything, about ten minutes; writes bench/results.json
//   npm run bench -- --quick      one account and ten at once, no peers, under two minutes
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { buildApp } from '../infra/build.ts';
import type { RecordedRequest } from '../local/tenant/record.ts';
import { serveTenant } from '../local/tenant/serve.ts';
import { createTenant } from '../local/tenant/tenant.ts';
import { latest, median, timesOf } from './contained.ts';
import { bundle, type Measured, measureReclaim } from './reclaim.ts';
import { storm } from './storm.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = fileURLToPath(new URL('.', import.meta.url));
const peersFolder = join(folder, 'peers');
/** Latency of one request, in milliseconds: to Microsoft 365 over the internet, to the others in the same region. */
const latencies = { graph: 100, storage: 5, bus: 10 };

interface Figure {
  figure: string;
  value: number | null;
  unit: string;
}

const figures: Figure[] = [];
const say = (line: string) => process.stdout.write(`${line}\n`);
function note(figure: string, value: number | null, unit: string): number | null {
  figures.push({ figure, value: value === null ? null : Math.round(value * 100) / 100, unit });
  say(`${figure.padEnd(66)} ${value === null ? 'not reached' : `${Math.round(value * 100) / 100} ${unit}`}`);
  return value;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } }, strict: true });
  // What else the machine was doing: figures from a busy machine say little about this project.
  const loadBefore = Math.round((loadavg()[0] ?? 0) * 10) / 10;
  await buildApp(join(root, 'functions', 'index.ts'), join(root, 'dist'));

  note('bundle, loaded above an empty worker', loadTime(), 'ms');
  for (const graph of [0, latencies.graph]) {
    const name = `one account, L=${graph}`;
    const warm = await ours(1, graph, true, !values.quick);
    const locked = note(`${name}, warm, locked`, latest(warm.times.map((time) => time.locked)), 'ms');
    const contained = note(
      `${name}, warm, contained`,
      latest(warm.times.map((time) => time.contained)),
      'ms',
    );
    if (graph > 0) {
      note(`${name}, warm, locked, over two round trips`, ratio(locked, 2 * graph), '×');
      note(`${name}, warm, contained, over three round trips`, ratio(contained, 3 * graph), '×');
    }
    if (warm.settled !== null) {
      note(`${name}, whole run settled`, warm.settled, 'ms');
      note(`${name}, executions`, warm.executions, '');
      note(`${name}, Microsoft 365 requests`, warm.requests, '');
      note(`${name}, table requests`, warm.tableRequests, '');
      note(`${name}, processor time`, warm.cpuSeconds, 's');
    }
    const cold = await ours(1, graph, false, false);
    note(
      `${name}, first alert of a process, contained`,
      latest(cold.times.map((time) => time.contained)),
      'ms',
    );
  }

  if (!values.quick) {
    const [little, much] = [await ours(1, 0, true, true, fewItems), await ours(1, 0, true, true, manyItems)];
    const cpu = little.cpuSeconds === null ? null : ratio(much.cpuSeconds, little.cpuSeconds);
    note(`${manyItems / fewItems} × the data of an account, processor time of its run`, cpu, '×');
    if (little.peakMegabytes !== null && much.peakMegabytes !== null) {
      const more = much.peakMegabytes - little.peakMegabytes;
      note(`${manyItems / fewItems} × the data of an account, memory`, more, 'MB more');
    }
  }

  const sizes = values.quick ? [10] : [50, 300];
  const at = new Map<number, number | null>();
  for (const size of sizes) {
    const storm = await ours(size, latencies.graph, true, false);
    at.set(
      size,
      note(`${size} at once, L=100, all contained`, latest(storm.times.map((t) => t.contained)), 'ms'),
    );
    note(`${size} at once, L=100, all locked`, latest(storm.times.map((t) => t.locked)), 'ms');
    note(`${size} at once, message locks lost`, storm.lostLocks, '');
  }
  const [fifty, threeHundred] = [at.get(50) ?? null, at.get(300) ?? null];
  if (!values.quick) {
    note('300 at once over 50 at once', fifty === null ? null : ratio(threeHundred, fifty), '×');
    await peers(fifty);
  }
  // A quick run has only a few figures and must not overwrite the full set.
  if (values.quick) return;
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
  writeFileSync(
    join(folder, 'results.json'),
    `${JSON.stringify({ machine, loadBefore, figures }, null, 2)}\n`,
  );
}

/** Of each: sign-ins, mails received and sent, records of the audit log. */
const [fewItems, manyItems] = [4, 2000];

const ours = (
  accounts: number,
  latencyMs: number,
  warm: boolean,
  untilSettled: boolean,
  items = 0,
): Promise<Measured> =>
  measureReclaim({
    ...{ accounts, latencyMs, warm, untilSettled, items },
    storageLatencyMs: latencyMs === 0 ? 0 : latencies.storage,
    busLatencyMs: latencyMs === 0 ? 0 : latencies.bus,
    withinSeconds: 300,
  });

const ratio = (value: number | null, over: number) => (value === null ? null : value / over);

interface Peer {
  all(cases: readonly { account: string; detection: string }[], fair: boolean): Promise<unknown>;
  close(): Promise<void>;
}

const peerSchema = z.object({
  start: z.custom<(tenant: { graphUrl: string; token: string }) => Promise<Peer>>(
    (value) => typeof value === 'function',
  ),
});

/** What other projects need for the same job, each against a tenant of its own with the same latency. */
async function peers(ourFifty: number | null): Promise<void> {
  if (!existsSync(join(peersFolder, 'node_modules'))) {
    execFileSync('npm', ['ci'], { cwd: peersFolder, stdio: 'inherit' });
  }
  for (const name of ['script', 'restate', 'dbos']) {
    try {
      await measurePeer(name, ourFifty);
    } catch (thrown) {
      say(`${name}: not measured: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    }
  }
}

async function measurePeer(name: string, ourFifty: number | null): Promise<void> {
  const { start } = peerSchema.parse(await import(pathToFileURL(join(peersFolder, `${name}.mjs`)).href));
  for (const fair of [false, true]) {
    for (const size of [1, 50]) {
      const all = await storm(size + 1, new Date());
      const requests: RecordedRequest[] = [];
      const tenant = createTenant(all.tenant, {
        now: () => new Date(),
        latencyMs: latencies.graph,
        onRequest: (request) => requests.push(request),
      });
      const served = await serveTenant(tenant);
      const token = await tenant.credential.getToken('https://graph.microsoft.com/.default');
      const peer = await start({ graphUrl: served.graphUrl, token: token?.token ?? '' });
      try {
        const cases = all.accounts.map((account, index) => ({
          account,
          detection: all.detections[index] ?? '',
        }));
        await peer.all(cases.slice(0, 1), fair);
        const began = Date.now();
        await peer.all(cases.slice(1), fair);
        const times = timesOf(requests, all.accounts.slice(1), began, fair);
        const contained = latest(times.map((time) => time.contained));
        const what = `${name}, ${fair ? 'fair' : 'unfair'}, ${size} at once, L=100`;
        note(`${what}, contained`, contained, 'ms');
        if (size === 50 && ourFifty !== null && contained !== null) {
          note(`ours over ${name}, ${fair ? 'fair' : 'unfair'}, 50 at once`, ourFifty / contained, '×');
        }
      } finally {
        await peer.close();
        await served.close();
      }
    }
  }
}

/** The median of three; the worker's own module is replaced by an empty one. */
function loadTime(): number {
  const program = `
    const m = require('node:module'), load = m._load;
    const core = { registerFunction() {}, setProgrammingModel() {}, registerHook: () => ({ dispose() {} }), version: '4' };
    m._load = function (name, ...rest) { return name === '@azure/functions-core' ? core : load.call(this, name, ...rest); };
    const before = performance.now();
    require(${JSON.stringify(bundle)});
    process.stdout.write(String(performance.now() - before));
    process.exit(0);`;
  const once = () =>
    Number(
      execFileSync(process.execPath, ['-e', program], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    );
  return median([once(), once(), once()]);
}

await main();
// Restate's endpoint never ends by itself.
process.exit();
