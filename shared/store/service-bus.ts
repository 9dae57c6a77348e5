// The bus on Service Bus: one connection per process, one link per queue, kept open. When a message is due, and what a
// failed send means for a run, are decided elsewhere.
import type { TokenCredential } from '@azure/identity';
import {
  isServiceBusError,
  ServiceBusClient,
  type ServiceBusMessage,
  type ServiceBusSender,
} from '@azure/service-bus';
import { PermanentError, RetryableError } from '../errors.ts';
import type { Bus, Letter, Outgoing, Post } from '../run/bus.ts';

/** A connection string, or the namespace's host name with an identity. */
export type ServiceBusNamespace =
  | { connectionString: string }
  | { fullyQualifiedNamespace: string; credential: TokenCredential };

/** The Standard tier's limit, for the message with all its properties. */
const mostBytes = 256 * 1024;
/** A generous allowance for what a message carries besides body, id and properties. */
const overheadBytes = 1024;
const mostIdCharacters = 128;
/** By default the SDK waits half a minute between its tries; longer waits belong to the queue. */
const retryOptions = { maxRetries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 2000 };
const defaultAnswerWithinMs = 20_000;

export class ServiceBusBus implements Bus, Post {
  readonly #client: ServiceBusClient;
  readonly #senders = new Map<string, ServiceBusSender>();
  readonly #answerWithinMs: number;

  /** An unreachable service is an error after `answerWithinMs`: the SDK itself would wait for ever. */
  constructor(namespace: ServiceBusNamespace, answerWithinMs = defaultAnswerWithinMs) {
    this.#answerWithinMs = answerWithinMs;
    this.#client =
      'connectionString' in namespace
        ? new ServiceBusClient(namespace.connectionString, { retryOptions })
        : new ServiceBusClient(namespace.fullyQualifiedNamespace, namespace.credential, { retryOptions });
  }

  /** Tries all of them. Throws the first failure; sending all of them again does no harm. */
  async send(messages: readonly Outgoing[]): Promise<void> {
    await this.#sendAll(messages.map((message) => ({ ...message, properties: {} })));
  }

  post(letter: Letter): Promise<void> {
    return this.#sendAll([letter]);
  }

  /** Opens links before the first message: while they open, an intruder acts. */
  async warm(queues: readonly string[]): Promise<void> {
    await settleAll(
      queues.map((queue) =>
        this.#attempt(queue, (abortSignal) => this.#sender(queue).createMessageBatch({ abortSignal })),
      ),
    );
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #sendAll(letters: readonly Letter[]): Promise<void> {
    const checked = letters.map((letter) => ({ queue: letter.queue, message: toMessage(letter) }));
    await settleAll(
      checked.map(({ queue, message }) =>
        this.#attempt(queue, (abortSignal) => this.#sender(queue).sendMessages(message, { abortSignal })),
      ),
    );
  }

  #sender(queue: string): ServiceBusSender {
    const sender = this.#senders.get(queue) ?? this.#client.createSender(queue);
    this.#senders.set(queue, sender);
    return sender;
  }

  async #attempt(queue: string, request: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    try {
      await request(AbortSignal.timeout(this.#answerWithinMs));
    } catch (thrown) {
      throw toError(`queue ${queue} at ${this.#client.fullyQualifiedNamespace}`, thrown);
    }
  }
}

/** Throws PermanentError for what the service can never accept. */
function toMessage({ queue, id, body, properties, at }: Letter): ServiceBusMessage {
  const bytes = Buffer.byteLength(JSON.stringify([body ?? null, id, properties])) + overheadBytes;
  if (bytes > mostBytes) {
    throw new PermanentError(
      `message '${id}' for queue ${queue} has ${bytes} bytes; Service Bus takes ${mostBytes}. It was not sent; put what is large into storage and send its name`,
      { code: 'MessageSizeExceeded' },
    );
  }
  if (id.length > mostIdCharacters) {
    throw new PermanentError(
      `message id '${id}' for queue ${queue} has ${id.length} characters; Service Bus takes ${mostIdCharacters}. It was not sent`,
      { code: 'MessageIdTooLong' },
    );
  }
  return {
    body: body ?? null,
    contentType: 'application/json',
    ...(id === '' ? {} : { messageId: id }),
    ...(at === undefined ? {} : { scheduledEnqueueTimeUtc: at }),
    applicationProperties: { ...properties },
  };
}

/** What a person must change first, by the service's error code. */
const remedies: Partial<Record<string, string>> = {
  MessagingEntityNotFound: 'there is no such queue; deploy it',
  MessagingEntityDisabled: 'the queue is disabled; enable it',
  UnauthorizedAccess: "give the app's identity the role Azure Service Bus Data Sender on this namespace",
  MessageSizeExceeded: 'the message is larger than the queue takes',
};

function toError(where: string, thrown: unknown): RetryableError | PermanentError {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const code = isServiceBusError(thrown) ? thrown.code : undefined;
  const details = { cause: thrown, ...(code ? { code } : {}) };
  const remedy = remedies[code ?? ''];
  if (remedy !== undefined) return new PermanentError(`${where}: ${code}: ${remedy} (${text})`, details);
  return new RetryableError(`${where}: ${code ?? 'no answer'}: ${text}`, details);
}

/** Waits for all before it throws: a message in flight must not outlive the function that sends it. */
async function settleAll(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).flatMap((end) =>
    end.status === 'rejected' ? [end.reason] : [],
  );
  if (failed.length > 0) throw failed.find((reason) => reason instanceof RetryableError) ?? failed[0];
}
