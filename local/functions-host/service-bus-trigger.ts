// Queue triggers: peek-lock, complete when the function returns, abandon when it throws. One connection, a link per
// queue, all opened at once, so that every receiver already waits when the first message comes.
// Not driven: sessions, topics, batches (`cardinality: 'many'`).
import {
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from '@azure/service-bus';
import { z } from 'zod';
import type { RegisteredFunction } from './core-api.ts';
import type { HostJson } from './host-json.ts';
import type { Invoke, Log } from './invoke.ts';
import { resolveSettings } from './settings.ts';
import { messageBody, triggerMetadata } from './trigger-metadata.ts';

const bindingSchema = z.object({
  connection: z.string(),
  queueName: z.string('only queues are driven, no topics'),
  cardinality: z.literal('one', 'only one message at a time is driven').optional(),
  isSessionsEnabled: z.literal(false, 'sessions are not driven').optional(),
  dataType: z.string().optional(),
});

interface Options {
  settings: Readonly<Record<string, string | undefined>>;
  limits: HostJson['extensions']['serviceBus'];
  invoke: Invoke;
  log: Log;
  /** Told of each message's work, so that the process can wait for it before it ends. */
  track(work: Promise<void>): void;
}

const describe = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Resolves when every link is open, or has been refused once (it goes on trying). */
export async function openQueues(functions: readonly RegisteredFunction[], options: Options) {
  const { settings, limits, invoke, log, track } = options;
  const clients = new Map<string, ServiceBusClient>();
  const subscriptions: { close(): Promise<void> }[] = [];
  /** Ends what is still trying to open a link; an open one takes no notice. */
  const stopping = new AbortController();

  function clientFor(connection: string): ServiceBusClient {
    const known = clients.get(connection);
    if (known) return known;
    const connectionString = settings[connection] ?? settings[`AzureWebJobs${connection}`];
    if (!connectionString) {
      throw new Error(
        `setting ${connection} is missing: the local host takes a Service Bus connection string`,
      );
    }
    const client = new ServiceBusClient(connectionString);
    clients.set(connection, client);
    return client;
  }

  function open(called: RegisteredFunction): Promise<void> {
    const say = (level: 'warning' | 'error', message: string) =>
      log({ level, source: 'host', function: called.name, invocation: null, message });
    const binding = bindingSchema.parse(called.trigger.binding);
    const queue = resolveSettings(binding.queueName, settings);
    const receiver: ServiceBusReceiver = clientFor(binding.connection).createReceiver(queue, {
      receiveMode: 'peekLock',
      maxAutoLockRenewalDurationInMs: limits.maxAutoLockRenewalDuration,
      skipParsingBodyAsJson: true,
    });

    async function receive(message: ServiceBusReceivedMessage): Promise<void> {
      const delivery = (message.deliveryCount ?? 0) + 1;
      const name = `message ${message.messageId} of ${queue}, delivery ${delivery}`;
      let settle = () => receiver.completeMessage(message);
      try {
        await invoke({
          function: called,
          data: messageBody(message, binding.dataType),
          triggerMetadata: triggerMetadata(message),
          reason: name,
        });
      } catch (error) {
        say('warning', `${name} is abandoned and comes again: ${describe(error)}`);
        settle = () => receiver.abandonMessage(message);
      }
      try {
        await settle();
      } catch (error) {
        say('error', `${name} could not be settled, so it comes again: ${describe(error)}`);
      }
    }

    const opened = Promise.withResolvers<void>();
    const handlers = {
      processMessage(message: ServiceBusReceivedMessage) {
        const work = receive(message);
        track(work);
        return work;
      },
      async processError({ error, errorSource }: { error: Error; errorSource: string }) {
        if (stopping.signal.aborted) return;
        say('error', `${queue}: ${errorSource}: ${error.message}`);
        opened.resolve();
      },
      // The SDK calls this, undocumented, when the link is open and before it asks for messages.
      async postInitialize() {
        opened.resolve();
      },
    };
    subscriptions.push(
      receiver.subscribe(handlers, {
        autoCompleteMessages: false,
        maxConcurrentCalls: limits.maxConcurrentCalls,
        abortSignal: stopping.signal,
      }),
    );
    return opened.promise;
  }

  await Promise.all(
    functions.map(async (called) => {
      try {
        await open(called);
      } catch (error) {
        const message = `is not listening: ${describe(error)}`;
        log({ level: 'error', source: 'host', function: called.name, invocation: null, message });
      }
    }),
  );

  return {
    /** No further message is taken. */
    async stop() {
      stopping.abort();
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
    },
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()));
    },
  };
}
