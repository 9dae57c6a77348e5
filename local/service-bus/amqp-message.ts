// AMQP messages as rhea decodes them, to and from what a queue keeps. Values keep their JavaScript type, not their exact AMQP
// type: a uuid among the application properties comes back as binary.
import { randomUUID } from 'node:crypto';
import rhea, { type Message as AmqpMessage } from 'rhea';
import { z } from 'zod';
import type { Incoming, Message, Properties } from './message.ts';
import { BrokerRefusal } from './refusal.ts';

export type { AmqpMessage };

const { wrap_long, wrap_timestamp } = rhea.types;

const annotationsSchema = z.looseObject({
  'x-opt-scheduled-enqueue-time': z
    .union([z.date(), z.number()])
    .transform((time) => new Date(time))
    .optional(),
});

/** Without a message id it gets one, as on the service. What could not be handed out again is refused. */
export function fromAmqp(message: AmqpMessage): Incoming<AmqpMessage> {
  return read(() => {
    const annotations = annotationsSchema.parse(message.message_annotations ?? {});
    const id = message.message_id ?? randomUUID().replaceAll('-', '');
    const content = { ...message, message_id: id };
    return {
      messageId: Buffer.isBuffer(id) ? rhea.uuid_to_string(id) : String(id),
      properties: message.application_properties ?? {},
      content,
      sizeBytes: rhea.message.encode(content).length,
      scheduledFor: annotations['x-opt-scheduled-enqueue-time'],
      timeToLiveMs: message.ttl,
    };
  });
}

export function decode(bytes: Buffer): Incoming<AmqpMessage> {
  // By rhea's type a decoded message might have no body.
  return fromAmqp(read(() => ({ body: undefined, ...rhea.message.decode(bytes) })));
}

/** A whole message, to be stored. */
export const toBytes = (content: AmqpMessage, properties: Properties): Buffer =>
  rhea.message.encode({ ...content, application_properties: properties });

export const fromBytes = (bytes: Buffer): AmqpMessage => decode(bytes).content;

function read<T>(message: () => T): T {
  try {
    return message();
  } catch (thrown) {
    throw new BrokerRefusal('bad-argument', `The message cannot be read: ${String(thrown)}`);
  }
}

/** As it goes to a receiver, with what the service adds. */
export function encode(message: Message<AmqpMessage>): Buffer {
  const state = { active: 0, deferred: 1, scheduled: 2 }[message.state];
  return rhea.message.encode({
    ...message.content,
    delivery_count: message.deliveryCount,
    application_properties: message.properties,
    message_annotations: {
      ...message.content.message_annotations,
      'x-opt-sequence-number': wrap_long(message.sequenceNumber),
      'x-opt-enqueue-sequence-number': wrap_long(message.enqueuedSequenceNumber),
      'x-opt-enqueued-time': wrap_timestamp(message.enqueuedAt.getTime()),
      'x-opt-message-state': wrap_long(state),
      ...(message.lock && { 'x-opt-locked-until': wrap_timestamp(message.lock.until.getTime()) }),
      ...(message.deadLetterSource !== undefined && { 'x-opt-deadletter-source': message.deadLetterSource }),
    },
  });
}

const batchSchema = z.object({
  body: z.object({
    content: z.union([z.instanceof(Buffer).transform((one) => [one]), z.array(z.instanceof(Buffer))]),
  }),
});

/** The messages of a batch: each is a whole encoded message in a data section of its own. */
export function decodeBatch(bytes: Buffer): Incoming<AmqpMessage>[] {
  return read(() => batchSchema.parse(rhea.message.decode(bytes))).body.content.map(decode);
}

export interface NewMessage {
  /** At most 128 characters; a random one when left out. */
  messageId?: string;
  /** Sent as these bytes, such as the JSON of an event. */
  body: string | Buffer;
  contentType?: string;
  applicationProperties?: Properties;
  /** Not delivered before this time. */
  scheduledFor?: Date;
}

export function compose(message: NewMessage): Incoming<AmqpMessage> {
  const { messageId, body, contentType, applicationProperties, scheduledFor } = message;
  return decode(
    rhea.message.encode({
      message_id: messageId,
      content_type: contentType,
      application_properties: applicationProperties,
      message_annotations: scheduledFor && { 'x-opt-scheduled-enqueue-time': scheduledFor },
      body: rhea.message.data_section(Buffer.from(body)),
    }),
  );
}

const dataSchema = z.object({ content: z.instanceof(Buffer) });

/** The body for a person to read: parsed when it is JSON, else text. */
export function readBody({ content }: Message<AmqpMessage>): unknown {
  const data = dataSchema.safeParse(content.body);
  if (!data.success) return content.body;
  const text = data.data.content.toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
