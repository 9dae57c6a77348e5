// `reclaim judge-rules` on files as people have them: from the REST endpoint, from either PowerShell, and broken ones.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { run } from '../../cli/program.ts';
import { keepingTerminal } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'judge-rules-'));
afterAll(() => rmSync(folder, { recursive: true }));

let number = 0;
async function judge(content: string | Buffer, ...options: readonly string[]) {
  number += 1;
  const file = join(folder, `${number}.json`);
  writeFileSync(file, content);
  return await reclaim('judge-rules', file, ...options);
}

async function reclaim(...argv: readonly string[]) {
  const { terminal, written } = keepingTerminal();
  const code = await run(argv, terminal, () => {
    throw new Error('a service was asked');
  });
  return { code, ...written() };
}

const lineSchema = z.strictObject({
  id: z.string(),
  verdict: z.enum(['disable', 'ask', 'keep']),
  score: z.number(),
  reasons: z.array(z.string()).nonempty(),
});
const read = (out: string) =>
  out
    .trim()
    .split('\n')
    .map((line) => lineSchema.parse(JSON.parse(line)));

const small = (rule: object) =>
  Object.fromEntries(
    Object.entries(rule).map(([key, value]) => [key.charAt(0).toLowerCase() + key.slice(1), value]),
  );

const hiding = {
  Identity: 'adelev\\1',
  Name: '..',
  SubjectContainsWords: ['invoice'],
  MoveToFolder: 'RSS Feeds',
};
const news = {
  Identity: 'adelev\\2',
  Name: 'News',
  From: ['"News" [SMTP:news@adatum.com]'],
  MoveToFolder: 'News',
};
const out = {
  Identity: 'adelev\\3',
  Name: 'Falcon',
  SubjectContainsWords: ['Falcon'],
  ForwardTo: ['"Anna" [SMTP:anna@fabrikam.com]'],
};
const expected = [
  { id: 'adelev\\1', verdict: 'disable' },
  { id: 'adelev\\2', verdict: 'keep' },
  { id: 'adelev\\3', verdict: 'ask' },
];

describe('reclaim judge-rules', () => {
  const rules = [hiding, news, out];
  const lines = rules.map((rule) => JSON.stringify(rule));
  it.each<[string, string | Buffer]>([
    ['a JSON array', JSON.stringify(rules)],
    ['a JSON array over many lines', JSON.stringify(rules, null, 2)],
    ['JSON lines', lines.join('\n')],
    ['JSON lines with empty ones and a Windows end', `\n${lines.join('\r\n\r\n')}\r\n`],
    ['objects one after the other', rules.map((rule) => JSON.stringify(rule, null, 2)).join('\n')],
    ['the answer of the REST endpoint', JSON.stringify({ '@odata.context': 'x', value: rules })],
    ['UTF-16 as Windows PowerShell writes it', Buffer.from(`\uFEFF${JSON.stringify(rules)}`, 'utf16le')],
    ['a byte order mark', `\uFEFF${JSON.stringify(rules)}`],
    ['objects with the rule in them', JSON.stringify(rules.map((rule) => ({ rule })))],
    ['names that begin with a small letter', JSON.stringify(rules.map(small))],
    ['objects whose names begin with a capital', JSON.stringify(rules.map((Rule) => ({ Rule })))],
  ])('judges %s, a line for each rule in its order', async (_what, content) => {
    const { code, out: said, error } = await judge(content, '--domain', 'contoso.com');
    expect([code, error]).toEqual([0, '']);
    expect(read(said)).toMatchObject(expected);
  });

  it('uses what the object around a rule says', async () => {
    const redirect = { Name: 'Deputy', RedirectTo: ['"Lee Gu" [EX:/o=x/cn=lee]'] };
    const given = [
      { id: 7, rule: redirect },
      { id: 'gone', rule: redirect, recipients: { 'Lee Gu': null } },
      {
        id: 'contact',
        rule: redirect,
        recipients: { 'Lee Gu': { ExternalEmailAddress: 'SMTP:x@evil.example' } },
      },
      { id: 'junk', rule: { Name: 'Junk E-Mail Rule' }, hidden: true },
      { id: 'junk seen', rule: { Name: 'Junk E-Mail Rule' }, hidden: false },
      {
        id: 'below',
        rule: { Name: 'Help', RedirectTo: ['a@help.contoso.com'] },
        acceptedDomains: ['contoso.com'],
      },
      {
        id: 'below too',
        rule: { Name: 'Help', RedirectTo: ['a@help.contoso.com'] },
        acceptedDomains: [{ DomainName: 'contoso.com', MatchSubDomains: true }],
      },
      { id: 'unknown domains', rule: { Name: 'Help', RedirectTo: ['a@contoso.com'] } },
      {
        id: 'by the mailbox',
        mailbox: 'adele@contoso.com',
        rule: { Name: 'Help', RedirectTo: ['a@contoso.com'] },
      },
    ];
    const verdicts = read((await judge(JSON.stringify(given))).out).map(
      ({ id, verdict }) => `${id}: ${verdict}`,
    );
    expect(verdicts).toEqual([
      '7: keep',
      'gone: ask',
      'contact: disable',
      'junk: keep',
      'junk seen: ask',
      'below: disable',
      'below too: keep',
      'unknown domains: ask',
      'by the mailbox: keep',
    ]);
  });

  it('shows people a table, with nothing that moves the cursor', async () => {
    const { out: said } = await judge(JSON.stringify([{ ...hiding, Name: 'a\u001b[2Jb' }]), '--table');
    expect(said).toMatch(/^verdict +score +rule +why\ndisable +/);
    expect(said).not.toContain('\u001b');
  });

  it.each<[string, string, string[], string[]]>([
    ['a line that is no JSON', '{"Name":"a"}\n{"Name": }\n', ['line 2: this is no JSON'], ['a', 'line 2']],
    [
      'a text that is not closed',
      '{"Name":"a"}\n{"Name":"b\n{"Name":"c"}',
      ['line 2: this is no JSON'],
      ['a', 'line 2', 'c'],
    ],
    [
      'an entry of an array',
      '[\n {"Name":"a"},\n 5,\n {"Name": x},\n {"Name":"d"}\n]',
      ['line 3: rule: ', 'line 4: this is no JSON'],
      ['a', 'line 3', 'line 4', 'd'],
    ],
    [
      'an entry of an array on one line',
      '[{"Name":"a"},{"colour":"red"},{"Name":"c"}]',
      ['line 1: rule 2 of it: rule: has no property'],
      ['a', 'line 1', 'c'],
    ],
    ['an array that ends too soon', '[\n {"Name":"a"}', ['line 2: the file ends'], ['a']],
    [
      'something else than a rule',
      '{"colour":"red"}\n{"Name":"b"}',
      ['line 1: rule: has no property'],
      ['line 1', 'b'],
    ],
    [
      'a wrong kind of value',
      '{"id":7,"rule":{"Name":"a"},"hidden":"maybe"}\n{"Name":"b"}',
      ['line 1: hidden: '],
      ['7', 'b'],
    ],
    ['nothing', '', ['line 1: the file holds no rule'], []],
    ['no rule at all', 'Name : x\nEnabled : True', ['line 1: this is no JSON', 'line 2: '], []],
  ])('says the line and what is wrong with it, and still answers in order: %s', async (_what, ...given) => {
    const [content, problems, ids] = given;
    const { code, out: said, error } = await judge(content);
    expect(code).toBe(2);
    const told = error.trim().split('\n');
    expect(told).toHaveLength(problems.length);
    for (const [index, problem] of problems.entries()) expect(told[index]).toContain(problem);
    const lines = said === '' ? [] : read(said);
    expect(lines.map(({ id }) => id)).toEqual(ids);
    // What can't be read may be anything.
    for (const { reasons, verdict } of lines)
      if (reasons.join().startsWith('cannot be read')) expect(verdict).toBe('ask');
  });

  it('says so if there is no such file', async () => {
    const { code, error } = await reclaim('judge-rules', join(folder, 'nowhere.json'));
    expect([code, error]).toEqual([2, expect.stringContaining('cannot be read: ENOENT')]);
  });
});
