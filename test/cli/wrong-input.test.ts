// What is asked wrongly ends with code 2 before anything is sent, and says what is expected, in the words of the command.
import { describe, expect, it } from 'vitest';
import type { Client } from '../../cli/client.ts';
import { run } from '../../cli/program.ts';
import { keepingTerminal } from './terminal.ts';

async function reclaim(line: readonly string[]) {
  const { terminal, written } = keepingTerminal();
  const asked: string[] = [];
  const refuse = async (path: string): Promise<never> => {
    asked.push(path);
    throw new Error(`${path} was asked for`);
  };
  const client: Client = { get: refuse, post: refuse };
  const code = await run(line, terminal, () => client);
  return { code, ...written(), asked };
}

const run1 = 'its code (8M2P), its id, or the account';

describe('what is asked wrongly', () => {
  it.each([
    [[], 'list runs, newest first'],
    [['nonsense'], 'reclaim --help lists the commands'],
    [['run'], 'Did you mean runs?'],
    [['--bogus'], 'reclaim --help lists the commands'],
    [['runs', '--days', 'x'], 'whole number from 1 to 365'],
    [['runs', '--days', '1.5'], 'whole number from 1 to 365'],
    [['runs', '--most', '0'], 'whole number from 1 to 1000'],
    [['runs', '--days'], 'argument missing'],
    [['runs', '--verdict', 'safe'], 'Allowed choices are NOTHING TO DO'],
    [['runs', 'extra'], 'Usage: reclaim runs [options]'],
    [['runs', '--since', '1'], "unknown option '--since'"],
    [['show'], run1],
    [['show', 'a', 'b'], run1],
    [['watch', 'a', 'b'], 'Usage: reclaim watch [options] [run]'],
    [['watch', '--every', '0'], 'whole number from 1 to 3600'],
    [['watch', '--days', '3'], 'Usage: reclaim watch'],
    [['retry'], run1],
    [['retry', 'x', '--steps', 'a'], 'Did you mean --step?'],
    [['approve'], run1],
    [['approve', 'x'], "'--level <level>' not specified"],
    [['approve', 'x', '--level', 'all'], 'Allowed choices are contain, full'],
    [['undo', '--false-alarm'], run1],
    [['undo', 'x', '--falsealarm'], 'Did you mean --false-alarm?'],
    [['undo', 'x', '--false-alarm', 'yes'], 'Usage: reclaim undo [options] <run>'],
    [['undo', 'x', '--false-alarm', '--step', 'block-sign-in', '--reason', 'because'], 'leave --step out'],
    [['start'], 'object id or user principal name'],
    [['start', 'adele@contoso.com', '--level', 'none'], 'Allowed choices are contain, full'],
    [['start', 'adele@contoso.com', '--reason', 'x'], '--reason takes 3 to 500 characters'],
    [['start', 'adele@contoso.com'], 'start needs --reason'],
    [['hand-back'], run1],
    [['hand-back', 'x', 'finish'], 'begin, pass, owner-back, roles'],
    [['hand-back', 'x', 'pass', '--minutes', '5'], 'whole number from 10 to 480'],
    [['tasks'], run1],
    [['tasks', 'x', '1', '2'], 'to tick off: its number in the list, or its name (step/key)'],
    [['tasks', 'x', '--open'], 'Name the task after the run'],
    [['tasks', 'x', '--reason', 'done by hand'], 'Name the task after the run'],
    [['tasks', 'x', '1', '--reason'], 'argument missing'],
    [['decisions', '--days', '0'], 'whole number from 1 to 365'],
    [['decisions', '--most', 'many'], 'whole number from 1 to'],
    [['decisions', '--action', 'maybe'], 'Allowed choices are none, hold, contain, full'],
    [['decisions', '--account'], 'argument missing'],
    [['decisions', 'adele@contoso.com'], 'Usage: reclaim decisions [options]'],
    [['preflight', 'now'], 'Usage: reclaim preflight [options]'],
    [['preflight', '--fix'], "unknown option '--fix'"],
    [['judge-rules'], 'JSON array or JSON lines'],
    [['completion'], 'bash, zsh, fish'],
    [['completion', 'tcsh'], 'There is completion for bash, zsh, fish'],
  ])('%j: says what is expected, and sends nothing', async (line, said) => {
    const { code, out, error, asked } = await reclaim(line);
    expect(code).toBe(2);
    expect(error).toContain(said);
    expect(error).not.toMatch(/zod|expected string|invalid_type|undefined/i);
    expect([out, asked]).toEqual(['', []]);
  });
});
