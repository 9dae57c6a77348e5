// `reclaim judge-rules`: the judge of inbox rules on a file of rules, before anything is deployed. Offline: it asks nobody,
// so it knows of the directory and the tenant's domains only what the file says.
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { type Judgement, judgeRule } from '../functions/steps/disable-inbox-rules/judge.ts';
import { exportedRuleSchema, isRule, readExchangeRule } from '../functions/steps/disable-inbox-rules/rule.ts';
import { type DirectoryEntry, entryOf } from '../shared/microsoft365/mailbox.ts';
import { domainOf, readRecipient } from '../shared/microsoft365/recipients.ts';
import { exitCodes, Stop } from './exit-codes.ts';
import { shown, shownJson, type Terminal, table } from './terminal.ts';

interface Line {
  /** Where it begins, from 1. */
  line: number;
  value: unknown;
}

interface Problem {
  line: number;
  what: string;
}

/**
 * The values of a JSON array, or of JSON lines: one after the other, each on as many lines as it likes. A value that is no
 * JSON is a problem by itself, and the others are still read.
 */
function valuesIn(text: string): { values: Line[]; problems: Problem[] } {
  const lines = text.split('\n').map((given, index) => ({ given, line: index + 1 }));
  const full = lines.filter(({ given }) => given.trim() !== '');
  const read = full.map(({ given, line }) => parsed(given, line));
  // One object that fills its line says that all of them should.
  const fillsLine = full.some(({ given }, index) => given.startsWith('{') && 'value' in (read[index] ?? {}));
  const [first] = read;
  if (first !== undefined && ('value' in first || (text.startsWith('{') && fillsLine))) {
    return {
      values: read.flatMap((one) => ('value' in one ? one : [])),
      problems: read.flatMap((one) => ('what' in one ? one : [])),
    };
  }
  return scanned(text);
}

function parsed(given: string, line: number): Line | Problem {
  try {
    return { line, value: JSON.parse(given) };
  } catch {
    const one = given.trim().replaceAll(/\s+/g, ' ');
    return { line, what: `this is no JSON: ${one.length > 60 ? `${one.slice(0, 60)}…` : one}` };
  }
}

/** Finds where each value begins and ends by its brackets, since each may take many lines. */
function scanned(text: string): { values: Line[]; problems: Problem[] } {
  const values: Line[] = [];
  const problems: Problem[] = [];
  const isArray = text.trimStart().startsWith('[');
  let depth = 0;
  let line = 1;
  let start: { at: number; line: number } | undefined;
  let quoted = false;
  const outer = isArray ? 1 : 0;
  const take = (end: number) => {
    if (start === undefined) return;
    const one = parsed(text.slice(start.at, end), start.line);
    if ('value' in one) values.push(one);
    else problems.push(one);
    start = undefined;
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (quoted) {
      if (character === '\\') at += 1;
      else if (character === '"') quoted = false;
      // A text that isn't closed ends with its line, or it would swallow all that follows.
      else if (character === '\n') quoted = false;
      if (character === '\n') line += 1;
      continue;
    }
    const separates = depth === outer && (isArray ? character === ',' : character === '\n');
    if (separates) take(at);
    else if (character === '[' || character === '{') {
      if (depth === outer && start === undefined && !(isArray && depth === 0)) start = { at, line };
      depth += 1;
    } else if (character === ']' || character === '}') {
      depth -= 1;
      if (depth < outer) take(at);
      if (depth === outer && !isArray) take(at + 1);
    } else if (start === undefined && depth === outer && !/\s/.test(character)) start = { at, line };
    if (character === '"') quoted = true;
    if (character === '\n') line += 1;
  }
  take(text.length);
  if (depth > 0) problems.push({ line, what: 'the file ends before its last bracket is closed' });
  return { values, problems };
}

const domainSchema = z.union([
  z.string(),
  z.looseObject({ DomainName: z.string(), MatchSubDomains: z.boolean().nullish() }),
]);
const entrySchema = z.looseObject({
  rule: exportedRuleSchema,
  id: z.union([z.string(), z.number()]).nullish(),
  mailbox: z.string().nullish(),
  acceptedDomains: z.union([domainSchema.transform((one) => [one]), z.array(domainSchema)]).nullish(),
  hidden: z.boolean().nullish(),
  recipients: z.record(z.string(), z.json()).nullish(),
});
type Entry = z.infer<typeof entrySchema>;

/** What the REST endpoint answers. */
const answerSchema = z.looseObject({ value: z.array(z.unknown()) });

/** Every rule in the file with its line, or what is wrong with which line. */
function readRules(text: string): { entries: (Entry & { line: number })[]; problems: Problem[] } {
  const { values, problems } = valuesIn(text.replace(/^\uFEFF/, ''));
  const entries: (Entry & { line: number })[] = [];
  const flat = values.flatMap(({ line, value }) => {
    const list = Array.isArray(value) ? value : (answerSchema.safeParse(value).data?.value ?? [value]);
    return list.map((one: unknown) => ({ line, value: one }));
  });
  for (const { line, value } of flat) {
    const given = z.looseObject({ rule: z.unknown() }).safeParse(value);
    const read = entrySchema.safeParse(given.success && 'rule' in given.data ? value : { rule: value });
    if (!read.success) {
      const [issue] = read.error.issues;
      const what = `${issue?.path.join('.') || 'the value'}: ${issue?.message ?? 'cannot be read'}`;
      problems.push({ line, what });
    } else if (!isRule(read.data.rule)) {
      problems.push({ line, what: 'rule: has no property that Get-InboxRule shows of a rule' });
    } else entries.push({ ...read.data, line });
  }
  if (entries.length === 0 && problems.length === 0)
    problems.push({ line: 1, what: 'the file holds no rule' });
  return { entries, problems: problems.toSorted((a, b) => a.line - b.line) };
}

const domainsOf = (domains: Entry['acceptedDomains']): string[] =>
  (domains ?? []).flatMap((domain) => {
    if (typeof domain === 'string') return [domain];
    return domain.MatchSubDomains ? [domain.DomainName, `*.${domain.DomainName}`] : [domain.DomainName];
  });

/** `adelev\13…` and `Adele Vance\13…` say whose rule it is. */
function ownerOf({ mailbox, rule }: Entry, domains: readonly string[]) {
  const identity = typeof rule['Identity'] === 'string' ? rule['Identity'] : '';
  const cut = identity.lastIndexOf('\\');
  const said = [mailbox ?? '', cut > 0 ? (identity.slice(0, cut).split('/').at(-1) ?? '') : ''];
  const names = said.filter((name) => name !== '');
  const addresses = names.flatMap((name) => {
    if (name.includes('@')) return [name];
    const alias = /^[\w.+-]+$/.test(name) ? domains.filter((one) => !one.startsWith('*.')) : [];
    return alias.map((domain) => `${name}@${domain}`);
  });
  const called = names.find((name) => !name.includes('@') && name.includes(' '));
  const local = addresses[0]?.split('@')[0] ?? '';
  return { name: called ?? (/[._-]/.test(local) ? local.replaceAll(/[._-]+/g, ' ') : ''), addresses };
}

/** Under whatever name the rule may call them. */
function directoryIn(recipients: NonNullable<Entry['recipients']>): Map<string, DirectoryEntry | null> {
  const entries = new Map<string, DirectoryEntry | null>();
  for (const [key, answer] of Object.entries(recipients)) {
    const entry = answer === null ? null : entryOf(answer);
    const { name, address, directoryName } = readRecipient(key);
    for (const called of [key, name, address, directoryName]) if (called) entries.set(called, entry);
  }
  return entries;
}

/** `known`: domains of the tenant that hold for the whole file. */
function judgeEntry(entry: Entry, known: readonly string[]): Judgement & { id: string } {
  const own = entry.mailbox?.includes('@') ? [domainOf(entry.mailbox)] : [];
  const said = domainsOf(entry.acceptedDomains);
  const domains = said.length > 0 ? said : known.length > 0 ? known : own;
  const rule = readExchangeRule(entry.rule, entry.hidden ?? null);
  const judged = judgeRule(rule, {
    acceptedDomains: domains.length > 0 ? domains : null,
    owner: ownerOf(entry, domains),
    ...(entry.recipients ? { directory: directoryIn(entry.recipients) } : {}),
  });
  return { ...judged, id: String(entry.id ?? rule.id) };
}

const optionsSchema = z.object({
  table: z.boolean().default(false),
  domain: z.array(z.string()).default([]),
});

/** PowerShell 5 writes UTF-16 with a byte order mark where nothing else is asked of it. */
const decoded = (bytes: Buffer): string =>
  bytes[0] === 0xff && bytes[1] === 0xfe ? bytes.toString('utf16le') : bytes.toString('utf8');

export function judgeRules(program: Command, terminal: Terminal): void {
  program
    .command('judge-rules')
    .description('judge inbox rules in a file as the app would: disable, ask or keep; asks no service')
    .argument(
      '<file>',
      'JSON array or JSON lines of what Get-InboxRule shows, or of objects with the rule in them',
    )
    .option('--table', 'for people, instead of a JSON line for each rule')
    .option(
      '--domain <domain...>',
      'domains of the organisation, where the file does not say acceptedDomains',
    )
    .action(async (file: string, options: unknown) => {
      const { table: forPeople, domain } = optionsSchema.parse(options);
      const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
        throw new Stop(`${file} cannot be read: ${error.code ?? error.message}`, exitCodes.usage);
      });
      const { entries, problems } = readRules(decoded(bytes));
      if (problems.length > 0) {
        const told = problems.map(({ line, what }) => shown(`line ${line}: ${what}`));
        throw new Stop(told.join('\n'), exitCodes.usage);
      }
      const judged = entries.map((entry) => ({
        name: readExchangeRule(entry.rule).name,
        ...judgeEntry(entry, domain),
      }));
      if (forPeople) {
        const rows = judged.map(({ verdict, score, name, id, reasons }) => [
          verdict,
          String(score),
          name.trim() === '' ? id : name,
          reasons.join('; '),
        ]);
        terminal.out(table(['verdict', 'score', 'rule', 'why'], rows, terminal.columns));
        return;
      }
      for (const { id, verdict, score, reasons } of judged)
        terminal.out(`${shownJson({ id, verdict, score, reasons }, 0)}\n`);
    });
}
