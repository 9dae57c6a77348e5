// npm run chaos -- [--runs 200] [--at-once 25] [--seed 1] [--seconds 40]
// Runs the built app on the local stack: two hosts on one queue, one with its clock ten minutes ahead. Proxies between
// them and each service cut, delay, hang, lie, lose answers and answer 5xx; hosts are killed with SIGKILL, storage and
// the broker are restarted. After the storm every run must finish: account locked, on-call told, once. Prints what was
// injected and how each run ended.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type FunctionsHost, startFunctionsHost } from '../local/functions-host/start-functions-host.ts';
import { isOver, readProgress } from '../local/live.ts';
import { publish } from '../local/publish.ts';
import { startStack } from '../local/stack.ts';
import type { RunRows } from '../shared/run/progress.ts';
import { verdictOf } from '../shared/run/verdict.ts';
import { seeded } from '../test/fakes/seeded.ts';
import { faultyHttp, faultyTcp, type HttpFault, httpFaults } from './faulty-proxy.ts';
import { bundle } from './reclaim.ts';
import { storm } from './storm.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '25' },
    'at-once': { type: 'string', default: '25' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '40' },
  },
});

const injected = new Map<string, number>();
const came = new Map<string, number>();
const count = (counts: Map<string, number>, what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const portOf = (url: string) => Number(new URL(url).port);

const subjectOf = (message: unknown) => mailSchema.safeParse(message).data?.subject ?? '';
const mailSchema = z.looseObject({ subject: z.string() });

const share = 0.03;
const aheadMs = 10 * 60_000;
/** Leases last two minutes and waits up to five, so recovery from a storm may take this long. */
const patienceMinutes = 12;

async function round(size: number, seed: number, seconds: number): Promise<void> {
  const random = seeded(seed);
  let stormy = false;
  const all = await storm(size, new Date());
  const location = await mkdtemp(join(tmpdir(), 'reclaim-chaos-'));
  const stack = await startStack({ tenant: all.tenant, bundle: null, settings: all.settings, location });
  const closing: (() => Promise<void>)[] = [
    () => rm(location, { recursive: true, force: true }),
    () => stack.close(),
  ];
  try {
    const fault =
      (service: string) =>
      (method: string): HttpFault | undefined => {
        if (!stormy || random() >= share) return undefined;
        const what = httpFaults[Math.floor(random() * httpFaults.length)] ?? 'delay';
        // Storage always tells the truth about its writes; directories may serve stale reads and lose accepted writes.
        const lies = service === 'Microsoft 365' && ['GET', 'PATCH', 'DELETE'].includes(method);
        if (what === 'lie' && !lies) return undefined;
        count(injected, `${service} ${method === 'GET' ? 'read' : 'write'}: ${what}`);
        return what;
      };
    const behind = async (service: string, url: string) => {
      const proxy = await faultyHttp(portOf(url), fault(service));
      closing.push(() => proxy.close());
      return (text: string) => text.replaceAll(`:${portOf(url)}`, `:${proxy.port}`);
    };
    const bus = await faultyTcp(stack.serviceBus.port);
    closing.push(() => bus.close());
    const { settings } = stack;
    const tables = await behind('tables', stack.azurite.tableEndpoint);
    const blobs = await behind('blobs', stack.azurite.blobEndpoint);
    const tenant = await behind('Microsoft 365', settings['GRAPH_URL'] ?? '');
    const through = {
      ...settings,
      Progress: blobs(tables(settings['Progress'] ?? '')),
      ServiceBus: (settings['ServiceBus'] ?? '').replace(`:${stack.serviceBus.port}`, `:${bus.port}`),
      GRAPH_URL: tenant(settings['GRAPH_URL'] ?? ''),
      EXCHANGE_URL: tenant(settings['EXCHANGE_URL'] ?? ''),
      DEFENDER_URL: tenant(settings['DEFENDER_URL'] ?? ''),
    };
    const start = (ahead: number) =>
      startFunctionsHost({ bundle, settings: through, aheadMs: ahead, onLog: () => {} });
    const hosts: FunctionsHost[] = [await start(0), await start(aheadMs)];
    closing.push(async () => {
      await Promise.all(hosts.map((host) => host.close()));
    });

    stormy = true;
    const end = Date.now() + seconds * 1000;
    for (let from = 0; from < size; from += 50) await publish(stack, all.events.slice(from, from + 50));
    while (Date.now() < end) {
      await sleep(1000 + random() * 3000);
      const what = random();
      if (what < 0.4) {
        const which = random() < 0.5 ? 0 : 1;
        count(injected, which === 0 ? 'host: kill -9' : 'host with its clock ahead: kill -9');
        await hosts[which]?.kill();
        hosts[which] = await start(which === 0 ? 0 : aheadMs);
      } else if (what < 0.7) {
        count(injected, 'Service Bus: links cut');
        bus.cut();
      } else if (what < 0.85) {
        count(injected, 'Service Bus: down for seconds');
        bus.down(true);
        await sleep(1000 + random() * 4000);
        bus.down(false);
      } else {
        const part = what < 0.93 ? 'storage' : 'broker';
        count(injected, `${part}: restarted`);
        await stack.restart(part);
      }
    }
    stormy = false;

    const read = readProgress(stack, new Date());
    const until = Date.now() + patienceMinutes * 60_000;
    let runs: readonly RunRows[] = [];
    while (Date.now() < until) {
      runs = (await read()).runs;
      if (runs.length >= size && runs.every(isOver)) break;
      await sleep(1000);
    }
    judge(all.accounts, runs, stack.tenant.state());
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

/** Judges by the tenant, not by the rows. */
function judge(
  accounts: readonly string[],
  runs: readonly RunRows[],
  tenant: ReturnType<Awaited<ReturnType<typeof startStack>>['tenant']['state']>,
): void {
  for (const account of accounts) {
    const own = runs.filter(({ run }) => run.row.account.id === account);
    const [only] = own;
    if (only === undefined || own.length > 1) {
      count(came, `WRONG: ${own.length} runs of one account`);
      continue;
    }
    const { word } = verdictOf(
      only.run.row,
      only.steps.map(({ row }) => row),
    );
    const locked = tenant.users.find(({ id }) => id === account)?.accountEnabled === false;
    const name = only.run.row.account.userPrincipalName;
    const subjects = (tenant.outbox ?? []).map(({ message }) => subjectOf(message));
    const mails = subjects.flatMap((subject) => {
      const at = subject.indexOf(`: ${name} (`);
      return at < 0 ? [] : [subject.slice(0, at).replace('[Reclaim] ', '')];
    });
    if (mails.some((said, index) => index > 0 && mails[index - 1] === said))
      count(came, `WRONG: the same mail twice: ${mails.join(' → ')}`);
    const says = word === 'CONTAINED' || word === 'LOCKED' || word === 'DECIDE';
    if (says !== locked) count(came, `WRONG: says ${word}, and sign-in is ${locked ? 'blocked' : 'open'}`);
    count(
      came,
      `${isOver(only) ? 'ended' : 'WRONG: not ended'}, ${word}; told: ${mails.join(' → ') || 'WRONG: nothing'}`,
    );
  }
}

const wanted = Number(values.runs);
const atOnce = Number(values['at-once']);
const began = Date.now();
for (let done = 0, seed = Number(values.seed); done < wanted; done += atOnce, seed += 1) {
  await round(Math.min(atOnce, wanted - done), seed, Number(values.seconds));
}
const print = (title: string, counts: ReadonlyMap<string, number>) => {
  console.log(`\n${title}`);
  for (const [what, times] of [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`  ${String(times).padStart(6)}  ${what}`);
};
print('Injected', injected);
print('Came out', came);
const wrong = [...came].some(([what]) => what.includes('WRONG'));
console.log(
  `\n${wanted} runs in ${Math.round((Date.now() - began) / 1000)} s: ${wrong ? 'something is wrong' : 'all ended as they must'}`,
);
process.exit(wrong ? 1 : 0);
