// The real `@azure/service-bus` client over a real socket: sending, receiving, looking, and what the broker refuses.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type QueueDefinition, startServiceBus } from '../../../local/service-bus/service-bus.ts';
import { body, codeOf, connect, ids, openStand, receiveOne, type Stand, step } from './fixture.ts';

let stand: Stand;

beforeEach(async () => {
  stand = await openStand();
});

afterEach(() => stand.close());

describe('sending and receiving', () => {
  it('carries a message as it was sent, with what the service adds', async () => {
    await stand.client.createSender('alerts').sendMessages({
      messageId: 'alert-1',
      body,
      contentType: 'application/json',
      correlationId: 'c-1',
      subject: 'risk',
      applicationProperties: { attempt: 2, source: 'poll', forced: true },
    });
    const received = await receiveOne(stand.client.createReceiver('alerts'));
    expect(received).toMatchObject({
      messageId: 'alert-1',
      body,
      contentType: 'application/json',
      correlationId: 'c-1',
      subject: 'risk',
      applicationProperties: { attempt: 2, source: 'poll', forced: true },
      deliveryCount: 0,
      state: 'active',
      enqueuedTimeUtc: stand.now(),
      lockedUntilUtc: stand.inSeconds(60),
    });
    expect(received.sequenceNumber?.toNumber()).toBe(1);
    expect(received.lockToken).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  });

  it('carries bytes, text and nothing as a body alike', async () => {
    const bodies = [Buffer.from([0, 1, 255]), 'text', null];
    await stand.client.createSender(step).sendMessages(bodies.map((each) => ({ body: each })));
    const received = await stand.client.createReceiver(step).receiveMessages(3);
    expect(received.map((each) => each.body)).toEqual(bodies);
    expect(new Set(ids(received)).size).toBe(3);
  });

  it('completes through the link, and the message is gone', async () => {
    await stand.client.createSender(step).sendMessages({ body });
    const receiver = stand.client.createReceiver(step);
    const received = await receiveOne(receiver);
    expect(stand.bus.queue(step)).toMatchObject({
      active: [],
      locked: [{ body, lockedUntil: stand.inSeconds(30) }],
    });
    await receiver.completeMessage(received);
    expect(stand.bus.queue(step)).toMatchObject({ active: [], locked: [], deadLetters: [] });
  });

  it('treats a batch as single messages, each with its own id and schedule', async () => {
    const sender = stand.client.createSender(step);
    const batch = await sender.createMessageBatch();
    expect(batch.maxSizeInBytes).toBe(262_144);
    batch.tryAddMessage({ messageId: 'first', body: 1, applicationProperties: { n: 1 } });
    batch.tryAddMessage({ messageId: 'second', body: 2 });
    batch.tryAddMessage({ messageId: 'third', body: 3, scheduledEnqueueTimeUtc: stand.inSeconds(30) });
    await sender.sendMessages(batch);
    expect(stand.bus.queue(step)).toMatchObject({
      active: [
        { messageId: 'first', body: 1, applicationProperties: { n: 1 } },
        { messageId: 'second', body: 2, applicationProperties: {} },
      ],
      scheduled: [{ messageId: 'third', scheduledFor: stand.inSeconds(30) }],
    });
  });

  it('streams with as many calls at once as asked for, and completes by itself', async () => {
    await stand.client.createSender(step).sendMessages(Array.from({ length: 50 }, () => ({ body })));
    let running = 0;
    let most = 0;
    let done = 0;
    await new Promise<void>((resolve, reject) => {
      stand.client.createReceiver(step).subscribe(
        {
          async processMessage() {
            most = Math.max(most, ++running);
            await new Promise((next) => setImmediate(next));
            running -= 1;
            if (++done === 50) resolve();
          },
          async processError({ error }) {
            reject(error);
          },
        },
        { maxConcurrentCalls: 4 },
      );
    });
    expect(most).toBe(4);
    await expect.poll(() => stand.bus.queue(step)).toMatchObject({ active: [], locked: [] });
  });

  it('reaches a waiting receiver within a few milliseconds — a stalled packet alone would cost 40', async () => {
    let arrived = () => {};
    stand.client.createReceiver(step).subscribe({
      async processMessage() {
        arrived();
      },
      async processError() {},
    });
    const sender = stand.client.createSender(step);
    const times: number[] = [];
    for (let turn = 0; turn < 20; turn++) {
      const arrival = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      const start = performance.now();
      await sender.sendMessages({ body });
      await arrival;
      times.push(performance.now() - start);
    }
    expect(times.sort((a, b) => a - b)[10]).toBeLessThan(30);
  });

  it('takes credit back when a receiver stops waiting — the next message is not locked for nobody', async () => {
    const sender = stand.client.createSender(step);
    await sender.sendMessages({ messageId: 'first', body });
    const receiver = stand.client.createReceiver(step);
    expect(await receiver.receiveMessages(10, { maxWaitTimeInMs: 50 })).toHaveLength(1);
    await sender.sendMessages({ messageId: 'second', body });
    expect(ids(stand.bus.queue(step).active)).toEqual(['second']);
  });

  it('shares the work among receivers of one queue', async () => {
    const receivers = [stand.client.createReceiver(step), stand.client.createReceiver(step)];
    const waiting = receivers.map((receiver) => receiver.receiveMessages(2, { maxWaitTimeInMs: 600 }));
    await Promise.all(receivers.map((receiver) => receiver.peekMessages(1)));
    for (const _ of receivers) stand.bus.enqueue(step, { body: JSON.stringify(body) });
    expect((await Promise.all(waiting)).map((messages) => messages.length)).toEqual([1, 1]);
  });

  it('forgets what was received and deleted', async () => {
    await stand.client.createSender(step).sendMessages([{ body: 1 }, { body: 2 }]);
    const receiver = stand.client.createReceiver(step, { receiveMode: 'receiveAndDelete' });
    expect(await receiver.receiveMessages(2)).toMatchObject([{ body: 1 }, { body: 2 }]);
    expect(stand.bus.queue(step)).toMatchObject({ active: [], locked: [] });
  });

  it('serves one receiver thousands of messages — settled ones leave no trace in the session', async () => {
    const total = 4500;
    const sender = stand.client.createSender(step);
    for (let sent = 0; sent < total; sent += 500) {
      await sender.sendMessages(Array.from({ length: 500 }, () => ({ body })));
    }
    let done = 0;
    await new Promise<void>((resolve, reject) => {
      stand.client.createReceiver(step).subscribe(
        {
          async processMessage() {
            if (++done === total) resolve();
          },
          async processError({ error }) {
            reject(error);
          },
        },
        { maxConcurrentCalls: 16 },
      );
    });
    await expect.poll(() => stand.bus.queue(step)).toMatchObject({ active: [], locked: [] });
  });
});

describe('the schedule', () => {
  it('schedules and cancels through $management, by sequence number', async () => {
    const sender = stand.client.createSender(step);
    const messages = ['kept', 'cancelled'].map((messageId) => ({ messageId, body }));
    const [, cancelled] = await sender.scheduleMessages(messages, stand.inSeconds(60));
    await sender.cancelScheduledMessages(cancelled ?? []);
    expect(ids(stand.bus.queue(step).scheduled)).toEqual(['kept']);
    expect(await codeOf(sender.cancelScheduledMessages(cancelled ?? []))).toBe('MessageNotFound');
    const waiting = stand.client.createReceiver(step).receiveMessages(1);
    stand.pass(60);
    expect(await waiting).toMatchObject([
      { messageId: 'kept', enqueuedTimeUtc: stand.now(), state: 'active' },
    ]);
  });

  it('holds back a message sent with a time of its own — the retries of a step are sent like this', async () => {
    const scheduledEnqueueTimeUtc = stand.inSeconds(30);
    await stand.client.createSender(step).sendMessages({ messageId: 'retry', body, scheduledEnqueueTimeUtc });
    const receiver = stand.client.createReceiver(step);
    expect(await receiver.peekMessages(5)).toMatchObject([{ messageId: 'retry', state: 'scheduled' }]);
    const waiting = receiver.receiveMessages(1);
    stand.pass(29);
    expect(ids(stand.bus.queue(step).scheduled)).toEqual(['retry']);
    stand.pass(1);
    expect(await waiting).toMatchObject([{ messageId: 'retry', scheduledEnqueueTimeUtc }]);
  });

  it('wakes up by itself on the real clock, for a schedule and for a lock that ends', async () => {
    const bus = await startServiceBus({ queues: [{ name: step, lockSeconds: 0.05 }] });
    const client = connect(bus);
    const receiver = client.createReceiver(step, { maxAutoLockRenewalDurationInMs: 0 });
    bus.enqueue(step, { messageId: 'soon', body: '{}', scheduledFor: new Date(Date.now() + 50) });
    expect(await receiveOne(receiver)).toMatchObject({ messageId: 'soon', deliveryCount: 0 });
    expect(await receiveOne(receiver)).toMatchObject({ messageId: 'soon', deliveryCount: 1 });
    await client.close();
    await bus.close();
  });
});

describe('duplicates, limits and refusals', () => {
  it('accepts a duplicate and drops it, scheduled ones too', async () => {
    const sender = stand.client.createSender('alerts');
    await sender.sendMessages({ messageId: 'alert-1/medium', body });
    await sender.sendMessages({ messageId: 'alert-1/medium', body });
    await sender.sendMessages([
      { messageId: 'alert-1/medium', body },
      { messageId: 'alert-1/high', body },
    ]);
    await sender.scheduleMessages({ messageId: 'alert-1/high', body }, stand.inSeconds(60));
    expect(ids(stand.bus.queue('alerts').active)).toEqual(['alert-1/medium', 'alert-1/high']);
    expect(stand.bus.queue('alerts').scheduled).toEqual([]);
    stand.pass(601);
    await sender.sendMessages({ messageId: 'alert-1/medium', body });
    expect(stand.bus.queue('alerts').active).toHaveLength(3);
  });

  it('takes 250 KB and refuses more than 256 KB', async () => {
    const sender = stand.client.createSender(step);
    await sender.sendMessages({ body: 'x'.repeat(250_000) });
    expect(await codeOf(sender.sendMessages({ body: 'x'.repeat(262_145) }))).toBe('MessageSizeExceeded');
    expect(stand.bus.queue(step).active).toHaveLength(1);
    const receiver = stand.client.createReceiver(step);
    expect((await receiveOne(receiver)).body).toHaveLength(250_000);
  });

  it('refuses a message id over 128 characters that the client let through', async () => {
    const sender = stand.client.createSender(step);
    const messageId = 'i'.repeat(129);
    await expect(sender.sendMessages({ messageId, body })).rejects.toThrow('128');
    const annotated = { body, bodyType: 'data' as const, properties: { messageId } };
    await expect(sender.sendMessages(annotated)).rejects.toThrow(
      'has 129 characters; at most 128 are allowed',
    );
    const batch = [{ ...annotated, properties: { messageId: 'short' } }, annotated];
    await expect(sender.sendMessages(batch)).rejects.toThrow('at most 128');
    expect(stand.bus.queue(step).active).toEqual([]);
  });

  it('knows no queue that was not defined — a wrong name fails on the first use', async () => {
    const { client } = stand;
    expect(await codeOf(client.createSender('step-typo').sendMessages({ body }))).toBe(
      'MessagingEntityNotFound',
    );
    expect(await codeOf(client.createReceiver('step-typo').receiveMessages(1))).toBe(
      'MessagingEntityNotFound',
    );
    expect(await codeOf(client.createReceiver('step-typo').peekMessages(1))).toBe('MessagingEntityNotFound');
    const reported = new Promise((resolve) => {
      client.createReceiver('step-typo').subscribe({
        async processMessage() {},
        async processError({ error }) {
          resolve(Reflect.get(error, 'code'));
        },
      });
    });
    expect(await reported).toBe('MessagingEntityNotFound');
    expect(() => stand.bus.queue('step-typo')).toThrow("'step-typo' could not be found");
  });

  it('takes names as the service does, whatever their case', async () => {
    await stand.client.createSender(step.toUpperCase()).sendMessages({ body });
    expect(stand.bus.queue(step).active).toHaveLength(1);
  });

  it('says that it has no sessions, instead of waiting for one', async () => {
    await expect(stand.client.acceptNextSession(step)).rejects.toThrow('Sessions are not imitated');
  });

  it('refuses definitions that cannot work', async () => {
    const start = (queues: QueueDefinition[]) => startServiceBus({ queues });
    await expect(start([{ name: 'alerts' }, { name: 'Alerts' }])).rejects.toThrow(
      "'Alerts' is defined twice",
    );
    const loop = { name: 'alerts', forwardDeadLetteredTo: 'alerts' };
    await expect(start([loop])).rejects.toThrow('which is not another queue');
  });
});

describe('looking and sending from inside', () => {
  it('peeks without locking, counting or taking', async () => {
    const sender = stand.client.createSender(step);
    await sender.sendMessages(['one', 'two', 'three'].map((messageId) => ({ messageId, body })));
    const receiver = stand.client.createReceiver(step);
    await receiveOne(receiver);
    expect(ids(await receiver.peekMessages(2))).toEqual(['one', 'two']);
    expect(ids(await receiver.peekMessages(5))).toEqual(['three']);
    expect(await receiver.peekMessages(5)).toEqual([]);
    expect(stand.bus.queue(step)).toMatchObject({ active: [{ deliveryCount: 0 }, { deliveryCount: 0 }] });
  });

  it('delivers what is enqueued in process like anything sent, bytes unchanged', async () => {
    const event = { specversion: '1.0', id: 'e-1', type: 'Reclaim.Alert', data: { userId: 'adele' } };
    stand.bus.enqueue('alerts', {
      messageId: 'e-1',
      body: JSON.stringify(event),
      contentType: 'application/json',
      applicationProperties: { 'aeg-event-type': 'Notification' },
    });
    stand.bus.enqueue('alerts', { messageId: 'e-1', body: 'a duplicate' });
    expect(await stand.client.createReceiver('alerts').receiveMessages(1)).toMatchObject([
      {
        messageId: 'e-1',
        body: event,
        contentType: 'application/json',
        applicationProperties: { 'aeg-event-type': 'Notification' },
      },
    ]);
    expect(stand.bus.queue('alerts').active).toEqual([]);
    expect(() => stand.bus.enqueue('alerts', { body: 'x'.repeat(262_145) })).toThrow('exceeds the limit');
  });
});
