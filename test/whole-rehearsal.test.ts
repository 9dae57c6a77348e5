// A rehearsal of the whole playbook: nothing in the tenant is touched, and the report is what would be done.
import { describe, expect, it } from 'vitest';
import { playbook } from '../functions/steps/index.ts';
import type { RecordedRequest } from '../local/tenant/record.ts';
import type { StepRow } from '../shared/model/rows.ts';
import { scenarioCalled, told } from './fakes/told.ts';

const everyStep = (mode: 'report' | 'act', more: object = {}) =>
  JSON.stringify({ ...Object.fromEntries(playbook.map(({ name }) => [name, { mode }])), ...more });
const onlyReports = { STEPS: everyStep('report') };
const stories = ['business-email-compromise', 'back-doors', 'privileged-administrator', 'synced-user'];

/** Everything but reads; the mail to on-call is the app's own. */
const writes = (requests: readonly RecordedRequest[]) =>
  requests
    .filter(({ method, cmdlet }) => (cmdlet === null ? method !== 'GET' : !cmdlet.startsWith('Get-')))
    .map(({ method, url, cmdlet }) => `${method} ${url} ${cmdlet ?? ''}`)
    .filter((request) => !request.includes('/sendMail'));

/** Each change once: the same session may have to be ended twice. */
const changesOf = (steps: readonly StepRow[]) =>
  [
    ...new Set(steps.flatMap((row) => row.changes.map(({ id, what }) => `${row.name} ${id}: ${what}`))),
  ].sort();

describe('a dry run', () => {
  it.each(stories)('of %s sends nothing that writes, and touches nothing', async (name) => {
    const scenario = await scenarioCalled(name);
    for (const settings of [{ DRY_RUN: 'true' }, onlyReports]) {
      const story = await told({ ...scenario, settings: { ...scenario.settings, ...settings } });
      expect(writes(story.tenant.requests)).toEqual([]);
      const { outbox: _mail, users, ...after } = story.tenant.state();
      const { users: usersBefore, ...before } = story.before;
      expect(JSON.stringify(after)).toBe(JSON.stringify(before));
      // The last one is the mailbox that the summary was sent from.
      expect(JSON.stringify(users.slice(0, -1))).toBe(JSON.stringify(usersBefore.slice(0, -1)));
      const { steps } = await story.run();
      expect(steps.filter(({ outcome }) => outcome?.is === 'failed')).toEqual([]);
    }
  });

  it.each(['business-email-compromise', 'privileged-administrator', 'synced-user'])(
    'of %s reports what a real run then does, step by step',
    async (name) => {
      const scenario = await scenarioCalled(name);
      const rehearsed = await (await told(scenario, { DRY_RUN: 'true' })).run();
      const done = await (await told(scenario)).run();
      expect(changesOf(rehearsed.steps)).toEqual(changesOf(done.steps));
      expect(changesOf(done.steps).length).toBeGreaterThan(5);
    },
  );

  it('also knows what only the audit log ties to the intruder, if that may be searched', async () => {
    const scenario = await scenarioCalled('back-doors');
    const steps = { ...JSON.parse(scenario.settings['STEPS'] ?? '{}') };
    const search = { ...steps, 'collect-audit-log': { evenInDryRun: true } };
    const rehearsal = await told(scenario, { DRY_RUN: 'true', STEPS: JSON.stringify(search) });
    const done = await (await told(scenario)).run();
    expect(changesOf((await rehearsal.run()).steps)).toEqual(changesOf(done.steps));
    // The log is searched and nothing else is written: once at first, and again while it isn't complete.
    expect(new Set(writes(rehearsal.tenant.requests))).toEqual(
      new Set(['POST https://graph.microsoft.com/v1.0/security/auditLog/queries ']),
    );
  });

  it('says that what only the audit log would show is missing', async () => {
    const story = await told(await scenarioCalled('back-doors'), { DRY_RUN: 'true' });
    const { summary } = await story.run();
    expect(summary.text).toContain('It would make ');
    expect(summary.text).toMatch(/Unless more is known by then: Ask .* about 6 delegates/);
    expect(summary.text).toContain('sam@contoso.com may open the mailbox');
    expect(summary.text).toContain(
      'Left out, since they leave a trace: Collect the audit log, Find other victims.',
    );
  });
});
