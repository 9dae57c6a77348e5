// The pipeline can put code into the app, so it is as strong as the app. What can be read without running it is tested.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const folder = new URL('../../.github/workflows/', import.meta.url);
const workflows = readdirSync(folder).map(
  (name) => [name, readFileSync(new URL(name, folder), 'utf8')] as const,
);

describe.each(workflows)('the workflow %s', (_name, text) => {
  it('names each action by its commit — a tag can be moved to another', () => {
    const used = [...text.matchAll(/uses: (\S+)/g)].map(([, action]) => action ?? '');
    const loose = used.filter((action) => !action.startsWith('./') && !/@[0-9a-f]{40}$/.test(action));
    expect(loose).toEqual([]);
  });

  it('holds no secret — it signs in with a credential that is federated', () => {
    expect(text).not.toMatch(/secrets\./);
  });

  it('may only read, unless a job says otherwise — and then no more than a token of its own', () => {
    expect(text).toMatch(/^permissions:\n {2}contents: read\n/m);
    const writes = [...text.matchAll(/^\s+([a-z-]+): write$/gm)].map(([, name]) => name);
    expect(new Set(writes)).toEqual(new Set(writes.length === 0 ? [] : ['id-token']));
  });

  it('puts nothing from a title, branch or comment into a command', () => {
    expect(text).not.toMatch(/\$\{\{\s*(github\.event|github\.head_ref|inputs)\./);
  });
});

describe('the deployment', () => {
  const deploy = readFileSync(new URL('deploy.yml', folder), 'utf8');

  it('never assigns roles nor grants permissions — that is an administrator’s', () => {
    expect(deploy).toMatch(/ASSIGN_ROLES: ['"]false['"]/);
    expect(deploy).not.toMatch(/--parameters infra\/bicep\/tenant|setup-tenant\.ps1 -/);
  });

  it('gives every parameter that main.bicepparam reads, and its default where none is set — a list of protected accounts that is left out here would be emptied', () => {
    const parameters = readFileSync(new URL('../../infra/bicep/main.bicepparam', import.meta.url), 'utf8');
    const reads = [...parameters.matchAll(/readEnvironmentVariable\('(\w+)'(?:, '([^']*)')?\)/g)];
    expect(reads.length).toBeGreaterThan(10);
    for (const [, name = '', fallback = ''] of reads.filter(([, name]) => name !== 'ASSIGN_ROLES')) {
      const given = fallback === '' ? `vars.${name} }}` : `vars.${name} || '${fallback}' }}`;
      expect(deploy).toContain(`${name}: \${{ ${given}`);
    }
  });
});
