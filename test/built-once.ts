// One folder for the built app in a run of the tests. Whoever needs the app first builds it there; it takes seconds of
// both cores, and its path stays the same, so that Node's compile cache helps each host that is started after the first.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    built: string;
  }
}

export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'reclaim-'));
  provide('built', folder);
  return () => rmSync(folder, { recursive: true });
}
