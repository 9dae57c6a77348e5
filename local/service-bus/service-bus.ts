// A Service Bus namespace for one machine: an AMQP 1.0 broker in memory that the unmodified `@azure/service-bus` client works
// against over a real socket.
//
// Imitated: queues and their dead-letter queues; `$cbs`; send (single, batch), receive (peek-lock, receive and delete), stream,
// credit and drain; complete, abandon, defer and dead-letter by link or by lock token; lock expiry, renewal and lock-lost;
// delivery counts from 0 and MaxDeliveryCountExceeded; forwarded dead letters with their source; scheduled messages and their
// cancellation; duplicate detection that accepts and drops; time to live; peek; 256 KB and 128 characters; sequence numbers;
// locks that outlive the connection; names in any case; errors with the service's conditions.
//
// Not imitated, or otherwise here:
// - No sessions, topics, rules, transactions, partitions, auto-forwarding of live messages, nor the HTTP management API.
// - No TLS, no WebSockets, no check of keys, tokens or rights: whoever reaches 127.0.0.1 may do everything.
// - In memory, or kept in a file; a process that is killed may lose what it received in that very moment. No quota on queue size, connections or credits a second, and no throttling.
// - Delivery in well under a millisecond and exactly in order; the service takes longer and promises neither.
// - A message counts its bytes after decoding, so the 256 KB limit may differ by a few.
// - Application properties keep their JavaScript type, not their AMQP type: a uuid comes back as binary.
// - A time to live is only looked at when a message is handed out or looked at; what expired is dropped, never dead-lettered.
// - A queue that forwards its dead letters still lets its own, empty dead-letter queue be received from.
import { compose, type NewMessage } from './amqp-message.ts';
import { openContainer } from './container.ts';
import { keep } from './keep.ts';
import { listen } from './listener.ts';
import { Namespace, type QueueDefinition } from './namespace.ts';
import { type QueueView, viewQueue } from './queue-view.ts';

export type { QueueDefinition };

export interface ServiceBus {
  /** For `new ServiceBusClient(…)`; the key in it means nothing. */
  readonly connectionString: string;
  readonly port: number;
  /** The names of all queues. */
  readonly queues: readonly string[];
  /** What lies in a queue right now. */
  queue(name: string): QueueView;
  /** Sends from inside this process, under the same rules as over the wire. */
  enqueue(queue: string, message: NewMessage): void;
  /** Does what is due: only needed after the clock was moved by hand. */
  catchUp(): void;
  /** Ends all connections; nothing stays open or waiting. Close clients first: theirs try to come back. */
  close(): Promise<void>;
}

export async function startServiceBus(options: {
  queues: readonly QueueDefinition[];
  now?: () => Date;
  /** A free one when left out. */
  port?: number;
  /** Stores everything in this file, and starts with its content. */
  file?: string;
}): Promise<ServiceBus> {
  let write: (() => void) | undefined;
  let writing: NodeJS.Immediate | undefined;
  const touched = () => {
    writing ??= setImmediate(() => {
      writing = undefined;
      write?.();
    });
  };
  const kept = options.file === undefined ? undefined : touched;
  const namespace = new Namespace(options.queues, options.now ?? (() => new Date()), kept);
  if (options.file !== undefined) write = keep(namespace, options.file);
  const listener = await listen(openContainer(namespace), options.port ?? 0);
  let closing: Promise<void> | undefined;
  return {
    port: listener.port,
    connectionString: `Endpoint=sb://127.0.0.1:${listener.port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true`,
    queues: options.queues.map(({ name }) => name),
    queue: (name) => viewQueue(namespace.entity(name), namespace.deadLetters(name)),
    enqueue: (queue, message) => {
      namespace.entity(queue).queue.enqueue(compose(message));
    },
    catchUp: () => {
      for (const entity of namespace.all()) entity.catchUp();
    },
    close: () => {
      for (const entity of namespace.all()) entity.close();
      closing ??= listener.close().then(() => {
        clearImmediate(writing);
        write?.();
        write = undefined;
      });
      return closing;
    },
  };
}
