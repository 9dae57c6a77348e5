// The one way to send. Behind this interface: Service Bus, or memory for generated tests.
import { z } from 'zod';

export interface Outgoing {
  queue: string;
  /** A send that must count has an id of its own: a duplicate is accepted and dropped. At most 128 characters. */
  id: string;
  body: StepMessage | SummaryMessage;
  /** Not delivered before this time. */
  at?: Date;
}

export interface Bus {
  send(messages: readonly Outgoing[]): Promise<void>;
}

/** A message as it came, returned to a queue: to its dead letters with a reason, or for a later try. */
export interface Letter {
  queue: string;
  id: string;
  body: unknown;
  properties: Readonly<Record<string, string | number>>;
  at?: Date;
}

export interface Post {
  post(letter: Letter): Promise<void>;
}

/** `{"run":"<user id>.<code>","step":"block-sign-in","turn":1}` */
export const stepMessageSchema = z.strictObject({
  run: z.string(),
  step: z.string(),
  turn: z.int().positive(),
});
export type StepMessage = z.infer<typeof stepMessageSchema>;

/** `{"run":"<user id>.<code>","turn":1}` */
export const summaryMessageSchema = z.strictObject({ run: z.string(), turn: z.int().positive() });
export type SummaryMessage = z.infer<typeof summaryMessageSchema>;

/** `{"run":"<user id>.<code>","turn":1,"card":true}`: the second channel's share of a summary. */
export const cardMessageSchema = summaryMessageSchema.extend({ card: z.literal(true) });
export type CardMessage = z.infer<typeof cardMessageSchema>;

export const queues = { alerts: 'alerts', summaries: 'summaries', deadLetters: 'dead-letters' } as const;
export const stepQueue = (step: string) => `step-${step}`;
export interface QueueShape {
  name: string;
  /** How long a message id is remembered, in seconds; 0 for not at all. It cannot be switched on later. */
  duplicateSeconds: number;
  /** Deliveries before a message counts as dead. */
  maxDeliveryCount: number;
  /** Where dead messages go; null leaves them among the queue's own dead letters. */
  forwardsDeadLettersTo: string | null;
}
const day = 86400;
/**
 * Names in playbook order. Dead letters are never dropped as duplicates, and the last resort keeps its own dead
 * letters.
 */
export function queueShapes(steps: readonly string[]): QueueShape[] {
  const working = [queues.alerts, ...steps.map(stepQueue), queues.summaries];
  const shape = (name: string): QueueShape => ({
    name,
    duplicateSeconds: day,
    maxDeliveryCount: 10,
    forwardsDeadLettersTo: queues.deadLetters,
  });
  return [
    ...working.map(shape),
    { name: queues.deadLetters, duplicateSeconds: 0, maxDeliveryCount: 10, forwardsDeadLettersTo: null },
  ];
}
