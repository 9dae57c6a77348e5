// The operations of a queue's `$management` node that the client uses
// (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response). Sessions and rules are left out.
import rhea from 'rhea';
import { z } from 'zod';
import { type AmqpMessage, decode, encode } from './amqp-message.ts';
import { lockTokenToUuid, uuidToLockToken } from './lock-token.ts';
import type { Queue } from './queue.ts';
import { BrokerRefusal } from './refusal.ts';

export interface ManagementAnswer {
  status: 200 | 204;
  body?: Record<string, unknown>;
}

type Operation = (queue: Queue<AmqpMessage>, body: unknown) => ManagementAnswer;

const { wrap_array } = rhea.types;
const typecode = { uuid: 0x98, long: 0x81, timestamp: 0x83 } as const;

const longSchema = z.union([
  z.number(),
  z.instanceof(Buffer).transform((bytes) => Number(bytes.readBigInt64BE())),
]);
const lockTokensSchema = z.array(z.instanceof(Buffer).transform(uuidToLockToken));
const propertiesSchema = z.record(z.string(), z.unknown());

const operations: Record<string, Operation> = {
  'com.microsoft:renew-lock'(queue, body) {
    const tokens = z.object({ 'lock-tokens': lockTokensSchema }).parse(body)['lock-tokens'];
    const expirations = tokens.map((token) => queue.renew(token).getTime());
    return { status: 200, body: { expirations: wrap_array(expirations, typecode.timestamp, undefined) } };
  },

  'com.microsoft:peek-message'(queue, body) {
    const request = z.object({ 'from-sequence-number': longSchema, 'message-count': z.number() }).parse(body);
    const messages = queue.peek(request['from-sequence-number'], request['message-count']);
    if (messages.length === 0) return { status: 204 };
    return { status: 200, body: { messages: messages.map((message) => ({ message: encode(message) })) } };
  },

  'com.microsoft:schedule-message'(queue, body) {
    const request = z.object({ messages: z.array(z.object({ message: z.instanceof(Buffer) })) }).parse(body);
    const incoming = request.messages.map(({ message }) => decode(message));
    for (const message of incoming) queue.check(message);
    const numbers = incoming.map((message) => queue.enqueue(message));
    return { status: 200, body: { 'sequence-numbers': wrap_array(numbers, typecode.long, undefined) } };
  },

  'com.microsoft:cancel-scheduled-message'(queue, body) {
    const request = z.object({ 'sequence-numbers': z.array(longSchema) }).parse(body);
    for (const sequenceNumber of request['sequence-numbers']) queue.cancelScheduled(sequenceNumber);
    return { status: 200 };
  },

  'com.microsoft:receive-by-sequence-number'(queue, body) {
    const schema = z.object({ 'sequence-numbers': z.array(longSchema), 'receiver-settle-mode': z.number() });
    const request = schema.parse(body);
    const messages = request['sequence-numbers'].map((sequenceNumber) => {
      const message = queue.lockDeferred(sequenceNumber);
      const token = message.lock?.token ?? '';
      const wire = { message: encode(message), 'lock-token': rhea.types.wrap_uuid(lockTokenToUuid(token)) };
      if (request['receiver-settle-mode'] === 0) queue.complete(token);
      return wire;
    });
    return { status: 200, body: { messages } };
  },

  'com.microsoft:update-disposition'(queue, body) {
    const request = z
      .object({
        'lock-tokens': lockTokensSchema,
        'disposition-status': z.enum(['completed', 'abandoned', 'defered', 'suspended']),
        'deadletter-reason': z.string().optional(),
        'deadletter-description': z.string().optional(),
        'properties-to-modify': propertiesSchema.optional(),
      })
      .parse(body);
    const properties = request['properties-to-modify'];
    for (const token of request['lock-tokens']) {
      switch (request['disposition-status']) {
        case 'completed':
          queue.complete(token);
          break;
        case 'abandoned':
          queue.abandon(token, properties);
          break;
        case 'defered':
          queue.defer(token, properties);
          break;
        case 'suspended':
          queue.deadLetter(token, {
            reason: request['deadletter-reason'],
            description: request['deadletter-description'],
            properties,
          });
      }
    }
    return { status: 200 };
  },
};

/** Throws a Refusal, which becomes the answer's error. */
export function manage(queue: Queue<AmqpMessage>, operation: string, body: unknown): ManagementAnswer {
  const handler = operations[operation];
  if (!handler)
    throw new BrokerRefusal(
      'not-implemented',
      `The operation '${operation}' is not imitated by the local Service Bus.`,
    );
  return handler(queue, body);
}
