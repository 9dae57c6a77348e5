#!/usr/bin/env node
// What `node cli/reclaim.mjs` starts, on whatever Node.js the shell has. The command itself is TypeScript, which needs the
// Node.js that this package depends on; so an older one only hands over, and says what is missing where it can't.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const [major = 0] = process.versions.node.split('.').map(Number);

if (major >= 24) {
  await import('./main.ts');
} else {
  const node = ownNode();
  if (node === undefined) {
    process.stderr.write(
      `reclaim needs Node.js 24, and this is ${process.versions.node}: run npm ci in its folder first.\n`,
    );
    process.exitCode = 2;
  } else {
    const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
    // Ctrl+C goes to the child as well; it decides what to do with it.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('error', (error) => {
      process.stderr.write(`reclaim could not be started: ${error.message}\n`);
      process.exitCode = 2;
    });
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? (signal === null ? 2 : 128);
    });
  }
}

function ownNode() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'));
    return [join(folder, 'bin', 'node'), join(folder, 'bin', 'node.exe')].find((file) => existsSync(file));
  } catch {
    return undefined;
  }
}
