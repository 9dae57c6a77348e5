// `npm run check:infra` runs the real compiler and every rule of its linter over the whole deployment. Warnings count
// as errors.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compilerVersion, faults, folder, isFormatted, offlineConfig } from './bicep.ts';

async function check(): Promise<number> {
  console.log(await compilerVersion());
  let failed = 0;
  const report = (file: string, found: readonly string[]) => {
    failed += found.length;
    console.log(found.length === 0 ? `ok      ${file}` : found.map((line) => `FAULT   ${line}`).join('\n'));
  };

  const scratch = await mkdtemp(join(tmpdir(), 'check-'));
  try {
    const config = await offlineConfig(scratch);
    for (const file of ['main.bicep', 'main.bicepparam', 'pipeline.bicep', 'sentinel.bicep'])
      report(file, await faults(file));
    for (const file of ['tenant.bicep', 'tenant.bicepparam']) report(file, await faults(file, config));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }

  const files = (await readdir(folder, { recursive: true })).filter((name) => /\.bicep(param)?$/.test(name));
  const untidy: string[] = [];
  for (const file of files) if (!(await isFormatted(file))) untidy.push(`${file}: run bicep format`);
  report(`layout of ${files.length} files`, untidy);
  return failed;
}

try {
  process.exitCode = (await check()) === 0 ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
