// `npm start`: builds the app, starts everything it needs on this machine, publishes the alert of a scenario to the
// Event Grid topic, shows the run while it happens, prints what on-call is told, and says whether it ended as expected.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { recordingSchema } from '../functions/drill/recording.ts';
import { buildApp } from '../infra/build.ts';
import { oneLine } from '../shared/mail/plain.ts';
import { formatLine } from './functions-host/start-functions-host.ts';
import { liveOn } from './later.ts';
import { type Followed, follow } from './live.ts';
import { chosen, type Flags, help, readFlags } from './options.ts';
import { publish } from './publish.ts';
import {
  document,
  endedOtherwise,
  leave,
  leaveAll,
  mailLines,
  outboxOf,
  type Say,
  type Story,
  tellRuns,
} from './report.ts';
import { type LoadedScenario, readJson } from './scenario.ts';
import { inert, lookLines, shown } from './show.ts';
import { type Stack, startStack } from './stack.ts';
import { endpoints, interrupted, localSettings } from './stay.ts';
import { requestLog } from './tenant/record.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, '.reclaim');

/** 0: as expected; 1: otherwise. */
async function main(): Promise<number> {
  const flags = readFlags();
  if (flags.help) {
    process.stdout.write(help());
    return 0;
  }
  const say: Say = (line = '') => {
    if (!flags.json) process.stdout.write(`${line}\n`);
  };
  const scenario = await chosen(flags, new Date());
  // Files of the last story could be mistaken for this one's.
  rmSync(out, { recursive: true, force: true });
  say(styleText('bold', scenario.title));
  say(scenario.description);
  say();
  const stack = await start(flags, scenario);
  try {
    if (stack.host?.loadError) throw new Error(`the app could not be loaded: ${stack.host.loadError}`);
    const accepted = await begin(flags, scenario, stack, say);
    const code = flags['no-host'] ? 0 : await watch(flags, scenario, stack, accepted, say);
    if (flags.stay || flags['no-host']) await stay(stack, say);
    return code;
  } finally {
    await stack.close();
  }
}

async function begin(flags: Flags, scenario: LoadedScenario, stack: Stack, say: Say): Promise<Date> {
  if (flags.poll && stack.host !== null) {
    const asked = new Date();
    say(`${time(asked)}  poll-alerts asks Microsoft Graph for what is new`);
    await stack.host.fire('poll-alerts');
    return asked;
  }
  const accepted = await publish(stack, scenario.events);
  const alerts = scenario.events.length === 1 ? 'the alert is' : `${scenario.events.length} alerts are`;
  say(`${time(accepted)}  ${alerts} accepted by the Event Grid topic`);
  return accepted;
}

async function start(flags: Flags, scenario: LoadedScenario): Promise<Stack> {
  const { requests, replay } = flags;
  if (requests !== undefined) writeFileSync(requests, '');
  const built = buildApp(join(root, 'functions', 'index.ts'), join(root, 'dist')).then(() =>
    join(root, 'dist', 'index.cjs'),
  );
  // Told where it is awaited.
  built.catch(() => undefined);
  // Whoever starts a host of its own needs it by then, and everything else starts meanwhile.
  if (flags['no-host']) await built;
  return startStack({
    tenant: scenario.tenant,
    bundle: flags['no-host'] ? null : built,
    settings: { ...scenario.settings, ...(flags.poll ? { POLL_ALERTS: 'true' } : {}) },
    latencyMs: flags.latency,
    storageLatencyMs: flags['storage-latency'],
    busLatencyMs: flags['bus-latency'],
    onLog: (line) => {
      if (flags.verbose || line.level === 'error') process.stderr.write(`${inert(formatLine(line))}\n`);
    },
    ...(requests === undefined ? {} : { onRequest: requestLog(requests) }),
    ...(replay === undefined ? {} : { replay: recordingSchema.parse(readJson(replay)) }),
  });
}

async function watch(
  flags: Flags,
  scenario: LoadedScenario,
  stack: Stack,
  accepted: Date,
  say: Say,
): Promise<number> {
  const followed = await follow(stack, {
    // What a poll finds in the tenant is more or less than what a scenario publishes.
    alerts: flags.poll ? 1 : scenario.events.length,
    timeoutSeconds: flags.timeout,
    onRun: ({ run: { row } }) =>
      say(
        `${time(new Date())}  run ${row.code} for ${oneLine(row.account.userPrincipalName)}: ${oneLine(row.why)}`,
      ),
    onChange: (change) => {
      const line = shown(change, flags.verbose);
      if (line !== undefined) say(`${time(change.at)}  ${line}`);
    },
  });
  let story: Story = { scenario, stack, followed, accepted };
  say();
  tellRuns(story, say);
  if (runsOn(flags, scenario)) story = { ...story, followed: await later(story, say) };
  leaveAll(story, out, say);
  if (flags.requests !== undefined) say(`requests  ${flags.requests}`);
  if (flags.json) process.stdout.write(`${JSON.stringify(document(story), null, 2)}\n`);
  const wrong = endedOtherwise(story);
  if (wrong === undefined) return 0;
  say();
  if (wrong.length === 0) {
    say(styleText('green', 'It ended as the scenario expects.'));
    return 0;
  }
  say(styleText('red', `It did not end as the scenario expects: ${wrong.join('; ')}.`));
  if (flags.json) for (const line of wrong) process.stderr.write(`${line}\n`);
  return 1;
}

/** A stack that stays up keeps the real time unless told otherwise. */
const runsOn = (flags: Flags, scenario: LoadedScenario): boolean =>
  !flags['no-later'] && (flags.later ?? (scenario.later && !flags.stay && !flags.poll));

/** Runs the later looks, and prints what each changed. */
async function later({ stack, followed, accepted }: Story, say: Say): Promise<Followed> {
  let mails = outboxOf(stack).length;
  const sayNewMails = () => {
    const sent = outboxOf(stack).slice(mails);
    mails += sent.length;
    for (const line of mailLines(sent)) say(line);
  };
  say(styleText('bold', 'The later looks, on a clock that moves'));
  const ended = await liveOn(stack, followed, {
    since: accepted,
    onLook(look) {
      const lines = lookLines(look);
      say(
        `${time(look.at)}  looked again ${span(look.minutes)} later${lines.length === 0 ? ': nothing new' : ''}`,
      );
      for (const line of lines) say(`              ${line}`);
      sayNewMails();
    },
  });
  sayNewMails();
  return ended;
}

const span = (minutes: number) => (minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`);

async function stay(stack: Stack, say: Say): Promise<void> {
  const file = leave(out, 'local.settings.json', localSettings(stack));
  say();
  say(styleText('bold', 'Everything stays up until Ctrl+C.'));
  for (const [name, value] of [...endpoints(stack), ['local.settings.json', file] as const])
    say(`${name.padEnd(24)}${value}`);
  await interrupted();
}

const time = (at: Date) => at.toISOString().slice(11, 23);

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
