// The compiler that checks the deployment is the real one, so our only logic is which one to use.
import { describe, expect, it } from 'vitest';
import { compilerVersion } from '../../infra/bicep.ts';
import { isOlder, run } from '../../infra/compiler.ts';

describe('the Bicep compiler', () => {
  it('is found, or the error says how to get it', async () => {
    expect(await compilerVersion()).toMatch(/^Bicep CLI version \d+\.\d+\.\d+/);
  }, 240_000);

  it.each([
    ['0.48.9', '0.49.2', true],
    ['0.49.2', '0.49.2', false],
    ['0.49.10', '0.49.2', false],
    ['0.9.0', '0.49.2', true],
    ['1.0.0', '0.49.2', false],
  ])('%s is older than %s: %s — versions are compared as numbers', (version, than, older) => {
    expect(isOlder(version, than)).toBe(older);
  });

  it('is not found when the program does not exist', async () => {
    expect(await run('no-such-program-here', [])).toMatchObject({ code: -1 });
  });
});
