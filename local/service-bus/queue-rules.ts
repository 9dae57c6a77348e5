// What a queue is told when it is made, and what it refuses because of it.
import type { Incoming, Message } from './message.ts';
import { BrokerRefusal } from './refusal.ts';

export interface QueueRules<Content> {
  lockSeconds: number;
  maxDeliveryCount: number;
  /** 0: no duplicate detection. */
  duplicateWindowSeconds: number;
  maxMessageBytes: number;
  now(): Date;
  /** Called when there may be something new to hand out or to wait for. */
  changed(): void;
  /** Called after any change. */
  touched?(): void;
  /** Where dead letters go. A dead-letter queue has none: its messages come back for ever, uncounted. */
  bury?(message: Message<Content>): void;
}

const maxMessageIdLength = 128;

/** Throws what the service would answer (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas). */
export function checkLimits({ messageId, sizeBytes }: Incoming<unknown>, maxMessageBytes: number): void {
  if (sizeBytes > maxMessageBytes) {
    throw new BrokerRefusal(
      'too-large',
      `The received message (size:${sizeBytes} bytes) exceeds the limit (${maxMessageBytes} bytes) currently allowed on the link.`,
    );
  }
  if (messageId.length > maxMessageIdLength) {
    throw new BrokerRefusal(
      'bad-argument',
      `The MessageId '${messageId.slice(0, 40)}…' has ${messageId.length} characters; at most ${maxMessageIdLength} are allowed.`,
    );
  }
}
