// The fixture app on a host of its own, with its log at hand: a test waits for a log line, never for a time.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildApp } from '../../../infra/build.ts';
import {
  type FunctionsHost,
  type FunctionsHostOptions,
  type LogLine,
  startFunctionsHost,
} from '../../../local/functions-host/start-functions-host.ts';

const entry = fileURLToPath(new URL('../fixtures/app.ts', import.meta.url));

export interface Built {
  folder: string;
  bundle: string;
  remove(): Promise<void>;
}

/** Builds the fixture into a temporary folder; `hostJson` takes the place of the project's own host.json. */
export async function buildFixture(hostJson?: object): Promise<Built> {
  const folder = await mkdtemp(join(tmpdir(), 'functions-host-'));
  await buildApp(entry, folder);
  if (hostJson) await writeFile(join(folder, 'host.json'), JSON.stringify({ version: '2.0', ...hostJson }));
  return { folder, bundle: join(folder, 'index.cjs'), remove: () => rm(folder, { recursive: true }) };
}

export interface Observed extends FunctionsHost {
  lines: readonly LogLine[];
  /** The first line that fits, whether already written or yet to come. */
  line(fits: (line: LogLine) => boolean): Promise<LogLine>;
  get(path: string, init?: RequestInit): Promise<Response>;
}

export async function startFixture(
  { bundle }: Built,
  { settings = {}, ...options }: Partial<FunctionsHostOptions> = {},
): Promise<Observed> {
  const lines: LogLine[] = [];
  const watchers = new Set<() => void>();
  const host = await startFunctionsHost({
    bundle,
    settings: { SWEEP_SCHEDULE: '0 */5 * * * *', INSPECT_QUEUE: 'inspect', ...settings },
    timers: false,
    keys: { master: 'master-key', default: 'host-key', functions: { echo: 'echo-key' } },
    onLog: (line) => {
      lines.push(line);
      for (const watch of watchers) watch();
    },
    ...options,
  });
  return {
    ...host,
    lines,
    get: (path, init) => fetch(host.url + path, init),
    line: (fits) =>
      new Promise((resolve) => {
        const watch = () => {
          const found = lines.find(fits);
          if (found === undefined) return;
          watchers.delete(watch);
          resolve(found);
        };
        watchers.add(watch);
        watch();
      }),
  };
}
