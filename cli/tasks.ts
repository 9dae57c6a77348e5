// reclaim tasks lists what is left for people to do, in the mail's order, and ticks tasks off.
import type { Command } from 'commander';
import { z } from 'zod';
import { type Deciding, reasonFor } from './decide.ts';
import { exitCodes, Stop } from './exit-codes.ts';
import { findRun, pathOf } from './find-run.ts';
import { shown } from './terminal.ts';
import { type RunView, runSchema, taskText, whom } from './views.ts';

const optionsSchema = z.object({ reason: z.string().optional(), open: z.boolean().optional() });

export function tasks(program: Command, { terminal, client, runHelp, print }: Deciding): void {
  program
    .command('tasks')
    .description('list what is left for people to do, or tick one of them off')
    .argument('<run>', runHelp)
    .argument('[task]', 'to tick off: its number in the list, or its name (step/key)')
    .option('--reason <text>', 'what was done, kept in the log; asked for where it is left out')
    .option('--open', 'take the tick back')
    .action(async (meant: string, chosen: string | undefined, given: unknown) => {
      const { reason, open = false } = optionsSchema.parse(given);
      if (chosen === undefined && (open || reason !== undefined)) {
        throw new Stop(
          `Name the task after the run: ${open ? '--open takes the tick of one task back' : '--reason says what was done about one task'}.`,
          exitCodes.usage,
        );
      }
      const api = client();
      const { run, etag } = await findRun(api, meant);
      if (chosen === undefined) return print(inOrder(run), () => listText(run));
      const name = nameOf(run, chosen, open);
      terminal.error(`${whom(run)}\n`);
      const body = {
        done: !open,
        reason: await reasonFor(
          terminal,
          reason,
          'tick a task off',
          'reason',
          'What was done, kept in the log: ',
        ),
      };
      const { json } = await api.post(`${pathOf(run.id)}/tasks/${name}`, body, etag);
      print(json, () => {
        const after = runSchema.parse(json);
        return `${shown(after.log.at(-1)?.what ?? 'done')}. ${shown(after.verdict)}\n`;
      });
    });
}

function listText(run: RunView): string {
  const all = inOrder(run);
  if (all.length === 0) return `${whom(run)}\nNothing is left to do.\n`;
  const now = all.filter(({ atHandBack }) => !atHandBack).length;
  const listed = (from: number, to: number) =>
    all
      .slice(from, to)
      .flatMap((task, index) => [
        ...taskText(task, `${from + index + 1}.`),
        `     ${shown(task.step)}/${shown(task.key)}`,
      ]);
  const later = all.length - now;
  return [
    whom(run),
    ...(now === 0 ? ['Nothing is left to do now.'] : [`To do now: ${now}`, ...listed(0, now)]),
    ...(later === 0
      ? []
      : ['', `With the owner, when the account is given back: ${later}`, ...listed(now, all.length)]),
    '',
  ].join('\n');
}

/** Those for now first; the numbers in the list count through both. */
const inOrder = ({ tasks: all }: RunView): RunView['tasks'] =>
  all.toSorted((a, b) => Number(a.atHandBack) - Number(b.atHandBack));

/** Throws Stop with the names to choose from. To untick a task, give its name: ticked tasks aren't in the list. */
function nameOf(run: RunView, chosen: string, open: boolean): string {
  const all = inOrder(run);
  const byNumber = /^\d+$/.test(chosen) && !open ? all[Number(chosen) - 1] : undefined;
  const task = byNumber ?? all.find(({ step, key }) => `${step}/${key}` === chosen);
  if (task !== undefined) return `${encodeURIComponent(task.step)}/${encodeURIComponent(task.key)}`;
  const [step, key, ...more] = chosen.split('/');
  if (open && step && key && more.length === 0) {
    return `${encodeURIComponent(step)}/${encodeURIComponent(key)}`;
  }
  throw new Stop(
    all.length === 0
      ? 'This run has no open task.'
      : `There is no open task ${shown(chosen)}: take a number from 1 to ${all.length}, or a name from reclaim tasks.`,
    exitCodes.usage,
  );
}
