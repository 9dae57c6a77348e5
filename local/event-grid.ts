// An Event Grid custom topic with CloudEvents as its schema and one subscription that delivers to a queue. It accepts,
// refuses, retries and dead-letters as the service does.
// Not here: other schemas, the binary content mode (ce- headers), subscription filters and webhooks.
import { createServer, type IncomingMessage } from 'node:http';
import { type Access, mayPublish, newKey } from './event-grid/access.ts';
import {
  createDelivery,
  type DeadLetter,
  type Deliver,
  type DeliveryOptions,
  realWait,
} from './event-grid/delivery.ts';
import { parseEvents, Refused } from './event-grid/events.ts';
import { readBody } from './read-body.ts';

export { type Deliver, toQueue } from './event-grid/delivery.ts';

export interface EventGridTopic {
  /** http://127.0.0.1:PORT/api/events */
  endpoint: string;
  key: string;
  /** What the service would write to the dead-letter container. */
  deadLetters: readonly DeadLetter[];
  /** Resolves when everything accepted so far is delivered or dead-lettered. */
  settled(): Promise<void>;
  /** Drops everything that is not delivered yet. */
  close(): Promise<void>;
}

export interface EventGridOptions {
  deliver: Deliver;
  /** Base64, as the service issues them; made up when left out. */
  key?: string;
  port?: number;
  subscription?: string;
  /** Which bearer tokens may publish; all of them when left out. */
  acceptsToken?: (token: string) => boolean;
  onLog?: (line: string) => void;
  now?: () => Date;
  /** How a retry waits. */
  wait?: DeliveryOptions['wait'];
}

const largestRequest = 1_048_576;

/** Listens on 127.0.0.1. An accepted event is answered at once and delivered after that, as by the service. */
export async function startEventGridTopic(options: EventGridOptions): Promise<EventGridTopic> {
  const { subscription = 'to-alerts', onLog = () => {}, wait = realWait } = options;
  const key = options.key ?? newKey();
  const delivery = createDelivery({ deliver: options.deliver, subscription, onLog, wait });
  let endpoint = '';
  const access = (): Access => ({
    ...{ key, endpoint, now: options.now?.() ?? new Date() },
    acceptsToken: options.acceptsToken ?? (() => true),
  });

  async function publish(request: IncomingMessage): Promise<void> {
    const url = new URL(request.url ?? '/', endpoint);
    if (url.pathname !== '/api/events' || request.method !== 'POST') {
      throw new Refused(404, 'NotFound', 'NotFound', `Publish with POST to ${endpoint}.`);
    }
    if (url.searchParams.get('api-version') !== '2018-01-01') {
      throw new Refused(400, 'BadRequest', 'InvalidApiVersion', 'The query must say api-version=2018-01-01.');
    }
    const refusal = mayPublish(request.headers, access());
    if (refusal !== null) throw new Refused(401, 'Unauthorized', 'Unauthorized', refusal);
    const body = await readBody(request, largestRequest);
    if (body === null) {
      const message = `The request is larger than ${largestRequest} bytes; publish fewer or smaller events.`;
      throw new Refused(413, 'PayloadTooLarge', 'PayloadTooLarge', message);
    }
    const events = parseEvents(request.headers['content-type'], body.toString('utf8'));
    for (const event of events) delivery.start(event);
  }

  const server = createServer((request, response) => {
    publish(request).then(
      () => response.writeHead(200, { 'content-length': '0' }).end(),
      (error: unknown) => {
        const known =
          error instanceof Refused ? error : new Refused(500, 'InternalServerError', '', 'The topic failed.');
        const { status, code, detail, message } = known;
        onLog(`refused a request (${status}): ${message}`);
        response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
        response.end(JSON.stringify({ error: { code, message, details: [{ code: detail, message }] } }));
      },
    );
  });
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  server.listen(options.port ?? 0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const address = server.address();
  if (typeof address === 'object' && address !== null)
    endpoint = `http://127.0.0.1:${address.port}/api/events`;

  return {
    endpoint,
    key,
    deadLetters: delivery.deadLetters,
    settled: delivery.settled,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await delivery.stop();
    },
  };
}
