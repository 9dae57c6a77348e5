// One queue as the service keeps it: order, locks, delivery counts, schedule, duplicates, dead letters. It knows no AMQP and
// owns no timer: the clock is passed in, and whoever owns the queue calls `settleDue` when `nextDueAt` has come.
import { DuplicateWindow } from './duplicate-window.ts';
import { Locks } from './locks.ts';
import {
  type Burial,
  type Incoming,
  type Message,
  newMessage,
  type Origin,
  type Properties,
} from './message.ts';
import { checkLimits, type QueueRules } from './queue-rules.ts';
import { BrokerRefusal } from './refusal.ts';

export interface QueueState<Content> {
  lastSequenceNumber: number;
  /** Ids remembered by duplicate detection, each with the time at which it is forgotten. */
  remembered: readonly (readonly [string, number])[];
  messages: readonly Message<Content>[];
}

export class Queue<Content> {
  readonly #rules: QueueRules<Content>;
  readonly #messages = new Map<number, Message<Content>>();
  /** By sequence number: what comes back goes to where it was. */
  readonly #ready: Message<Content>[] = [];
  readonly #scheduled: Message<Content>[] = [];
  readonly #locks: Locks<Content>;
  readonly #duplicates: DuplicateWindow;
  #lastSequenceNumber = 0;

  constructor(rules: QueueRules<Content>) {
    this.#rules = rules;
    this.#locks = new Locks(rules.lockSeconds);
    this.#duplicates = new DuplicateWindow(rules.duplicateWindowSeconds);
  }

  /** Throws if the message would be refused; lets a batch be refused as a whole. */
  check(incoming: Incoming<Content>): void {
    checkLimits(incoming, this.#rules.maxMessageBytes);
  }

  /** Answers the sequence number. A duplicate is accepted, gets a number, and is dropped. */
  enqueue(incoming: Incoming<Content>, origin?: Origin): number {
    this.check(incoming);
    this.settleDue();
    const now = this.#rules.now();
    const sequenceNumber = ++this.#lastSequenceNumber;
    const isDuplicate = this.#duplicates.holds(incoming.messageId, now);
    if (!isDuplicate) this.adopt(newMessage(incoming, sequenceNumber, now, origin));
    return sequenceNumber;
  }

  /** Takes a message as it is, number and all: how a dead letter enters the dead-letter queue. */
  adopt(message: Message<Content>): void {
    this.#rules.touched?.();
    this.#messages.set(message.sequenceNumber, message);
    if (message.state === 'scheduled') insert(this.#scheduled, message, dueTime);
    else insert(this.#ready, message, (other) => other.sequenceNumber);
    this.#rules.changed();
  }

  cancelScheduled(sequenceNumber: number): void {
    this.settleDue();
    const index = this.#scheduled.findIndex((message) => message.sequenceNumber === sequenceNumber);
    if (index === -1) throw notFound('scheduled', sequenceNumber);
    this.#rules.touched?.();
    this.#scheduled.splice(index, 1);
    this.#messages.delete(sequenceNumber);
  }

  /** The whole state, to be stored. */
  state(): QueueState<Content> {
    return {
      lastSequenceNumber: this.#lastSequenceNumber,
      remembered: this.#duplicates.remembered,
      messages: [...this.#messages.values()],
    };
  }

  /** Restores a stored state into a new queue. Locks stay valid until they expire. */
  restore({ lastSequenceNumber, remembered, messages }: QueueState<Content>): void {
    this.#lastSequenceNumber = lastSequenceNumber;
    this.#duplicates.remember(remembered);
    const byLock = (message: Message<Content>) => message.lock?.until.getTime() ?? 0;
    for (const message of messages.toSorted((one, other) => byLock(one) - byLock(other))) {
      if (message.lock === undefined && message.state !== 'deferred') this.adopt(message);
      else {
        this.#messages.set(message.sequenceNumber, message);
        this.#locks.resume(message);
      }
    }
    this.#rules.changed();
  }

  /** Receive and delete. */
  takeNext(): Message<Content> | undefined {
    const message = this.#shift();
    if (message) this.#messages.delete(message.sequenceNumber);
    return message;
  }

  /** Peek-lock: nobody else gets it until it is settled or the lock ends. */
  lockNext(): Message<Content> | undefined {
    const message = this.#shift();
    if (message) this.#locks.take(message, this.#rules.now());
    return message;
  }

  lockDeferred(sequenceNumber: number): Message<Content> {
    const message = this.#messages.get(sequenceNumber);
    if (message?.state !== 'deferred' || message.lock) throw notFound('deferred', sequenceNumber);
    this.#rules.touched?.();
    this.#locks.take(message, this.#rules.now());
    this.#rules.changed();
    return message;
  }

  renew(token: string): Date {
    const message = this.#unlock(token);
    return this.#locks.take(message, this.#rules.now(), token);
  }

  complete(token: string): void {
    this.#messages.delete(this.#unlock(token).sequenceNumber);
  }

  abandon(token: string, properties: Properties = {}): void {
    const message = this.#unlock(token);
    message.properties = { ...message.properties, ...properties };
    this.#comeBack(message);
  }

  defer(token: string, properties: Properties = {}): void {
    const message = this.#unlock(token);
    message.properties = { ...message.properties, ...properties };
    message.state = 'deferred';
    message.deliveryCount += 1;
  }

  deadLetter(token: string, burial: Burial): void {
    if (!this.#rules.bury)
      throw new BrokerRefusal(
        'not-allowed',
        'A message in a dead-letter queue cannot be dead-lettered again.',
      );
    this.#bury(this.#unlock(token), burial);
  }

  /** Everything that is here, locked and scheduled messages included, by sequence number. */
  peek(fromSequenceNumber = 0, count = Number.POSITIVE_INFINITY): Message<Content>[] {
    this.settleDue();
    return [...this.#messages.values()]
      .filter((message) => message.sequenceNumber >= fromSequenceNumber && !this.#hasExpired(message))
      .sort((a, b) => a.sequenceNumber - b.sequenceNumber)
      .slice(0, count);
  }

  /** When `settleDue` has work next. */
  nextDueAt(): Date | undefined {
    const times = [this.#locks.nextEnd(), this.#scheduled[0]?.scheduledFor].filter(
      (time) => time !== undefined,
    );
    return times.length === 0 ? undefined : new Date(Math.min(...times.map((time) => time.getTime())));
  }

  /** Ends locks and makes scheduled messages available whose time has come. */
  settleDue(): void {
    const now = this.#rules.now();
    for (const message of this.#locks.releaseEnded(now)) this.#comeBack(message);
    for (let [next] = this.#scheduled; next && dueTime(next) <= now.getTime(); [next] = this.#scheduled) {
      this.#scheduled.shift();
      this.#messages.delete(next.sequenceNumber);
      // As if it had been sent at this moment: a new number, a new time.
      this.adopt({ ...next, state: 'active', sequenceNumber: ++this.#lastSequenceNumber, enqueuedAt: now });
    }
  }

  #shift(): Message<Content> | undefined {
    this.settleDue();
    if (this.#ready.length > 0) this.#rules.touched?.();
    let message = this.#ready.shift();
    while (message && this.#hasExpired(message)) {
      this.#messages.delete(message.sequenceNumber);
      message = this.#ready.shift();
    }
    return message;
  }

  #hasExpired({ expiresAt }: Message<Content>): boolean {
    return this.#rules.bury !== undefined && expiresAt !== undefined && expiresAt <= this.#rules.now();
  }

  #unlock(token: string): Message<Content> {
    this.settleDue();
    this.#rules.touched?.();
    return this.#locks.release(token);
  }

  #comeBack(message: Message<Content>): void {
    const { bury, maxDeliveryCount } = this.#rules;
    if (bury) message.deliveryCount += 1;
    if (bury && message.deliveryCount >= maxDeliveryCount) {
      const description = `Message could not be consumed after ${maxDeliveryCount} delivery attempts.`;
      this.#bury(message, { reason: 'MaxDeliveryCountExceeded', description });
    } else if (message.state === 'active') {
      this.adopt(message);
    }
  }

  #bury(message: Message<Content>, { reason, description, properties }: Burial): void {
    this.#messages.delete(message.sequenceNumber);
    message.state = 'active';
    message.properties = {
      ...message.properties,
      ...properties,
      ...(reason !== undefined && { DeadLetterReason: reason }),
      ...(description !== undefined && { DeadLetterErrorDescription: description }),
    };
    this.#rules.bury?.(message);
  }
}

const notFound = (state: string, sequenceNumber: number) =>
  new BrokerRefusal('message-not-found', `No message is ${state} with sequence number ${sequenceNumber}.`);

const dueTime = ({ scheduledFor }: Message<unknown>) => scheduledFor?.getTime() ?? 0;

function insert<T>(into: T[], item: T, rank: (item: T) => number): void {
  const after = into.findLastIndex((other) => rank(other) <= rank(item));
  into.splice(after + 1, 0, item);
}
