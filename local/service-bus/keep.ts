// Stores a namespace in a file, so that it can be restarted: messages with their numbers, counts, schedules and locks,
// and the ids that duplicate detection remembers. The file is rewritten after every change.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { type AmqpMessage, fromBytes, toBytes } from './amqp-message.ts';
import type { Message } from './message.ts';
import type { Namespace } from './namespace.ts';

const time = z.iso.datetime().transform((text) => new Date(text));
const messageSchema = z.object({
  messageId: z.string(),
  bytes: z.string(),
  sizeBytes: z.number(),
  scheduledFor: time.optional(),
  expiresAt: time.optional(),
  enqueuedSequenceNumber: z.number(),
  deadLetterSource: z.string().optional(),
  sequenceNumber: z.number(),
  enqueuedAt: time,
  deliveryCount: z.number(),
  state: z.enum(['active', 'scheduled', 'deferred']),
  lock: z.object({ token: z.string(), until: time }).optional(),
});
const fileSchema = z.record(
  z.string(),
  z.object({
    lastSequenceNumber: z.number(),
    remembered: z.array(z.tuple([z.string(), z.number()])),
    messages: z.array(messageSchema),
  }),
);

const written = ({ content, properties, ...message }: Message<AmqpMessage>) => ({
  ...message,
  bytes: toBytes(content, properties).toString('base64'),
});

function read({ bytes, ...message }: z.infer<typeof messageSchema>): Message<AmqpMessage> {
  const content = fromBytes(Buffer.from(bytes, 'base64'));
  return {
    ...message,
    content,
    properties: content.application_properties ?? {},
    scheduledFor: message.scheduledFor,
    expiresAt: message.expiresAt,
    deadLetterSource: message.deadLetterSource,
    lock: message.lock,
  };
}

/** Restores the file's content, and returns a function that writes it. */
export function keep(namespace: Namespace, file: string): () => void {
  if (existsSync(file)) {
    const kept = fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    for (const { name, queue } of namespace.all()) {
      const state = kept[name];
      if (state) queue.restore({ ...state, messages: state.messages.map(read) });
    }
  }
  return () => {
    const queues = [...namespace.all()].map(({ name, queue }) => {
      const { messages, ...state } = queue.state();
      return [name, { ...state, messages: messages.map(written) }] as const;
    });
    // Replaced in one step: if the process is killed while writing, the old file stays.
    writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(queues)));
    renameSync(`${file}.new`, file);
  };
}
