// What the app's operator asks: what became of each alert, and whether everything a run will need is there.
import { styleText } from 'node:util';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { decisionSchema } from '../shared/alerts/decisions.ts';
import { clock } from '../shared/mail/plain.ts';
import type { Client } from './client.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { whole } from './numbers.ts';
import { shown, table } from './terminal.ts';

interface Operating {
  client: () => Client;
  print: (json: unknown, text: () => string) => void;
  columns: number | undefined;
  end: (code: ExitCode) => void;
}

const decisionsSchema = z.object({
  decisions: z.array(
    z.object({
      at: z.string(),
      action: z.string(),
      userPrincipalName: z.string().nullish(),
      userId: z.string().nullish(),
      why: z.string(),
      row: z.string(),
      runId: z.string().nullish(),
    }),
  ),
});

const reportSchema = z.object({
  at: z.string(),
  is: z.string(),
  problems: z.number(),
  warnings: z.number(),
  checks: z.array(
    z.object({
      is: z.string(),
      what: z.string(),
      /** What to do now. */
      now: z.string().nullable(),
    }),
  ),
});

const decisionOptions = z.object({
  days: z.number(),
  most: z.number(),
  account: z.string().optional(),
  action: z.string().optional(),
});

export function operate(program: Command, { client, print, columns, end }: Operating): void {
  program
    .command('decisions')
    .description('list what became of each alert, newest first, with the reason')
    .option('--days <number>', 'within so many days', whole(1, 365), 7)
    .option('--most <number>', 'no more than so many', whole(1, 200), 50)
    .option('--account <user>', 'only about this account: object id or user principal name')
    .addOption(new Option('--action <action>', 'only these').choices(decisionSchema.shape.action.options))
    .action(async (options: unknown) => {
      const { days, most, account, action } = decisionOptions.parse(options);
      const since = new Date(Date.now() - days * 86_400_000).toISOString();
      const query = new URLSearchParams({
        ...{ since, most: String(most) },
        ...(account === undefined ? {} : { account }),
        ...(action === undefined ? {} : { action }),
      });
      const { json } = await client().get(`/api/decisions?${query}`);
      print(json, () => {
        const { decisions } = decisionsSchema.parse(json);
        if (decisions.length === 0) return `No alert was decided on in the last ${days} days.\n`;
        return table(
          ['AT', 'ACTION', 'ACCOUNT', 'WHY'],
          decisions.map(({ at, action: is, userPrincipalName, userId, why }) => [
            clock(at),
            is,
            userPrincipalName ?? userId ?? '',
            why,
          ]),
          columns,
        );
      });
    });

  program
    .command('preflight')
    .description('look at everything that a run will need, and say what would fail; nothing is changed')
    .action(async () => {
      const { json } = await client().post('/api/preflight', {});
      const report = reportSchema.parse(json);
      print(json, () => preflightText(report));
      end(report.problems > 0 ? exitCodes.attention : exitCodes.done);
    });
}

function preflightText({ at, problems, warnings, checks }: z.infer<typeof reportSchema>): string {
  const bad = checks.filter(({ is }) => is !== 'ok');
  return [
    styleText('bold', `${problems} problems, ${warnings} warnings, ${checks.length} checks, ${clock(at)}`),
    ...bad.flatMap(({ is, what, now }) => [
      `${is.toUpperCase().padEnd(8)} ${shown(what)}`,
      ...(now === null ? [] : [`         ${shown(now)}`]),
    ]),
    '',
  ].join('\n');
}
