// The threat model names the test that holds each row. A promise whose test is gone is no promise.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(`${root}/docs/threat-model.md`, 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.split('|').length === 7)
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, attack]) => attack !== 'attack' && !attack?.startsWith('---'));

describe('the threat model', () => {
  it('has a row for each attack, with a test and what remains', () => {
    expect(rows.length).toBeGreaterThan(25);
    for (const [, attack, , , test = '', remains] of rows)
      expect([attack, /`test\/[^`]+\.test\.ts`: ./.test(test), remains !== '']).toEqual([attack, true, true]);
  });

  it('names only tests that there are', () => {
    const missing = rows.flatMap(([, attack, , , tests = '']) => {
      let text = '';
      return tests.split(/;\s+/).flatMap((cited) => {
        const [, file, title = cited] = /^`(test\/[^`]+)`: (.*)$/.exec(cited) ?? [];
        if (file !== undefined)
          text = existsSync(`${root}/${file}`) ? readFileSync(`${root}/${file}`, 'utf8') : '';
        return text.includes(title) ? [] : [`${attack}: ${file ?? ''} ${title}`];
      });
    });
    expect(missing).toEqual([]);
  });
});
