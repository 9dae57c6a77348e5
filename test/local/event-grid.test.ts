import {
  AzureKeyCredential,
  AzureSASCredential,
  EventGridPublisherClient,
  generateSharedAccessSignature,
} from '@azure/eventgrid';
import { ServiceBusClient } from '@azure/service-bus';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type Deliver,
  type EventGridOptions,
  type EventGridTopic,
  startEventGridTopic,
  toQueue,
} from '../../local/event-grid.ts';
import { startServiceBus } from '../../local/service-bus/service-bus.ts';

const event = {
  id: '2026-11-20T10:02:00Z/ad702c56-1d2f-4c8e-9a3b-6f0f7c1f1f01',
  source: '/tenants/72f988bf-86f1-41af-91ab-2d7cd011db47/entra-id-protection',
  type: 'Reclaim.RiskDetected',
  subject: 'users/f5e829f5-0c4a-4d0e-9f5e-0d8a1a7f3c11',
  time: new Date('2026-11-20T10:02:03.004Z'),
  data: {
    id: 'ad702c56-1d2f-4c8e-9a3b-6f0f7c1f1f01',
    riskLevel: 'high',
    userPrincipalName: 'AdeleV@contoso.com',
  },
};
const published = {
  ...event,
  time: event.time.toISOString(),
  specversion: '1.0',
  datacontenttype: 'application/json',
};

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close();
});

type Delivered = Parameters<Deliver>;

async function topicWith(options: Partial<EventGridOptions> = {}) {
  const delivered: Delivered[] = [];
  const topic = await startEventGridTopic({
    deliver: async (...what) => {
      delivered.push(what);
    },
    ...options,
  });
  opened.push(topic);
  return { topic, delivered };
}

const client = ({ endpoint, key }: { endpoint: string; key: string }) =>
  new EventGridPublisherClient(endpoint, 'CloudEvent', new AzureKeyCredential(key), {
    allowInsecureConnection: true,
    retryOptions: { maxRetries: 0 },
  });

function post(
  topic: EventGridTopic,
  body: string,
  headers: Record<string, string> = {},
  query = '?api-version=2018-01-01',
) {
  return fetch(topic.endpoint + query, {
    method: 'POST',
    body,
    headers: { 'aeg-sas-key': topic.key, 'content-type': 'application/cloudevents-batch+json', ...headers },
  });
}

const errorSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    details: z.tuple([z.object({ code: z.string(), message: z.string() })]),
  }),
});
const refusal = async (response: Response) => {
  const { error } = errorSchema.parse(await response.json());
  return { status: response.status, code: error.details[0].code, message: error.message };
};

describe('publishing with the real client', () => {
  it('delivers each event as one message, with the properties Event Grid adds', async () => {
    const { topic, delivered } = await topicWith();
    await client(topic).send([event, { ...event, id: 'second', extensionAttributes: { tenant: 'contoso' } }]);
    await topic.settled();
    expect(delivered.map(([body]) => body)).toEqual([
      published,
      { ...published, id: 'second', tenant: 'contoso' },
    ]);
    expect(delivered[0]?.[1]).toEqual({
      messageId: event.id,
      contentType: 'application/cloudevents+json; charset=utf-8',
      applicationProperties: {
        'aeg-subscription-name': 'to-alerts',
        'aeg-delivery-count': '0',
        'aeg-event-type': 'Notification',
        'aeg-metadata-version': '1.0',
        'aeg-data-version': '',
        'aeg-output-event-id': expect.stringMatching(/^[\da-f-]{36}$/),
      },
    });
  });

  it('accepts a signature made with the key until it expires — a publisher can borrow the topic for an hour', async () => {
    let now = new Date('2026-11-20T10:00:00Z');
    const { topic, delivered } = await topicWith({ now: () => now });
    const expiry = new Date('2026-11-20T12:05:09Z');
    const signature = await generateSharedAccessSignature(
      topic.endpoint,
      new AzureKeyCredential(topic.key),
      expiry,
    );
    const lent = new EventGridPublisherClient(
      topic.endpoint,
      'CloudEvent',
      new AzureSASCredential(signature),
      {
        allowInsecureConnection: true,
      },
    );
    await lent.send([event]);
    await topic.settled();
    expect(delivered).toHaveLength(1);
    now = new Date('2026-11-20T12:05:09Z');
    await expect(lent.send([event])).rejects.toMatchObject({ statusCode: 401 });
  });

  it('refuses a signature made for another topic or with another key', async () => {
    const { topic } = await topicWith();
    const { topic: other } = await topicWith();
    const expiry = new Date(Date.now() + 3_600_000);
    const forOther = await generateSharedAccessSignature(
      other.endpoint,
      new AzureKeyCredential(topic.key),
      expiry,
    );
    const otherKey = await generateSharedAccessSignature(
      topic.endpoint,
      new AzureKeyCredential(other.key),
      expiry,
    );
    for (const signature of [forOther, otherKey, 'nonsense', 'r=x&e=y&s=%']) {
      const response = await fetch(`${topic.endpoint}?api-version=2018-01-01`, {
        method: 'POST',
        body: JSON.stringify(published),
        headers: { 'aeg-sas-token': signature, 'content-type': 'application/cloudevents+json' },
      });
      expect(await refusal(response)).toMatchObject({ status: 401 });
    }
  });

  it('reports a wrong key as the client expects it', async () => {
    const { topic, delivered } = await topicWith();
    await expect(client({ ...topic, key: 'd3Jvbmc=' }).send([event])).rejects.toMatchObject({
      statusCode: 401,
      code: 'Unauthorized',
    });
    expect(delivered).toEqual([]);
  });
});

describe('what the topic refuses', () => {
  it.each([
    ['no JSON', '{"id":', 'The body is not JSON.'],
    ['a single event announced as a batch', JSON.stringify(published), 'is for an array of events'],
    ['no id', JSON.stringify([published, { ...published, id: undefined }]), 'event 1.id'],
    ['an empty source', JSON.stringify([{ ...published, source: '' }]), 'event 0.source'],
    [
      'another version of CloudEvents',
      JSON.stringify([{ ...published, specversion: '0.3' }]),
      'event 0.specversion',
    ],
    ['a time that isn’t one', JSON.stringify([{ ...published, time: '11/20/2026' }]), 'event 0.time'],
    [
      'an event in the Event Grid schema',
      JSON.stringify([{ id: '1', eventType: 'x', subject: 's', data: {} }]),
      'event 0.source',
    ],
    ['a list of no events', '[1]', 'event 0'],
  ])('%s, and delivers nothing of that request', async (_what, body, message) => {
    const { topic, delivered } = await topicWith();
    const refused = await refusal(await post(topic, body));
    expect(refused).toMatchObject({ status: 400, code: 'InputJsonInvalid' });
    expect(refused.message).toContain(message);
    await topic.settled();
    expect(delivered).toEqual([]);
  });

  it('a request without key, signature or token, or with a token it does not accept', async () => {
    const { topic } = await topicWith({ acceptsToken: (token) => token === 'from.the.tenant' });
    const publish = (headers: Record<string, string>) =>
      fetch(`${topic.endpoint}?api-version=2018-01-01`, {
        method: 'POST',
        body: JSON.stringify(published),
        headers: { 'content-type': 'application/cloudevents+json', ...headers },
      });
    expect((await publish({})).status).toBe(401);
    expect((await publish({ authorization: 'Bearer stolen' })).status).toBe(401);
    expect((await publish({ authorization: 'Bearer from.the.tenant' })).status).toBe(200);
  });

  it('more than 1 MiB, and says so before the sender is done', async () => {
    const { topic } = await topicWith();
    const body = JSON.stringify([{ ...published, data: 'x'.repeat(3 * 1_048_576) }]);
    expect(await refusal(await post(topic, body))).toMatchObject({ status: 413, code: 'PayloadTooLarge' });
  });

  it('another path, another method, another version of the API, another content type', async () => {
    const { topic } = await topicWith();
    const body = JSON.stringify([published]);
    expect((await fetch(`${topic.endpoint}?api-version=2018-01-01`)).status).toBe(404);
    expect((await post(topic, body, {}, '/other?api-version=2018-01-01')).status).toBe(404);
    expect(await refusal(await post(topic, body, {}, ''))).toMatchObject({
      status: 400,
      code: 'InvalidApiVersion',
    });
    expect((await post(topic, body, { 'content-type': 'text/plain' })).status).toBe(400);
  });

  it.each([
    ['application/cloudevents+json', published],
    ['application/cloudevents-batch+json; charset=utf-8', [published]],
    ['application/json', [published]],
    ['application/json; charset=utf-8', published],
  ])('but not %s', async (contentType, body) => {
    const { topic, delivered } = await topicWith();
    const response = await post(topic, JSON.stringify(body), { 'content-type': contentType });
    await topic.settled();
    expect([response.status, delivered.length]).toEqual([200, 1]);
  });
});

describe('delivery', () => {
  it('hashes an id that Service Bus would not take as MessageId', async () => {
    const { topic, delivered } = await topicWith();
    const fits = 'a'.repeat(128);
    await client(topic).send([
      { ...event, id: fits },
      { ...event, id: `${fits}a` },
      { ...event, id: `${fits}b` },
    ]);
    await topic.settled();
    const ids = delivered.map(([, { messageId }]) => messageId);
    expect(ids[0]).toBe(fits);
    expect(ids[1]).toMatch(/^[\da-f]{64}$/);
    expect(ids[2]).not.toBe(ids[1]);
  });

  it('tries again with growing waits while the queue refuses — an alert is not lost to a restart', async () => {
    const waits: number[] = [];
    const counts: (string | undefined)[] = [];
    const { topic } = await topicWith({
      wait: async (seconds) => {
        waits.push(seconds);
      },
      deliver: async (_event, { applicationProperties }) => {
        counts.push(applicationProperties['aeg-delivery-count']);
        if (counts.length < 4) throw new Error('the queue is not there');
      },
    });
    await client(topic).send([event]);
    await topic.settled();
    expect(waits).toEqual([10, 30, 60]);
    expect(counts).toEqual(['0', '1', '2', '3']);
    expect(topic.deadLetters).toEqual([]);
  });

  it('gives up after 30 attempts and keeps the event as a dead letter, with the reason', async () => {
    const { topic } = await topicWith({
      wait: async () => {},
      deliver: async () => {
        throw new Error('the queue is not there');
      },
    });
    await client(topic).send([event]);
    await topic.settled();
    expect(topic.deadLetters).toEqual([
      {
        event: published,
        reason: 'delivery attempts used up',
        attempts: 30,
        lastError: 'the queue is not there',
      },
    ]);
  });

  it('keeps an event that is too large for the queue as a dead letter at once', async () => {
    const { topic, delivered } = await topicWith();
    const large = { ...event, data: { text: 'x'.repeat(262_144) } };
    await client(topic).send([large, event]);
    await topic.settled();
    expect(delivered.map(([body]) => body.id)).toEqual([event.id]);
    expect(topic.deadLetters).toMatchObject([{ reason: 'too large for the queue', attempts: 0 }]);
  });

  it('puts the event into a Service Bus queue, and drops the publisher’s second try there', async () => {
    const bus = await startServiceBus({ queues: [{ name: 'alerts', duplicateDetection: true }] });
    const busClient = new ServiceBusClient(bus.connectionString);
    opened.push(bus, busClient);
    const { topic } = await topicWith({ deliver: toQueue(busClient.createSender('alerts')) });
    await client(topic).send([event]);
    await client(topic).send([event, { ...event, id: 'escalated' }]);
    await topic.settled();
    const received = await busClient.createReceiver('alerts').receiveMessages(2);
    expect(
      received.map(({ body, messageId, applicationProperties, contentType }) => ({
        body,
        messageId,
        contentType,
        type: applicationProperties?.['aeg-event-type'],
      })),
    ).toEqual([
      {
        body: published,
        messageId: event.id,
        contentType: 'application/cloudevents+json; charset=utf-8',
        type: 'Notification',
      },
      {
        body: { ...published, id: 'escalated' },
        messageId: 'escalated',
        contentType: 'application/cloudevents+json; charset=utf-8',
        type: 'Notification',
      },
    ]);
  });
});
