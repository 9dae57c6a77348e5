// A queue as a person or a test looks at it: what lies where, readable. Nothing here changes the queue.
import { type AmqpMessage, readBody } from './amqp-message.ts';
import type { Entity } from './entity.ts';
import type { Message, Properties } from './message.ts';

interface MessageView {
  messageId: string;
  /** Parsed when it is JSON, else text. */
  body: unknown;
  applicationProperties: Properties;
  sequenceNumber: number;
  enqueuedAt: Date;
  /** How often it was handed out and came back. */
  deliveryCount: number;
  scheduledFor?: Date;
  lockedUntil?: Date;
  deadLetterSource?: string;
}

export interface QueueView {
  /** Waiting for a receiver. */
  active: MessageView[];
  /** With a receiver, not settled yet. */
  locked: MessageView[];
  scheduled: MessageView[];
  deferred: MessageView[];
  /** In the queue's own dead-letter queue; none when they are forwarded. */
  deadLetters: MessageView[];
}

export function viewQueue(entity: Entity, deadLetters: Entity): QueueView {
  const messages = entity.queue.peek();
  const unlocked = (state: Message<AmqpMessage>['state']) =>
    messages.filter((message) => message.state === state && !message.lock).map(view);
  return {
    active: unlocked('active'),
    locked: messages.filter(({ lock }) => lock).map(view),
    scheduled: unlocked('scheduled'),
    deferred: unlocked('deferred'),
    deadLetters: deadLetters.queue.peek().map(view),
  };
}

function view(message: Message<AmqpMessage>): MessageView {
  const { messageId, properties, sequenceNumber, enqueuedAt, deliveryCount } = message;
  return {
    messageId,
    body: readBody(message),
    applicationProperties: properties,
    sequenceNumber,
    enqueuedAt,
    deliveryCount,
    ...(message.scheduledFor && { scheduledFor: message.scheduledFor }),
    ...(message.lock && { lockedUntil: message.lock.until }),
    ...(message.deadLetterSource !== undefined && { deadLetterSource: message.deadLetterSource }),
  };
}
