import { afterEach, describe, expect, it } from 'vitest';
import { type EventGridTopic, startEventGridTopic } from '../../local/event-grid.ts';
import { createPublisher } from '../../shared/alerts/publisher.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { thrownBy } from '../fakes/service.ts';
import { now } from './samples.ts';

const opened: EventGridTopic[] = [];
afterEach(async () => {
  for (const topic of opened.splice(0)) await topic.close();
});

async function topicWith() {
  const delivered: unknown[] = [];
  const topic = await startEventGridTopic({
    now: () => now,
    deliver: async (event) => {
      delivered.push(event);
    },
  });
  opened.push(topic);
  return { topic, delivered };
}
const alert = (id: string) => ({ id, type: 'Reclaim.RelatedSignIn' as const, data: { id } });
const common = { source: 'reclaim/steps', now: () => now };

describe('the publisher', () => {
  it('publishes to the topic with its key, in more than one batch', async () => {
    const { topic, delivered } = await topicWith();
    const publish = createPublisher({ ...common, endpoint: topic.endpoint, access: { key: topic.key } });
    await publish(Array.from({ length: 120 }, (_, index) => alert(`a-${index}`)));
    await topic.settled();
    expect(delivered).toHaveLength(120);
    expect(delivered[0]).toEqual({
      specversion: '1.0',
      id: 'a-0',
      type: 'Reclaim.RelatedSignIn',
      source: 'reclaim/steps',
      time: now.toISOString(),
      datacontenttype: 'application/json',
      data: { id: 'a-0' },
    });
  });

  it('or with the token of an identity', async () => {
    const { topic, delivered } = await topicWith();
    const scopes: unknown[] = [];
    const credential = {
      getToken: async (scope: unknown) => {
        scopes.push(scope);
        return { token: 'of-the-identity', expiresOnTimestamp: now.getTime() + 3_600_000 };
      },
    };
    await createPublisher({ ...common, endpoint: topic.endpoint, access: { credential } })([alert('a')]);
    await topic.settled();
    expect([delivered.length, scopes]).toEqual([1, ['https://eventgrid.azure.net/.default']]);
  });

  it('says which role is missing if the topic refuses', async () => {
    const { topic } = await topicWith();
    const publish = createPublisher({ ...common, endpoint: topic.endpoint, access: { key: 'd3Jvbmc=' } });
    expect(await thrownBy(publish([alert('a')]))).toMatchObject({
      name: 'PermanentError',
      message: expect.stringContaining('EventGrid Data Sender'),
    });
  });

  it.each([
    [429, RetryableError],
    [503, RetryableError],
    [400, PermanentError],
  ])('takes %i for the right kind of failure', async (status, kind) => {
    const fetch = async () => new Response('no', { status });
    const publish = createPublisher({
      ...common,
      endpoint: 'https://t.example/api/events',
      access: { key: 'k' },
      fetch,
    });
    expect(await thrownBy(publish([alert('a')]))).toBeInstanceOf(kind);
  });

  it('tries again if there is no answer, and sends nothing if there is nothing to publish', async () => {
    const fetch = async (): Promise<Response> => {
      throw new TypeError('fetch failed');
    };
    const publish = createPublisher({
      ...common,
      endpoint: 'https://t.example/api/events',
      access: { key: 'k' },
      fetch,
    });
    expect(await thrownBy(publish([alert('a')]))).toBeInstanceOf(RetryableError);
    await publish([]);
  });

  it('follows no redirect — its key and the alerts would go along to wherever that leads', async () => {
    const asked: string[] = [];
    const fetch: typeof globalThis.fetch = async (url, init) => {
      asked.push(`${String(url)} ${init?.redirect}`);
      return new Response(null, { status: 307, headers: { location: 'https://evil.example/' } });
    };
    const publish = createPublisher({
      ...common,
      endpoint: 'https://topic.example/api/events',
      access: { key: 'k' },
      fetch,
    });
    expect(await thrownBy(publish([alert('a')]))).toBeInstanceOf(PermanentError);
    expect(asked).toEqual(['https://topic.example/api/events?api-version=2018-01-01 manual']);
  });
});
