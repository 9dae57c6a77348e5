// Publishes risk and alerts from an Event Hub (the logs of Entra ID and Defender) to the topic. It judges nothing. Records
// that can't be read go to the dead letters with the reason; records about other things are only counted.
import { createHash } from 'node:crypto';
import { type BadRecord, readStream } from '../../shared/alerts/stream.ts';
import type { OutgoingAlert } from '../../shared/model/step.ts';
import { type Post, queues } from '../../shared/run/bus.ts';

export interface ForwardDeps {
  publish(alerts: readonly OutgoingAlert[]): Promise<void>;
  post: Post;
  log(line: string): void;
}

/** Created by main.bicep. */
const streamHub = 'logs';

export const streamTrigger = {
  connection: 'Streams',
  eventHubName: streamHub,
  cardinality: 'many' as const,
  // A stream has no dead letters: what can't be published stays in the hub and is read again until it can.
  retry: {
    strategy: 'exponentialBackoff' as const,
    maxRetryCount: -1,
    minimumInterval: { seconds: 5 },
    maximumInterval: { minutes: 5 },
  },
};

/** Below the 256 KB of a message (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas). */
const mostLetterBytes = 192 * 1024;

/** As many per letter as fit. A letter that is too large is refused, and the hub would resend the batch for ever. */
function letters(bad: readonly BadRecord[]): BadRecord[][] {
  const all: BadRecord[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const one of bad) {
    const own = Buffer.byteLength(JSON.stringify(one));
    if (bytes + own > mostLetterBytes) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1)?.push(one);
    bytes += own;
  }
  return all;
}

/** Throws if something could not be published: the host calls again with the same messages, which get the same ids. */
export async function forwardStream(deps: ForwardDeps, messages: unknown): Promise<void> {
  const { events, bad, others } = readStream(Array.isArray(messages) ? messages : [messages]);
  if (events.length > 0) await deps.publish(events);
  for (const refused of letters(bad)) {
    await deps.post.post({
      queue: queues.deadLetters,
      id: `stream:${createHash('sha256').update(JSON.stringify(refused)).digest('hex')}`,
      body: { refused },
      properties: {
        source: `event hub ${streamHub}`,
        reason: 'Refused',
        description: `${refused.length} records of a stream can't be read: ${refused[0]?.why ?? ''}`,
      },
    });
  }
  if (events.length > 0 || bad.length > 0) {
    const rest = Object.entries(others).map(([category, count]) => `, ${count} of ${category} left`);
    deps.log(`${events.length} published, ${bad.length} refused${rest.join('')}`);
  }
}
