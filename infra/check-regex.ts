// `npm run check:regex` uses recheck to find inputs that make a regular expression slow. Every expression in the code
// must take linear time on any input, since strangers choose the texts. It takes half a minute.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { checkSync } from 'recheck';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Each expression once, with the places where it occurs. */
function expressions(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const files = ['shared', 'functions', 'cli'].flatMap((folder) =>
    readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file}`),
  );
  for (const file of files) {
    const text = readFileSync(`${root}/${file}`, 'utf8');
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
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

/** What is wrong with it, or null. */
function fault(expression: string): string | null {
  const end = expression.lastIndexOf('/');
  const result = checkSync(expression.slice(1, end), expression.slice(end + 1), {
    timeout: 120_000,
    // Always the same answer: part of recheck's search is random, and parts are cut off by time, which a busy machine
    // takes for a slow expression. They are still cut off by the characters read.
    randomSeed: 1,
    incubationTimeout: null,
    attackTimeout: null,
  });
  if (result.status === 'safe') return null;
  return result.status === 'vulnerable'
    ? result.complexity.summary
    : 'recheck could not tell: make it simpler';
}

// Self-test: if the checker passes this one, it would pass anything.
if (fault('/<[^>]*>/g') === null) throw new Error('recheck no longer finds what is known to be slow');
const all = expressions();
let failed = 0;
for (const [expression, places] of all) {
  const why = fault(expression);
  if (why === null) continue;
  failed += 1;
  console.log(`SLOW    ${places.join(', ')} ${expression}: ${why}`);
}
console.log(`${all.size} regular expressions, ${failed} that may take more than linear time`);
process.exitCode = failed === 0 ? 0 : 1;
