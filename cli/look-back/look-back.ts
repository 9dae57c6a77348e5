// `reclaim look-back` shows what is in the tenant already, before the app goes live. It only reads, with its own
// identity; it can be stopped at any time and resumes where it was; and it raises no alert unless told to.
import { readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { createCredential } from '../../functions/connect.ts';
import { lookBackPermissions } from '../../infra/look-back-permissions.ts';
import { createExchange } from '../../shared/clients/exchange.ts';
import { createGraph } from '../../shared/clients/graph.ts';
import { bareAddress, networkOf } from '../../shared/intruder/address.ts';
import { claimsOf } from '../../shared/preflight/token.ts';
import type { Client } from '../client.ts';
import { type ExitCode, exitCodes, Stop } from '../exit-codes.ts';
import { whole } from '../numbers.ts';
import { shown, type Terminal } from '../terminal.ts';
import type { Gap } from './find.ts';
import { type Looking, look, type Progress } from './look.ts';
import { type Alert, alertsOf, raise } from './raise.ts';
import { grouped, type Report, reportHtml, reportOf, reportText } from './report.ts';
import { State } from './state.ts';

export interface LookBack {
  terminal: Terminal;
  client: () => Client;
  print: (json: unknown, text: () => string) => void;
  end: (code: ExitCode) => void;
  now?: () => Date;
}

const optionsSchema = z.object({
  days: z.number(),
  state: z.string(),
  addresses: z.string().optional(),
  html: z.string().optional(),
  raise: z.boolean().default(false),
  yes: z.boolean().default(false),
});
type Options = z.infer<typeof optionsSchema>;

const environmentSchema = z.object({
  AZURE_TENANT_ID: z.guid(),
  AZURE_CLIENT_ID: z.string().optional(),
  GRAPH_URL: z.url().default('https://graph.microsoft.com'),
  EXCHANGE_URL: z.url().default('https://outlook.office365.com'),
  RECLAIM_URL: z.string().optional(),
});

export function lookBack(program: Command, around: LookBack): void {
  program
    .command('look-back')
    .description(
      'look for what intruders left in the tenant already; reads only, and goes on where it was stopped',
    )
    .option(
      '--days <number>',
      'how far to look back in the logs, as far as they are kept',
      whole(1, 365),
      180,
    )
    .option('--state <file>', 'where it writes down how far it is', 'look-back.jsonl')
    .option('--addresses <file>', 'IP addresses of known intruders, one a line')
    .option('--html <file>', 'write the report for a browser, too')
    .option('--raise', 'afterwards make alerts of what a run would remove; shown first, and asked about')
    .option('--yes', "with --raise: don't ask")
    .action(async (given: unknown) => {
      await run(around, optionsSchema.parse(given));
    });
}

async function run(around: LookBack, options: Options): Promise<void> {
  const { terminal, client, print, end, now = () => new Date() } = around;
  const environment = environmentSchema.safeParse(terminal.env);
  if (!environment.success) {
    throw new Stop(
      'AZURE_TENANT_ID must name the tenant, and AZURE_CLIENT_ID the identity that looks: docs/permissions.md says how to make it.',
      exitCodes.usage,
    );
  }
  const { AZURE_TENANT_ID: tenantId, RECLAIM_URL } = environment.data;
  const given = await addressesIn(options.addresses);
  const state = await State.open(options.state, { tenantId, days: options.days, at: now().toISOString() });
  try {
    const ofRuns = await addressesOfRuns(RECLAIM_URL ? client() : undefined, options.days);
    const known = { addresses: new Map([...ofRuns.addresses, ...given]), gaps: ofRuns.gaps };
    const progress = progressOn(terminal, now);
    await lookedAll(terminal, options, {
      ...(await clientsOf(terminal, environment.data)),
      state,
      now,
      known,
      progress,
    });
    const report = await reportOf(state, now());
    if (options.html !== undefined) await writeFile(options.html, reportHtml(report), { mode: 0o600 });
    if (!options.raise) print(report, () => reportText(report));
    else {
      await raised(around, options, state, report);
      const after = await reportOf(state, now());
      print(after, () => reportText(after));
    }
    end(report.complete && report.finds.length === 0 ? exitCodes.done : exitCodes.attention);
  } finally {
    await state.close();
  }
}

/** However it ends, it says how to go on. */
async function lookedAll(terminal: Terminal, { state: file }: Options, looking: Looking): Promise<void> {
  try {
    await look(looking, terminal.ended);
  } catch (error) {
    const { seen, listed } = looking.state;
    const far = listed === undefined ? '' : ` ${grouped(seen)} of ${grouped(listed)} mailboxes are done.`;
    const on = `What was seen is in ${file}.${far} The same command goes on from there.`;
    terminal.error(`${terminal.ended.aborted ? 'Stopped. ' : ''}${on}\n`);
    throw error;
  }
}

/** How many minutes a request is repeated while the service is busy. */
const patienceMinutes = 15;

async function clientsOf(terminal: Terminal, environment: z.infer<typeof environmentSchema>) {
  const { AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID, GRAPH_URL, EXCHANGE_URL } = environment;
  const credential = createCredential(AZURE_CLIENT_ID, terminal.env);
  await refuseWriters(credential);
  const wait = async (seconds: number, abort: AbortSignal | undefined) => {
    if (seconds >= everySeconds)
      terminal.error(`Microsoft 365 is busy: asked again in ${Math.ceil(seconds)} s.\n`);
    await pause(seconds * 1000, undefined, abort === undefined ? {} : { signal: abort });
  };
  const common = { credential, wait, patienceSeconds: patienceMinutes * 60 };
  const graph = createGraph({ ...common, baseUrl: GRAPH_URL });
  const exchange = createExchange({ ...common, baseUrl: EXCHANGE_URL, tenantId });
  return { graph: graph.withAbort(terminal.ended), exchange: exchange.withAbort(terminal.ended) };
}

/** The responder's identity, or any other that can change something, must not be used from a terminal. */
async function refuseWriters(credential: ReturnType<typeof createCredential>): Promise<void> {
  const token = await credential.getToken('https://graph.microsoft.com/.default').catch((error: unknown) => {
    const said = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new Stop(
      `No token for Microsoft Graph: set AZURE_CLIENT_ID and AZURE_CLIENT_CERTIFICATE_PATH. (${said.slice(0, 300)})`,
      exitCodes.notAllowed,
    );
  });
  const held = claimsOf(token?.token ?? '')?.roles ?? [];
  // A user's token names no roles, and can do whatever the user can.
  if (held.length === 0) {
    throw new Stop(
      'This identity is no application with permissions of its own. Nothing was read. Make one for the look back: docs/permissions.md.',
      exitCodes.notAllowed,
    );
  }
  const more = held.filter((role) => !lookBackPermissions.graph.includes(role) && !isReading(role));
  if (more.length === 0) return;
  throw new Stop(
    `This identity may do more than look: ${more.slice(0, 5).join(', ')}${more.length > 5 ? `, and ${more.length - 5} more` : ''}. Nothing was read. Use one of its own: docs/permissions.md.`,
    exitCodes.notAllowed,
  );
}

const isReading = (permission: string) => /\.Read(Basic)?(\.|$)/.test(permission);

async function addressesIn(file: string | undefined): Promise<ReadonlyMap<string, string>> {
  if (file === undefined) return new Map();
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Stop(`${file} cannot be read: ${error.code ?? error.message}`, exitCodes.usage);
  });
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  const wrong = lines.findIndex((line) => line !== '' && isIP(bareAddress(line)) === 0);
  if (wrong >= 0) {
    throw new Stop(
      `line ${wrong + 1} of ${file} is no IP address: ${shown(lines[wrong]).slice(0, 60)}`,
      exitCodes.usage,
    );
  }
  return new Map(
    lines.flatMap((line) => (line === '' ? [] : [[networkOf(line), 'the list of --addresses'] as const])),
  );
}

const runsSchema = z.object({ runs: z.array(z.object({ id: z.string(), code: z.string() })) });
const runSchema = z.object({ intruder: z.object({ addresses: z.array(z.string()) }) });

async function addressesOfRuns(
  client: Client | undefined,
  days: number,
): Promise<{ addresses: Map<string, string>; gaps: Gap[] }> {
  const addresses = new Map<string, string>();
  if (client === undefined) return { addresses, gaps: [] };
  try {
    const { runs } = runsSchema.parse((await client.get(`/api/runs?days=${days}&most=1000`)).json);
    for (const { id, code } of runs) {
      const { intruder } = runSchema.parse((await client.get(`/api/runs/${encodeURIComponent(id)}`)).json);
      for (const address of intruder.addresses) addresses.set(networkOf(address), `run ${code}`);
    }
    return { addresses, gaps: [] };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return {
      addresses,
      gaps: [{ what: 'addresses that runs of Reclaim name', why: error.message, again: true }],
    };
  }
}

const everySeconds = 10;

/** A line for each part, and a progress line now and then during a long one. */
function progressOn(terminal: Terminal, now: () => Date): (seen: Progress) => void {
  let last = 0;
  let first: { at: number; seen: number } | undefined;
  let part = '';
  return ({ what, seen, of, finds }) => {
    const at = now().getTime();
    const isLast = of !== undefined && seen === of;
    if (what === part && !isLast && at - last < everySeconds * 1000) return;
    if (what !== part) first = { at, seen };
    part = what;
    last = at;
    const done = seen - (first?.seen ?? 0);
    const left = of === undefined || done === 0 ? undefined : ((at - (first?.at ?? at)) / done) * (of - seen);
    terminal.error(`${progressLine({ what, seen, of, finds }, left)}\n`);
  };
}

export function progressLine({ what, seen, of, finds }: Progress, leftMs: number | undefined): string {
  if (of === undefined) return `Looking at ${what}.`;
  const minutes = leftMs === undefined ? undefined : Math.ceil(leftMs / 60_000);
  const left =
    minutes === undefined || seen === of
      ? ''
      : minutes < 90
        ? `; about ${minutes === 1 ? 'a minute' : `${minutes} minutes`} left`
        : `; about ${Math.round(minutes / 60)} hours left`;
  return `${grouped(seen)} of ${grouped(of)} ${what}, ${finds} found${left}`;
}

/** Shows what it would raise, and raises it once the operator agrees. */
async function raised(
  { terminal, client, now = () => new Date() }: LookBack,
  { yes }: Options,
  state: State,
  report: Report,
): Promise<void> {
  const all = alertsOf(report);
  const alerts = all.filter(({ id }) => !state.raised.has(id));
  terminal.error(`${toBeRaised(alerts, all.length - alerts.length)}\n`);
  if (alerts.length === 0) return;
  if (!yes) {
    if (terminal.ask === undefined)
      throw new Stop('Nothing was raised: nobody can be asked here. Add --yes.', exitCodes.usage);
    const answer = await terminal.ask(
      `Raise ${alerts.length === 1 ? 'this alert' : `these ${alerts.length} alerts`}? Type yes: `,
    );
    if (answer.trim().toLowerCase() !== 'yes') throw new Stop('Nothing was raised.', exitCodes.failed);
  }
  await raise(client(), state, alerts, now, (line) => terminal.error(`${shown(line)}\n`));
}

function toBeRaised(alerts: readonly Alert[], already: number): string {
  const before = already === 0 ? '' : ` ${already} were raised before.`;
  if (alerts.length === 0) return `There is nothing to raise.${before}`;
  return [
    `To be raised, one alert for each account. Each opens a held run, which changes nothing until somebody approves it.${before}`,
    ...alerts.map(
      ({ person, finds }) =>
        `- ${shown(person.userPrincipalName)}: ${shown(finds.map(({ what }) => what).join('; '))}`,
    ),
  ].join('\n');
}
