// Everything that is shipped is known: each package in the bundle, its licence, and nothing that the lock file does not
// pin.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { allowedLicences, billOfMaterials, partsOf } from '../../infra/bill-of-materials.ts';
import { buildApp } from '../../infra/build.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bomSchema = z.object({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.literal('1.6'),
  serialNumber: z.string().regex(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
  version: z.literal(1),
  components: z.array(
    z.object({
      type: z.literal('library'),
      name: z.string(),
      version: z.string(),
      purl: z.string().startsWith('pkg:npm/'),
      licenses: z.array(z.object({ license: z.object({ id: z.enum(allowedLicences) }) })).length(1),
      hashes: z.array(z.object({ alg: z.literal('SHA-512'), content: z.string().length(128) })).length(1),
    }),
  ),
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bom-'));
  await buildApp(join(root, 'functions/index.ts'), join(folder, 'dist'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the bill of materials', () => {
  it('names each package of the bundle with version, licence and hash', async () => {
    const bom = bomSchema.parse(JSON.parse(await readFile(join(folder, 'dist/bom.json'), 'utf8')));
    const names = bom.components.map(({ name }) => name);
    const map = z
      .object({ sources: z.array(z.string()) })
      .parse(JSON.parse(await readFile(join(folder, 'dist/index.cjs.map'), 'utf8')));
    const bundled = map.sources.flatMap(
      (source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? [],
    );
    expect(names).toContain('@azure/functions');
    expect(bundled.length).toBeGreaterThan(100);
    expect(bundled.filter((name) => !names.includes(name))).toEqual([]);
    const licences = await readFile(join(folder, 'dist/LICENCES.txt'), 'utf8');
    for (const name of names) expect(licences).toContain(`${name}@`);
  });

  it('refuses a package with a licence that nobody has read', async () => {
    const path = join(folder, 'node_modules/copyleft');
    await mkdir(path, { recursive: true });
    await writeFile(join(folder, 'package-lock.json'), '{"packages":{}}');
    await writeFile(
      join(path, 'package.json'),
      '{"name":"copyleft","version":"1.0.0","license":"AGPL-3.0-only"}',
    );
    await expect(partsOf(folder, ['node_modules/copyleft/index.js'])).rejects.toThrow(/AGPL-3.0-only/);
    expect(await partsOf(folder, ['functions/index.ts'])).toEqual([]);
  });

  it('is the same for the same packages, and another for others', () => {
    const app = { name: 'reclaim', version: '1.0.0' };
    const part = { name: '@a/b', version: '1.0.0', license: 'MIT', integrity: undefined, text: '' };
    expect(billOfMaterials(app, [part])).toBe(billOfMaterials(app, [part]));
    expect(billOfMaterials(app, [part])).toContain('pkg:npm/%40a/b@1.0.0');
    expect(billOfMaterials(app, [part])).not.toBe(billOfMaterials(app, [{ ...part, version: '1.0.1' }]));
  });
});

describe('the lock file', () => {
  it('pins each package by its content, and names no registry — the installer chooses one', async () => {
    const lock = z
      .object({ packages: z.record(z.string(), z.looseObject({ integrity: z.string().optional() })) })
      .parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')));
    const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
    expect(
      packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path),
    ).toEqual([]);
    expect(packages.filter(([, entry]) => 'resolved' in entry).map(([path]) => path)).toEqual([]);
  });
});
