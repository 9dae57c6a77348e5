import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import project from '../../../host.json' with { type: 'json' };
import type { LogLine } from '../../../local/functions-host/protocol.ts';
import { type ServiceBus, startServiceBus } from '../../../local/service-bus/service-bus.ts';
import { type Built, buildFixture, type Observed, startFixture } from './fixture.ts';

const lockSeconds = 60;
const { maxConcurrentCalls } = project.extensions.serviceBus;
let built: Built;
beforeAll(async () => {
  built = await buildFixture();
});
afterAll(() => built.remove());

let now: Date;
let bus: ServiceBus;
let client: ServiceBusClient;
let host: Observed;
const start = () => startFixture(built, { settings: { ServiceBus: bus.connectionString } });
beforeEach(async () => {
  now = new Date('2026-11-20T10:02:03.120Z');
  const queues = ['inspect', 'fails-once', 'hangs-once', 'crowd'].map((name) => ({ name, lockSeconds }));
  bus = await startServiceBus({ queues, now: () => now });
  client = new ServiceBusClient(bus.connectionString);
  host = await start();
});
afterEach(async () => {
  await host.close();
  await client.close();
  await bus.close();
});

const said = (name: string, message: string) => (line: LogLine) =>
  line.function === name && line.source === 'app' && line.message.startsWith(message);
const succeeded = (name: string) => (line: LogLine) =>
  line.function === name && line.source === 'host' && line.message.startsWith('succeeded');
const lies = (queue: string) => {
  const { active, locked, deadLetters } = bus.queue(queue);
  return { active: active.length, locked: locked.length, deadLetters: deadLetters.length };
};
/** Settling follows the end of a call; a later message in the same queue shows that it has happened. */
const send = (queue: string, message: { body: unknown; messageId: string }) =>
  client.createSender(queue).sendMessages(message);

describe('a queue function', () => {
  it('gets the message parsed, with the metadata and the letter case of the real worker', async () => {
    await client.createSender('inspect').sendMessages({
      body: { run: 'f5e829f5.8M2P', step: 'block-sign-in', turn: 1 },
      messageId: 'f5e829f5.8M2P:block-sign-in:1',
      contentType: 'application/json',
      applicationProperties: { RunId: 'f5e829f5', 'aeg-event-type': 'Notification' },
    });
    const line = await host.line(said('inspect', '{'));
    expect(JSON.parse(line.message)).toEqual({
      input: { run: 'f5e829f5.8M2P', step: 'block-sign-in', turn: 1 },
      metadata: {
        messageId: 'f5e829f5.8M2P:block-sign-in:1',
        deliveryCount: 1,
        sequenceNumber: 1,
        lockToken: expect.stringMatching(/^[\da-f-]{36}$/),
        enqueuedTime: '2026-11-20T10:02:03.12+00:00',
        enqueuedTimeUtc: '2026-11-20T10:02:03.12',
        expiresAt: expect.any(String),
        expiresAtUtc: expect.any(String),
        contentType: 'application/json',
        applicationProperties: { runId: 'f5e829f5', 'aeg-event-type': 'Notification' },
        userProperties: { runId: 'f5e829f5', 'aeg-event-type': 'Notification' },
      },
    });
  });

  it('gets text that is no JSON as text', async () => {
    await send('inspect', { body: Buffer.from('{"run":'), messageId: 'broken' });
    const line = await host.line(said('inspect', '{'));
    expect(JSON.parse(line.message)).toMatchObject({ input: '{"run":', metadata: { messageId: 'broken' } });
  });

  it('has its message completed when it returns', async () => {
    await send('inspect', { body: 1, messageId: 'first' });
    await host.line(succeeded('inspect'));
    await host.close();
    expect(lies('inspect')).toEqual({ active: 0, locked: 0, deadLetters: 0 });
  });

  it('gets its message again at once when it throws, as another delivery', async () => {
    await send('fails-once', { body: 1, messageId: 'retried' });
    await host.line(said('fails-once', 'delivery 2'));
    expect(host.lines).toContainEqual(
      expect.objectContaining({
        level: 'warning',
        message: expect.stringContaining('is abandoned and comes again: not yet'),
      }),
    );
  });

  it('is called for as many messages at once as host.json allows, and not for more', async () => {
    const messages = Array.from({ length: maxConcurrentCalls + 1 }, (_, index) => ({
      body: index,
      messageId: `m${index}`,
    }));
    await client.createSender('crowd').sendMessages(messages);
    await host.line(succeeded('crowd'));
    await host.line((line) => line.message.startsWith(`started (message m${maxConcurrentCalls} `));
    await host.close();
    const most = host.lines.filter(said('crowd', 'most at once')).map(({ message }) => message);
    expect(most).toEqual(messages.map(() => `most at once: ${maxConcurrentCalls}`));
  });

  it('that cannot listen says why, and the others still do', () => {
    const why = (name: string) =>
      host.lines.find((line) => line.function === name && line.level === 'error')?.message;
    expect(why('no-such-queue')).toContain("'no-such-queue' could not be found");
    expect(why('unset-connection')).toContain('setting Nowhere is missing');
  });

  it('can be called by hand with a body', async () => {
    await host.fire('inspect', '{"by":"hand"}');
    const line = await host.line(said('inspect', '{'));
    expect(JSON.parse(line.message)).toEqual({ input: { by: 'hand' }, metadata: {} });
  });
});

describe('when the process ends', () => {
  it('by SIGKILL: nothing is settled, and the message comes again when its lock has run out', async () => {
    await send('hangs-once', { body: 1, messageId: 'survivor' });
    await host.line(said('hangs-once', 'delivery 1'));
    await host.kill();
    expect(lies('hangs-once')).toEqual({ active: 0, locked: 1, deadLetters: 0 });
    host = await start();
    now = new Date(now.getTime() + lockSeconds * 1000);
    bus.catchUp();
    await host.line(said('hangs-once', 'delivery 2'));
  });

  it('by a crash of the app: its messages are returned at once, and another process takes its place', async () => {
    await send('hangs-once', { body: 1, messageId: 'survivor' });
    await host.line(said('hangs-once', 'delivery 1'));
    const crashed = await host.get('/api/crash', { method: 'POST' });
    expect(crashed.status).toBe(500);
    await host.line(said('hangs-once', 'delivery 2'));
    const critical = host.lines.filter(({ level }) => level === 'critical').map(({ message }) => message);
    expect(critical).toEqual([
      expect.stringContaining('the app crashed: Error: nobody catches this'),
      'the host process ended (code 1); another one is started',
    ]);
    expect((await host.get('/api/runs/newest')).status).toBe(200);
  });

  it('after its lock was lost: the settlement fails, which is logged and kills nobody', async () => {
    await send('crowd', { body: 1, messageId: 'late' });
    await host.line((line) => line.message.startsWith('started (message late '));
    now = new Date(now.getTime() + lockSeconds * 1000);
    bus.catchUp();
    // Its second delivery and as many others as have a place let the first one out.
    const others = Array.from({ length: maxConcurrentCalls - 1 }, (_, index) => ({
      body: index,
      messageId: `m${index}`,
    }));
    await client.createSender('crowd').sendMessages(others);
    const lost = await host.line((line) => line.message.includes('could not be settled'));
    expect(lost).toMatchObject({
      level: 'error',
      function: 'crowd',
      message: expect.stringContaining('late'),
    });
    await send('inspect', { body: 1, messageId: 'next' });
    await host.line(succeeded('inspect'));
  });
});
