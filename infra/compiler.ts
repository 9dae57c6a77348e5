// Finds and runs the real Bicep compiler: the user's own if it is new enough for the types used here, otherwise the
// pinned version, which NuGet puts into its own cache. It never looks inside the files.
import { execFile } from 'node:child_process';
import { access, chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** The oldest version that knows the API versions in use, and the one to download. */
const pinned = '0.49.2';

export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end; if the program doesn't exist, the code is -1. */
export function run(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const options = { env: { ...process.env, ...environment }, maxBuffer: 64 * 1024 * 1024, timeout: 180_000 };
  return new Promise((resolve) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr: stderr === '' && code === -1 ? (error?.message ?? '') : stderr });
    });
  });
}

/** The path of the compiler. Throws an error that says how to get one. */
export async function findCompiler(): Promise<string> {
  const seen: string[] = [];
  for (const own of ['bicep', join(homedir(), '.azure', 'bin', executable('bicep'))]) {
    const version = versionIn((await run(own, ['--version'])).stdout);
    if (version !== null && !isOlder(version, pinned)) return own;
    if (version !== null) seen.push(`${own} is ${version}, older than ${pinned}`);
  }
  const brought = await fromNuGet();
  if ('path' in brought) return brought.path;
  throw new Error(
    [
      `The Bicep compiler ${pinned} or later is not here, and it checks the deployment.`,
      'Get it in one of these ways:',
      '  az bicep upgrade                 (with the Azure CLI)',
      '  winget install Microsoft.Bicep   (Windows), brew install bicep (macOS)',
      '  install the .NET SDK             (then it is fetched from NuGet by itself)',
      ...seen.map((line) => `Looked at: ${line}.`),
      `Looked at: ${brought.why}.`,
    ].join('\n'),
  );
}

const executable = (name: string) => (process.platform === 'win32' ? `${name}.exe` : name);

const versionIn = (text: string): string | null => /version (\d+\.\d+\.\d+)/.exec(text)?.[1] ?? null;

export function isOlder(version: string, than: string): boolean {
  const [left, right] = [version, than].map((text) => text.split('.').map(Number));
  const at = (left ?? []).findIndex((part, index) => part !== right?.[index]);
  return at >= 0 && (left?.[at] ?? 0) < (right?.[at] ?? 0);
}

const systems: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'osx', win32: 'win' };

async function fromNuGet(): Promise<{ path: string } | { why: string }> {
  const system = systems[process.platform];
  if (system === undefined) return { why: `NuGet has no compiler for ${process.platform}` };
  const name = `Azure.Bicep.CommandLine.${system}-${process.arch}`;
  const cache = process.env['NUGET_PACKAGES'] ?? join(homedir(), '.nuget', 'packages');
  const path = join(cache, name.toLowerCase(), pinned, 'tools', executable('bicep'));
  if (!(await exists(path))) {
    const failed = await restore(name);
    if (failed !== null) return { why: failed };
    if (!(await exists(path))) return { why: `dotnet restored ${name} but ${path} is not there` };
  }
  await chmod(path, 0o755);
  return { path };
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Null if the package is in the cache, otherwise the reason why not. */
async function restore(name: string): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), 'bicep-'));
  try {
    const project = `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net8.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageDownload Include="${name}" Version="[${pinned}]" /></ItemGroup>
</Project>
`;
    await writeFile(join(folder, 'compiler.csproj'), project);
    const { code, stdout, stderr } = await run('dotnet', ['restore', folder, '--verbosity', 'quiet'], {
      DOTNET_CLI_TELEMETRY_OPTOUT: '1',
      DOTNET_NOLOGO: '1',
    });
    if (code === 0) return null;
    if (code === -1) return 'dotnet is not installed';
    return `dotnet could not restore ${name} ${pinned}: ${`${stdout}${stderr}`.trim()}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
