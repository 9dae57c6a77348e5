// The commands that change something. Each shows which account it is about, asks for the reason if there is somebody to
// answer, and decides on the run as it was shown.
import { type Command, Option } from 'commander';
import { z } from 'zod';
import type { Client } from './client.ts';
import { exitCodes, Stop } from './exit-codes.ts';
import { findRun, pathOf } from './find-run.ts';
import { shown, type Terminal } from './terminal.ts';
import { type RunView, runSchema, whom } from './views.ts';

export interface Deciding {
  terminal: Terminal;
  client: () => Client;
  reasonHelp: string;
  runHelp: string;
  print: (json: unknown, text: () => string) => void;
}

const optionsSchema = z.object({
  reason: z.string().optional(),
  level: z.string().optional(),
  step: z.array(z.string()).optional(),
  dryRun: z.boolean().optional(),
  falseAlarm: z.boolean().optional(),
});

const levelOption = (help: string) => new Option('--level <level>', help).choices(['contain', 'full']);

const collect = (value: string, before: readonly string[] = []) => [...before, value];
const stepHelp = 'only this step; as often as there are steps';

export function decide(program: Command, deciding: Deciding): void {
  const { terminal, client, reasonHelp, runHelp, print } = deciding;

  const order = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .argument('<run>', runHelp)
      .option('--reason <text>', reasonHelp);

  const send = (name: string) => async (meant: string, given: unknown) => {
    const { reason, level, step, falseAlarm } = optionsSchema.parse(given);
    if (falseAlarm === true && step !== undefined) {
      throw new Stop('--false-alarm is about the whole run: leave --step out.', exitCodes.usage);
    }
    const api = client();
    const { run, etag } = await findRun(api, meant);
    knownSteps(step, run);
    terminal.error(`${whom(run)}\n`);
    const body = {
      ...(level === undefined ? {} : { level }),
      ...(step === undefined ? {} : { steps: step }),
      ...(falseAlarm === true ? { falseAlarm } : {}),
      reason: await reasonFor(terminal, reason, name),
    };
    const { json } = await api.post(`${pathOf(run.id)}/${name}`, body, etag);
    print(json, () => done(json));
  };

  order('retry', 'run again what did not end well, or the steps that are named')
    .option('--step <name>', stepHelp, collect)
    .action(send('retry'));
  order('approve', 'let a held run begin, or make a contained run full')
    .addOption(
      levelOption('contain: lock only; full: also remove what the intruder left').makeOptionMandatory(),
    )
    .action(send('approve'));
  order('undo', 'put back what the run changed: all of it, or what the named steps did')
    .option('--step <name>', stepHelp, collect)
    .option('--false-alarm', 'nobody attacked: also dismiss the risk and close the alert as a false positive')
    .action(send('undo'));

  program
    .command('start')
    .description('open a run for an account, or join the one that it has')
    .argument('<user>', 'object id or user principal name')
    .addOption(levelOption('how far it may go').default('contain'))
    .option('--dry-run', 'only look, change nothing')
    .option('--reason <text>', reasonHelp)
    .action(async (user: string, given: unknown) => {
      const { reason, level, dryRun = false } = optionsSchema.parse(given);
      const api = client();
      const body = { user, level, dryRun, reason: await reasonFor(terminal, reason, 'start') };
      const { json } = await api.post('/api/runs', body);
      print(json, () => done(json));
    });
}

/** Throws Stop with the names of the existing steps, before anything is sent. */
function knownSteps(names: readonly string[] | undefined, { steps }: RunView): void {
  const unknown = (names ?? []).filter((name) => !steps.some((step) => step.name === name));
  if (unknown.length === 0) return;
  throw new Stop(
    `This run has no step ${unknown.map(shown).join(', ')}. Its steps: ${steps.map(({ name }) => shown(name)).join(', ')}.`,
    exitCodes.usage,
  );
}

/** Throws Stop if no reason is given and there is nobody to ask. */
export async function reasonFor(
  terminal: Terminal,
  given: string | undefined,
  name: string,
  option = 'reason',
  question = `Reason to ${name}, kept in the log (Ctrl+C: don't): `,
): Promise<string> {
  if (given !== undefined) {
    if (shown(given).length >= 3 && given.length <= 500) return given;
    throw new Stop(`--${option} takes 3 to 500 characters.`, exitCodes.usage);
  }
  if (terminal.ask === undefined) {
    throw new Stop(`${name} needs --${option} "…": it is kept in the log of the run.`, exitCodes.usage);
  }
  const answer = await terminal.ask(question);
  if (shown(answer).length < 3) throw new Stop('Without an answer nothing is done.', exitCodes.usage);
  return answer;
}

function done(json: unknown): string {
  const run = runSchema.parse(json);
  const last = run.log.at(-1);
  return `${shown(last?.what ?? 'done')}. ${whom(run)}: ${shown(run.verdict)}, level ${shown(run.level)}, ${shown(run.state)}. Follow it: reclaim watch ${shown(run.code)}\n`;
}
