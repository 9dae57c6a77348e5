// The queue without a connection: what it hands out, when, how often, and where a message ends. Nothing here waits for
// a clock.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Incoming, Message } from '../../../local/service-bus/message.ts';
import { Queue } from '../../../local/service-bus/queue.ts';
import type { QueueRules } from '../../../local/service-bus/queue-rules.ts';
import { BrokerRefusal } from '../../../local/service-bus/refusal.ts';

let now: Date;
let changes: number;
let dead: Message<string>[];

beforeEach(() => {
  now = new Date('2026-11-23T09:14:00Z');
  changes = 0;
  dead = [];
});

const pass = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000);
};

const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1000);

const defaults = {
  lockSeconds: 60,
  maxDeliveryCount: 3,
  duplicateWindowSeconds: 0,
  maxMessageBytes: 262_144,
  now: () => now,
  changed: () => {
    changes += 1;
  },
};

const makeQueue = (rules: Partial<QueueRules<string>> = {}) =>
  new Queue<string>({ ...defaults, bury: (message) => dead.push(message), ...rules });

const message = (messageId: string, more: Partial<Incoming<string>> = {}): Incoming<string> => ({
  messageId,
  properties: {},
  content: `body of ${messageId}`,
  sizeBytes: 300,
  ...more,
});

function lock(queue: Queue<string>) {
  const locked = queue.lockNext();
  if (!locked?.lock) throw new Error('The queue had nothing to hand out.');
  return { id: locked.messageId, deliveryCount: locked.deliveryCount, ...locked.lock };
}

const reasonOf = (act: () => unknown) => {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof BrokerRefusal) return thrown.reason;
    throw thrown;
  }
  return undefined;
};

describe('order and locks', () => {
  it('hands out each message once, oldest first — a locked one is nobody else’s', () => {
    const queue = makeQueue();
    queue.enqueue(message('run:block-sign-in:1'));
    queue.enqueue(message('run:revoke-sessions:1'));
    expect([lock(queue).id, lock(queue).id]).toEqual(['run:block-sign-in:1', 'run:revoke-sessions:1']);
    expect(queue.lockNext()).toBeUndefined();
  });

  it('puts an abandoned message back where it was — newer ones do not overtake it for good', () => {
    const queue = makeQueue();
    queue.enqueue(message('older'));
    queue.enqueue(message('newer'));
    const { token } = lock(queue);
    queue.abandon(token, { tries: 1 });
    expect(lock(queue)).toMatchObject({ id: 'older', deliveryCount: 1 });
    expect(queue.peek()[0]?.properties).toEqual({ tries: 1 });
  });

  it('gives a message back the moment its lock ends, and not before — the worker may have died', () => {
    const queue = makeQueue();
    queue.enqueue(message('run:block-sign-in:1'));
    const first = lock(queue);
    expect(first.until).toEqual(inSeconds(60));
    pass(59.999);
    expect(queue.lockNext()).toBeUndefined();
    pass(0.001);
    expect(lock(queue)).toMatchObject({ id: 'run:block-sign-in:1', deliveryCount: 1 });
  });

  it('refuses every settlement under a lock that ended or was used — someone else may have the message', () => {
    const queue = makeQueue();
    queue.enqueue(message('slow'));
    queue.enqueue(message('done'));
    const slow = lock(queue);
    const done = lock(queue);
    queue.complete(done.token);
    pass(60);
    for (const { token } of [slow, done]) {
      expect(reasonOf(() => queue.complete(token))).toBe('lock-lost');
      expect(reasonOf(() => queue.abandon(token))).toBe('lock-lost');
      expect(reasonOf(() => queue.deadLetter(token, {}))).toBe('lock-lost');
      expect(reasonOf(() => queue.renew(token))).toBe('lock-lost');
    }
  });

  it('keeps a renewed lock while an older one ends — renewal counts from now', () => {
    const queue = makeQueue();
    queue.enqueue(message('renewed'));
    queue.enqueue(message('left'));
    const renewed = lock(queue);
    const left = lock(queue);
    pass(50);
    expect(queue.renew(renewed.token)).toEqual(inSeconds(60));
    pass(10);
    expect(reasonOf(() => queue.complete(left.token))).toBe('lock-lost');
    expect(reasonOf(() => queue.complete(renewed.token))).toBeUndefined();
  });

  it('knows when it next has work — its only timer is set by this', () => {
    const queue = makeQueue();
    expect(queue.nextDueAt()).toBeUndefined();
    queue.enqueue(message('later', { scheduledFor: inSeconds(90) }));
    expect(queue.nextDueAt()).toEqual(inSeconds(90));
    queue.enqueue(message('now'));
    const { token } = lock(queue);
    expect(queue.nextDueAt()).toEqual(inSeconds(60));
    queue.complete(token);
    expect(queue.nextDueAt()).toEqual(inSeconds(90));
  });

  it('forgets a message for good once it is taken — receive-and-delete has no second chance', () => {
    const queue = makeQueue();
    queue.enqueue(message('taken'));
    expect(queue.takeNext()?.messageId).toBe('taken');
    expect(queue.peek()).toEqual([]);
  });

  it('forgets a message after its time to live, counted from when it became available', () => {
    const queue = makeQueue();
    queue.enqueue(message('stale', { timeToLiveMs: 1000 }));
    queue.enqueue(message('later', { timeToLiveMs: 1000, scheduledFor: inSeconds(5) }));
    pass(5.999);
    expect(queue.peek()).toHaveLength(1);
    expect(lock(queue).id).toBe('later');
  });
});

describe('dead letters', () => {
  it('dead-letters a message after its last allowed delivery, whether abandoned or timed out', () => {
    const queue = makeQueue({ maxDeliveryCount: 2 });
    queue.enqueue(message('poison', { properties: { run: '8M2P' } }));
    queue.abandon(lock(queue).token);
    expect(lock(queue).deliveryCount).toBe(1);
    pass(60);
    queue.settleDue();
    expect(queue.peek()).toEqual([]);
    expect(dead).toMatchObject([
      {
        messageId: 'poison',
        deliveryCount: 2,
        properties: {
          run: '8M2P',
          DeadLetterReason: 'MaxDeliveryCountExceeded',
          DeadLetterErrorDescription: 'Message could not be consumed after 2 delivery attempts.',
        },
      },
    ]);
  });

  it('writes the given reason onto the message and keeps its number', () => {
    const queue = makeQueue();
    queue.enqueue(message('no JSON'));
    const burial = { reason: 'BadMessage', description: 'not JSON', properties: { at: 'triage' } };
    queue.deadLetter(lock(queue).token, burial);
    expect(dead).toMatchObject([
      {
        sequenceNumber: 1,
        properties: { DeadLetterReason: 'BadMessage', DeadLetterErrorDescription: 'not JSON', at: 'triage' },
      },
    ]);
  });

  it('never dead-letters twice — in a dead-letter queue a message comes back for ever, uncounted', () => {
    const queue = new Queue<string>({ ...defaults, maxDeliveryCount: 1 });
    queue.enqueue(message('dead'));
    queue.abandon(lock(queue).token);
    const again = lock(queue);
    expect(again.deliveryCount).toBe(0);
    expect(reasonOf(() => queue.deadLetter(again.token, {}))).toBe('not-allowed');
    expect(reasonOf(() => queue.complete(again.token))).toBeUndefined();
  });
});

describe('the schedule', () => {
  it('hands out a scheduled message at its time, as if it had been sent then — new number, new time', () => {
    const queue = makeQueue();
    const number = queue.enqueue(message('retry', { scheduledFor: inSeconds(30) }));
    queue.enqueue(message('at once'));
    expect(lock(queue).id).toBe('at once');
    expect(queue.lockNext()).toBeUndefined();
    pass(30);
    expect(lock(queue).id).toBe('retry');
    const [, retry] = queue.peek();
    expect(retry?.sequenceNumber).toBeGreaterThan(number);
    expect(retry?.enqueuedAt).toEqual(now);
  });

  it('hands out the earliest first, whatever the order of sending, and treats the past as now', () => {
    const queue = makeQueue();
    queue.enqueue(message('in 20', { scheduledFor: inSeconds(20) }));
    queue.enqueue(message('in 10', { scheduledFor: inSeconds(10) }));
    queue.enqueue(message('yesterday', { scheduledFor: inSeconds(-86_400) }));
    expect(lock(queue).id).toBe('yesterday');
    pass(20);
    expect([lock(queue).id, lock(queue).id]).toEqual(['in 10', 'in 20']);
  });

  it('cancels by number, once — what was already handed out cannot be called back', () => {
    const queue = makeQueue();
    const number = queue.enqueue(message('retry', { scheduledFor: inSeconds(30) }));
    queue.cancelScheduled(number);
    expect(reasonOf(() => queue.cancelScheduled(number))).toBe('message-not-found');
    pass(30);
    expect(queue.lockNext()).toBeUndefined();
  });
});

describe('duplicates and limits', () => {
  it('accepts a duplicate and drops it, scheduled ones too, until the window is over', () => {
    const queue = makeQueue({ duplicateWindowSeconds: 600 });
    queue.enqueue(message('run:block-sign-in:1'));
    queue.complete(lock(queue).token);
    queue.enqueue(message('run:block-sign-in:1'));
    queue.enqueue(message('run:block-sign-in:1', { scheduledFor: inSeconds(30) }));
    queue.enqueue(message('run:block-sign-in:2', { scheduledFor: inSeconds(30) }));
    queue.enqueue(message('run:block-sign-in:2'));
    expect(queue.peek().map(({ messageId, state }) => [messageId, state])).toEqual([
      ['run:block-sign-in:2', 'scheduled'],
    ]);
    pass(600);
    queue.enqueue(message('run:block-sign-in:1'));
    expect(lock(queue).id).toBe('run:block-sign-in:2');
    expect(lock(queue).id).toBe('run:block-sign-in:1');
  });

  it('keeps both when duplicate detection is off', () => {
    const queue = makeQueue();
    queue.enqueue(message('twice'));
    queue.enqueue(message('twice'));
    expect(queue.peek()).toHaveLength(2);
  });

  it('refuses what the service refuses, at exactly its limits', () => {
    const queue = makeQueue({ maxMessageBytes: 1024 });
    expect(reasonOf(() => queue.enqueue(message('big', { sizeBytes: 1024 })))).toBeUndefined();
    expect(reasonOf(() => queue.enqueue(message('too big', { sizeBytes: 1025 })))).toBe('too-large');
    expect(reasonOf(() => queue.enqueue(message('i'.repeat(128))))).toBeUndefined();
    expect(reasonOf(() => queue.enqueue(message('i'.repeat(129))))).toBe('bad-argument');
    expect(queue.peek()).toHaveLength(2);
  });
});

describe('deferral and looking', () => {
  it('sets a deferred message aside until it is asked for by number', () => {
    const queue = makeQueue();
    queue.enqueue(message('aside'));
    queue.defer(lock(queue).token, { why: 'not yet' });
    expect(queue.lockNext()).toBeUndefined();
    const fetched = queue.lockDeferred(1);
    expect(fetched).toMatchObject({ deliveryCount: 1, properties: { why: 'not yet' } });
    expect(reasonOf(() => queue.lockDeferred(1))).toBe('message-not-found');
    pass(60);
    expect(queue.lockNext()).toBeUndefined();
    expect(queue.lockDeferred(1).deliveryCount).toBe(2);
  });

  it('shows everything from a number on without touching it', () => {
    const queue = makeQueue();
    for (const id of ['locked', 'waiting', 'third']) queue.enqueue(message(id));
    queue.enqueue(message('scheduled', { scheduledFor: inSeconds(30) }));
    lock(queue);
    expect(queue.peek(2, 2).map(({ messageId }) => messageId)).toEqual(['waiting', 'third']);
    expect(queue.peek().map(({ messageId }) => messageId)).toEqual([
      'locked',
      'waiting',
      'third',
      'scheduled',
    ]);
    expect(lock(queue).id).toBe('waiting');
  });

  it('tells its owner when there is something new to hand out — nobody polls', () => {
    const queue = makeQueue();
    queue.enqueue(message('new'));
    expect(changes).toBe(1);
    queue.abandon(lock(queue).token);
    expect(changes).toBe(2);
    lock(queue);
    pass(60);
    queue.settleDue();
    expect(changes).toBe(3);
  });
});
