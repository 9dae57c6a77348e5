// The deployable app in one folder: one CommonJS file, host.json, a package.json that names the entry point, and what
// the file is made of: bom.json (CycloneDX) and the licences of other people's code.
// CommonJS, because the Functions worker supplies `@azure/functions-core` through `require`; one file, because each
// file read at a cold start gives an intruder more time. The same input gives the same bytes.
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { z } from 'zod';
import { billOfMaterials, licencesText, partsOf } from './bill-of-materials.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const versionSchema = z.object({ version: z.string() });

/** ES module libraries ask where they are; in CommonJS `import.meta` is empty. */
const whereItIs = 'const __bundleUrl = require("node:url").pathToFileURL(__filename).href;';

/** zod brings its messages in sixty languages, and ours are English. */
const englishAlone: Plugin = {
  name: 'english-alone',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

/**
 * Bundles an entry point that registers functions into `folder`/index.cjs and removes what was there before. Files are
 * replaced atomically, so a process that loads the app meanwhile, such as a second local stack, finds complete ones.
 */
export async function buildApp(entry: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const staging = await mkdtemp(`${folder}-`);
  try {
    const { metafile } = await build({
      entryPoints: [entry],
      outfile: join(staging, 'index.cjs'),
      absWorkingDir: root,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node22',
      external: ['@azure/functions-core'],
      plugins: [englishAlone],
      define: { 'import.meta.url': '__bundleUrl' },
      banner: { js: whereItIs },
      minify: true,
      // Names are kept for readable stack traces and error class names.
      keepNames: true,
      sourcemap: true,
      legalComments: 'none',
      metafile: true,
      logLevel: 'warning',
    });
    await copyFile(join(root, 'host.json'), join(staging, 'host.json'));
    const manifest = { name: 'reclaim', private: true, main: 'index.cjs' };
    await writeFile(join(staging, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    const parts = await partsOf(root, Object.keys(metafile.inputs));
    const { version } = versionSchema.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
    await writeFile(join(staging, 'bom.json'), billOfMaterials({ name: 'reclaim', version }, parts));
    await writeFile(join(staging, 'LICENCES.txt'), licencesText(parts));
    const built = await readdir(staging);
    for (const name of built) await rename(join(staging, name), join(folder, name));
    const before = (await readdir(folder)).filter((name) => !built.includes(name));
    for (const name of before) await rm(join(folder, name), { recursive: true, force: true });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

if (import.meta.main) await buildApp(join(root, 'functions/index.ts'), join(root, 'dist'));
