// What nobody should send, at every door: the topic, the queues, the HTTP API and the settings. Each gets a clear
// refusal, nothing is lost, and no account is touched.
import { AzureKeyCredential, EventGridPublisherClient } from '@azure/eventgrid';
import { ServiceBusClient } from '@azure/service-bus';
import { describe, expect, it, vi } from 'vitest';
import { playbook } from '../functions/steps/index.ts';
import { TableDeadLetters } from '../shared/store/table-dead-letters.ts';
import { builtStack, type Whole } from './fakes/whole.ts';

const within = builtStack();
const name = 'business-email-compromise';
const adele = '7d6da1c6-1d2b-5e67-a14b-ca85a8537042';
const noRun = `${adele}.20260101T000000-XXXX`;
const soon = { timeout: 30_000, interval: 50 };

const detection = (given: object) => ({
  type: 'Reclaim.RiskDetection',
  source: 'somebody',
  id: crypto.randomUUID(),
  time: new Date(),
  data: { riskEventType: 'anomalousToken', riskLevel: 'high', userId: adele, ...given },
});
const forged = detection({ id: 'f'.repeat(64) });
const foreign = detection({ id: 'e'.repeat(64), tenantId: '11111111-2222-4333-8444-555555555555' });
const malformed = detection({ id: { $ne: null } });
const unknown = { ...detection({}), type: 'Contoso.Weather', data: { hello: 'world' } };
const hollow = { ...detection({}), data: null };

const messages: [queue: string, body: unknown][] = [
  ['alerts', 'this is {no JSON'],
  ['alerts', { specversion: '0.3' }],
  ['step-block-sign-in', { run: noRun, step: 'format-disk', turn: 1 }],
  ['step-block-sign-in', { run: noRun, step: 'reset-password', turn: 1 }],
  ['step-reset-password', 'reset it'],
  ['summaries', { to: 'everybody' }],
];

/** Messages that stay for a person, with the reason for each. */
const kept = ({ stack }: Whole) =>
  new TableDeadLetters({ connectionString: stack.azurite.connectionString }).since(new Date(0));
const writes = ({ stack }: Whole) => stack.tenant.requests.filter(({ method }) => method !== 'GET');

function publisher({ stack: { topic } }: Whole) {
  const key = new AzureKeyCredential(topic.key);
  return new EventGridPublisherClient(topic.endpoint, 'CloudEvent', key, { allowInsecureConnection: true });
}

describe('what nobody should send', () => {
  it(
    'ends among the dead letters with its reason, and the next real alert is handled anyway',
    () =>
      within(name, async (whole) => {
        await publisher(whole).send([forged, foreign, malformed, unknown, hollow]);
        const client = new ServiceBusClient(whole.stack.settings['ServiceBus'] ?? '');
        for (const [queue, body] of messages) await client.createSender(queue).sendMessages({ body });
        await client.createSender('step-block-sign-in').sendMessages({
          body: { run: noRun, step: 'block-sign-in', turn: 1 },
        });
        await client.close();

        await vi.waitFor(async () => expect(await kept(whole)).toHaveLength(5 + messages.length), soon);
        for (const { reason, description } of await kept(whole)) {
          expect(reason).toBe('Refused');
          expect(description?.length).toBeGreaterThan(20);
        }
        const errors = whole.log.filter(({ level, source }) => level === 'error' && source === 'app');
        expect(errors.length).toBeGreaterThanOrEqual(5 + messages.length);
        expect(writes(whole)).toEqual([]);

        await whole.live();
        await vi.waitFor(async () => expect((await whole.live([])).runs).toHaveLength(1), soon);
        expect(whole.stack.tenant.state().outbox).toHaveLength(1);
      }),
    180_000,
  );

  it(
    'ten times the same alert is one run and one mail',
    () =>
      within(name, async (whole) => {
        const [alert] = whole.scenario.events;
        const copies = Array.from({ length: 9 }, () => Object.assign({}, alert, { id: crypto.randomUUID() }));
        const followed = await whole.live([alert, ...copies]);
        expect(followed.runs).toHaveLength(1);
        expect(whole.stack.tenant.state().outbox).toHaveLength(1);
      }),
    180_000,
  );

  it('is refused by the topic if it is too large, unsigned or no event, and by the queue if it is too large', () =>
    within(name, async (whole) => {
      const { topic, serviceBus } = whole.stack;
      const post = (body: string, key = topic.key) =>
        fetch(`${topic.endpoint}?api-version=2018-01-01`, {
          method: 'POST',
          headers: { 'content-type': 'application/cloudevents+json', 'aeg-sas-key': key },
          body,
        });
      const large = JSON.stringify({ ...forged, specversion: '1.0', data: 'x'.repeat(1_100_000) });
      expect((await post(large)).status).toBe(413);
      expect((await post('{}')).status).toBe(400);
      expect((await post('{')).status).toBe(400);
      expect((await post('{}', 'bm9ib2R5')).status).toBe(401);
      await publisher(whole).send([{ ...forged, data: { ...forged.data, userAgent: 'x'.repeat(300_000) } }]);
      await topic.settled();
      expect(topic.deadLetters).toMatchObject([{ reason: 'too large for the queue' }]);
      expect(serviceBus.queue('alerts').active).toEqual([]);
    }));

  it('is a problem with a sentence at the HTTP API, and changes nothing', () =>
    within(name, async (whole) => {
      const cases: [status: number, method: string, path: string, body?: string][] = [
        [400, 'POST', '/api/runs', '{"user":"adele@contoso.com","reason":"called in","levle":"full"}'],
        [400, 'POST', '/api/runs', 'user=adele@contoso.com'],
        [404, 'POST', '/api/runs', '{"user":"nobody@contoso.com","reason":"called in"}'],
        [413, 'POST', '/api/runs', JSON.stringify({ user: adele, reason: 'x'.repeat(20_000) })],
        [400, 'GET', '/api/runs?days=0'],
        [404, 'GET', `/api/runs/${noRun}`],
        [404, 'POST', `/api/runs/${adele}'%20or%20''eq'/undo`, '{"reason":"because"}'],
      ];
      for (const [status, method, path, body] of cases) {
        const answer = await whole.ask(method, path, body);
        expect([path, answer.status, answer.type]).toEqual([path, status, 'application/problem+json']);
        expect(answer.json).toMatchObject({ status, detail: expect.stringMatching(/\w{3}/) });
      }
      expect((await fetch(`${whole.stack.host?.url}/api/runs`)).status).toBe(401);
      expect(writes(whole)).toEqual([]);
    }));

  it('is listed in full by every function if it is in the settings, and what came in meanwhile is not lost', () =>
    within(
      name,
      async (whole) => {
        const { host, serviceBus, topic } = whole.stack;
        // Triage, summary, dead letters, timers and HTTP besides the steps: wrong settings remove none.
        expect(host?.functions.length).toBeGreaterThan(playbook.length + 8);
        await publisher(whole).send([forged]);
        await topic.settled();
        // Put off as often as it takes: it is handled once the settings are right.
        await vi.waitFor(() => expect(serviceBus.queue('alerts').scheduled).toHaveLength(1), soon);
        const answer = await whole.ask('GET', '/api/runs');
        expect(answer).toMatchObject({ status: 500, json: { title: 'Wrong settings' } });
        for (const fact of ['TENANT_ID', 'MAIL_TO', 'STEPS: no step is called blok-sign-in', 'POLICY']) {
          expect(JSON.stringify(answer.json)).toContain(fact);
          for (const one of ['triage-alert', 'list-runs'])
            expect(whole.log.some((line) => line.function === one && line.message.includes(fact))).toBe(true);
        }
      },
      { TENANT_ID: 'contoso', MAIL_TO: ' ', STEPS: '{"blok-sign-in":{}}', POLICY: '{"hihg":"full"}' },
    ));
});
