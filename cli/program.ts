// The commands, their options, and what they send. `run` never throws and never ends the process.
import { Command, CommanderError, Option } from 'commander';
import { z } from 'zod';
import { words } from '../shared/run/verdict.ts';
import { type Client, createClient } from './client.ts';
import { completion, shells } from './completion.ts';
import { targetOf } from './credentials.ts';
import { decide } from './decide.ts';
import { drillCommand } from './drill/drill.ts';
import { type ExitCode, exitCodeHelp, exitCodes, Stop } from './exit-codes.ts';
import { findRun } from './find-run.ts';
import { handBack } from './hand-back.ts';
import { judgeRules } from './judge-rules.ts';
import { lookBack } from './look-back/look-back.ts';
import { whole } from './numbers.ts';
import { operate } from './operate.ts';
import { tasks } from './tasks.ts';
import { shown, shownJson, type Terminal } from './terminal.ts';
import { runsSchema, runsTable, runText } from './views.ts';
import { watch } from './watch.ts';

const runHelp = 'its code (8M2P), its id, or the account';
const reasonHelp = 'why, kept in the log of the run; asked for where it is left out';
const runsOptions = z.object({
  days: z.number(),
  most: z.number(),
  verdict: z.string().optional(),
  person: z.string().optional(),
});
const commonSchema = z.looseObject({ json: z.boolean().default(false) });

/** Returns the exit code. */
export async function run(
  argv: readonly string[],
  terminal: Terminal,
  client = (): Client => createClient(targetOf(terminal.env), terminal.sleep),
): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done;
  const program = createProgram(terminal, client, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (terminal.ended.aborted) return exitCodes.failed;
    if (error instanceof Stop) {
      terminal.error(`${error.message}\n`);
      return error.code;
    }
    const isOther = error instanceof z.ZodError;
    terminal.error(
      isOther
        ? 'The answer is not what this version of the command knows; update it, or check RECLAIM_URL.\n'
        : `${shown(error instanceof Error ? error.message : String(error))}\n`,
    );
    return exitCodes.failed;
  }
}

function createProgram(terminal: Terminal, client: () => Client, end: (code: ExitCode) => void): Command {
  const program = new Command('reclaim')
    .description('Runs that take compromised Microsoft 365 accounts back: look at them, decide about them.')
    .option('--json', 'answer as JSON, for programs')
    .exitOverride()
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.error,
      getOutHelpWidth: () => terminal.columns ?? 100,
    })
    .showSuggestionAfterError()
    .showHelpAfterError('reclaim --help lists the commands.')
    .addHelpText('after', afterHelp);
  const isJson = () => commonSchema.parse(program.opts()).json;
  const print = (json: unknown, text: () => string) =>
    terminal.out(isJson() ? `${shownJson(json)}\n` : text());

  program
    .command('runs')
    .description('list runs, newest first')
    .option('--days <number>', 'opened within so many days', whole(1, 365), 7)
    .option('--most <number>', 'no more than so many', whole(1, 1000), 50)
    .addOption(new Option('--verdict <word>', 'only these').choices(words))
    .option('--person <name>', 'only whose name or sign-in name holds this')
    .action(async (options: unknown) => {
      const { days, most, verdict, person } = runsOptions.parse(options);
      const query = new URLSearchParams({
        ...{ days: String(days), most: String(most) },
        ...(verdict === undefined ? {} : { verdict }),
        ...(person === undefined ? {} : { person }),
      });
      const { json } = await client().get(`/api/runs?${query}`);
      const { runs } = runsSchema.parse(json);
      print(json, () =>
        runs.length === 0
          ? `No run${verdict === undefined && person === undefined ? '' : ' like that'} was opened in the last ${days} days.\n`
          : runsTable(runs, terminal.columns),
      );
    });

  program
    .command('show')
    .description('show a run: what to do, what was done, by whom')
    .argument('<run>', runHelp)
    .action(async (meant: string) => {
      const { run: found, json } = await findRun(client(), meant);
      print(json, () => runText(found, terminal.columns));
    });

  program
    .command('watch')
    .description('follow a run until it is over, or all runs until Ctrl+C')
    .argument('[run]', runHelp)
    .option('--every <seconds>', 'how often to look', whole(1, 3600), 2)
    .action(async (meant: string | undefined, options: unknown) => {
      const { every } = z.object({ every: z.number() }).parse(options);
      const api = client();
      const id = meant === undefined ? undefined : (await findRun(api, meant)).run.id;
      const watching = { everySeconds: every, json: isJson(), now: () => new Date() };
      end(await watch(api, terminal, watching, id));
    });

  const deciding = { terminal, client, reasonHelp, runHelp, print };
  decide(program, deciding);
  handBack(program, deciding);
  tasks(program, deciding);
  operate(program, { client, print, columns: terminal.columns, end });
  judgeRules(program, terminal);
  drillCommand(program, { terminal, client, print, end });
  lookBack(program, { terminal, client, print, end });

  program
    .command('completion')
    .description('print a completion script: source <(reclaim completion bash)')
    .argument('<shell>', shells.join(', '))
    .action((given: string) => {
      const shell = z.enum(shells).safeParse(given);
      if (!shell.success) throw new Stop(`There is completion for ${shells.join(', ')}.`, exitCodes.usage);
      terminal.out(completion(program, shell.data));
    });

  // --json may come before or after the command's name.
  for (const command of program.commands) {
    command.addOption(new Option('--json', 'answer as JSON, for programs'));
    command.showHelpAfterError(expected(command));
    command.hook('preAction', (_, acting) => {
      if (commonSchema.parse(acting.opts()).json) program.setOptionValue('json', true);
    });
  }
  return program;
}

/** What a command takes, below what was wrong with it. */
const expected = (command: Command): string =>
  [
    `Usage: reclaim ${command.name()} ${command.usage()}`,
    ...command.registeredArguments.map((argument) => `  ${argument.name()}: ${argument.description}`),
  ].join('\n');

const afterHelp = `
Where and as whom, from the environment:
  RECLAIM_URL        where Reclaim is reached: the output APP_URL of the deployment
  RECLAIM_CLIENT_ID  the client id that people sign in to (SIGN_IN_CLIENT_ID); az login says who you are
  RECLAIM_KEY        a function key instead, for the local stack

Exit codes:
${exitCodeHelp.map(([code, meaning]) => `  ${code}  ${meaning}`).join('\n')}
`;
