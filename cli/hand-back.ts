// reclaim hand-back gives the account back to its owner, phase by phase. Without an action it only shows the progress
// and what can be done now. A Temporary Access Pass is printed once, here; nobody can ask for it again.

import { styleText } from 'node:util';
import type { Command } from 'commander';
import { z } from 'zod';
import { clock, isWebPage } from '../shared/mail/plain.ts';
import { spelled } from '../shared/mail/spell.ts';
import { type Deciding, reasonFor } from './decide.ts';
import { exitCodes, Stop } from './exit-codes.ts';
import { findRun, pathOf } from './find-run.ts';
import { whole } from './numbers.ts';
import { command, shown, table } from './terminal.ts';
import { whom } from './views.ts';

const actions = ['begin', 'pass', 'owner-back', 'roles'] as const;

const optionsSchema = z.object({
  reason: z.string().optional(),
  identified: z.string().optional(),
  despite: z.array(z.string()).optional(),
  accept: z.array(z.string()).optional(),
  again: z.boolean().optional(),
  minutes: z.number().optional(),
  insist: z.boolean().optional(),
});

const viewSchema = z.object({
  state: z.string(),
  notPossible: z.string().nullable(),
  left: z.array(z.object({ step: z.string(), why: z.string(), blocks: z.boolean(), accepted: z.boolean() })),
  phases: z.array(z.object({ title: z.string(), state: z.string() })),
  tasks: z
    .array(z.object({ name: z.string(), what: z.string(), withOwner: z.boolean(), accepted: z.boolean() }))
    .default([]),
  administrator: z
    .array(z.object({ what: z.string(), instruction: z.string(), link: z.string().nullable() }))
    .default([]),
  owner: z.array(z.object({ what: z.string(), instruction: z.string(), link: z.string().nullable() })),
  next: z.array(z.object({ do: z.string(), title: z.string() })),
  temporaryAccessPass: z
    .object({
      value: z.string(),
      expiresAt: z.string(),
      usableOnce: z.boolean(),
      unusableBecause: z.string().nullable(),
    })
    .optional(),
});
type View = z.infer<typeof viewSchema>;

export function handBack(program: Command, { terminal, client, runHelp, reasonHelp, print }: Deciding): void {
  program
    .command('hand-back')
    .description('give the account back to its owner: show how far it is, or take the next step')
    .argument('<run>', runHelp)
    .argument('[action]', actions.join(', '))
    .option('--reason <text>', reasonHelp)
    .option(
      '--identified <text>',
      'begin: how you made sure that it is the owner, not by mail or chat of the account',
    )
    .option(
      '--despite <step>',
      'begin: although this step did not end well; as often as there are such',
      collect,
    )
    .option('--accept <task>', 'begin: leave this open task as it is; as often as there are such', collect)
    .option('--again', 'pass: another one, in place of one that was shown')
    .option('--minutes <number>', 'pass: how long it can be used, 10 to 480', whole(10, 480), 60)
    .option('--insist', 'owner-back: although Microsoft Graph does not show that the owner is back')
    .action(async (meant: string, chosen: string | undefined, given: unknown) => {
      const known = z.enum(actions).optional().safeParse(chosen);
      if (!known.success) throw new Stop(`hand-back takes ${actions.join(', ')}.`, exitCodes.usage);
      const action = known.data;
      const api = client();
      const { run, etag } = await findRun(api, meant);
      const path = `${pathOf(run.id)}/hand-back`;
      if (action === undefined) {
        const { json } = await api.get(path);
        return print(
          json,
          () => `${whom(run)}\n${viewText(viewSchema.parse(json), terminal.columns, run.code)}`,
        );
      }
      terminal.error(`${whom(run)}\n`);
      const options = optionsSchema.parse(given);
      const ask = (what: string | undefined, option: string, question: string) =>
        reasonFor(terminal, what, `hand-back ${action}`, option, question);
      const identified = 'How did you make sure that it is the owner (not by mail or chat)? ';
      const body = {
        do: action,
        ...(action === 'begin'
          ? {
              identified: await ask(options.identified, 'identified', identified),
              despite: options.despite ?? [],
              accepts: options.accept ?? [],
            }
          : {}),
        ...(action === 'pass' ? { again: options.again ?? false, lifetimeInMinutes: options.minutes } : {}),
        ...(action === 'owner-back' ? { insist: options.insist ?? false } : {}),
        // How the owner was identified is the reason, so it is asked for only once.
        ...(action === 'begin' && options.reason === undefined
          ? {}
          : {
              reason: await ask(
                options.reason,
                'reason',
                `Reason to hand back (${action}), kept in the log: `,
              ),
            }),
      };
      const { json } = await api.post(path, body, etag);
      const view = viewSchema.safeParse(json);
      if (!view.success && action === 'pass') {
        throw new Stop(
          `A pass was made and the answer that showed it was lost: ${command} hand-back ${shown(run.code)} pass --again makes another.`,
          exitCodes.failed,
        );
      }
      print(json, () => viewText(viewSchema.parse(json), terminal.columns, run.code));
    });
}

const collect = (value: string, before: readonly string[] = []) => [...before, value];

const notes: Readonly<Record<string, string>> = {
  done: 'done',
  now: 'now',
  blocked: 'blocked: retry or accept what did not end well',
};

function viewText(view: View, columns: number | undefined, code: string): string {
  const { temporaryAccessPass: pass, left, tasks, administrator, owner, next, notPossible } = view;
  return [
    ...(pass === undefined ? [] : passText(pass)),
    styleText('bold', `Hand-back: ${shown(view.state)}`),
    ...(notPossible === null ? [] : [shown(notPossible)]),
    ...view.phases.map(
      ({ title, state }) => `  ${notes[state] === undefined ? '' : `[${notes[state]}] `}${shown(title)}`,
    ),
    '',
    ...(left.length === 0
      ? []
      : [
          table(
            ['LEFT BEHIND BY', 'WHY', 'AND'],
            left.map(({ step, why, blocks, accepted }) => [
              step,
              why,
              accepted ? 'accepted' : blocks ? `stops it: --despite ${step}` : '',
            ]),
            columns,
          ),
        ]),
    ...(tasks.length === 0
      ? []
      : [
          table(
            ['OPEN TASK', 'NAME', 'AND'],
            tasks.map(({ what, name, withOwner, accepted }) => [
              what,
              name,
              accepted ? 'accepted' : withOwner ? 'with the owner' : `tick it off, or --accept ${name}`,
            ]),
            columns,
          ),
        ]),
    ...(administrator.length === 0 ? [] : ['The administrator:', ...administrator.flatMap(taskText), '']),
    ...(owner.length === 0 ? [] : ['The owner:', ...owner.flatMap(taskText), '']),
    ...next.map(
      ({ do: action, title }) =>
        `Next: ${command} hand-back ${shown(code)} ${shown(action)}   ${shown(title)}`,
    ),
    '',
  ].join('\n');
}

const taskText = ({ what, instruction, link }: View['owner'][number]): string[] => [
  `  - ${shown(what)}: ${shown(instruction)}`,
  ...(link !== null && isWebPage(link) ? [`    ${link}`] : []),
];

const passText = (pass: NonNullable<View['temporaryAccessPass']>): string[] => [
  `${styleText('bold', 'Temporary Access Pass:')} ${shown(pass.value)}`,
  `  ${spelled(shown(pass.value))}`,
  `Good until ${clock(pass.expiresAt)}${pass.usableOnce ? ', once' : ''}. Tell it to the owner by phone or in person; it is shown here and nowhere else.`,
  ...(pass.unusableBecause === null ? [] : [`It opens nothing yet: ${shown(pass.unusableBecause)}.`]),
  '',
];
