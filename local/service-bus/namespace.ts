// The queues of a namespace by address, each with its dead-letter queue; dead letters are forwarded if the definition says so.
import type { AmqpMessage } from './amqp-message.ts';
import { Entity } from './entity.ts';
import type { Message } from './message.ts';
import { BrokerRefusal } from './refusal.ts';

export interface QueueDefinition {
  name: string;
  /** How long a message stays locked for its receiver; 60. */
  lockSeconds?: number;
  /** A message handed out this often without being completed becomes a dead letter; 10. */
  maxDeliveryCount?: number;
  /** `true`: message ids are remembered for 600 seconds; a number: that many seconds; left out: not at all. */
  duplicateDetection?: boolean | number;
  /** Dead letters go on to this queue instead of staying in the queue's own dead-letter queue. */
  forwardDeadLetteredTo?: string;
  /** Of a message with all its properties, or of a batch; 262144, which is the Standard tier's limit. */
  maxMessageBytes?: number;
}

const deadLetterPath = (queue: string) => `${queue}/$DeadLetterQueue`;
const standardDuplicateWindowSeconds = 600;

export class Namespace {
  /** By address in lower case: the service does not tell `Alerts` from `alerts`. */
  readonly #entities = new Map<string, Entity>();

  constructor(definitions: readonly QueueDefinition[], now: () => Date, touched?: () => void) {
    for (const definition of definitions) this.#add(definition, now, touched);
    for (const { name, forwardDeadLetteredTo } of definitions) {
      if (forwardDeadLetteredTo === undefined) continue;
      if (forwardDeadLetteredTo === name || !this.#entities.has(forwardDeadLetteredTo.toLowerCase())) {
        throw new Error(
          `Queue '${name}' forwards its dead letters to '${forwardDeadLetteredTo}', which is not another queue.`,
        );
      }
    }
  }

  /** Throws the service's answer to an address that isn't one. */
  entity(path: string): Entity {
    const entity = this.#entities.get(path.toLowerCase());
    if (!entity)
      throw new BrokerRefusal('entity-not-found', `The messaging entity '${path}' could not be found.`);
    return entity;
  }

  deadLetters(queue: string): Entity {
    return this.entity(deadLetterPath(queue));
  }

  all(): Iterable<Entity> {
    return this.#entities.values();
  }

  #add(definition: QueueDefinition, now: () => Date, touched: (() => void) | undefined): void {
    const { name, lockSeconds = 60, maxDeliveryCount = 10, maxMessageBytes = 262_144 } = definition;
    const { duplicateDetection = false, forwardDeadLetteredTo } = definition;
    if (this.#entities.has(name.toLowerCase())) throw new Error(`Queue '${name}' is defined twice.`);
    const rules = { lockSeconds, maxDeliveryCount, maxMessageBytes, now, ...(touched ? { touched } : {}) };
    const deadLetters = new Entity(deadLetterPath(name), { ...rules, duplicateWindowSeconds: 0 });
    const bury = (message: Message<AmqpMessage>) => {
      if (forwardDeadLetteredTo === undefined) deadLetters.queue.adopt(message);
      else
        this.entity(forwardDeadLetteredTo).queue.enqueue(forwarded(message), {
          sequenceNumber: message.sequenceNumber,
          deadLetterSource: name,
        });
    };
    const duplicateWindowSeconds =
      duplicateDetection === true ? standardDuplicateWindowSeconds : Number(duplicateDetection);
    this.#entities.set(name.toLowerCase(), new Entity(name, { ...rules, duplicateWindowSeconds, bury }));
    this.#entities.set(deadLetterPath(name).toLowerCase(), deadLetters);
  }
}

/** A dead letter starts afresh in the queue it is forwarded to, but keeps id, body and properties; what the reason adds is not weighed. */
function forwarded({ messageId, content, properties }: Message<AmqpMessage>) {
  return { messageId, content, properties, sizeBytes: 0 };
}
