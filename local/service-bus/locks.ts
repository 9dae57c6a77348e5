// The locks of one queue: who holds what until when. All last equally long, so they end in the order they were taken.
import { randomUUID } from 'node:crypto';
import type { Message } from './message.ts';
import { BrokerRefusal } from './refusal.ts';

export class Locks<Content> {
  readonly #seconds: number;
  /** By expiry: a renewed lock moves to the end. */
  readonly #messages = new Map<string, Message<Content>>();

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  take(message: Message<Content>, now: Date, token: string = randomUUID()): Date {
    const until = new Date(now.getTime() + this.#seconds * 1000);
    message.lock = { token, until };
    this.#messages.set(token, message);
    return until;
  }

  /** Continues a lock of a restored message until it expires. */
  resume(message: Message<Content>): void {
    if (message.lock) this.#messages.set(message.lock.token, message);
  }

  /** Throws when the lock is not held, or not any more. */
  release(token: string): Message<Content> {
    const message = this.#messages.get(token);
    if (!message) {
      throw new BrokerRefusal(
        'lock-lost',
        'The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.',
      );
    }
    this.#messages.delete(token);
    message.lock = undefined;
    return message;
  }

  /** Releases what ended by now. */
  releaseEnded(now: Date): Message<Content>[] {
    const ended: Message<Content>[] = [];
    for (const [token, { lock }] of this.#messages) {
      if (lock && lock.until > now) break;
      ended.push(this.release(token));
    }
    return ended;
  }

  nextEnd(): Date | undefined {
    const [next] = this.#messages.values();
    return next?.lock?.until;
  }
}
