// Nobody is told to run the command by a name that anyone may publish.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the command', () => {
  it('is started from the clone, in every file that names it — a package of that name would be a stranger’s', () => {
    const files = execFileSync('git', ['ls-files', '*.md', '*.ts', '*.mjs', '*.yml', '*.ps1', '*.bicep'], {
      cwd: root,
      encoding: 'utf8',
    })
      .split('\n')
      .filter((file) => file !== '' && file !== 'test/cli/started.test.ts');
    expect(files.length).toBeGreaterThan(300);
    const told = files.filter((file) =>
      /\b(npx|npm exec|npm i(nstall)? -g)[^\n]{0,20}\breclaim\b/.test(
        readFileSync(`${root}/${file}`, 'utf8'),
      ),
    );
    expect(told).toEqual([]);
  });
});
