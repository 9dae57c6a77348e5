// The whole system over real sockets: the built app in the Functions host, the real SDKs against the stand-ins, one
// stack per scenario. Each story must end as its file says, and together they need everything that is declared, and no
// more.
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { declaredPermissions, grantedOf } from '../functions/permissions.ts';
import { playbook } from '../functions/steps/index.ts';
import { notes } from '../infra/permission-notes.ts';
import { differences } from '../local/ending.ts';
import type { Followed } from '../local/live.ts';
import { merge } from '../local/scenario.ts';
import type { RecordedRequest } from '../local/tenant/record.ts';
import type { TenantFile } from '../local/tenant/schema.ts';
import { verdictOf, verdictText } from '../shared/run/verdict.ts';
import { undoable } from './fakes/undoable.ts';
import { builtStack, type Whole } from './fakes/whole.ts';

const folder = fileURLToPath(new URL('../local/scenarios', import.meta.url));
/** The one that is slow by nature comes first, so that the others fit beside it. */
const scenarios = readdirSync(folder)
  .map((file) => basename(file, '.json'))
  .toSorted((a, b) => Number(b === 'throttled') - Number(a === 'throttled'));
/** These are undone over HTTP when they have ended: together they contain everything that can be undone. */
const takenBack = ['back-doors', 'privileged-administrator', 'synced-user'];
const requests: RecordedRequest[] = [];
const within = builtStack();

/**
 * A story's end is described as of its last look; here there are no later looks, so the audit log keeps nobody waiting.
 */
const logsAtOnce = (tenant: unknown) => merge(tenant, { behaviour: { auditLagMinutes: 0 } });

const stepsOf = ({ runs: [rows] }: Followed) => rows?.steps.map((entry) => entry.row) ?? [];

describe.concurrent('a scenario', () => {
  it.each(scenarios)(
    '%s ends as it says',
    (name) =>
      within(
        name,
        async (whole) => {
          const { tenant } = whole.stack;
          const before = tenant.state();
          const followed = await whole.live();
          const [rows] = followed.runs;
          const ended = rows && { run: rows.run.row, steps: stepsOf(followed) };
          expect(whole.scenario.expect && differences(whole.scenario.expect, ended)).toEqual([]);
          toldOnce(whole, followed);
          const undo = takenBack.includes(name) ? takeBack(whole, followed, before) : undefined;
          await Promise.resolve(undo).finally(() => requests.push(...tenant.requests));
        },
        {},
        logsAtOnce,
      ),
    180_000,
  );
});

/** On-call has a mail with the verdict as its subject, and the account under attack has none. */
function toldOnce({ stack }: Whole, { runs: [rows] }: Followed): void {
  const mails = (stack.tenant.state().outbox ?? []).map(({ message }) => JSON.stringify(message));
  if (rows === undefined) {
    expect(mails).toEqual([]);
    return;
  }
  const steps = rows.steps.map((entry) => entry.row);
  const { row: run } = rows.run;
  const last = verdictText(verdictOf(run, steps));
  expect(mails.filter((mail) => mail.includes(`"[Reclaim] ${last}:`))).toHaveLength(1);
  for (const mail of mails) {
    // HTML, and the same as text: only MIME carries both.
    expect(mail).toContain('"alternative":{"contentType":"text"');
    expect(mail).toContain('"toRecipients":[{"emailAddress":{"address":"oncall@contoso.com"}}]');
  }
}

async function takeBack(whole: Whole, { runs: [rows] }: Followed, before: TenantFile): Promise<void> {
  const path = `/api/runs/${rows?.run.row.id}/undo`;
  expect(await whole.ask('POST', path, '{"reason":"false alarm: the owner travels"}')).toMatchObject({
    status: 202,
  });
  const undone = await whole.live([]);
  const left = stepsOf(undone).filter((step) => step.outcome?.is === 'failed');
  expect(left.map((step) => step.name)).toEqual([]);
  expect(undoable(whole.stack.tenant.state())).toBe(undoable(before));
}

describe('all scenarios together', () => {
  const { graph, exchange, defender } = declaredPermissions(playbook);

  it('need every permission that is declared — only an intruder could use an unused one', () => {
    const used = new Set(requests.flatMap(({ permission, also }) => [permission, ...also]));
    const declared = [...grantedOf(graph), ...Object.keys(defender)];
    expect(declared.filter((permission) => !used.has(permission))).toEqual([]);
  });

  it('make no request that docs/permissions.md does not list under the permission it takes', () => {
    const unnamed = requests.flatMap(({ route, permission, also }) =>
      [permission, ...also].flatMap((name) =>
        route === null || name === null || notes[name]?.requests.includes(route) ? [] : [`${name}: ${route}`],
      ),
    );
    expect([...new Set(unnamed)].toSorted()).toEqual([]);
  });

  it('run every Exchange cmdlet that is declared, and no other', () => {
    const used = new Set(requests.flatMap(({ cmdlet }) => cmdlet ?? []));
    expect([...used].toSorted()).toEqual(Object.keys(exchange).toSorted());
  });

  it('ask for no path, option or property that does not exist', () => {
    const wrong = requests.filter(({ status }) => status === 400 || status === 405);
    expect(wrong.map(({ method, url, cmdlet, status }) => [method, url, cmdlet, status])).toEqual([]);
  });

  it('ask beta only for what is listed — it may change under us any day', () => {
    const named = readFileSync(new URL('../local/tenant/README.md', import.meta.url), 'utf8');
    const beta = requests
      .filter(({ service, url }) => service === 'graph' && url.includes('/beta/'))
      .map(({ url }) => new URL(url).pathname.replace('/beta/', '').replace(/^users\/[^/]+/, 'users/{id}'));
    expect(beta.length).toBeGreaterThan(0);
    for (const path of new Set(beta)) expect(named).toContain(`\`${path}\``);
  });

  it('never write the new password anywhere', () => {
    const bodies = requests
      .map(({ body }) => JSON.stringify(body ?? ''))
      .filter((body) => body.includes('password"'));
    expect(bodies.length).toBeGreaterThan(0);
    for (const body of bodies) expect(body).toContain('[removed]');
  });
});
