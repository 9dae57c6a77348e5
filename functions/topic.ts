// The Event Grid topic that the settings name, for everything that publishes to it.
import type { TokenCredential } from '@azure/identity';
import type { PollDeps } from '../shared/alerts/poll.ts';
import { createPublisher, type TopicOptions } from '../shared/alerts/publisher.ts';
import { PermanentError } from '../shared/errors.ts';
import type { Engine } from '../shared/run/engine.ts';
import type { Settings } from '../shared/settings.ts';

export function topicOf(
  source: string,
  { EventGrid__topicEndpointUri: endpoint, EventGrid__topicKey: key }: Settings,
  credential: TokenCredential,
  now: () => Date,
): TopicOptions | undefined {
  if (endpoint === undefined) return undefined;
  return { endpoint, access: key === undefined ? { credential } : { key }, source, now };
}

export function publisherOf(...of: Parameters<typeof topicOf>): Pick<Engine, 'publish'> {
  const topic = topicOf(...of);
  return topic === undefined ? {} : { publish: createPublisher(topic) };
}

/** Throws when used, and says what is missing. */
export const doorTo = (publish: Engine['publish']): PollDeps['publish'] =>
  publish ??
  (async () => {
    throw new PermanentError(
      'EventGrid__topicEndpointUri is missing: there is no topic to publish alerts to',
    );
  });
