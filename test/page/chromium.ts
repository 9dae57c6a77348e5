// A Chromium for the tests that need a real browser: the one on this machine, else the one from npm (Linux on x64).
import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const places = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

const isThere = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const installed = places.find((path) => path !== undefined && isThere(path));
const npmBringsOne = process.platform === 'linux' && process.arch === 'x64';

export async function launchChromium(): Promise<Browser> {
  const args = ['--no-sandbox'];
  if (installed !== undefined) return chromium.launch({ executablePath: installed, args });
  // A skipped test has not passed.
  if (!npmBringsOne)
    throw new Error('no Chrome, Edge or Chromium is here: install one, or set CHROMIUM to its path');
  // It unpacks libraries that a bare machine lacks only if it believes that it runs in a Lambda.
  const before = process.env['AWS_LAMBDA_JS_RUNTIME'];
  process.env['AWS_LAMBDA_JS_RUNTIME'] = 'nodejs24.x';
  try {
    const { default: packed } = await import('@sparticuz/chromium');
    const executablePath = await packed.executablePath();
    return await chromium.launch({
      executablePath,
      args,
      env: { ...process.env, LD_LIBRARY_PATH: libraries },
    });
  } finally {
    if (before === undefined) delete process.env['AWS_LAMBDA_JS_RUNTIME'];
    else process.env['AWS_LAMBDA_JS_RUNTIME'] = before;
  }
}

const libraries = join(tmpdir(), 'al2023', 'lib');
