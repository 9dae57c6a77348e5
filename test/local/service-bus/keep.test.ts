// A namespace that is restored from its file as it was, with the real client before and after.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ServiceBus, startServiceBus } from '../../../local/service-bus/service-bus.ts';
import { connect, ids, receiveOne } from './fixture.ts';

const queues = [
  { name: 'alerts', duplicateDetection: true, maxDeliveryCount: 2 },
  { name: 'steps', lockSeconds: 30 },
];
let now: Date;
let folder: string;
let running: ServiceBus;

const start = async (port?: number) => {
  running = await startServiceBus({
    ...{ queues, now: () => now, file: join(folder, 'service-bus.json') },
    ...(port === undefined ? {} : { port }),
  });
  return running;
};
/** Down and up again at the same address, this many seconds later. */
async function again(seconds = 0): Promise<ServiceBus> {
  const { port } = running;
  await running.close();
  now = new Date(now.getTime() + seconds * 1000);
  return start(port);
}

beforeEach(async () => {
  now = new Date('2026-11-23T09:14:00Z');
  folder = await mkdtemp(join(tmpdir(), 'service-bus-'));
});
afterEach(async () => {
  await running.close();
  await rm(folder, { recursive: true });
});

it('gets back its messages with their properties, counts and schedules', async () => {
  const bus = await start();
  const client = connect(bus);
  const body = { run: '8M2P', turn: 1 };
  await client.createSender('steps').sendMessages([
    { messageId: 'a', body, applicationProperties: { n: 7, text: 'x', flag: true } },
    { messageId: 'b', body, scheduledEnqueueTimeUtc: new Date(now.getTime() + 60_000) },
  ]);
  const receiver = client.createReceiver('steps');
  await receiver.abandonMessage(await receiveOne(receiver));
  await client.close();

  const back = await again();
  const view = back.queue('steps');
  expect(view.active).toMatchObject([{ messageId: 'a', deliveryCount: 1 }]);
  expect(view.scheduled).toMatchObject([{ messageId: 'b', scheduledFor: new Date(now.getTime() + 60_000) }]);
  const later = connect(back);
  const [message] = await later.createReceiver('steps').receiveMessages(1);
  expect(message).toMatchObject({
    messageId: 'a',
    body,
    deliveryCount: 1,
    applicationProperties: { n: 7, text: 'x', flag: true },
  });
  await later.close();
});

it('keeps a lock until its time, and hands the message out again after that', async () => {
  const client = connect(await start());
  await client.createSender('steps').sendMessages({ messageId: 'a', body: 1 });
  await receiveOne(client.createReceiver('steps'));
  await client.close();
  expect(ids((await again(10)).queue('steps').locked)).toEqual(['a']);
  const back = await again(21);
  expect(ids(back.queue('steps').active)).toEqual(['a']);
  expect(back.queue('steps').active[0]?.deliveryCount).toBe(1);
});

it('still knows what it had, so that a message sent again is dropped', async () => {
  const bus = await start();
  bus.enqueue('alerts', { messageId: 'a', body: '1' });
  const back = await again();
  back.enqueue('alerts', { messageId: 'a', body: '1' });
  back.enqueue('alerts', { messageId: 'b', body: '1' });
  expect(ids(back.queue('alerts').active)).toEqual(['a', 'b']);
});

it('continues its numbering, and restores dead letters as dead letters', async () => {
  const bus = await start();
  const client = connect(bus);
  await client.createSender('alerts').sendMessages({ messageId: 'a', body: 1 });
  const receiver = client.createReceiver('alerts');
  await receiver.deadLetterMessage(await receiveOne(receiver), {
    deadLetterReason: 'bad',
    deadLetterErrorDescription: 'a test',
  });
  await client.close();
  const back = await again();
  expect(back.queue('alerts').deadLetters).toMatchObject([
    { messageId: 'a', sequenceNumber: 1, applicationProperties: { DeadLetterReason: 'bad' } },
  ]);
  back.enqueue('alerts', { messageId: 'b', body: '1' });
  expect(back.queue('alerts').active[0]?.sequenceNumber).toBe(2);
});
