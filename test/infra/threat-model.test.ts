// The threat model names the test behind each row. A promise without its test is no promise.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(`${root}/docs/threat-model.md`, 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.split('|').length === 7)
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, attack]) => attack !== 'attack' && !attack?.startsWith('---'));

/** What a file calls its tests: the first text that `it` or `describe` gets, in any form (`it.each(…)('…', …)`). */
function titlesIn(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(it|describe)\b/.test(node.expression.getText())) {
      const [title] = node.arguments;
      if (title !== undefined && ts.isStringLiteralLike(title)) titles.push(title.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return titles;
}

describe('the threat model', () => {
  it('has a row for each attack, with a test and what remains', () => {
    expect(rows.length).toBeGreaterThan(25);
    for (const [, attack, , , test = '', remains] of rows)
      expect([attack, /`test\/[^`]+\.test\.ts`: ./.test(test), remains !== '']).toEqual([attack, true, true]);
  });

  it('names only tests that exist', () => {
    const missing = rows.flatMap(([, attack, , , tests = '']) => {
      let titles: string[] = [];
      return tests.split(/;\s+/).flatMap((cited) => {
        const [, file, title = cited] = /^`(test\/[^`]+)`: (.*)$/.exec(cited) ?? [];
        if (file !== undefined) titles = existsSync(`${root}/${file}`) ? titlesIn(`${root}/${file}`) : [];
        // A few letters would occur in any title.
        const isThere = title.length > 12 && titles.some((own) => own.includes(title));
        return isThere ? [] : [`${attack}: ${file ?? ''} ${title}`];
      });
    });
    expect(missing).toEqual([]);
  });
});
