// What this project takes: the built app on the local stack, with the real client libraries over real sockets.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { publish } from '../local/publish.ts';
import { startStack } from '../local/stack.ts';
import type { RecordedRequest } from '../local/tenant/record.ts';
import { type Times, timesOf } from './contained.ts';
import { countingProxy } from './proxy.ts';
import { storm } from './storm.ts';

export const bundle = fileURLToPath(new URL('../dist/index.cjs', import.meta.url));

/**
 * Longer than the audit log rests before it is asked again; otherwise one run's last looks would count for the next.
 */
const quietMs = 4000;

export interface Measured {
  accounts: number;
  times: readonly Times[];
  /** Milliseconds until the last of all steps was settled; null when not waited for. */
  settled: number | null;
  executions: number;
  requests: number;
  tableRequests: number;
  /** User and system time of the app's own process, in seconds; null if the machine can't tell. */
  cpuSeconds: number | null;
  /** The most memory that this process ever had, in megabytes; null if the machine can't tell. */
  peakMegabytes: number | null;
  lostLocks: number;
}

export interface Wanted {
  accounts: number;
  latencyMs: number;
  storageLatencyMs: number;
  busLatencyMs: number;
  /** One account goes through first, so that connections and code are warm. */
  warm: boolean;
  untilSettled: boolean;
  withinSeconds: number;
  /** How much everyday data each account has (see `storm`). */
  items?: number;
}

export async function measureReclaim(wanted: Wanted): Promise<Measured> {
  const { accounts, latencyMs, storageLatencyMs, busLatencyMs, warm, untilSettled, withinSeconds } = wanted;
  const now = new Date();
  const all = await storm(accounts + 1, now, wanted.items);
  const requests: RecordedRequest[] = [];
  let executions = 0;
  let lostLocks = 0;
  let lastEnd = Date.now();
  let working = 0;
  let proxy: Awaited<ReturnType<typeof countingProxy>> | undefined;
  const stack = await startStack({
    tenant: all.tenant,
    bundle,
    latencyMs,
    storageLatencyMs,
    busLatencyMs,
    settings: { ...all.settings },
    onRequest: (request) => requests.push(request),
    onLog: ({ source, message }) => {
      if (source === 'host' && message.startsWith('started (')) {
        executions += 1;
        working += 1;
      }
      if (source === 'host' && /^(succeeded|failed) in /.test(message)) {
        working -= 1;
        lastEnd = Date.now();
      }
      if (/lock.*(lost|expired)|MessageLockLost/i.test(message)) lostLocks += 1;
    },
    beforeTables: async (endpoint) => {
      proxy = await countingProxy(endpoint);
      return proxy.url;
    },
  });
  try {
    const settle = async () => {
      const until = Date.now() + withinSeconds * 1000;
      while (Date.now() < until && (working > 0 || Date.now() - lastEnd < quietMs)) await sleep(50);
    };
    if (warm) {
      await publish(stack, all.events.slice(0, 1));
      await sleep(500);
      await settle();
    }
    const measured = all.accounts.slice(1);
    const before = {
      requests: requests.length,
      executions,
      tables: proxy?.count() ?? 0,
      cpu: cpuOfChildren(),
    };
    const start = Date.now();
    for (let from = 1; from <= accounts; from += 50) {
      await publish(stack, all.events.slice(from, Math.min(from + 50, accounts + 1)));
    }
    let times = timesOf([], measured, start);
    const until = Date.now() + withinSeconds * 1000;
    while (Date.now() < until) {
      times = timesOf(requests.slice(before.requests), measured, start);
      if (times.every(({ contained }) => contained !== null)) break;
      // The times come from the tenant: looking often would only take processor time from what is measured.
      await sleep(accounts > 1 ? 500 : 50);
    }
    if (untilSettled) await settle();
    const cpu = cpuOfChildren();
    return {
      accounts,
      times,
      settled: untilSettled ? lastEnd - start : null,
      executions: executions - before.executions,
      requests: requests.length - before.requests,
      tableRequests: (proxy?.count() ?? 0) - before.tables,
      cpuSeconds: cpu === null || before.cpu === null ? null : cpu - before.cpu,
      peakMegabytes: peakOfChildren(),
      lostLocks,
    };
  } finally {
    await stack.close();
    await proxy?.close();
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The app runs in a process of its own, a child of this one. */
function children(): string[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids.filter((pid) => Number(readStat(pid)?.[1]) === process.pid);
}

/** Clock ticks of Linux, a hundred a second. */
function cpuOfChildren(): number | null {
  try {
    let ticks = 0;
    for (const stat of children().map(readStat)) ticks += Number(stat?.[11] ?? 0) + Number(stat?.[12] ?? 0);
    return ticks / 100;
  } catch {
    return null;
  }
}

function peakOfChildren(): number | null {
  try {
    const peaks = children().map((pid) => /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')));
    return Math.max(...peaks.map((peak) => Number(peak?.[1] ?? 0))) / 1024;
  } catch {
    return null;
  }
}

/** The fields after the program's name, which may contain spaces. */
function readStat(pid: string): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
