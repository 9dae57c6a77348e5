// A name that a stranger chose must not end its own quotes and go on in our voice. One function quotes names, and this
// test finds code that puts one between quotation marks by hand.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Not for people (a header, a table, a shell’s completion, an attribute of HTML (which escapes by itself)), or the function itself. */
const machines =
  /^(shared\/model\/text\.ts|functions\/runs\/get-file\.ts|shared\/mail\/(mime|csv)\.ts|cli\/completion\.ts|shared\/(page|mail)\/.*)$/;

function quotedByHand(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const tagged = ts.isTemplateExpression(node) && ts.isTaggedTemplateExpression(node.parent);
    if (ts.isTemplateExpression(node) && !tagged) {
      let before = node.head.text;
      for (const span of node.templateSpans) {
        if (/["“«]$/.test(before) && /^["”»]/.test(span.literal.text))
          found.push(`${file}: ${span.getText()}`);
        before = span.literal.text;
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

it('every name in quotes is quoted by inQuotes', () => {
  const files = ['shared', 'functions', 'cli'].flatMap((folder) =>
    readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file}`),
  );
  const read = (file: string) => readFileSync(`${root}/${file}`, 'utf8');
  expect(
    files.filter((file) => !machines.test(file)).flatMap((file) => quotedByHand(file, read(file))),
  ).toEqual([]);
  expect(quotedByHand('x.ts', ['const x = `the rule "$', '{name}" is`;'].join(''))).toHaveLength(1);
});
