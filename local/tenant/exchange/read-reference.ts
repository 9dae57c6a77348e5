// Reads the public reference of Exchange PowerShell (https://github.com/MicrosoftDocs/office-docs-powershell, folder
// exchange/exchange-ps/ExchangePowerShell) and writes what this stand-in checks each cmdlet by:
// `npx node local/tenant/exchange/read-reference.ts FOLDER`. It takes only facts about the command line: parameter sets,
// what each requires, types, and listed values.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allCmdlets } from './endpoint.ts';
import { type Documented, documentedOf } from './reference.ts';

/** Outer brackets mean that a parameter is optional; brackets around the name, that the name may be omitted. */
const parameter =
  /\[\[-(\w+)\] <([^>]+)>\]|\[-(\w+)\] <([^>]+)>|\[-(\w+) <([^>]+)>\]|\[-(\w+)\]|-(\w+) <([^>]+)>/g;

interface Found {
  name: string;
  type: string;
  required: boolean;
}

function* parametersIn(syntax: string): Generator<Found> {
  for (const [, may, mayType, must, mustType, maybe, maybeType, flag, named, namedType] of syntax.matchAll(
    parameter,
  )) {
    const name = may ?? must ?? maybe ?? flag ?? named ?? '';
    const type = mayType ?? mustType ?? maybeType ?? namedType ?? 'Switch';
    yield { name, type: type.replace(/^System\./, ''), required: (must ?? named) !== undefined };
  }
}

/** The section of a page under a heading. */
function below(page: string, heading: string): string {
  const [, rest = ''] = page.split(`\n## ${heading}\n`);
  return rest.split('\n## ')[0] ?? '';
}

/** The values of an enumeration, from the lists that a page introduces as such. */
function valuesIn(section: string, type: string): string[] | undefined {
  if (
    /Id(Parameter)?(\[\])?$|^(String|Boolean|Switch|Unlimited|DateTime|Int|SmtpAddress|Multi|Proxy)/.test(
      type,
    )
  )
    return undefined;
  const lists = section.matchAll(
    /(?:valid values|are available|apply specifically)[^\n]*:\n\n((?:- .+\n)+)/gi,
  );
  const values = [...lists].flatMap(([, list = '']) =>
    list
      .trim()
      .split('\n')
      .map((line) => /^- [`*]*(\w+)[`*]*(?= ?[:(]|$)/.exec(line)?.[1] ?? ''),
  );
  return values.length === 0 || values.includes('') ? undefined : [...new Set(values)];
}

export function documented(page: string): Documented {
  const sections = new Map(
    below(page, 'PARAMETERS')
      .split('\n### ')
      .map((section) => [/^-(\w+)/.exec(section)?.[1] ?? '', section]),
  );
  const isOnline = (name: string) => /^> Applicable: .*Exchange Online/m.test(sections.get(name) ?? '');
  const types: Record<string, string> = {};
  const sets: Documented['sets'] = [];
  for (const [block] of below(page, 'SYNTAX').matchAll(/```\n[\s\S]+?```/g)) {
    const found = [...parametersIn(block)].filter(({ name }) => name !== 'CommonParameters');
    // A set that requires an on-premises parameter cannot be used in the cloud.
    if (found.some(({ name, required }) => required && !isOnline(name))) continue;
    const here = found.filter(({ name }) => isOnline(name));
    for (const { name, type } of here) types[name] = type;
    sets.push(here.map(({ name, required }) => (required ? `${name}!` : name)));
  }
  const values = Object.entries(types).flatMap(([name, type]) => {
    const listed = valuesIn(sections.get(name) ?? '', type);
    return listed === undefined ? [] : [[name, listed] as const];
  });
  return { types, sets, values: Object.fromEntries(values) };
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error('the folder with the pages of the reference is missing');
  const names = [...new Set(allCmdlets.map(({ name }) => name))].toSorted();
  // A folder may hold some pages alone, for a cmdlet that is new here: the others stay as they were read.
  const entries = names.map((name) => {
    const page = join(folder, `${name}.md`);
    const read = existsSync(page) ? documented(readFileSync(page, 'utf8')) : documentedOf(name);
    return `${JSON.stringify(name)}:${JSON.stringify(read)}`;
  });
  writeFileSync(new URL('reference.generated.json', import.meta.url), `{\n${entries.join(',\n')}\n}\n`);
}
