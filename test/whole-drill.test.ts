// The command itself on the whole system: real HTTP, the Functions host, queues, tables, and the simulated tenant.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { run } from '../cli/program.ts';
import { keepingTerminal } from './cli/terminal.ts';
import { account, drillSettings, drillTenant, stateOf } from './drill/rehearsal.ts';
import { builtStack } from './fakes/whole.ts';

const within = builtStack();
const folder = mkdtempSync(join(tmpdir(), 'reclaim-drill-'));
afterAll(() => rmSync(folder, { recursive: true }));
const drillsSchema = z.looseObject({ lastPassedAt: z.string().nullable() });
const drillClientId = '7d1f0d52-6c1e-4a39-9b0e-2f6a8c3b5e41';
const reportSchema = z.looseObject({
  verdict: z.string(),
  because: z.array(z.string()),
  differs: z.array(z.string()),
});

it('reclaim drill passes, writes its report and its recording, and the run and the mails say so afterwards', async () => {
  await within(
    'false-alarm',
    async ({ stack, ask }) => {
      const before = stateOf(stack.tenant.state());
      vi.stubEnv('IDENTITY_ENDPOINT', stack.served.identityEndpoint);
      vi.stubEnv('IDENTITY_HEADER', stack.served.identityHeader);
      const env = {
        RECLAIM_URL: stack.host?.url,
        RECLAIM_KEY: stack.host?.keys.default,
        AZURE_CLIENT_ID: stack.tenant.drill.appId,
        GRAPH_URL: stack.served.graphUrl,
        IDENTITY_ENDPOINT: stack.served.identityEndpoint,
        TOPIC_ENDPOINT: stack.topic.endpoint,
        TOPIC_KEY: stack.topic.key,
      };
      const { terminal, written } = keepingTerminal({ env });
      const record = join(folder, 'recording.json');
      const html = join(folder, 'report.html');
      const code = await run(
        ['drill', '--account', account, '--json', '--record', record, '--html', html],
        terminal,
      );
      const report = reportSchema.parse(JSON.parse(written().out));
      expect(report).toMatchObject({ verdict: 'passed', because: [], differs: [] });
      expect(code).toBe(0);
      expect(written().error).toMatch(/\[2\/9\] Planting an inbox rule/);
      expect(readFileSync(html, 'utf8')).toContain('passed');
      expect(readFileSync(record, 'utf8')).not.toContain('contoso.com');
      expect(stateOf(stack.tenant.state())).toEqual(before);
      const mails = (stack.tenant.state().outbox ?? [])
        .filter(({ from }) => from !== account)
        .map(({ message }) => JSON.stringify(message));
      expect(mails.length).toBeGreaterThan(0);
      for (const mail of mails) expect(mail).toContain('No drill has passed in this tenant yet.');
      const page = await fetch(`${stack.door?.url}/api/runs`, { headers: { accept: 'text/html' } });
      expect(await page.text()).toMatch(/The last drill passed on \d{4}-\d\d-\d\d \d\d:\d\d UTC\./);
      const { json } = await ask('GET', '/api/drills');
      expect(json).toMatchObject({ current: null, lastPassedAt: expect.any(String) });
    },
    drillSettings,
    () => drillTenant(),
  );
  vi.unstubAllEnvs();
}, 300_000);

it('the drill by timer passes on a Tuesday morning, and the next invocation of that day begins none', async () => {
  await within(
    'false-alarm',
    async ({ stack, ask }) => {
      const { host } = stack;
      if (host === null) throw new Error('the app runs in this stack');
      const before = stateOf(stack.tenant.state());
      await stack.moveTo(nextTuesday());
      await host.fire('drill-by-timer');
      const drills = drillsSchema.parse((await ask('GET', '/api/drills')).json);
      expect(drills).toMatchObject({ current: null, lastPassedAt: expect.any(String) });
      expect(stateOf(stack.tenant.state())).toEqual(before);
      const asked = stack.tenant.requests.length;
      await host.fire('drill-by-timer');
      expect(stack.tenant.requests.length).toBe(asked);
      expect((await ask('GET', '/api/drills')).json).toMatchObject({ lastPassedAt: drills.lastPassedAt });
    },
    { ...drillSettings, DRILL_ACCOUNT: account, DRILL_CLIENT_ID: drillClientId },
    () => drillTenant({ drillApp: { appId: drillClientId } }),
  );
}, 300_000);

/** Ten minutes after the hour at which it may begin. */
function nextTuesday(): Date {
  const day = new Date(Date.now() + 86_400_000);
  while (day.getUTCDay() !== 2) day.setUTCDate(day.getUTCDate() + 1);
  return new Date(`${day.toISOString().slice(0, 10)}T10:10:00Z`);
}
