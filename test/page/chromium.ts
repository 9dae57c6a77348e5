// Where a Chromium is, for the tests that need a real browser.
import { accessSync, constants } from 'node:fs';

const places = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

const isThere = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Undefined where there is none: the tests are then reported as skipped, never as passed. */
export const chromiumPath = places.find((path) => path !== undefined && isThere(path));

export const whereFrom =
  chromiumPath === undefined ? ' (skipped: no Chromium was found, set CHROMIUM to the path of one)' : '';
