// `npm run check:infra`: the real compiler and every rule of its linter over the whole deployment. A warning counts as
// an error. Only what needs the Microsoft Graph extension may be left out, where its types can't be had, and loudly.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compilerVersion, faults, folder, isFormatted, offlineConfig } from './bicep.ts';

/** The compiler's words for a registry that it can't reach. */
const outOfReach = /BCP192/;

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
    for (const file of ['tenant.bicep', 'tenant.bicepparam']) {
      const found = await faults(file, config);
      if (config === undefined && found.some((fault) => outOfReach.test(fault))) {
        console.log(
          `SKIPPED ${file}: NOT COMPILED. It needs the types of the Microsoft Graph extension, and the registry ` +
            'that has them (mcr.microsoft.com) is out of reach. Try again with a network, or name a copy in ' +
            'MSGRAPH_BICEP_TYPES.',
        );
      } else {
        report(file, found);
      }
    }
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
