// What checks and tests need from the compiler: its findings, and the resources as they would be deployed.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { findCompiler, run } from './compiler.ts';
import { publishTypes } from './graph-types.ts';

export const folder = fileURLToPath(new URL('./bicep/', import.meta.url));

/** A made-up deployment in which expressions are evaluated. */
export const place = {
  tenantId: '72f988bf-0000-4000-8000-2d7cd011db47',
  subscriptionId: '5f5e5d5c-0000-4000-8000-1b1a19181716',
  resourceGroup: 'rg-reclaim',
  location: 'westeurope',
};

/** The variables that main.bicepparam and tenant.bicepparam read, so that they compile without azd. */
export const sampleEnvironment = {
  AZURE_ENV_NAME: 'sample',
  MAIL_FROM: 'reclaim@contoso.com',
  MAIL_TO: 'oncall@contoso.com,security@contoso.com',
  APP_PRINCIPAL_ID: '3d3c3b3a-0000-4000-8000-393837363534',
  APP_URL: 'https://func-reclaim.azurewebsites.net',
};

let compiler: Promise<string> | undefined;
const found = () => {
  compiler ??= findCompiler();
  return compiler;
};

/** Throws if there is no compiler, and says how to get one. */
export async function compilerVersion(): Promise<string> {
  const path = await found();
  return `${(await run(path, ['--version'])).stdout.trim()} at ${path}`;
}

const sarifSchema = z.object({
  runs: z.array(
    z.object({
      results: z.array(
        z.object({
          ruleId: z.string(),
          level: z.string().default('warning'),
          message: z.object({ text: z.string() }),
          locations: z
            .array(
              z.object({
                physicalLocation: z.object({
                  artifactLocation: z.object({ uri: z.string() }),
                  region: z.object({ startLine: z.number() }).optional(),
                }),
              }),
            )
            .default([]),
        }),
      ),
    }),
  ),
});

/** Everything the compiler and its linter say about a file and what it refers to, except notes. */
export async function faults(file: string, config?: string): Promise<string[]> {
  const args = ['lint', join(folder, file), '--diagnostics-format', 'Sarif', ...withConfig(config)];
  const { code, stdout, stderr } = await run(await found(), args, sampleEnvironment);
  const text = stdout.trim() === '' ? stderr : stdout;
  let sarif: z.infer<typeof sarifSchema>;
  try {
    sarif = sarifSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`the compiler ended with code ${code} and said of ${file}: ${text}`, { cause });
  }
  const results = sarif.runs.flatMap((part) => part.results).filter((result) => result.level !== 'note');
  const said = results.map(({ ruleId, message, locations }) => {
    const at = locations[0]?.physicalLocation;
    return `${at?.artifactLocation.uri.split('/infra/').at(-1) ?? file}:${at?.region?.startLine ?? 0} ${ruleId}: ${message.text}`;
  });
  return code === 0 || said.length > 0 ? said : [`${file}: the compiler ended with code ${code}: ${stderr}`];
}

/** True if the file is formatted as the compiler would format it. */
export async function isFormatted(file: string): Promise<boolean> {
  const path = join(folder, file);
  const { stdout } = await run(await found(), ['format', path, '--stdout']);
  return stdout === (await readFile(path, 'utf8'));
}

const withConfig = (config: string | undefined) => (config === undefined ? [] : ['--config', config]);

const resourceSchema = z.looseObject({
  id: z.string().optional(),
  type: z.string(),
  name: z.string().optional(),
  apiVersion: z.string().optional(),
  properties: z.unknown().optional(),
});
export type Resource = z.infer<typeof resourceSchema>;

const snapshotSchema = z.object({
  predictedResources: z.array(resourceSchema),
  diagnostics: z.array(z.unknown()),
  outputs: z.record(z.string(), z.unknown()).optional(),
});
export type Snapshot = z.infer<typeof snapshotSchema>;

/** The resources as they would be deployed with these parameters, with their names. */
export async function snapshot(
  template: string,
  parameters: Readonly<Record<string, unknown>>,
  config?: string,
): Promise<Snapshot> {
  const scratch = await mkdtemp(join(tmpdir(), 'snapshot-'));
  try {
    const using = relative(scratch, join(folder, template)).split(sep).join('/');
    // JSON is valid Bicep once strings are quoted Bicep's way: a parameter file can load it directly.
    await writeFile(join(scratch, 'values.json'), JSON.stringify(parameters));
    const lines = Object.keys(parameters).map(
      (name) => `param ${name} = loadJsonContent('values.json', '${name}')`,
    );
    const file = join(scratch, 'given.bicepparam');
    await writeFile(file, [`using '${using}'`, ...lines, ''].join('\n'));
    const { code, stdout, stderr } = await run(await found(), [
      ...['snapshot', file, '--mode', 'overwrite'],
      ...['--tenant-id', place.tenantId, '--subscription-id', place.subscriptionId],
      ...['--resource-group', place.resourceGroup, '--location', place.location],
      ...withConfig(config),
    ]);
    if (code !== 0) throw new Error(`no snapshot of ${template}: ${stdout}${stderr}`);
    return snapshotSchema.parse(JSON.parse(await readFile(join(scratch, 'given.snapshot.json'), 'utf8')));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * A copy of the committed config that loads the Graph extension from a file, because its registry isn't reachable from
 * everywhere: a copy of the published types (MSGRAPH_BICEP_TYPES), or the ones that this project describes.
 */
export async function offlineConfig(into: string): Promise<string> {
  const types = process.env['MSGRAPH_BICEP_TYPES'] ?? (await publishTypes(into));
  const config = z
    .looseObject({})
    .parse(JSON.parse(await readFile(join(folder, 'bicepconfig.json'), 'utf8')));
  const path = join(into, 'bicepconfig.json');
  await writeFile(path, JSON.stringify({ ...config, extensions: { microsoftGraphV1: types } }));
  return path;
}
