// Commands that administrators are told to paste contain names that strangers choose. Here, for every task of every
// scenario with every such name hostile: each command is one cmdlet, and the names in it are unchanged.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isOneCommand } from '../shared/model/powershell.ts';
import { poisoned, poisons } from './fakes/poisoned.ts';
import { scenarioCalled, told } from './fakes/told.ts';

const names = readdirSync(fileURLToPath(new URL('../local/scenarios', import.meta.url))).map((file) =>
  file.replace('.json', ''),
);
/** A command in the middle of a sentence would be pasted together with the full stop after it. */
const inline = /\b[A-Z][a-z]+-[A-Z][A-Za-z]+ +(?:-[A-Z]|['"(@$])/;
/** An apostrophe is allowed in a user principal name. */
const renamed = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll(/\b([a-z]+)@contoso\.com/g, "$1.o'neil@contoso.com"));

const commands = new Set<string>();
describe.each(names)('the tasks of %s', (name) => {
  it('contain only single cmdlets, whatever things and people are called', async () => {
    const scenario = await scenarioCalled(name);
    for (let turn = 0; turn < poisons.length; turn += name === 'everything' ? 3 : 9) {
      const { tenant } = poisoned(renamed(scenario.tenant), turn);
      const events = [renamed(scenario.events)].flat();
      const story = await told({ ...scenario, tenant, events });
      for (const { steps } of await story.runs())
        for (const task of steps.flatMap((row) => row.tasks)) {
          for (const command of task.commands ?? []) commands.add(command);
          for (const command of task.commands ?? [])
            expect([command, isOneCommand(command)]).toEqual([command, true]);
          expect(task.instruction).not.toMatch(inline);
          expect(task.what).not.toMatch(inline);
        }
    }
  }, 120_000);
});

it('are numerous enough for this to mean something', () => {
  const cmdlets = new Set([...commands].map((command) => command.split(' ')[0]));
  expect(cmdlets.size).toBeGreaterThan(7);
  expect([...commands].filter((command) => command.includes("o''neil")).length).toBeGreaterThan(10);
  expect([...commands].some((command) => command.includes('[char]'))).toBe(true);
});
