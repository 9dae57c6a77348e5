import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildApp } from '../../infra/build.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const entry = join(root, 'test/local/fixtures/app.ts');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'build-'));
});
afterAll(() => rm(folder, { recursive: true }));

const read = async () => {
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const));
};

const hashes = async () =>
  (await read()).map(([name, content]) => [name, createHash('sha256').update(content).digest('hex')]);

describe('the built app', () => {
  it('is the same bytes for the same input — what was reviewed is what is deployed', async () => {
    await buildApp(entry, folder);
    const once = await hashes();
    await buildApp(entry, folder);
    expect(await hashes()).toEqual(once);
  });

  it('contains all that a deployment needs, and names its entry point as CommonJS', async () => {
    await buildApp(entry, folder);
    const files = new Map(await read());
    expect([...files.keys()]).toEqual(
      expect.arrayContaining(['host.json', 'index.cjs', 'index.cjs.map', 'package.json']),
    );
    const manifest = z.object({ main: z.string(), type: z.undefined().optional() });
    expect(manifest.parse(JSON.parse(files.get('package.json') ?? ''))).toEqual({ main: 'index.cjs' });
    expect(files.get('host.json')).toBe(await readFile(join(root, 'host.json'), 'utf8'));
  });

  it('requires only the core from the worker, and includes everything else', async () => {
    await buildApp(entry, folder);
    const bundle = await readFile(join(folder, 'index.cjs'), 'utf8');
    const required = [...bundle.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name ?? '');
    const builtin = /^(node:|[a-z_]+(\/[a-z]+)?$)/;
    expect(required).toContain('@azure/functions-core');
    expect(bundle.includes(root)).toBe(false);
    expect(required.filter((name) => name !== '@azure/functions-core' && !builtin.test(name))).toEqual([]);
  });

  it('stays in place while it is built again — another stack on this machine may be loading it', async () => {
    await buildApp(entry, folder);
    let building = true;
    const again = Promise.all([buildApp(entry, folder), buildApp(entry, folder)]).finally(() => {
      building = false;
    });
    const sizes = new Set<number>();
    while (building) {
      sizes.add((await readFile(join(folder, 'index.cjs'))).length);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await again;
    expect(sizes.size).toBe(1);
  });

  it('leaves nothing of an earlier build behind', async () => {
    await writeFile(join(folder, 'function.json'), '{}');
    await buildApp(entry, folder);
    expect(await readdir(folder)).not.toContain('function.json');
  });

  it('loads code that asks for its own address — some libraries do so while loading', async () => {
    const asking = join(folder, 'asking.ts');
    await writeFile(asking, 'console.log(import.meta.url);');
    const into = await mkdtemp(join(tmpdir(), 'build-'));
    try {
      await buildApp(asking, into);
      const { stdout } = await promisify(execFile)(process.execPath, [join(into, 'index.cjs')]);
      expect(stdout.trim()).toBe(pathToFileURL(join(into, 'index.cjs')).href);
    } finally {
      await rm(into, { recursive: true });
    }
  });
});
