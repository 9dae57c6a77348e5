// What the engine may rely on when it sends, whichever bus is behind it; then what each bus has of its own.
import { ServiceBusClient } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServiceBus, startServiceBus } from '../../local/service-bus/service-bus.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { type Bus, type Outgoing, queues, stepQueue } from '../../shared/run/bus.ts';
import { ServiceBusBus } from '../../shared/store/service-bus.ts';
import { MemoryBus } from '../fakes/memory-bus.ts';

const run = '8c1b6a3e-58f2-4d0c-9a55-6b1d2e7f9c04.20261124T190500-8M2P';
const lock = stepQueue('block-sign-in');
const steps = [lock, stepQueue('revoke-sessions'), stepQueue('reset-password')];

const message = (turn: number, changes: Partial<Outgoing> = {}): Outgoing => ({
  queue: lock,
  id: `${run}:block-sign-in:${turn}`,
  body: { run, step: 'block-sign-in', turn },
  ...changes,
});

interface Harness {
  bus: Bus;
  lying(queue: string): { id: string; body: unknown; at: Date | undefined }[];
  close(): Promise<void>;
}

let broker: ServiceBus;

async function serviceBus(): Promise<Harness & { bus: ServiceBusBus }> {
  broker = await startServiceBus({
    queues: [
      ...[...steps, queues.alerts, queues.summaries].map((name) => ({ name, duplicateDetection: true })),
      { name: queues.deadLetters },
    ],
  });
  const bus = new ServiceBusBus({ connectionString: broker.connectionString });
  return {
    bus,
    lying: (queue) => {
      const { active, scheduled } = broker.queue(queue);
      return [...active, ...scheduled].map(({ messageId, body, scheduledFor }) => ({
        id: messageId,
        body,
        at: scheduledFor,
      }));
    },
    close: async () => {
      await bus.close();
      await broker.close();
    },
  };
}

async function memory(): Promise<Harness> {
  const bus = new MemoryBus({ now: () => new Date() });
  return {
    bus,
    lying: (queue) =>
      bus
        .list()
        .filter((held) => held.queue === queue)
        .map(({ id, body, at }) => ({ id, body, at: at.getTime() > Date.now() ? at : undefined })),
    close: async () => {},
  };
}

describe.each([
  ['memory', memory],
  ['Service Bus', serviceBus],
])('a bus on %s', (_, start) => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await start();
  });
  afterEach(() => harness.close());

  it('puts each message into its own queue, under its own id', async () => {
    const all = steps.map((queue, index) => message(1, { queue, id: `${run}:${index}:1` }));
    await harness.bus.send(all);
    for (const { queue, id, body } of all)
      expect(harness.lying(queue)).toEqual([{ id, body, at: undefined }]);
  });

  it('accepts a duplicate and drops it — sending again after a lost answer does no harm', async () => {
    await harness.bus.send([message(1)]);
    await harness.bus.send([message(1), message(2)]);
    expect(harness.lying(lock).map(({ id }) => id)).toEqual([message(1).id, message(2).id]);
  });

  it('holds a message back until its time, and knows its id from the start', async () => {
    const at = new Date(Date.now() + 3_600_000);
    await harness.bus.send([message(1, { at })]);
    await harness.bus.send([message(1)]);
    expect(harness.lying(lock)).toEqual([{ id: message(1).id, body: message(1).body, at }]);
  });

  it('accepts an empty list of messages', async () => {
    await harness.bus.send([]);
    for (const queue of steps) expect(harness.lying(queue)).toEqual([]);
  });

  it('keeps the order within a queue', async () => {
    const turns = Array.from({ length: 20 }, (_unused, index) => message(index + 1));
    await harness.bus.send(turns);
    expect(harness.lying(lock).map(({ id }) => id)).toEqual(turns.map(({ id }) => id));
  });
});

describe('Service Bus', () => {
  let harness: Awaited<ReturnType<typeof serviceBus>>;
  beforeEach(async () => {
    harness = await serviceBus();
  });
  afterEach(() => harness.close());

  const failureOf = (sending: Promise<void>) => sending.catch((thrown: unknown) => thrown);

  it('marks its content as JSON, as every receiver expects', async () => {
    await harness.bus.warm([lock]);
    await harness.bus.send([message(1)]);
    const client = new ServiceBusClient(broker.connectionString);
    const [received] = await client.createReceiver(lock).receiveMessages(1);
    await client.close();
    expect(received).toMatchObject({
      messageId: message(1).id,
      contentType: 'application/json',
      body: message(1).body,
    });
  });

  it('posts a letter with its properties, also among the dead letters, where no duplicate is dropped', async () => {
    const letter = {
      queue: queues.deadLetters,
      id: message(1).id,
      body: 'no JSON at all',
      properties: { source: lock, reason: 'Refused', attempt: 3 },
    };
    await harness.bus.post(letter);
    await harness.bus.post({ ...letter, body: undefined });
    const [first, second] = broker.queue(queues.deadLetters).active;
    expect(first?.body).toBe(letter.body);
    expect(first?.applicationProperties).toMatchObject(letter.properties);
    expect(second?.body).toBeNull();
  });

  it('refuses an id above 128 characters and sends nothing of that batch — the service would refuse it, not shorten it', async () => {
    const fits = message(1, { id: 'x'.repeat(128) });
    const failure = await failureOf(harness.bus.send([fits, message(2, { id: 'x'.repeat(129) })]));
    expect(failure).toBeInstanceOf(PermanentError);
    expect(String(failure)).toMatch(/129 characters/);
    expect(harness.lying(lock)).toEqual([]);
    await harness.bus.send([fits]);
    expect(harness.lying(lock)).toHaveLength(1);
  });

  it('refuses what is larger than 256 KB, by id and queue', async () => {
    const letter = (length: number) => ({
      queue: queues.alerts,
      id: 'alert-1',
      body: 'x'.repeat(length),
      properties: {},
    });
    const failure = await failureOf(harness.bus.post(letter(262_144)));
    expect(failure).toBeInstanceOf(PermanentError);
    expect(String(failure)).toMatch(/message 'alert-1' for queue alerts has \d+ bytes/);
    await harness.bus.post(letter(260_000));
    expect(harness.lying(queues.alerts)).toHaveLength(1);
  });

  it('says which queue is missing, and sends the others anyway', async () => {
    const failure = await failureOf(harness.bus.send([message(1, { queue: 'step-unknown' }), message(1)]));
    expect(failure).toBeInstanceOf(PermanentError);
    expect(String(failure)).toMatch(/queue step-unknown at .*there is no such queue; deploy it/);
    expect(harness.lying(lock)).toHaveLength(1);
  });

  it('reports a message as perhaps sent when the service is gone', async () => {
    const impatient = new ServiceBusBus({ connectionString: broker.connectionString }, 500);
    await impatient.send([message(1)]);
    await broker.close();
    const failure = await failureOf(impatient.send([message(2)]));
    await impatient.close();
    expect(failure).toBeInstanceOf(RetryableError);
    expect(failure).toMatchObject({ tookEffect: 'unknown' });
  });
});

describe('the memory bus', () => {
  let time: number;
  let bus: MemoryBus;
  beforeEach(() => {
    time = Date.parse('2026-11-24T19:05:00.000Z');
    bus = new MemoryBus({ now: () => new Date(time), maxDeliveryCount: 3 });
  });

  it('delivers a message again when its lock ends, with a higher count', async () => {
    await bus.send([message(1)]);
    const first = bus.take();
    expect(first?.deliveryCount).toBe(1);
    expect(bus.take()).toBeUndefined();
    expect(bus.nextAt()).toEqual(new Date(time + 60_000));
    time += 60_000;
    const second = bus.take();
    expect(second?.deliveryCount).toBe(2);
    if (!first || !second) throw new Error('two deliveries');
    expect(bus.complete(first)).toBe(false);
    expect(bus.complete(second)).toBe(true);
    expect(bus.list()).toEqual([]);
  });

  it('lets a test choose which message comes first', async () => {
    await bus.send([message(1), message(2)]);
    const second = bus.ready().at(1);
    expect(bus.take(second)?.id).toBe(message(2).id);
    expect(bus.take()?.id).toBe(message(1).id);
  });

  it('delivers nothing before its time', async () => {
    await bus.send([message(1, { at: new Date(time + 30_000) })]);
    expect(bus.take()).toBeUndefined();
    expect(bus.take(bus.list()[0])).toBeUndefined();
    time += 30_000;
    expect(bus.take()?.id).toBe(message(1).id);
  });

  it('puts a message among the dead letters after its last delivery', async () => {
    await bus.send([message(1)]);
    for (let delivery = 1; delivery <= 3; delivery += 1) {
      const taken = bus.take();
      if (!taken) throw new Error('a delivery');
      bus.abandon(taken);
    }
    expect(bus.list().map(({ queue, id }) => [queue, id])).toEqual([[queues.deadLetters, message(1).id]]);
  });

  it('forgets an id after the window — as the service does', async () => {
    await bus.send([message(1)]);
    const lost = bus.list()[0];
    if (lost) bus.drop(lost);
    await bus.send([message(1)]);
    expect(bus.list()).toEqual([]);
    time += 600_000;
    await bus.send([message(1)]);
    expect(bus.list()).toHaveLength(1);
  });

  it('dies before or after accepting, as the test wants', async () => {
    const dying = (when: 'before' | 'after') =>
      new MemoryBus({
        now: () => new Date(time),
        [when]: () => {
          throw new Error('the process died');
        },
      });
    for (const when of ['before', 'after'] as const) {
      const mortal = dying(when);
      await expect(mortal.send([message(1)])).rejects.toThrow('died');
      expect(mortal.list()).toHaveLength(when === 'after' ? 1 : 0);
    }
  });
});
