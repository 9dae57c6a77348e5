// The shape of a step refuses what would go wrong at night: these mistakes must not compile, and this file proves it
// by running the compiler on each of them.
import { describe, expect, it } from 'vitest';
import { errorsOf, placeOf } from '../fakes/compiled.ts';

const step = placeOf('shared/model/step.ts');

const whole = (parts: Readonly<Record<string, string>>) => {
  const given: Record<string, string> = {
    name: "'block-sign-in'",
    title: "'Block sign-in'",
    removes: "'sign-in'",
    guide: '[]',
    stage: "'contain'",
    settings: "settings('act')",
    permissions: "{ graph: ['User.Read.All'] }",
    appliesTo: '() => true',
    before: 'z.object({ enabled: z.boolean() })',
    find: "async () => ({ changes: [{ id: 'a', what: 'a', why: 'a', before: { enabled: true } }] })",
    fix: 'async () => {}',
    undo: 'async () => undefined',
    ...parts,
  };
  const fields = Object.entries(given).map(([key, value]) => `  ${key}: ${value},`);
  return `import { z } from 'zod';\nimport { remediation, settings } from '${step}';\nexport const tried = remediation({\n${fields.join('\n')}\n});\n`;
};

const mistakes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a permission of a client that does not exist': { permissions: "{ grpah: ['User.Read.All'] }" },
  'no permission for a client': { permissions: '{ graph: [] }' },
  'a client that is not declared': {
    find: "async ({ exchange }) => { await exchange.get('Get-Mailbox', {}, z.unknown()); return { changes: [] }; }",
  },
  'a find that writes to Graph': {
    find: "async ({ graph }) => { await graph.patch('/users/a', {}); return { changes: [] }; }",
  },
  'a find that runs a cmdlet': {
    permissions: "{ exchange: ['Set-Mailbox'] }",
    find: "async ({ exchange }) => { await exchange.run('Set-Mailbox', {}); return { changes: [] }; }",
  },
  'a cmdlet that does not read, given to get': {
    permissions: "{ exchange: ['Set-Mailbox'] }",
    find: "async ({ exchange }) => { await exchange.get('Set-Mailbox', {}, z.unknown()); return { changes: [] }; }",
  },
  'a change that does not fit what is stored': {
    find: "async () => ({ changes: [{ id: 'a', what: 'a', why: 'a', before: { enabled: 'yes' } }] })",
  },
  'a change without the state before': {
    find: "async () => ({ changes: [{ id: 'a', what: 'a', why: 'a' }] })",
  },
  'a date in what is stored': { before: 'z.object({ at: z.date() })', find: 'async () => ({ changes: [] })' },
  'an optional key in what is stored': {
    before: 'z.object({ at: z.string().optional() })',
    find: 'async () => ({ changes: [] })',
  },
  'a task among the changes': {
    find: "async () => ({ changes: [{ id: 'a', what: 'a', instruction: 'a', link: 'a' }] })",
  },
  'a stage that does not exist': { stage: "'first'" },
  'deleting a user': { fix: "async (_change, { graph }) => { await graph.delete('/users/a'); }" },
  'deleting a member without the one function that adds /$ref': {
    fix: "async (_change, { graph }) => { await graph.delete('/groups/a/members/b'); }",
  },
  'deleting by a path spelt out with /$ref': {
    fix: "async (_change, { graph }) => { await graph.delete('/groups/a/members/b/$ref'); }",
  },
  'an undo that is forgotten': { undo: 'undefined' },
};

const compiled = errorsOf({
  ...Object.fromEntries(Object.entries(mistakes).map(([name, parts]) => [name, whole(parts)])),
  right: whole({}),
});

describe('a step that is declared wrongly', () => {
  it('compiles when it is right — else the cases below would prove nothing', () => {
    expect(compiled.get('right')).toEqual([]);
  });

  it.each(Object.keys(mistakes))('does not compile: %s', (name) => {
    expect(compiled.get(name)?.length).toBeGreaterThan(0);
  });
});
