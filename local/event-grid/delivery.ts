// From an accepted event to a message in the queue: the properties the service adds, its retries, its dead letters.
import { createHash, randomUUID } from 'node:crypto';
import type { ServiceBusSender } from '@azure/service-bus';
import type { CloudEvent } from './events.ts';

/** What goes to Service Bus beside the body. */
interface DeliveryProperties {
  messageId: string;
  contentType: string;
  applicationProperties: Record<string, string>;
}

/** Hands one event to the queue; a rejection is retried. */
export type Deliver = (event: CloudEvent, properties: DeliveryProperties) => Promise<void>;

export interface DeadLetter {
  event: CloudEvent;
  reason: 'too large for the queue' | 'delivery attempts used up';
  attempts: number;
  lastError: string | null;
}

export interface DeliveryOptions {
  deliver: Deliver;
  /** Name of the event subscription. */
  subscription: string;
  onLog(line: string): void;
  /** How a retry waits; ends early when aborted. */
  wait(seconds: number, abort: AbortSignal): Promise<void>;
}

/** Service Bus Standard, for the whole message; the headers of an event take less than the difference. */
const largestEvent = 262_144 - 2048;
/** https://learn.microsoft.com/azure/event-grid/delivery-and-retry: 30 attempts, the last waits 12 hours each. */
const retrySeconds = [10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 43_200];
const mostAttempts = 30;
const longestMessageId = 128;

/**
 * The subscription sets MessageId from the event's `id` (a dynamic delivery attribute), so that duplicate detection
 * sees a publisher's second try. The service takes no more than 128 characters; a longer id is hashed.
 */
function messageIdOf(event: CloudEvent): string {
  if (event.id.length <= longestMessageId) return event.id;
  return createHash('sha256').update(event.id).digest('hex');
}

/** Delivers to a real Service Bus queue, the body as the event's own JSON. */
export function toQueue(sender: ServiceBusSender): Deliver {
  return (event, properties) =>
    sender.sendMessages({ body: Buffer.from(JSON.stringify(event)), ...properties });
}

const describe = (error: unknown) => (error instanceof Error ? error.message : String(error));
const isTooLarge = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 'MessageSizeExceeded';

/** Waits in real time. */
export function realWait(seconds: number, abort: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    abort.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

export function createDelivery({ deliver, subscription, onLog, wait }: DeliveryOptions) {
  const deadLetters: DeadLetter[] = [];
  const underWay = new Set<Promise<void>>();
  const closing = new AbortController();

  function bury(event: CloudEvent, reason: DeadLetter['reason'], attempts: number, lastError: string | null) {
    onLog(
      `event ${event.id} is a dead letter after ${attempts} attempts: ${reason}${lastError ? `: ${lastError}` : ''}`,
    );
    deadLetters.push({ event, reason, attempts, lastError });
  }

  async function deliverWithRetries(event: CloudEvent): Promise<void> {
    const outputId = randomUUID();
    if (Buffer.byteLength(JSON.stringify(event)) > largestEvent)
      return bury(event, 'too large for the queue', 0, null);
    for (let attempt = 0; !closing.signal.aborted; attempt += 1) {
      try {
        return await deliver(event, {
          messageId: messageIdOf(event),
          contentType: 'application/cloudevents+json; charset=utf-8',
          applicationProperties: {
            'aeg-subscription-name': subscription,
            'aeg-delivery-count': String(attempt),
            'aeg-event-type': 'Notification',
            'aeg-metadata-version': event.specversion,
            'aeg-data-version': '',
            'aeg-output-event-id': outputId,
          },
        });
      } catch (error) {
        const attempts = attempt + 1;
        if (isTooLarge(error)) return bury(event, 'too large for the queue', attempts, describe(error));
        if (attempts >= mostAttempts)
          return bury(event, 'delivery attempts used up', attempts, describe(error));
        const seconds = retrySeconds[Math.min(attempt, retrySeconds.length - 1)] ?? 0;
        onLog(`event ${event.id} is tried again in ${seconds} s: ${describe(error)}`);
        await wait(seconds, closing.signal);
      }
    }
  }

  return {
    deadLetters,
    start(event: CloudEvent) {
      const delivery = deliverWithRetries(event);
      underWay.add(delivery);
      void delivery.finally(() => underWay.delete(delivery));
    },
    async settled() {
      while (underWay.size > 0) await Promise.allSettled([...underWay]);
    },
    async stop() {
      closing.abort();
      await Promise.allSettled([...underWay]);
    },
  };
}
