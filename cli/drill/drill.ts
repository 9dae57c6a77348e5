// `reclaim drill` rehearses a whole incident in your own tenant, on an account made for it, with an identity that can
// only plant. It also records how the tenant answers, without any of the tenant's data.
import { writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { createCredential } from '../../functions/connect.ts';
import { cleanUpAfter, type DrillDeps, drill, type Responder } from '../../functions/drill/drill.ts';
import { plantings } from '../../functions/drill/plantings.ts';
import { differencesIn, recorder } from '../../functions/drill/recording.ts';
import { createPublisher } from '../../shared/alerts/publisher.ts';
import { createGraph } from '../../shared/clients/graph.ts';
import { claimsOf } from '../../shared/preflight/token.ts';
import type { Client } from '../client.ts';
import { type ExitCode, exitCodes, Stop } from '../exit-codes.ts';
import { shown, type Terminal } from '../terminal.ts';
import { reportHtml, reportText } from './report.ts';
import { responderOf } from './responder.ts';

interface Drilling {
  terminal: Terminal;
  client: () => Client;
  print: (json: unknown, text: () => string) => void;
  end: (code: ExitCode) => void;
}

const names = plantings.map(({ name }) => name);

const optionsSchema = z.object({
  account: z.string(),
  without: z.array(z.string()).default([]),
  cleanUp: z.boolean().default(false),
  html: z.string().optional(),
  record: z.string().optional(),
});

const environmentSchema = z.object({
  AZURE_CLIENT_ID: z.string(),
  GRAPH_URL: z.url().default('https://graph.microsoft.com'),
  TOPIC_ENDPOINT: z.url().optional(),
  TOPIC_KEY: z.string().optional(),
});

function planting(value: string, before: readonly string[] = []): string[] {
  if (!names.includes(value)) throw new InvalidArgumentError(`It is one of ${names.join(', ')}.`);
  return [...before, value];
}

export function drillCommand(program: Command, around: Drilling): void {
  program
    .command('drill')
    .description(
      'rehearse: plant a harmless intrusion on an account made for it, let the responder take it back, undo it all',
    )
    .requiredOption('--account <user>', 'a member of the drill group (DRILL_GROUP), by name or object id')
    .option(
      '--without <planting>',
      `leave one out: ${names.join(', ')}; as often as there are such`,
      planting,
    )
    .option('--clean-up', 'only remove what a drill that was killed has left')
    .option('--html <file>', 'write the report for a browser, too')
    .option('--record <file>', 'write what was asked and answered, without names, ids, addresses and tokens')
    .action(async (given: unknown) => {
      await run(around, optionsSchema.parse(given));
    });
}

async function run({ terminal, client, print, end }: Drilling, options: z.infer<typeof optionsSchema>) {
  const environment = environmentSchema.safeParse(terminal.env);
  if (!environment.success) {
    throw new Stop(
      "AZURE_CLIENT_ID must name the identity that plants, which is none of the responder's: docs/permissions.md says how to make it.",
      exitCodes.usage,
    );
  }
  const { AZURE_CLIENT_ID, GRAPH_URL, TOPIC_ENDPOINT: endpoint, TOPIC_KEY: key } = environment.data;
  const credential = createCredential(AZURE_CLIENT_ID, terminal.env);
  const now = () => new Date();
  const kept = recorder(globalThis.fetch);
  const publish =
    endpoint === undefined
      ? undefined
      : createPublisher({
          endpoint,
          access: key === undefined ? { credential } : { key },
          source: 'reclaim/drill',
          now,
        });
  const began = Date.now();
  const deps: DrillDeps = {
    responder: responderOf(client(), publish && ((alert) => publish([alert]))),
    graph: createGraph({ credential, baseUrl: GRAPH_URL, fetch: kept.fetch, patienceSeconds: 60 }),
    identity: async () => {
      const token = await credential
        .getToken('https://graph.microsoft.com/.default')
        .catch((error: unknown) => {
          const said = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
          throw new Stop(
            `No token for Microsoft Graph: set AZURE_CLIENT_ID and AZURE_CLIENT_CERTIFICATE_PATH. (${said.slice(0, 300)})`,
            exitCodes.notAllowed,
          );
        });
      const claims = claimsOf(token?.token ?? '');
      return { clientId: claims?.appid ?? AZURE_CLIENT_ID, permissions: claims?.roles ?? [] };
    },
    without: options.without,
    now,
    // Not tied to the terminal: cleaning up still has to wait after Ctrl+C.
    sleep: async (seconds) => await setTimeout(seconds * 1000),
    ended: terminal.ended,
    tell: (what, done, of) => terminal.error(`${shown(progressLine(what, done, of, Date.now() - began))}\n`),
  };
  const work = options.cleanUp ? cleanUpAfter : drill;
  const report = await work(deps, options.account);
  const recording = await recordingOf(deps.responder, kept, report.id);
  if (options.record !== undefined) {
    await writeFile(options.record, `${JSON.stringify(recording, null, 2)}\n`, { mode: 0o600 });
  }
  const told = { ...report, differs: differencesIn(recording) };
  if (options.html !== undefined) await writeFile(options.html, reportHtml(told), { mode: 0o600 });
  print(told, () => reportText(told));
  const isDone = report.verdict === 'passed' || (options.cleanUp && report.left.length === 0);
  end(isDone ? exitCodes.done : exitCodes.failed);
}

/** The responder's side belongs to it; without it, the rest is still worth having. */
async function recordingOf(responder: Responder, kept: ReturnType<typeof recorder>, id: string | null) {
  if (id === null) return kept.recording();
  const answer = await responder.drill({ do: 'recorded', id }).catch(() => undefined);
  return kept.recording(answer?.is === 'recorded' ? answer.exchanges : [], id);
}

function progressLine(what: string, done: number, of: number, elapsedMs: number): string {
  const left = done === 0 || done >= of ? undefined : Math.ceil(((elapsedMs / done) * (of - done)) / 60_000);
  const estimate = left === undefined ? '' : `; about ${left === 1 ? 'a minute' : `${left} minutes`} left`;
  return `[${Math.min(done, of)}/${of}] ${what}${estimate}`;
}
