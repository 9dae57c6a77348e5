// What no well-behaved client does: cut connections, garbage, a request that crosses the answer. The broker stays up and leaves
// nothing behind. These clients are plain sockets and rhea, because the real client hides such moments.
import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import rhea, { type EventContext } from 'rhea';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServiceBus, startServiceBus } from '../../../local/service-bus/service-bus.ts';
import { body, connect, openStand, receiveOne, type Stand, step } from './fixture.ts';

let stand: Stand;

beforeEach(async () => {
  stand = await openStand();
});

afterEach(() => stand.close());

async function openSocket(bus: ServiceBus): Promise<Socket> {
  const socket = connectSocket(bus.port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

function openRhea(bus: ServiceBus) {
  const options = {
    port: bus.port,
    host: '127.0.0.1',
    username: 'any',
    reconnect: false,
    idle_time_out: 60_000,
  };
  return rhea
    .create_container()
    .connect(options)
    .on('disconnected', () => undefined);
}

describe('a client that is cut off', () => {
  it('leaves what it was sent locked, and gets nothing more', async () => {
    const connection = openRhea(stand.bus);
    const receiver = connection.open_receiver({
      source: step,
      credit_window: 0,
      autoaccept: false,
      rcv_settle_mode: 1,
    });
    receiver.add_credit(10);
    stand.bus.enqueue(step, { messageId: 'held', body: JSON.stringify(body) });
    await once(receiver, 'message');
    await once(connection['socket'].destroy(), 'close');
    const other = stand.client.createReceiver(step);
    await other.peekMessages(1);
    stand.bus.enqueue(step, { messageId: 'next', body: JSON.stringify(body) });
    expect(await receiveOne(other)).toMatchObject({ messageId: 'next' });
    expect(stand.bus.queue(step).locked.map(({ messageId }) => messageId)).toContain('held');
  });

  it('gets an answer if it stops waiting just as the last message is on its way', async () => {
    const connection = openRhea(stand.bus);
    const receiver = connection.open_receiver({ source: step, credit_window: 0, autoaccept: false });
    receiver.add_credit(1);
    const sent = once(receiver, 'message');
    await expect.poll(() => receiver.is_open()).toBe(true);
    const drained = once(receiver, 'receiver_drained');
    // In one go, before either side reads what the other writes.
    stand.bus.enqueue(step, { body: JSON.stringify(body) });
    receiver.drain_credit();
    await sent;
    await drained;
    connection.close();
    await once(connection, 'connection_close');
  });
});

describe('a client that sends small frames', () => {
  it('gets an answer even if there is nothing to say — its next frame waits for an acknowledgement', async () => {
    const connection = openRhea(stand.bus);
    const receiver = connection.open_receiver({ source: step, credit_window: 0 });
    await once(receiver, 'receiver_open');
    const before: unknown = connection['socket'].bytesRead;
    receiver.add_credit(1);
    await expect.poll(() => connection['socket'].bytesRead).toBeGreaterThan(Number(before));
    connection.close();
    await once(connection, 'connection_close');
  });
});

describe('a client that wants no lock', () => {
  it('is sent messages as settled — it has nothing to answer', async () => {
    stand.bus.enqueue(step, { body: JSON.stringify(body) });
    const connection = openRhea(stand.bus);
    const receiver = connection.open_receiver({ source: step, snd_settle_mode: 1 });
    const [{ delivery }]: [EventContext] = [(await once(receiver, 'message'))[0]];
    expect(delivery?.remote_settled).toBe(true);
    expect(stand.bus.queue(step)).toMatchObject({ active: [], locked: [] });
    connection.close();
    await once(connection, 'connection_close');
  });
});

describe('a client that talks nonsense', () => {
  it.each([
    ['no AMQP at all', Buffer.from('GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')],
    [
      'a frame that ends too early',
      Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 1, 0, 0, 0, 0, 0, 9, 2, 0, 0, 0, 7]),
    ],
  ])('is cut off for %s, and nobody else notices', async (_what, bytes) => {
    const socket = await openSocket(stand.bus);
    const cut = once(socket, 'close');
    socket.on('error', () => undefined);
    socket.resume().write(bytes);
    await cut;
    await stand.client.createSender(step).sendMessages({ body });
    expect(await receiveOne(stand.client.createReceiver(step))).toMatchObject({ body });
  });

  it.each([
    ['an id that isn’t one', rhea.message.encode({ message_id: rhea.types.wrap_boolean(true), body: 1 })],
    ['bytes that are no message', Buffer.from('hello')],
  ])('has %s refused — a queue must not keep what it cannot hand out', async (_what, bytes) => {
    const connection = openRhea(stand.bus);
    const sender = connection.open_sender({ target: step });
    await once(sender, 'sendable');
    sender.send(rhea.message.encode({ body: rhea.message.data_section(bytes) }), undefined, 0x80013700);
    const [{ delivery }]: [EventContext] = [(await once(sender, 'rejected'))[0]];
    expect(delivery?.remote_state?.['error']).toMatchObject({ condition: 'com.microsoft:argument-error' });
    expect(stand.bus.queue(step).active).toEqual([]);
    connection.close();
    await once(connection, 'connection_close');
  });

  it('is told which operation is not simulated', async () => {
    const connection = openRhea(stand.bus);
    const address = `${step}/$management`;
    const receiver = connection.open_receiver({ source: address, name: 'answers' });
    const sender = connection.open_sender({ target: address });
    await once(sender, 'sendable');
    const application_properties = { operation: 'com.microsoft:set-session-state' };
    sender.send({ message_id: 'r-1', reply_to: 'answers', application_properties, body: {} });
    const [{ message, delivery }]: [EventContext] = [(await once(receiver, 'message'))[0]];
    expect(message).toMatchObject({
      correlation_id: 'r-1',
      application_properties: { statusCode: 501, errorCondition: 'amqp:not-implemented' },
    });
    expect(delivery?.remote_settled).toBe(true);
    connection.close();
    await once(connection, 'connection_close');
  });
});

describe('closing', () => {
  it('leaves no socket, server or timer — with locks, schedules, and clients that do not answer', async () => {
    const open = (kind: string) =>
      process.getActiveResourcesInfo().filter((each) => each.startsWith(kind)).length;
    await stand.close();
    await expect.poll(() => open('TCP')).toBe(0);
    const timersBefore = open('Timeout');
    const names = ['step-reset-password', 'step-revoke-sessions', 'step-remove-mail-forwarding'];
    const bus = await startServiceBus({ queues: names.map((name) => ({ name })) });
    const silent = await openSocket(bus);
    const client = connect(bus);
    for (const name of names) {
      bus.enqueue(name, { body: '1' });
      bus.enqueue(name, { body: '2', scheduledFor: new Date(Date.now() + 60_000) });
      await receiveOne(client.createReceiver(name, { maxAutoLockRenewalDurationInMs: 0 }));
    }
    const mute = names.map(() => openRhea(bus));
    await Promise.all(mute.map((connection) => once(connection, 'connection_open')));
    for (const connection of mute) connection['socket'].pause();
    await Promise.all([bus.close(), bus.close()]);
    await client.close();
    silent.destroy();
    for (const connection of mute) connection['socket'].destroy(new Error('The test is over.'));
    await expect.poll(() => open('TCP')).toBe(0);
    // One more is the poll's own.
    await expect.poll(() => open('Timeout')).toBeLessThanOrEqual(timersBefore + 1);
    await expect(openSocket(bus)).rejects.toThrow('ECONNREFUSED');
  });

  it('listens on this machine only', async () => {
    expect(stand.bus.connectionString).toBe(
      `Endpoint=sb://127.0.0.1:${stand.bus.port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true`,
    );
    const elsewhere = connectSocket(stand.bus.port, '127.0.0.2');
    await expect(once(elsewhere, 'connect')).rejects.toThrow('ECONNREFUSED');
  });

  it('says at the start if its port is taken', async () => {
    const { port } = stand.bus;
    await expect(startServiceBus({ queues: [], port })).rejects.toThrow('EADDRINUSE');
  });
});
