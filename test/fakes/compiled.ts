// Runs the compiler on small sources, to prove what must not compile. They are put beside the project's own files, so
// that they can import those and are compiled with the same options.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** How a source imports a file of the project. */
export const placeOf = (file: string): string => relative(join(root, 'test', 'compiled-'), join(root, file));

/** What the compiler says about each source, by name; nothing if it compiles. */
export function errorsOf(sources: Readonly<Record<string, string>>): Map<string, string[]> {
  const folder = mkdtempSync(join(root, 'test', 'compiled-'));
  try {
    const names = Object.keys(sources).map(
      (name, index) => [name, join(folder, `case-${index}.ts`)] as const,
    );
    for (const [name, file] of names) writeFileSync(file, sources[name] ?? '');
    const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
    const program = ts.createProgram(
      names.map(([, file]) => file),
      options,
    );
    return new Map(
      names.map(([name, file]) => {
        const source = program.getSourceFile(file);
        const found = [...program.getSemanticDiagnostics(source), ...program.getSyntacticDiagnostics(source)];
        return [name, found.map((entry) => ts.flattenDiagnosticMessageText(entry.messageText, ' '))];
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
