// Files that exist for one test.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A file with this JSON, gone when the test is over. */
export function temporaryFile(content: unknown, name = 'file.json'): string {
  const folder = mkdtempSync(join(tmpdir(), 'reclaim-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
}
