// What becomes of a received message, by the real `@azure/service-bus` client over a real socket.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { body, codeOf, connect, openStand, receiveOne, type Stand, step } from './fixture.ts';

let stand: Stand;

beforeEach(async () => {
  stand = await openStand();
});

afterEach(() => stand.close());

describe('settling', () => {
  it('brings an abandoned message back at once, counted, with the changed properties', async () => {
    await stand.client
      .createSender(step)
      .sendMessages({ body, applicationProperties: { run: '8M2P', tries: 0 } });
    const receiver = stand.client.createReceiver(step);
    await receiver.abandonMessage(await receiveOne(receiver), { tries: 1 });
    expect(await receiveOne(receiver)).toMatchObject({
      deliveryCount: 1,
      applicationProperties: { run: '8M2P', tries: 1 },
    });
  });

  it('dead-letters after the last allowed delivery — a handler that always throws ends here', async () => {
    await stand.client.createSender(step).sendMessages({ messageId: 'poison', body });
    const counts: unknown[] = [];
    stand.client.createReceiver(step).subscribe({
      async processMessage({ deliveryCount }) {
        counts.push(deliveryCount);
        throw new Error('cannot be done');
      },
      async processError() {},
    });
    const dead = await receiveOne(stand.client.createReceiver(step, { subQueueType: 'deadLetter' }));
    expect(counts).toEqual([0, 1, 2]);
    expect(dead).toMatchObject({
      messageId: 'poison',
      body,
      deadLetterReason: 'MaxDeliveryCountExceeded',
      deadLetterErrorDescription: 'Message could not be consumed after 3 delivery attempts.',
    });
    expect(dead.deadLetterSource).toBeUndefined();
  });

  it('forwards a dead letter with id, body, properties, reason and where it came from', async () => {
    const applicationProperties = { 'aeg-event-type': 'Notification' };
    await stand.client
      .createSender('alerts')
      .sendMessages({ messageId: 'a-1', body: 'no JSON {', applicationProperties });
    const receiver = stand.client.createReceiver('alerts');
    await receiver.deadLetterMessage(await receiveOne(receiver), {
      deadLetterReason: 'BadMessage',
      deadLetterErrorDescription: 'The body is no JSON.',
      where: 'triage-alert',
    });
    expect(stand.bus.queue('alerts')).toMatchObject({ active: [], locked: [], deadLetters: [] });
    expect(await receiveOne(stand.client.createReceiver('dead-letters'))).toMatchObject({
      messageId: 'a-1',
      body: 'no JSON {',
      deliveryCount: 0,
      deadLetterSource: 'alerts',
      deadLetterReason: 'BadMessage',
      deadLetterErrorDescription: 'The body is no JSON.',
      applicationProperties: { ...applicationProperties, where: 'triage-alert' },
    });
  });

  it('refuses to dead-letter a dead letter', async () => {
    await stand.client.createSender(step).sendMessages({ body });
    const receiver = stand.client.createReceiver(step);
    await receiver.deadLetterMessage(await receiveOne(receiver));
    const deadLetters = stand.client.createReceiver(step, { subQueueType: 'deadLetter' });
    const dead = await receiveOne(deadLetters);
    expect(await codeOf(deadLetters.deadLetterMessage(dead))).toBe('GeneralError');
    expect(stand.bus.queue(step).deadLetters).toHaveLength(1);
  });

  it('says that the lock is lost once it has ended, and has given the message to another receiver', async () => {
    await stand.client.createSender(step).sendMessages({ messageId: 'slow', body });
    const slow = stand.client.createReceiver(step);
    const late = await receiveOne(slow);
    const waiting = stand.client.createReceiver(step).receiveMessages(1);
    stand.pass(30);
    expect(await waiting).toMatchObject([{ messageId: 'slow', deliveryCount: 1 }]);
    expect(await codeOf(slow.completeMessage(late))).toBe('MessageLockLost');
    expect(await codeOf(slow.renewMessageLock(late))).toBe('MessageLockLost');
  });

  it('keeps a renewed lock past the first expiry', async () => {
    await stand.client.createSender(step).sendMessages({ body });
    const receiver = stand.client.createReceiver(step);
    const message = await receiveOne(receiver);
    stand.pass(20);
    expect(await receiver.renewMessageLock(message)).toEqual(stand.inSeconds(30));
    stand.pass(20);
    expect(await codeOf(receiver.completeMessage(message))).toBe('no error');
  });

  it('keeps a lost connection’s lock until it ends — a killed worker’s message waits', async () => {
    await stand.client.createSender(step).sendMessages({ messageId: 'held', body });
    await receiveOne(stand.client.createReceiver(step));
    await stand.client.close();
    const restarted = connect(stand.bus);
    const receiver = restarted.createReceiver(step);
    const waiting = receiver.receiveMessages(1);
    await receiver.peekMessages(1);
    expect(stand.bus.queue(step)).toMatchObject({ active: [], locked: [{ messageId: 'held' }] });
    stand.pass(30);
    expect(await waiting).toMatchObject([{ messageId: 'held', deliveryCount: 1 }]);
    await restarted.close();
  });

  it.each([
    { how: 'completed', left: {} },
    { how: 'abandoned', left: { active: [{ deliveryCount: 1, applicationProperties: { why: 'later' } }] } },
    {
      how: 'dead-lettered',
      left: { deadLetters: [{ applicationProperties: { DeadLetterReason: 'BadMessage', where: 'triage' } }] },
    },
    { how: 'deferred', left: { deferred: [{ applicationProperties: { why: 'not yet' } }] } },
  ])('is $how by its lock token after the link is closed — through $management', async ({ how, left }) => {
    await stand.client.createSender(step).sendMessages({ body });
    const closed = stand.client.createReceiver(step);
    const message = await receiveOne(closed);
    await closed.close();
    const receiver = stand.client.createReceiver(step);
    const burial = { deadLetterReason: 'BadMessage', deadLetterErrorDescription: 'no JSON', where: 'triage' };
    if (how === 'completed') await receiver.completeMessage(message);
    if (how === 'abandoned') await receiver.abandonMessage(message, { why: 'later' });
    if (how === 'dead-lettered') await receiver.deadLetterMessage(message, burial);
    if (how === 'deferred') await receiver.deferMessage(message, { why: 'not yet' });
    const nothing = { active: [], locked: [], scheduled: [], deferred: [], deadLetters: [] };
    expect(stand.bus.queue(step)).toMatchObject({ ...nothing, ...left });
  });

  it('hands a deferred message out by its number only', async () => {
    await stand.client.createSender(step).sendMessages({ body });
    const receiver = stand.client.createReceiver(step);
    const message = await receiveOne(receiver);
    await receiver.deferMessage(message);
    const deferred = await receiver.receiveDeferredMessages(message.sequenceNumber ?? []);
    expect(deferred).toMatchObject([{ body, deliveryCount: 1, state: 'deferred' }]);
    for (const each of deferred) await receiver.completeMessage(each);
    expect(stand.bus.queue(step)).toMatchObject({ deferred: [], locked: [] });
  });
});
