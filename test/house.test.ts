// Which way imports go. Types, dynamic imports and re-exports count too: a file that can only be understood together
// with those above it is in the wrong place.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Each may import only those before it, and itself. */
const order = [
  'shared/errors.ts',
  'shared/model',
  'shared/clients',
  'shared/intruder',
  'shared/microsoft365',
  'shared/run',
  'shared/mail',
  'shared/alerts',
  'shared/store',
  'shared/summary',
  'shared/settings.ts',
  'shared/preflight',
  'shared/auth',
  'shared/page',
  'functions',
  'infra',
  'local',
  'cli',
  'bench',
];

const sourcesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));

const existing = readdirSync(root);
const files = ['shared', 'functions', 'infra', 'local', 'cli', 'bench']
  .filter((folder) => existing.includes(folder))
  .flatMap(sourcesIn);

/** Every file of ours that one imports, in any form. */
function importsOf(file: string, text: string): string[] {
  const found: string[] = [];
  const note = (node: ts.Node | undefined) => {
    if (node !== undefined && ts.isStringLiteralLike(node) && node.text.startsWith('.'))
      found.push(join(dirname(file), node.text));
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) note(node.moduleSpecifier);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      note(node.arguments[0]);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) note(node.argument.literal);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return [...new Set(found)].filter((path) => path.endsWith('.ts'));
}

type Graph = ReadonlyMap<string, readonly string[]>;

const graph: Graph = new Map(
  files.map((file) => [file, importsOf(file, readFileSync(join(root, file), 'utf8'))]),
);

const placeOf = (file: string): string =>
  order.find((place) => file === place || file.startsWith(`${place}/`)) ?? `${dirname(file)} (in no list)`;

function upwards(imports: Graph): string[] {
  return [...imports].flatMap(([file, targets]) =>
    targets
      .filter((target) => order.indexOf(placeOf(target)) > order.indexOf(placeOf(file)))
      .map((target) => `${file} imports ${target}, which stands above it`),
  );
}

/** `functions/steps/remove-app-access`, or undefined for what belongs to no single step. */
const stepFolderOf = (file: string) => /^functions\/steps\/[^/]+(?=\/)/.exec(file)?.[0];

function intoStepFolders(imports: Graph): string[] {
  return [...imports].flatMap(([file, targets]) =>
    targets
      .filter((target) => {
        const folder = stepFolderOf(target);
        return file.startsWith('functions/steps/') && folder !== undefined && folder !== stepFolderOf(file);
      })
      // The playbook names every step.
      .filter(() => file !== 'functions/steps/index.ts')
      .map((target) => `${file} imports ${target}, which is that step's alone`),
  );
}

/** Every circle once, as the files along it. */
function circles(imports: Graph): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]): void => {
    const from = way.indexOf(file);
    if (from >= 0) found.push([...way.slice(from), file].join(' → '));
    if (from >= 0 || done.has(file)) return;
    for (const target of imports.get(file) ?? []) walk(target, [...way, file]);
    done.add(file);
  };
  for (const file of imports.keys()) walk(file, []);
  return found;
}

describe('imports', () => {
  it('go downwards only — a folder is understood without those above it', () => {
    expect(upwards(graph)).toEqual([]);
  });

  it('of a step stay out of every other step’s folder — what two need stands in shared/', () => {
    expect(intoStepFolders(graph)).toEqual([]);
  });

  it('lead in no circle — types count', () => {
    expect(circles(graph)).toEqual([]);
  });

  it('are of files in a place that the order knows', () => {
    expect(files.filter((file) => !order.includes(placeOf(file)))).toEqual([]);
  });
});

/** What knip reports, one line each; empty if all is well. */
async function unused(...options: string[]): Promise<string> {
  const args = [join(root, 'node_modules/knip/bin/knip.js'), '--no-progress', '--no-exit-code', ...options];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  return stdout.trim();
}

describe('what is written down', () => {
  it('is used by something other than a test', async () => {
    expect(await unused('--production', '--include', 'files')).toBe('');
  }, 120_000);

  it('is exported only where another file needs it', async () => {
    expect(await unused('--include', 'files,exports,types')).toBe('');
  }, 120_000);
});

describe('the reading of imports', () => {
  const read = (text: string) => importsOf('shared/run/plan.ts', text);

  it.each([
    ["import { a } from '../store/a.ts';", 'shared/store/a.ts'],
    ["import type { A } from '../store/a.ts';", 'shared/store/a.ts'],
    ["import '../store/a.ts';", 'shared/store/a.ts'],
    ["export * from './a.ts';", 'shared/run/a.ts'],
    ["export type { A } from './a.ts';", 'shared/run/a.ts'],
    ["const a = await import('../../functions/a.ts');", 'functions/a.ts'],
    ["let a: import('../store/a.ts').A;", 'shared/store/a.ts'],
  ])('sees %s', (text, file) => {
    expect(read(text)).toEqual([file]);
  });

  it('names an import upwards, one into a step’s folder, and a circle', () => {
    const wrong = new Map([
      ['shared/model/a.ts', ['shared/run/b.ts']],
      ['shared/run/b.ts', ['shared/run/c.ts']],
      ['shared/run/c.ts', ['shared/run/b.ts']],
      ['functions/steps/one.ts', ['functions/steps/two/part.ts']],
    ]);
    expect(upwards(wrong)).toHaveLength(1);
    expect(intoStepFolders(wrong)).toHaveLength(1);
    expect(circles(wrong)).toEqual(['shared/run/b.ts → shared/run/c.ts → shared/run/b.ts']);
  });
});
