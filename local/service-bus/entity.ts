// A queue and its waiting receivers: hands out a message as soon as there is one and a receiver with credit. The only
// timer is for the next lock to end or the next scheduled message; nothing polls.
import type { Sender } from 'rhea';
import { type AmqpMessage, encode } from './amqp-message.ts';
import { lockTokenToTag } from './lock-token.ts';
import { Queue } from './queue.ts';
import type { QueueRules } from './queue-rules.ts';
import { answerDrain, creditOf } from './rhea-gaps.ts';

interface Consumer {
  readonly sender: Sender;
  /** Receive and delete: a sent message is gone. */
  readonly deletes: boolean;
  credit: number;
  draining: boolean;
}

const longestTimerMs = 2 ** 31 - 1;

export class Entity {
  readonly name: string;
  readonly maxMessageBytes: number;
  readonly queue: Queue<AmqpMessage>;
  readonly #now: () => Date;
  #consumers: Consumer[] = [];
  #runIsQueued = false;
  #timer: { readonly handle: NodeJS.Timeout; readonly firesAt: number } | undefined;
  #closed = false;

  constructor(name: string, rules: Omit<QueueRules<AmqpMessage>, 'changed'>) {
    this.name = name;
    this.maxMessageBytes = rules.maxMessageBytes;
    this.#now = rules.now;
    this.queue = new Queue({ ...rules, changed: () => this.run() });
  }

  attach(sender: Sender): void {
    const consumer: Consumer = { sender, deletes: sender.snd_settle_mode === 1, credit: 0, draining: false };
    this.#consumers.push(consumer);
    sender.on('sender_flow', () => {
      consumer.credit = creditOf(sender);
      consumer.draining = false;
      this.run();
    });
    sender.on('sender_draining', () => {
      consumer.draining = true;
      this.run();
    });
  }

  /**
   * Hands out what can be handed out, once the frames that have arrived together are all read: rhea counts a message against the
   * client's credit only when it is written, so nothing may be sent between two of them.
   */
  run(): void {
    if (this.#runIsQueued || this.#closed) return;
    this.#runIsQueued = true;
    queueMicrotask(() => {
      this.#runIsQueued = false;
      if (!this.#closed) this.#handOut();
    });
  }

  /** After the clock was moved: does what is due now, and sets the timer again. */
  catchUp(): void {
    clearTimeout(this.#timer?.handle);
    this.#timer = undefined;
    this.run();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer?.handle);
  }

  #handOut(): void {
    this.queue.settleDue();
    // Links and connections that ended just drop out; the locks of what they were sent last until they expire.
    this.#consumers = this.#consumers.filter(({ sender }) => sender.is_open());
    for (let consumer = this.#nextConsumer(); consumer; consumer = this.#nextConsumer()) {
      const message = consumer.deletes ? this.queue.takeNext() : this.queue.lockNext();
      if (!message) break;
      consumer.credit -= 1;
      const tag = message.lock && lockTokenToTag(message.lock.token);
      consumer.sender.send(encode(message), tag, 0);
    }
    for (const consumer of this.#consumers.filter(({ draining }) => draining)) {
      answerDrain(consumer.sender, consumer.credit);
      Object.assign(consumer, { credit: 0, draining: false });
    }
    this.#armTimer();
  }

  /** In turn, so that receivers of the same queue share the work. */
  #nextConsumer(): Consumer | undefined {
    const index = this.#consumers.findIndex(({ credit, sender }) => credit > 0 && sender.sendable());
    const [consumer] = index === -1 ? [] : this.#consumers.splice(index, 1);
    if (consumer) this.#consumers.push(consumer);
    return consumer;
  }

  #armTimer(): void {
    const due = this.queue.nextDueAt()?.getTime();
    if (due === undefined || (this.#timer && this.#timer.firesAt <= due)) return;
    clearTimeout(this.#timer?.handle);
    const waitMs = Math.min(Math.max(due - this.#now().getTime(), 0), longestTimerMs);
    const handle = setTimeout(() => {
      this.#timer = undefined;
      this.run();
    }, waitMs);
    this.#timer = { handle, firesAt: due };
  }
}
