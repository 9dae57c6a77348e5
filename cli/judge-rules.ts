// `reclaim judge-rules` judges the inbox rules in a file, before anything is deployed. It works offline, so it knows
// only what the file says about the directory and the tenant's domains.
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
  /** The rule's id, if it could be read. */
  id?: string;
  /** A problem with the whole file, not with one rule. */
  ofFile?: true;
}

/**
 * The values of a JSON array, or of JSON lines, where a value may span several lines. A value that isn't JSON is
 * reported as a problem in its place; the others are still read.
 */
function valuesIn(text: string): (Line | Problem)[] {
  const lines = text.split('\n').map((given, index) => ({ given, line: index + 1 }));
  const full = lines.filter(({ given }) => given.trim() !== '');
  const read = full.map(({ given, line }) => parsed(given, line));
  // If one object fills its line, all of them should.
  const fillsLine = full.some(({ given }, index) => given.startsWith('{') && 'value' in (read[index] ?? {}));
  const [first] = read;
  if (first !== undefined && ('value' in first || (text.startsWith('{') && fillsLine))) return read;
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

/** Finds where each value begins and ends by its brackets, since a value may span several lines. */
function scanned(text: string): (Line | Problem)[] {
  const items: (Line | Problem)[] = [];
  const isArray = text.trimStart().startsWith('[');
  let depth = 0;
  let line = 1;
  let start: { at: number; line: number } | undefined;
  let quoted = false;
  const outer = isArray ? 1 : 0;
  const take = (end: number) => {
    if (start !== undefined) items.push(parsed(text.slice(start.at, end), start.line));
    start = undefined;
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (quoted) {
      if (character === '\\') at += 1;
      else if (character === '"') quoted = false;
      // An unclosed string ends with its line, or it would swallow the rest of the file.
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
  if (depth > 0) items.push({ line, what: 'the file ends before its last bracket is closed', ofFile: true });
  return items;
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

/** The REST endpoint's answer. */
const answerSchema = z.looseObject({ value: z.array(z.unknown()) });

/** A file may write `MoveToFolder` or `moveToFolder`, `Rule` or `rule`: `to` makes of a name's first letter what is read here. */
const withKeys = (given: unknown, to: (letter: string) => string) => {
  const read = z.record(z.string(), z.json()).safeParse(given);
  if (!read.success) return given;
  const entries = Object.entries(read.data);
  const renamed = entries.map(([key, value]) => [to(key.charAt(0)) + key.slice(1), value] as const);
  // If a file has both spellings, the one read here wins.
  return Object.fromEntries([...renamed, ...entries.filter(([key]) => to(key.charAt(0)) === key.charAt(0))]);
};
const upper = (letter: string) => letter.toUpperCase();
const lower = (letter: string) => letter.toLowerCase();

/** One rule of the file, or what is wrong with it. */
function readEntry({ line, value }: Line): { entry: Entry } | Problem {
  const around = z.looseObject({ rule: z.unknown() }).safeParse(withKeys(value, lower));
  const wraps = around.success && typeof around.data.rule === 'object' && around.data.rule !== null;
  const given = wraps
    ? { ...around.data, rule: withKeys(around.data.rule, upper) }
    : { rule: withKeys(value, upper) };
  const read = entrySchema.safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    const id = z.looseObject({ id: z.union([z.string(), z.number()]) }).safeParse(given).data?.id;
    return {
      line,
      ...(id === undefined ? {} : { id: String(id) }),
      what: `${issue?.path.join('.') || 'the value'}: ${issue?.message ?? 'cannot be read'}`,
    };
  }
  return isRule(read.data.rule)
    ? { entry: read.data }
    : { line, what: 'rule: has no property that Get-InboxRule shows of a rule' };
}

/** Every rule of the file in order; for an unreadable one, the problem and its line. */
function readRules(text: string): ({ entry: Entry } | Problem)[] {
  const items = valuesIn(text.replace(/^\uFEFF/, '')).flatMap((item): ({ entry: Entry } | Problem)[] => {
    if ('what' in item) return [item];
    const list = Array.isArray(item.value) ? item.value : answerSchema.safeParse(item.value).data?.value;
    if (list === undefined) return [readEntry(item)];
    return list.map((value: unknown, index) => {
      const read = readEntry({ line: item.line, value });
      return 'what' in read ? { ...read, what: `rule ${index + 1} of it: ${read.what}` } : read;
    });
  });
  return items.length > 0 ? items : [{ line: 1, what: 'the file holds no rule', ofFile: true }];
}

const domainsOf = (domains: Entry['acceptedDomains']): string[] =>
  (domains ?? []).flatMap((domain) => {
    if (typeof domain === 'string') return [domain];
    return domain.MatchSubDomains ? [domain.DomainName, `*.${domain.DomainName}`] : [domain.DomainName];
  });

/** `adelev\\13…`, `Adele Vance\\13…` and properties beside it say whose rule it is. */
function namesIn(rule: Entry['rule']): string[] {
  const text = (key: string) => (typeof rule[key] === 'string' ? rule[key] : '');
  const identity = text('Identity');
  const before = identity.slice(0, Math.max(0, identity.lastIndexOf('\\')));
  const said = [text('Mailbox'), before, text('MailboxOwnerId')];
  return said.flatMap((name) => name.split('/').at(-1) ?? []);
}

/** The rule's owner, as far as the file says. */
function ownerOf({ mailbox, rule }: Entry, domains: readonly string[]) {
  const names = [mailbox ?? '', ...namesIn(rule)].filter((name) => name !== '');
  const addresses = names.flatMap((name) => {
    if (name.includes('@')) return [name];
    const alias = /^[\w.+-]+$/.test(name) ? domains.filter((one) => !one.startsWith('*.')) : [];
    return alias.map((domain) => `${name}@${domain}`);
  });
  const called = names.find((name) => !name.includes('@') && name.includes(' '));
  const local = addresses[0]?.split('@')[0] ?? '';
  return { name: called ?? (/[._-]/.test(local) ? local.replaceAll(/[._-]+/g, ' ') : ''), addresses };
}

/** The recipients, under every name that the rule may use for them. */
function directoryIn(recipients: NonNullable<Entry['recipients']>): Map<string, DirectoryEntry | null> {
  const entries = new Map<string, DirectoryEntry | null>();
  for (const [key, answer] of Object.entries(recipients)) {
    const entry = answer === null ? null : entryOf(answer);
    const { name, address, directoryName } = readRecipient(key);
    for (const called of [key, name, address, directoryName]) if (called) entries.set(called, entry);
  }
  return entries;
}

/** `known`: the tenant's domains, for the whole file. */
function judgeEntry(
  entry: Entry,
  known: readonly string[],
  now: Date,
): Judgement & { id: string; name: string } {
  const whose = [entry.mailbox ?? '', ...namesIn(entry.rule)].find((name) => name.includes('@'));
  const own = whose === undefined ? [] : [domainOf(whose)];
  const said = domainsOf(entry.acceptedDomains);
  const domains = said.length > 0 ? said : known.length > 0 ? known : own;
  const rule = readExchangeRule(entry.rule, entry.hidden ?? null);
  const judged = judgeRule(rule, {
    acceptedDomains: domains.length > 0 ? domains : null,
    owner: ownerOf(entry, domains),
    now,
    ...(entry.recipients ? { directory: directoryIn(entry.recipients) } : {}),
  });
  return { ...judged, id: String(entry.id ?? rule.id), name: rule.name };
}

/** An unreadable rule isn't harmless: it gets its own line, so that the answers stay in the order of the rules. */
const unreadable = ({ line, what, id = `line ${line}` }: Problem) => ({
  id,
  name: '',
  verdict: 'ask' as const,
  score: 0,
  reasons: [`cannot be read: ${what}`],
});

const optionsSchema = z.object({
  table: z.boolean().default(false),
  domain: z.array(z.string()).default([]),
});

/** PowerShell 5 writes UTF-16 with a byte order mark by default. */
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
      const items = readRules(decoded(bytes));
      const problems = items.flatMap((item) => ('what' in item ? item : []));
      const told = problems.map(({ line, what }) => shown(`line ${line}: ${what}`)).join('\n');
      // A file without a single rule is the wrong file.
      if (problems.length === items.length) throw new Stop(told, exitCodes.usage);
      const now = new Date();
      const judged = items.flatMap((item) => {
        if ('entry' in item) return judgeEntry(item.entry, domain, now);
        return item.ofFile ? [] : unreadable(item);
      });
      if (forPeople) {
        const rows = judged.map(({ verdict, score, name, id, reasons }) => [
          verdict,
          String(score),
          name.trim() === '' ? id : name,
          reasons.join('; '),
        ]);
        terminal.out(table(['verdict', 'score', 'rule', 'why'], rows, terminal.columns));
      } else {
        for (const { id, verdict, score, reasons } of judged)
          terminal.out(`${shownJson({ id, verdict, score, reasons }, 0)}\n`);
      }
      if (problems.length > 0) throw new Stop(told, exitCodes.usage);
    });
}
