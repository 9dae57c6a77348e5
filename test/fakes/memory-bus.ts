// A bus in memory, for generated tests of the engine: what Service Bus promises (at least once, duplicates dropped,
// scheduled messages, locks, dead-letters) under a clock that the test turns. The test plays the receivers: it may
// deliver twice, out of order, or lose a message. No sizes are checked here, and no queue must exist.
import { z } from 'zod';
import {
  type Bus,
  type Letter,
  type Outgoing,
  type Post,
  queues,
  stepMessageSchema,
  summaryMessageSchema,
} from '../../shared/run/bus.ts';

const bodySchema = z.union([stepMessageSchema, summaryMessageSchema]);

export interface MemoryMessage {
  /** The properties of a message that was sent again. */
  readonly properties?: Letter['properties'];
  readonly queue: string;
  readonly id: string;
  readonly body: Outgoing['body'];
  /** Not delivered before this time. */
  readonly at: Date;
  /** As the Functions host counts: 1 at the first delivery, 0 before it. */
  readonly deliveryCount: number;
}

export interface MemoryBusOptions {
  now: () => Date;
  /** How long an id is remembered from when it was sent. */
  duplicateWindowSeconds?: number;
  lockSeconds?: number;
  /** After this many deliveries without completion a message goes to dead-letters. */
  maxDeliveryCount?: number;
  /** Throws to die before any message of this send was accepted. */
  before?(messages: readonly Outgoing[]): void | Promise<void>;
  /** Throws to die after all were accepted, or to lose the answer. */
  after?(messages: readonly Outgoing[]): void | Promise<void>;
}

interface Held extends MemoryMessage {
  readonly order: number;
  readonly lockedUntil: number;
}

export class MemoryBus implements Bus, Post {
  readonly #options: MemoryBusOptions;
  readonly #held = new Map<number, Held>();
  readonly #seen = new Map<string, number>();
  #order = 0;

  constructor(options: MemoryBusOptions) {
    this.#options = options;
  }

  async send(messages: readonly Outgoing[]): Promise<void> {
    await this.#options.before?.(messages);
    for (const message of messages) this.#accept(message);
    await this.#options.after?.(messages);
  }

  /** Sends a message again as it came, with its properties. */
  async post({ queue, id, body, properties, at }: Letter): Promise<void> {
    const outgoing = { queue, id, body: bodySchema.parse(body), ...(at === undefined ? {} : { at }) };
    await this.#options.before?.([outgoing]);
    this.#accept(outgoing, properties);
    await this.#options.after?.([outgoing]);
  }

  /** What can be delivered now, in the order in which it would be. */
  ready(): MemoryMessage[] {
    const now = this.#now();
    return this.#sorted().filter((message) => message.at.getTime() <= now && message.lockedUntil <= now);
  }

  /** Delivers a message (the first, or the one chosen from `ready`) and locks it. */
  take(chosen: MemoryMessage | undefined = this.ready()[0]): MemoryMessage | undefined {
    const held = chosen && this.#find(chosen);
    const now = this.#now();
    if (!held || held.at.getTime() > now || held.lockedUntil > now) return undefined;
    const { lockSeconds = 60, maxDeliveryCount = 10 } = this.#options;
    if (held.deliveryCount >= maxDeliveryCount) {
      this.deadLetter(held);
      return undefined;
    }
    const lockedUntil = now + lockSeconds * 1000;
    const taken = { ...held, deliveryCount: held.deliveryCount + 1, lockedUntil };
    this.#held.set(held.order, taken);
    return structuredClone(taken);
  }

  /** False when the lock was lost meanwhile: the message is or was delivered again. */
  complete(message: MemoryMessage): boolean {
    const held = this.#locked(message);
    return held !== undefined && this.#held.delete(held.order);
  }

  /** Gives it back at once; after the last delivery it goes to dead-letters. */
  abandon(message: MemoryMessage): void {
    const held = this.#locked(message);
    if (!held) return;
    if (held.deliveryCount >= (this.#options.maxDeliveryCount ?? 10)) this.deadLetter(held);
    else this.#held.set(held.order, { ...held, lockedUntil: 0 });
  }

  /** Moves it to the queue of dead-letters, under its own id and without duplicate detection. */
  deadLetter(message: MemoryMessage): void {
    const held = this.#find(message);
    if (held)
      this.#held.set(held.order, {
        ...held,
        queue: queues.deadLetters,
        at: new Date(this.#now()),
        deliveryCount: 0,
        lockedUntil: 0,
      });
  }

  /** Loses it, as no broker should; its id stays remembered. */
  drop(message: MemoryMessage): void {
    const held = this.#find(message);
    if (held) this.#held.delete(held.order);
  }

  /** Everything held: ready, scheduled and locked. */
  list(): MemoryMessage[] {
    return structuredClone(this.#sorted());
  }

  /** When the next message can be delivered: where the test turns its clock to. */
  nextAt(): Date | undefined {
    const times = [...this.#held.values()].map(({ at, lockedUntil }) => Math.max(at.getTime(), lockedUntil));
    return times.length === 0 ? undefined : new Date(Math.min(...times));
  }

  #now(): number {
    return this.#options.now().getTime();
  }

  #accept({ queue, id, body, at }: Outgoing, properties: Letter['properties'] = {}): void {
    const now = this.#now();
    const windowMs = (this.#options.duplicateWindowSeconds ?? 600) * 1000;
    const key = `${queue} ${id}`;
    const seenAt = this.#seen.get(key);
    if (queue !== queues.deadLetters && seenAt !== undefined && now - seenAt < windowMs) return;
    this.#seen.set(key, now);
    this.#order += 1;
    this.#held.set(this.#order, {
      queue,
      id,
      body: structuredClone(body),
      properties,
      at: new Date(Math.max(now, at?.getTime() ?? now)),
      deliveryCount: 0,
      order: this.#order,
      lockedUntil: 0,
    });
  }

  #sorted(): Held[] {
    return [...this.#held.values()].sort((a, b) => a.at.getTime() - b.at.getTime() || a.order - b.order);
  }

  #find(message: MemoryMessage): Held | undefined {
    if ('order' in message && typeof message.order === 'number') return this.#held.get(message.order);
    return this.#sorted().find(({ queue, id }) => queue === message.queue && id === message.id);
  }

  /** The held message while this delivery's lock stands. */
  #locked(message: MemoryMessage): Held | undefined {
    const held = this.#find(message);
    return held?.deliveryCount === message.deliveryCount && held.lockedUntil > this.#now() ? held : undefined;
  }
}
