// The pipeline can put code into the app, so it matters as much as the app. These tests read it like an attacker who
// may push a branch, open a pull request or change a variable.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const values = z.record(z.string(), z.coerce.string());
const permissions = z.record(z.string(), z.enum(['read', 'write', 'none']));
const stepSchema = z.strictObject({
  name: z.string().optional(),
  id: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  with: values.default({}),
  env: values.default({}),
});
/** Strict: a key that nobody has thought about here (`services`, `container`, `if: always()`) is a failure. */
const jobSchema = z.strictObject({
  needs: z.union([z.string().transform((one) => [one]), z.array(z.string())]).default([]),
  if: z.string().optional(),
  'runs-on': z.string().optional(),
  'timeout-minutes': z.number().optional(),
  environment: z.string().optional(),
  uses: z.string().optional(),
  permissions: permissions.optional(),
  outputs: values.default({}),
  env: values.default({}),
  steps: z.array(stepSchema).default([]),
});
const workflowSchema = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions,
  concurrency: z.strictObject({ group: z.string(), 'cancel-in-progress': z.boolean() }).optional(),
  env: values.default({}),
  jobs: z.record(z.string(), jobSchema),
});
const expression = (text: string) => `\${{ ${text} }}`;
type Job = z.infer<typeof jobSchema>;

const folder = new URL('../../.github/workflows/', import.meta.url);
const workflows = new Map(
  readdirSync(folder).map((name) => [
    name,
    workflowSchema.parse(parse(readFileSync(new URL(name, folder), 'utf8'), { merge: true })),
  ]),
);
const named = (name: string) => workflowSchema.parse(workflows.get(name));

const textsIn = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(textsIn)
      : [];
const expressionsIn = (value: unknown) =>
  textsIn(value).flatMap((text) =>
    [...text.matchAll(/\$\{\{(.*?)\}\}/gs)].map(([, inner]) => inner?.trim() ?? ''),
  );
const jobs = [...workflows].flatMap(([file, { jobs }]) =>
  Object.entries(jobs).map(([name, job]) => ({ file, name, job })),
);
const commandsOf = ({ steps }: Job) => steps.flatMap(({ run }) => run ?? []);

describe.each([...workflows])('the workflow %s', (_file, workflow) => {
  it('starts for a push to main, a pull request with no more than its own rights, or by hand', () => {
    // pull_request_target, workflow_run and issue_comment run the main branch’s workflow on a stranger’s text.
    const harmless = ['push', 'pull_request', 'workflow_dispatch', 'workflow_call'];
    expect(Object.keys(workflow.on).filter((event) => !harmless.includes(event))).toEqual([]);
    if ('push' in workflow.on) expect(workflow.on['push']).toEqual({ branches: ['main'] });
    for (const event of ['workflow_dispatch', 'workflow_call', 'pull_request'])
      if (event in workflow.on) expect(workflow.on[event]).toBeNull();
  });

  it('may only read, unless a job says otherwise', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
  });
});

describe.each(jobs)('$file, job $name', ({ file, name, job }) => {
  it('has no more rights than its task takes', () => {
    const more: Record<string, object> = {
      attest: { contents: 'read', 'id-token': 'write', attestations: 'write' },
      plan: { actions: 'read', contents: 'read', 'id-token': 'write' },
      deploy: { attestations: 'read', contents: 'read', 'id-token': 'write' },
    };
    expect(job.permissions).toEqual(file === 'deploy.yml' ? more[name] : undefined);
    // A job that a pull request may start gets no token that anybody else would trust.
    if ('pull_request' in named(file).on) expect(JSON.stringify(job)).not.toContain('id-token');
  });

  it('names each action by its commit — a tag can be moved', () => {
    const used = [...job.steps.flatMap(({ uses }) => uses ?? []), job.uses ?? []].flat();
    expect(used.filter((one) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/.test(one) && !one.startsWith('./'))).toEqual(
      [],
    );
  });

  it('puts no expression into a command, and reads nothing that a stranger writes', () => {
    expect(commandsOf(job).filter((run) => run.includes('${{'))).toEqual([]);
    const known =
      /^(vars\.\w+( \|\| '[^']*')?|github\.token|toJSON\(env\)|steps\.\w+\.outputs\.\w+|needs\.plan\.outputs\.settings)$/;
    expect(expressionsIn(job).filter((one) => !known.test(one))).toEqual([]);
  });

  it('leaves no token in the clone, and uses no cache that another job has filled', () => {
    for (const { uses, with: given } of job.steps) {
      if (uses?.startsWith('actions/checkout@')) expect(given).toEqual({ 'persist-credentials': 'false' });
      if (uses?.startsWith('actions/setup-node@')) expect(given['package-manager-cache']).toBe('false');
      expect(uses ?? '').not.toMatch(/cache/);
    }
  });

  it('installs exactly what the lock file names', () => {
    for (const run of commandsOf(job)) expect(run).not.toMatch(/npm (install|i|exec)\b|\bnpx\b|curl|wget/);
  });

  it('has a time limit', () => {
    if (job.uses === undefined) expect(job['timeout-minutes']).toBeLessThanOrEqual(30);
  });
});

describe('the deployment', () => {
  const { on, jobs, env } = named('deploy.yml');
  const job = (name: string) => jobSchema.parse(jobs[name]);
  const at = (name: string, what: RegExp) =>
    job(name).steps.findIndex((step) => what.test([step.name, step.uses, step.run].join('\n')));

  it('does nothing for any branch but main, not even by hand', () => {
    expect(Object.keys(on)).toEqual(['push', 'workflow_dispatch']);
    expect(job('verify').if).toBe("github.ref == 'refs/heads/main'");
    // Every other job needs that one, directly or not, and none says that it goes on without it.
    const waits = (name: string): boolean => job(name).needs.some((one) => one === 'verify' || waits(one));
    for (const name of Object.keys(jobs).filter((one) => one !== 'verify')) {
      expect([name, waits(name), job(name).if]).toEqual([name, true, undefined]);
    }
  });

  it('signs in as two identities: one that previews, one that deploys', () => {
    const identities = Object.keys(jobs).flatMap((name) =>
      job(name).steps.flatMap(({ with: given }) => (given['client-id'] ? [[name, given['client-id']]] : [])),
    );
    expect(identities).toEqual([
      ['plan', expression('vars.PLAN_CLIENT_ID')],
      ['deploy', expression('vars.DEPLOY_CLIENT_ID')],
    ]);
    // Besides these two, only the job that signs holds a token that could be exchanged.
    const withToken = Object.keys(jobs).filter((name) => job(name).permissions?.['id-token'] === 'write');
    expect(withToken).toEqual(['attest', 'plan', 'deploy']);
  });

  it('previews without the right to write, as the main branch — an environment would take any branch', () => {
    expect(job('plan').environment).toBeUndefined();
    const commands = commandsOf(job('plan')).join('\n');
    expect(commands).toContain('--validation-level ProviderNoRbac');
    expect(commands).not.toMatch(/az (?!deployment group what-if)/);
  });

  it('deploys in the one environment that requires approval, after the preview has checked that it does', () => {
    expect(job('deploy')).toMatchObject({ needs: ['plan', 'attest'], environment: 'production' });
    expect(Object.keys(jobs).filter((name) => job(name).environment !== undefined)).toEqual(['deploy']);
    const [check = ''] = commandsOf(job('plan'));
    for (const fact of [
      'required_reviewers',
      'prevent_self_review',
      '.can_admins_bypass == false',
      '.custom_branch_policies == true',
      '== [{name: "main", type: "branch"}]',
      'exit 1',
    ])
      expect(check).toContain(fact);
  });

  it('deploys what the approver saw: variables that changed since then stop it', () => {
    expect(job('plan').outputs).toEqual({ settings: expression('steps.settings.outputs.digest') });
    expect(job('plan').env).toEqual(job('deploy').env);
    const [first] = job('deploy').steps;
    expect(first?.env).toEqual({
      SETTINGS: expression('toJSON(env)'),
      APPROVED: expression('needs.plan.outputs.settings'),
    });
    expect(first?.run).toMatch(/\[ "\$digest" = "\$APPROVED" \] \|\| \{[\s\S]*exit 1/);
    expect(at('plan', /What is set/)).toBeGreaterThan(at('plan', /asks for an approval/));
    expect(commandsOf(job('plan')).join('\n')).toContain('settings.json" >> "$GITHUB_STEP_SUMMARY"');
  });

  it('deploys only a bundle that this workflow signed for this commit of main, before it signs in', () => {
    const bundle = { name: 'bundle', path: 'dist/' };
    const download = /^actions\/download-artifact@/;
    for (const name of ['attest', 'deploy'])
      expect(job(name).steps.find(({ uses }) => download.test(uses ?? ''))?.with).toEqual(bundle);
    expect(job('attest').steps.map(({ run }) => run)).toEqual([undefined, undefined]);
    const verified = at('deploy', /gh attestation verify/);
    const { run = '' } = job('deploy').steps[verified] ?? {};
    for (const fact of [
      '--repo "$GITHUB_REPOSITORY"',
      '--source-digest "$GITHUB_SHA"',
      '--source-ref refs/heads/main',
      '--deny-self-hosted-runners',
      '--signer-workflow "$GITHUB_REPOSITORY/.github/workflows/deploy.yml"',
    ])
      expect(run).toContain(fact);
    expect(verified).toBeGreaterThan(at('deploy', download));
    expect(at('deploy', /Azure\/login@/)).toBeGreaterThan(verified);
    // Nothing builds besides the signed bundle, and nothing from the repository runs with the token.
    expect(commandsOf(job('deploy')).join('\n')).not.toMatch(/npm|node /);
  });

  it('leaves the evidence policy alone, and assigns no roles — an administrator does that', () => {
    expect(env).toEqual({ ASSIGN_ROLES: 'false', SET_EVIDENCE_POLICY: 'false' });
    expect(commandsOf(job('deploy')).join('\n')).not.toMatch(/tenant\.bicep|setup-tenant|pipeline\.bicep/);
  });

  it('passes every parameter that main.bicepparam reads, with its default if unset — a list of protected accounts left out here would be emptied', () => {
    const parameters = readFileSync(new URL('../../infra/bicep/main.bicepparam', import.meta.url), 'utf8');
    const reads = [...parameters.matchAll(/readEnvironmentVariable\('(\w+)'(?:, '([^']*)')?\)/g)].filter(
      ([, name]) => name !== 'ASSIGN_ROLES' && name !== 'SET_EVIDENCE_POLICY',
    );
    expect(reads.length).toBeGreaterThan(10);
    for (const [, name = '', fallback = ''] of reads)
      expect([name, job('deploy').env[name]]).toEqual([
        name,
        fallback === '' ? `\${{ vars.${name} }}` : `\${{ vars.${name} || '${fallback}' }}`,
      ]);
  });
});

describe('the bundle', () => {
  const { bundle } = named('verify.yml').jobs;

  it('is built twice and compared, in a job where no package runs anything on installation', () => {
    const [build = '', ...others] = commandsOf(jobSchema.parse(bundle));
    expect(others).toEqual([]);
    expect([...build.matchAll(/npm ci.*/g)].map(([line]) => line)).toEqual([
      'npm ci --ignore-scripts',
      'npm ci --ignore-scripts',
    ]);
    expect(build.match(/node infra\/build\.ts/g)).toHaveLength(2);
    expect(build).toContain('sha256sum --check --strict');
    const upload = bundle?.steps.findIndex(({ uses }) => uses?.startsWith('actions/upload-artifact@'));
    expect(upload).toBe((bundle?.steps.length ?? 0) - 1);
  });

  it('is uploaded by only one job — a second one could replace it', () => {
    const uploads = jobs.flatMap(({ name, job }) =>
      job.steps.flatMap(({ uses }) => (uses?.includes('upload-artifact@') ? [name] : [])),
    );
    expect(uploads).toEqual(['bundle']);
  });
});
