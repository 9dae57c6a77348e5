// `npm start`: builds the app, starts everything it needs on this machine, publishes the alert of a scenario to the
// Event Grid topic, shows the run while it happens, prints what on-call is told, and says whether it ended as expected.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, styleText } from 'node:util';
import { z } from 'zod';
import { playbook } from '../functions/steps/index.ts';
import { buildApp } from '../infra/build.ts';
import { runDocument } from '../shared/summary/run-document.ts';
import { summaryOf } from '../shared/summary/summary.ts';
import { differences } from './ending.ts';
import { formatLine } from './functions-host/start-functions-host.ts';
import { type Followed, follow } from './live.ts';
import { publish } from './publish.ts';
import { type LoadedScenario, loadAlert, loadScenario, readJson } from './scenario.ts';
import { shown } from './show.ts';
import { type Stack, startStack } from './stack.ts';
import { requestLog } from './tenant/record.ts';
import { resolveTimes } from './tenant/times.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const scenarios = join(root, 'local', 'scenarios');
const out = join(root, '.reclaim');
const defaultScenario = 'business-email-compromise';

const options = {
  scenario: { type: 'string' },
  tenant: { type: 'string' },
  alert: { type: 'string', multiple: true },
  latency: { type: 'string' },
  requests: { type: 'string' },
  timeout: { type: 'string' },
  json: { type: 'boolean', default: false },
  stay: { type: 'boolean', default: false },
  'no-host': { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Flags = ReturnType<typeof readFlags>;

function readFlags() {
  const { values } = parseArgs({ options, strict: true });
  const number = (name: 'latency' | 'timeout', fallback: number) => {
    const parsed = z.coerce
      .number()
      .min(0)
      .max(600_000)
      .safeParse(values[name] ?? fallback);
    if (!parsed.success)
      throw new Error(`--${name} takes a number of ${name === 'latency' ? 'milliseconds' : 'seconds'}`);
    return parsed.data;
  };
  return { ...values, latency: number('latency', 0), timeout: number('timeout', 120) };
}

function help(): string {
  const names = readdirSync(scenarios).filter((file) => file.endsWith('.json'));
  const schema = z.object({ title: z.string() });
  const list = names.map(
    (file) =>
      `    ${basename(file, '.json').padEnd(28)}${schema.parse(readJson(join(scenarios, file))).title}`,
  );
  return `npm start -- [options]

  --scenario NAME    one of the scenarios below (default ${defaultScenario})
  --tenant FILE      a tenant of your own; the format is in local/README.md
  --alert FILE       the alert, or several; with --tenant, may be given more than once
  --latency MS       added to each Microsoft 365 request
  --requests FILE    write each Microsoft 365 request as a JSON line
  --json             print only the finished run, as one JSON document
  --stay             keep everything up and print all endpoints and settings
  --no-host          the same without the Functions host, for a real \`func start\`
  --timeout SECONDS  how long a run may take (default 120)
  --verbose          show the app's own log
  -h, --help

Scenarios
${list.join('\n')}
`;
}

async function load(flags: Flags, now: Date): Promise<LoadedScenario> {
  if (flags.tenant === undefined && flags.alert === undefined) {
    const name = flags.scenario ?? defaultScenario;
    const known = readdirSync(scenarios).map((file) => basename(file, '.json'));
    if (!known.includes(name)) throw new Error(`there is no scenario ${name}; there are ${known.join(', ')}`);
    return loadScenario(join(scenarios, `${name}.json`), now);
  }
  if (flags.tenant === undefined || flags.alert === undefined)
    throw new Error('--tenant and --alert go together');
  return {
    title: `${basename(flags.tenant)} and ${flags.alert.map((file) => basename(file)).join(', ')}`,
    description: 'A tenant and an alert of your own; nothing is expected, so any ending is a good one.',
    tenant: resolveTimes(readJson(flags.tenant), now),
    events: flags.alert.flatMap((file) => loadAlert(file, now)),
    settings: {},
    expect: undefined,
  };
}

async function main(): Promise<number> {
  const flags = readFlags();
  const say = (line = '') => {
    if (!flags.json) process.stdout.write(`${line}\n`);
  };
  if (flags.help) {
    process.stdout.write(help());
    return 0;
  }
  const scenario = await load(flags, new Date());
  say(bold(scenario.title));
  say(scenario.description);
  say();

  if (flags.requests !== undefined) writeFileSync(flags.requests, '');
  const bundle = join(root, 'dist', 'index.cjs');
  if (!flags['no-host']) await buildApp(join(root, 'functions', 'index.ts'), join(root, 'dist'));
  const stack = await startStack({
    tenant: scenario.tenant,
    bundle: flags['no-host'] ? null : bundle,
    settings: scenario.settings,
    latencyMs: flags.latency,
    onLog: (line) => {
      if (flags.verbose || line.level === 'error') process.stderr.write(`${formatLine(line)}\n`);
    },
    ...(flags.requests === undefined ? {} : { onRequest: requestLog(flags.requests) }),
  });
  try {
    if (stack.host?.loadError) throw new Error(`the app could not be loaded: ${stack.host.loadError}`);
    const accepted = await publish(stack, scenario.events);
    say(
      `${time(accepted)}  ${scenario.events.length === 1 ? 'the alert is' : `${scenario.events.length} alerts are`} accepted by the Event Grid topic`,
    );
    if (flags['no-host']) {
      await stay(stack, say);
      return 0;
    }
    const followed = await follow(stack, {
      alerts: scenario.events.length,
      timeoutSeconds: flags.timeout,
      onRun: (rows) =>
        say(
          `${time(new Date())}  run ${rows.run.row.code} for ${rows.run.row.account.userPrincipalName}: ${rows.run.row.why}`,
        ),
      onChange: (change) => {
        const line = shown(change);
        if (line !== undefined) say(`${time(change.at)}  ${line}`);
      },
    });
    const code = report(flags, scenario, stack, followed, accepted, say);
    if (flags.stay) await stay(stack, say);
    return code;
  } finally {
    await stack.close();
  }
}

function report(
  flags: Flags,
  scenario: LoadedScenario,
  stack: Stack,
  followed: Followed,
  accepted: Date,
  say: (line?: string) => void,
): number {
  const [rows] = followed.runs;
  mkdirSync(out, { recursive: true });
  const write = (name: string, content: unknown) => {
    const file = join(out, name);
    writeFileSync(file, typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`);
    return file;
  };
  const files: string[] = [];
  say();
  for (const decision of followed.decisions) {
    if (decision.runId === null) say(`no run: ${decision.why} (${decision.row})`);
  }
  if (followed.deadLetters > 0) say(`dead letters: ${followed.deadLetters}`);
  const documents = followed.runs.map((run) => runDocument(run, [], playbook));
  if (rows !== undefined) {
    const { row: run } = rows.run;
    const steps = rows.steps.map((entry) => entry.row);
    const summary = summaryOf({
      run,
      steps,
      playbook,
      runUrl: `${stack.settings['BASE_URL']}/api/runs/${run.id}`,
      now: new Date(),
    });
    say(bold(summary.subject));
    say();
    say(summary.text);
    say();
    if (run.containedAt !== null) {
      say(
        `contained ${((Date.parse(run.containedAt) - accepted.getTime()) / 1000).toFixed(2)} s after the alert was accepted`,
      );
    }
    files.push(`summary   ${write('summary.html', summary.html)}`);
    files.push(`progress  ${write('progress.json', documents)}`);
  }
  files.push(`decisions ${write('decisions.json', followed.decisions)}`);
  files.push(`outbox    ${write('outbox.json', stack.tenant.state().outbox ?? [])}`);
  files.push(`tenant    ${write('tenant.json', stack.tenant.state())}`);
  for (const file of files) say(file);
  if (flags.requests !== undefined) say(`requests  ${flags.requests}`);
  if (flags.json)
    process.stdout.write(
      `${JSON.stringify(documents[0] ?? { run: null, decisions: followed.decisions }, null, 2)}\n`,
    );

  if (scenario.expect === undefined) return 0;
  const ended = rows && { run: rows.run.row, steps: rows.steps.map((entry) => entry.row) };
  const wrong = differences(scenario.expect, ended);
  say();
  say(
    wrong.length === 0
      ? green('It ended as the scenario expects.')
      : red(`It did not end as the scenario expects: ${wrong.join('; ')}.`),
  );
  if (flags.json) for (const line of wrong) process.stderr.write(`${line}\n`);
  return wrong.length === 0 ? 0 : 1;
}

/** Everything that an outside client, or a real `func start`, needs. Until Ctrl+C. */
async function stay(stack: Stack, say: (line?: string) => void): Promise<void> {
  mkdirSync(out, { recursive: true });
  const file = join(out, 'local.settings.json');
  writeFileSync(file, `${JSON.stringify({ IsEncrypted: false, Values: stack.settings }, null, 2)}\n`);
  say();
  say(bold('Everything stays up until Ctrl+C.'));
  const lines: [string, string][] = [
    ['Event Grid topic', stack.topic.endpoint],
    ['  key (aeg-sas-key)', stack.topic.key],
    ['Service Bus', stack.serviceBus.connectionString],
    ['Storage', stack.azurite.connectionString],
    ['Microsoft Graph', stack.served.graphUrl],
    ['Exchange Online', stack.served.exchangeUrl],
    ['Defender', stack.served.defenderUrl],
    ['Identity endpoint', `${stack.served.identityEndpoint} (header ${stack.served.identityHeader})`],
    ...(stack.host === null
      ? []
      : ([
          ['HTTP API', `${stack.host.url}/api/runs`],
          ['  key (x-functions-key)', stack.host.keys.default],
        ] satisfies [string, string][])),
    ['local.settings.json', file],
  ];
  for (const [name, value] of lines) say(`${name.padEnd(24)}${value}`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}

const time = (at: Date) => at.toISOString().slice(11, 23);
const bold = (text: string) => styleText('bold', text);
const green = (text: string) => styleText('green', text);
const red = (text: string) => styleText('red', text);

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
