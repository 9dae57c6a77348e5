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
    expect(writes.filter((name) => name !== 'id-token' && name !== 'attestations')).toEqual([]);
  });

  it('puts nothing from a title, branch or comment into a command', () => {
    expect(text).not.toMatch(/\$\{\{\s*(github\.event|github\.head_ref|inputs)\./);
    const commands = [...text.matchAll(/^( +)(?:- )?run: (\|\n(?:\1 {2}.*\n|\n)*|.*\n)/gm)].map(
      ([, , run]) => run,
    );
    expect(commands.length).toBeGreaterThan(1);
    expect(commands.filter((run) => run?.includes('${{'))).toEqual([]);
  });

  it('installs exactly what the lock file names', () => {
    expect(text).not.toMatch(/npm (install|i)\b/);
  });

  it('runs for no pull request with more rights than the pull request has', () => {
    expect(text).not.toMatch(/pull_request_target|workflow_run/);
    if (/pull_request/.test(text)) expect(text).not.toContain('id-token');
  });
});

describe('the deployment', () => {
  const deploy = readFileSync(new URL('deploy.yml', folder), 'utf8');
  const [, ...parts] = deploy.slice(deploy.indexOf('\njobs:\n')).split(/^ {2}(\w+):\n/m);
  const jobs = new Map(
    parts.flatMap((name, at) => (at % 2 === 0 ? [[name, parts[at + 1] ?? ''] as const] : [])),
  );
  const job = (name: string) => jobs.get(name) ?? '';

  it('signs in as two identities: one that previews, one that deploys', () => {
    const identities = [...jobs].flatMap(([name, text]) =>
      [...text.matchAll(/client-id: \$\{\{ vars\.(\w+) \}\}/g)].map(([, id]) => [name, id]),
    );
    expect(identities).toEqual([
      ['plan', 'PLAN_CLIENT_ID'],
      ['deploy', 'DEPLOY_CLIENT_ID'],
    ]);
  });

  it('previews without the right to write, as the main branch — an environment would take any branch', () => {
    expect(job('plan')).toContain('--validation-level ProviderNoRbac');
    expect(job('plan')).not.toMatch(/^ {4}environment:/m);
    expect(job('plan')).not.toMatch(/az deployment group create|functionapp/);
  });

  it('deploys in the environment that asks, after the preview has made sure that it asks', () => {
    expect(job('deploy')).toMatch(/^ {4}needs: \[plan, attest\]\n[\s\S]*^ {4}environment: production\n/m);
    expect(job('plan')).toMatch(/required_reviewers[\s\S]*prevent_self_review[\s\S]*exit 1/);
    expect(job('verify')).toContain("if: github.ref == 'refs/heads/main'");
  });

  it('deploys only a bundle that this workflow signed for this commit', () => {
    expect(job('attest')).toContain('subject-path: dist/*');
    const [verified, signedIn] = ['gh attestation verify', 'Azure/login@'].map((text) =>
      job('deploy').indexOf(text),
    );
    expect(verified).toBeGreaterThan(0);
    expect(signedIn).toBeGreaterThan(verified ?? 0);
    expect(job('deploy')).toContain('--source-digest "$GITHUB_SHA"');
  });

  it('leaves how evidence is kept as it is — it could shorten a policy that is not locked', () => {
    expect(deploy).toMatch(/SET_EVIDENCE_POLICY: "false"/);
  });

  it('never assigns roles nor grants permissions — that is an administrator’s', () => {
    expect(deploy).toMatch(/ASSIGN_ROLES: ['"]false['"]/);
    expect(deploy).not.toMatch(/--parameters infra\/bicep\/tenant|setup-tenant\.ps1 -/);
  });

  it('gives every parameter that main.bicepparam reads, and its default where none is set — a list of protected accounts that is left out here would be emptied', () => {
    const parameters = readFileSync(new URL('../../infra/bicep/main.bicepparam', import.meta.url), 'utf8');
    const reads = [...parameters.matchAll(/readEnvironmentVariable\('(\w+)'(?:, '([^']*)')?\)/g)];
    expect(reads.length).toBeGreaterThan(10);
    for (const [, name = '', fallback = ''] of reads.filter(
      ([, name]) => name !== 'ASSIGN_ROLES' && name !== 'SET_EVIDENCE_POLICY',
    )) {
      const given = fallback === '' ? `vars.${name} }}` : `vars.${name} || '${fallback}' }}`;
      expect(deploy).toContain(`${name}: \${{ ${given}`);
    }
  });
});
