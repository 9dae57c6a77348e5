// A local Service Bus whose clock a test moves by hand, with the real client connected to it.
import {
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from '@azure/service-bus';
import { type ServiceBus, startServiceBus } from '../../../local/service-bus/service-bus.ts';

/** A queue with a short lock and few deliveries, as one step has it. */
export const step = 'step-block-sign-in';
export const body = { run: '5c5f8ea1-7a52-4b34-b6b4-6ee2d8a2a3d1.8M2P', step: 'block-sign-in', turn: 1 };

export interface Stand {
  bus: ServiceBus;
  client: ServiceBusClient;
  now(): Date;
  inSeconds(seconds: number): Date;
  /** Moves the clock. */
  pass(seconds: number): void;
  close(): Promise<void>;
}

export async function openStand(): Promise<Stand> {
  let now = new Date('2026-11-23T09:14:00Z');
  const queues = [
    { name: 'alerts', forwardDeadLetteredTo: 'dead-letters', duplicateDetection: true },
    { name: 'dead-letters' },
    { name: step, lockSeconds: 30, maxDeliveryCount: 3 },
  ];
  const bus = await startServiceBus({ queues, now: () => now });
  const client = connect(bus);
  const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1000);
  return {
    bus,
    client,
    now: () => now,
    inSeconds,
    pass(seconds) {
      now = inSeconds(seconds);
      bus.catchUp();
    },
    async close() {
      await client.close();
      await bus.close();
    },
  };
}

export const connect = (bus: ServiceBus) =>
  new ServiceBusClient(bus.connectionString, { retryOptions: { maxRetries: 0 } });

export async function receiveOne(receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage> {
  const [message] = await receiver.receiveMessages(1);
  if (!message) throw new Error('Nothing was received.');
  return message;
}

/** The client's code for what went wrong. */
export const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => Reflect.get(Object(error), 'code'),
  );

export const ids = (messages: readonly { messageId?: unknown }[]) =>
  messages.map(({ messageId }) => messageId);
