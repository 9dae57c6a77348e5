// The deployable app in one folder: one CommonJS file, host.json, and a package.json that names the entry point.
// CommonJS, because the Functions worker supplies `@azure/functions-core` through `require`; one file, because each
// file read at a cold start is time in which an intruder acts. The same input gives the same bytes.
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Bundles an entry point that registers functions into `folder`/index.cjs; `folder` is emptied first. */
export async function buildApp(entry: string, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await build({
    entryPoints: [entry],
    outfile: join(folder, 'index.cjs'),
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    external: ['@azure/functions-core'],
    sourcemap: true,
    legalComments: 'linked',
    logLevel: 'warning',
  });
  await copyFile(join(root, 'host.json'), join(folder, 'host.json'));
  const manifest = { name: 'reclaim', private: true, main: 'index.cjs' };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

if (import.meta.main) await buildApp(join(root, 'functions/index.ts'), join(root, 'dist'));
