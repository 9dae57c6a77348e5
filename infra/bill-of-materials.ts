// What the bundle is made of: a CycloneDX bill of materials, and the licences of other people's code. Both come from
// what esbuild put into the bundle, so they list exactly what is in it. The same input gives the same bytes: no time,
// no random number.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Licences that only ask to be passed on. A person must read any other before it is shipped. */
export const allowedLicences: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
];

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
});

const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ integrity: z.string().optional() })),
});

export interface Part {
  name: string;
  version: string;
  license: string;
  /** The package's subresource integrity, as npm has it. */
  integrity: string | undefined;
  /** The text of its licence. */
  text: string;
}

/** `inputs`: paths of the bundled files, relative to the root of the project. */
export async function partsOf(root: string, inputs: readonly string[]): Promise<Part[]> {
  const { packages } = lockSchema.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')));
  const folders = new Set(
    inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0] ?? []),
  );
  const parts = await Promise.all(
    [...folders].map(async (folder): Promise<Part> => {
      const path = join(root, folder);
      const manifest = manifestSchema.safeParse(
        JSON.parse(await readFile(join(path, 'package.json'), 'utf8')),
      );
      if (!manifest.success) throw new Error(`${folder}/package.json names no version or no licence`);
      if (!allowedLicences.includes(manifest.data.license)) {
        throw new Error(
          `${folder} is under ${manifest.data.license}. Read that licence, then add it to infra/bill-of-materials.ts or use another package.`,
        );
      }
      const [file] = (await readdir(path)).filter((name) => /^licen[cs]e/i.test(name)).toSorted();
      const text = file === undefined ? '' : (await readFile(join(path, file), 'utf8')).trim();
      return { ...manifest.data, integrity: packages[folder]?.integrity, text };
    }),
  );
  return parts.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

const key = ({ name, version }: Pick<Part, 'name' | 'version'>) => `${name}@${version}`;

/** https://cyclonedx.org/docs/1.6/json/ */
export function billOfMaterials(app: { name: string; version: string }, parts: readonly Part[]): string {
  const root = purl(app);
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(parts.map((part) => `${key(part)} ${part.integrity}`).join('\n'))}`,
    version: 1,
    metadata: { component: { type: 'application', 'bom-ref': root, purl: root, ...app } },
    components: parts.map(({ name, version, license, integrity }) => ({
      type: 'library',
      'bom-ref': purl({ name, version }),
      name,
      version,
      purl: purl({ name, version }),
      licenses: [{ license: { id: license } }],
      hashes: hashesOf(integrity),
    })),
    dependencies: [{ ref: root, dependsOn: parts.map(purl) }],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const purl = ({ name, version }: { name: string; version: string }) =>
  `pkg:npm/${name.split('/').map(encodeURIComponent).join('/')}@${version}`;

function hashesOf(integrity: string | undefined) {
  const [, digest] = /^sha512-(\S+)$/.exec(integrity ?? '') ?? [];
  if (digest === undefined) return [];
  return [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }];
}

/** Version 8 is a custom UUID, here made from a hash. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** One text, since most packages have the same licence except for the name in it. */
export const licencesText = (parts: readonly Part[]): string =>
  parts.map((part) => `${key(part)} (${part.license})\n\n${part.text}\n`).join(`\n${'-'.repeat(80)}\n\n`);
