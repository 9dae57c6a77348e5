// The whole, over real sockets: the built app in the Functions host, the real SDKs against the stand-ins, one stack a
// scenario. Each story must end as its file says, and what is asked of Microsoft 365 on the way must be allowed.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildApp } from '../infra/build.ts';
import { differences } from '../local/ending.ts';
import type { LogLine } from '../local/functions-host/start-functions-host.ts';
import { type Followed, follow } from '../local/live.ts';
import { publish } from '../local/publish.ts';
import { type LoadedScenario, loadScenario } from '../local/scenario.ts';
import { type Stack, startStack } from '../local/stack.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'local', 'scenarios');
const scenarios = readdirSync(folder).map((file) => basename(file, '.json'));
const built = mkdtempSync(join(tmpdir(), 'reclaim-'));
const bundle = join(built, 'index.cjs');

beforeAll(() => buildApp(join(root, 'functions', 'index.ts'), built));
afterAll(() => rmSync(built, { recursive: true }));

interface Lived {
  scenario: LoadedScenario;
  stack: Stack;
  followed: Followed;
  log: LogLine[];
  accepted: Date;
}

/** Lives through a scenario and hands over what is left of it before everything stops. */
async function live(name: string, look: (lived: Lived) => Promise<void> | void, events?: readonly unknown[]) {
  const scenario = await loadScenario(join(folder, `${name}.json`), new Date());
  const log: LogLine[] = [];
  const stack = await startStack({
    tenant: scenario.tenant,
    bundle,
    settings: scenario.settings,
    timers: false,
    onLog: (line) => log.push(line),
  });
  try {
    const published = events ?? scenario.events;
    const accepted = await publish(stack, published);
    const followed = await follow(stack, { alerts: published.length, timeoutSeconds: 60 });
    await look({ scenario, stack, followed, log, accepted });
  } finally {
    await stack.close();
  }
}

describe('a scenario', () => {
  it.each(scenarios)(
    '%s ends as it says',
    async (name) => {
      await live(name, ({ scenario, followed, stack }) => {
        const [rows] = followed.runs;
        const ended = rows && { run: rows.run.row, steps: rows.steps.map((entry) => entry.row) };
        expect(scenario.expect && differences(scenario.expect, ended)).toEqual([]);
        const victims = followed.runs.map((run) => run.run.row.account.userPrincipalName);
        for (const mail of stack.tenant.state().outbox ?? []) {
          for (const victim of victims)
            expect(JSON.stringify(mail.message['toRecipients'])).not.toContain(victim);
        }
      });
    },
    90_000,
  );
});

describe('bad input at the front door', () => {
  const event = (data: unknown, more: object = {}) => ({
    specversion: '1.0',
    id: crypto.randomUUID(),
    source: 'somebody',
    type: 'Reclaim.RiskDetection',
    time: new Date().toISOString(),
    data,
    ...more,
  });
  const bad: Readonly<Record<string, unknown>> = {
    'of a kind that nobody knows': event({ hello: 'world' }, { type: 'Contoso.Weather' }),
    'with an id that Microsoft Graph denies': event({
      id: 'f'.repeat(64),
      riskEventType: 'anomalousToken',
      riskLevel: 'high',
      userId: '7d6da1c6-1d2b-5e67-a14b-ca85a8537042',
    }),
    'without any data': event(null),
    'with data that is no object': event('high risk!'),
  };

  it.each(Object.keys(bad))(
    'an event %s touches no account and lies among the dead letters with its reason',
    async (name) => {
      await live(
        'business-email-compromise',
        async ({ followed, stack, log }) => {
          expect(followed.runs).toEqual([]);
          await vi.waitFor(() => expect(stack.serviceBus.queue('dead-letters').deadLetters).toHaveLength(1), {
            timeout: 10_000,
          });
          const [letter] = stack.serviceBus.queue('dead-letters').deadLetters;
          expect(letter?.applicationProperties).toMatchObject({ source: 'alerts', reason: 'Refused' });
          expect(log.filter((line) => line.level === 'error').length).toBeGreaterThan(0);
          expect(stack.tenant.requests.filter((request) => request.method !== 'GET')).toEqual([]);
        },
        [bad[name]],
      );
    },
    60_000,
  );

  it('the same alert ten times opens one run and sends one mail', async () => {
    const scenario = await loadScenario(join(folder, 'business-email-compromise.json'), new Date());
    const [first] = scenario.events;
    const copies = Array.from({ length: 10 }, () => Object.assign({}, first, { id: crypto.randomUUID() }));
    await live(
      'business-email-compromise',
      ({ followed, stack }) => {
        expect(followed.runs).toHaveLength(1);
        expect(stack.tenant.state().outbox).toHaveLength(1);
      },
      copies,
    );
  }, 60_000);
});
