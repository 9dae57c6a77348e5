// Strangers choose how long a text is and what stands in it. Whatever reads it takes time in proportion to its length:
// each regular expression is checked by a tool that knows which inputs make it slow.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { checkSync } from 'recheck';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = ['shared', 'functions', 'cli'].flatMap((folder) =>
  readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`),
);

/** Each expression once, with the places where it is written. */
function expressions(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const file of sources) {
    const source = ts.createSourceFile(
      file,
      readFileSync(`${root}/${file}`, 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    );
    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node)) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart());
        found.set(node.text, [...(found.get(node.text) ?? []), `${file}:${line + 1}`]);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return found;
}

describe('a regular expression', () => {
  it('takes no more than linear time, whatever it is given (recheck)', () => {
    const all = expressions();
    expect(all.size).toBeGreaterThan(200);
    const slow = [...all].flatMap(([text, places]) => {
      const end = text.lastIndexOf('/');
      const result = checkSync(text.slice(1, end), text.slice(end + 1), { timeout: 20_000 });
      if (result.status === 'safe') return [];
      const why = result.status === 'vulnerable' ? result.complexity.summary : result.status;
      return [`${places.join(', ')} ${text}: ${why}`];
    });
    expect(slow).toEqual([]);
  }, 300_000);

  it('that is not would be found', () => {
    expect(checkSync('<[^>]*>', 'g').status).toBe('vulnerable');
  });
});
