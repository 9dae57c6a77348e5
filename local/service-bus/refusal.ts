// The stand-in's refusals, as the real service makes them. The queue uses its own word for the reason; one table here
// maps it to the AMQP condition and status, so that the queue stays free of the protocol.
import { z } from 'zod';

const amqp = {
  'entity-not-found': { condition: 'amqp:not-found', status: 404 },
  'message-not-found': { condition: 'com.microsoft:message-not-found', status: 404 },
  'lock-lost': { condition: 'com.microsoft:message-lock-lost', status: 410 },
  'too-large': { condition: 'amqp:link:message-size-exceeded', status: 403 },
  'bad-argument': { condition: 'com.microsoft:argument-error', status: 400 },
  'not-allowed': { condition: 'amqp:not-allowed', status: 400 },
  'not-implemented': { condition: 'amqp:not-implemented', status: 501 },
} as const;

/** Reaches the client as the error that the real service would send. */
export class BrokerRefusal extends Error {
  override readonly name = 'Refusal';
  readonly reason: keyof typeof amqp;

  constructor(reason: keyof typeof amqp, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Anything thrown, as an AMQP error with the status that a management answer carries. */
export function toAmqpError(thrown: unknown) {
  const description = thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown instanceof BrokerRefusal) return { ...amqp[thrown.reason], description };
  if (thrown instanceof z.ZodError) {
    return { ...amqp['bad-argument'], description: z.prettifyError(thrown) };
  }
  return { condition: 'amqp:internal-error', status: 500, description };
}
