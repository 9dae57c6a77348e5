// The options of `npm start`, and the story that they name.
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type LoadedScenario, loadAlert, loadScenario, readJson } from './scenario.ts';
import { resolveTimes } from './tenant/times.ts';

const folder = fileURLToPath(new URL('./scenarios', import.meta.url));
const defaultScenario = 'business-email-compromise';

const options = {
  scenario: { type: 'string' },
  tenant: { type: 'string' },
  alert: { type: 'string', multiple: true },
  latency: { type: 'string' },
  'storage-latency': { type: 'string' },
  'bus-latency': { type: 'string' },
  requests: { type: 'string' },
  replay: { type: 'string' },
  timeout: { type: 'string' },
  json: { type: 'boolean', default: false },
  later: { type: 'boolean' },
  'no-later': { type: 'boolean', default: false },
  poll: { type: 'boolean', default: false },
  stay: { type: 'boolean', default: false },
  'no-host': { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export type Flags = ReturnType<typeof readFlags>;

/** Throws with a message for the user. */
export function readFlags() {
  const { values } = parseArgs({ options, strict: true });
  type Numbers = 'latency' | 'storage-latency' | 'bus-latency' | 'timeout';
  const number = (name: Numbers, fallback: number, unit: string) => {
    const parsed = z.coerce
      .number()
      .min(0)
      .max(600_000)
      .safeParse(values[name] ?? fallback);
    if (!parsed.success) throw new Error(`--${name} takes a number of ${unit}`);
    return parsed.data;
  };
  return {
    ...values,
    latency: number('latency', 0, 'milliseconds'),
    'storage-latency': number('storage-latency', 0, 'milliseconds'),
    'bus-latency': number('bus-latency', 0, 'milliseconds'),
    timeout: number('timeout', 120, 'seconds'),
  };
}

const names = () =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'));
const fileOf = (name: string) => join(folder, `${name}.json`);

export function help(): string {
  const schema = z.object({ title: z.string() });
  const list = names().map((name) => `    ${name.padEnd(28)}${schema.parse(readJson(fileOf(name))).title}`);
  return `npm start -- [options]

  --scenario NAME    one of the scenarios below (default ${defaultScenario}), or a file of your own
  --tenant FILE      a tenant of your own; the format is in local/README.md
  --alert FILE       the alert, or several; with --tenant, may be given more than once
  --latency MS       added to each Microsoft 365 request; --storage-latency MS and --bus-latency MS to what goes to
                     the tables and to Service Bus
  --requests FILE    write each Microsoft 365 request as a JSON line
  --replay FILE      a recording of a drill elsewhere (reclaim drill --record): the tenant answers the next drill by it
  --later            run on through the later looks, a day in seconds (some scenarios do so by themselves)
  --no-later         stop once the run is settled and told
  --poll             publish nothing: the app asks Microsoft Graph for new alerts, as it does each minute
  --json             print only the finished run, as one JSON document (a list where there are several)
  --stay             keep everything up and print all endpoints and settings
  --no-host          the same without the Functions host, for a real \`func start\`
  --timeout SECONDS  how long a run may take (default 120)
  --verbose          show every change of a step's state, and the app's own log
  -h, --help

Scenarios
${list.join('\n')}
`;
}

/** What the options name: a scenario, or a tenant and alerts of the user's own, which may end in any way. */
export async function chosen(flags: Flags, now: Date): Promise<LoadedScenario> {
  const { tenant, alert, scenario = defaultScenario } = flags;
  if (tenant === undefined && alert === undefined) {
    if (names().includes(scenario)) return loadScenario(fileOf(scenario), now);
    if (existsSync(scenario)) return loadScenario(scenario, now);
    throw new Error(`there is no scenario ${scenario}; there are ${names().join(', ')}`);
  }
  if (tenant === undefined || alert === undefined) throw new Error('--tenant and --alert go together');
  if (flags.scenario !== undefined) throw new Error('--scenario brings its own tenant and alerts');
  return {
    title: `${basename(tenant)} and ${alert.map((file) => basename(file)).join(', ')}`,
    description: 'A tenant and an alert of your own; nothing is expected, so any ending is a good one.',
    tenant: resolveTimes(readJson(tenant), now),
    events: alert.flatMap((file) => loadAlert(file, now)),
    settings: {},
    later: false,
    expect: undefined,
  };
}
