// Replaces all of Azure and Microsoft 365 on this machine: storage, Service Bus, the Event Grid topic, the tenant, and
// the Functions host with the built app. Parts start together and stop together; nothing is left behind.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { drillPermissions } from '../functions/drill/plantings.ts';
import type { Recording } from '../functions/drill/recording.ts';
import { declaredPermissions, grantedOf } from '../functions/permissions.ts';
import { playbook } from '../functions/steps/index.ts';
import { queueShapes, queues } from '../shared/run/bus.ts';
import { type Azurite, startAzurite } from './azurite.ts';
import { aheadBy, moveAhead } from './clock.ts';
import { startDelay } from './delay.ts';
import { type EventGridTopic, startEventGridTopic } from './event-grid.ts';
import { type FrontDoor, startFrontDoor } from './front-door.ts';
import {
  type FunctionsHost,
  type LogLine,
  startFunctionsHost,
} from './functions-host/start-functions-host.ts';
import { type ServiceBus, startServiceBus } from './service-bus/service-bus.ts';
import type { RecordedRequest } from './tenant/record.ts';
import { type ServedTenant, serveTenant } from './tenant/serve.ts';
import { createTenant, type Tenant } from './tenant/tenant.ts';

export interface StackOptions {
  /** A tenant as a file holds it. */
  tenant: unknown;
  /** The built app, such as dist/index.cjs, or when it will be built; null leaves the host out, for a real one to take its place. */
  bundle: string | Promise<string> | null;
  /** App settings that differ from those that the stack makes. */
  settings?: Readonly<Record<string, string>>;
  latencyMs?: number;
  /** A recording of a drill; the tenant answers the next drill like it. */
  replay?: Recording;
  /** false: timers wait to be fired by hand. */
  timers?: boolean;
  /** Puts something between the app and the tables, and answers its address: for measurements. */
  beforeTables?: (endpoint: string) => Promise<string>;
  /** Added to each request to tables and blobs, and to each exchange with Service Bus. */
  storageLatencyMs?: number;
  busLatencyMs?: number;
  /** A folder that stores tables, blobs and queues, so that the stack can be restarted; in memory when left out. */
  location?: string;
  onLog?: (line: LogLine) => void;
  onRequest?: (request: RecordedRequest) => void;
}

export interface Stack {
  azurite: Azurite;
  serviceBus: ServiceBus;
  topic: EventGridTopic;
  tenant: Tenant;
  served: ServedTenant;
  host: FunctionsHost | null;
  /** The address for browsers, without a key; null without the host. */
  door: FrontDoor | null;
  /** All app settings, as an app would need them to run against this stack. */
  settings: Readonly<Record<string, string>>;
  /** Resolves when the stack is idle: no function is running, and only scheduled messages are left. */
  rest(): Promise<void>;
  /** As after an update of the service: its connections end, and it returns with its messages. Needs a location. */
  restart(part: 'storage' | 'broker'): Promise<void>;
  /** Moves the clock of the app and of all parts ahead to this time, and triggers what is due by then. */
  moveTo(time: Date): Promise<void>;
  close(): Promise<void>;
}

export async function startStack(options: StackOptions): Promise<Stack> {
  const opened: (() => Promise<void>)[] = [];
  const started = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const part = await starting;
    opened.push(() => part.close());
    return part;
  };
  const close = async () => {
    for (const end of opened.toReversed()) await end();
    if (aheadBy() > 0) moveAhead(0);
  };
  const { location, storageLatencyMs = 0, busLatencyMs = 0 } = options;
  /** The connection string with each port replaced by a delayed one. */
  const delayed = async (connectionString: string, ports: readonly number[], milliseconds: number) => {
    let given = connectionString;
    for (const port of milliseconds > 0 ? ports : []) {
      const delay = await started(startDelay(port, milliseconds));
      given = given.replace(`:${port}`, `:${delay.port}`);
    }
    return given;
  };
  try {
    const tenant = createTenant(options.tenant, {
      now: () => new Date(),
      // Only what is declared: a request that needs more is refused, as in Azure.
      permissions: grants(),
      drillPermissions,
      ...(options.replay ? { replay: options.replay } : {}),
      // A user's own tenant file need not contain our sender.
      mailFrom: options.settings?.['MAIL_FROM'] ?? sender,
      ...(options.latencyMs === undefined ? {} : { latencyMs: options.latencyMs }),
      ...(options.onRequest ? { onRequest: options.onRequest } : {}),
    });
    const kept = location === undefined ? {} : { location };
    const busOptions = {
      queues: queueDefinitions(),
      ...(location === undefined ? {} : { file: join(location, 'service-bus.json') }),
    };
    const [firstAzurite, firstBus, served, port, doorPort] = await Promise.all([
      startAzurite(kept),
      startServiceBus(busOptions),
      started(serveTenant(tenant)),
      freePort(),
      freePort(),
    ]);
    let azurite = firstAzurite;
    let serviceBus = firstBus;
    opened.push(
      () => azurite.close(),
      () => serviceBus.close(),
    );
    const topic = await started(
      startEventGridTopic({
        deliver: async (event, properties) => {
          serviceBus.enqueue(queues.alerts, { body: JSON.stringify(event), ...properties });
        },
      }),
    );
    const endpoints = [azurite.tableEndpoint, azurite.blobEndpoint];
    const storage = await delayed(
      azurite.connectionString,
      endpoints.map((endpoint) => Number(new URL(endpoint).port)),
      storageLatencyMs,
    );
    // With a latency, the tables are behind another port.
    const tables = /TableEndpoint=([^;]+)/.exec(storage)?.[1] ?? azurite.tableEndpoint;
    const progress = storage.replace(tables, (await options.beforeTables?.(tables)) ?? tables);
    const settings = {
      FUNCTIONS_WORKER_RUNTIME: 'node',
      AzureWebJobsStorage: storage,
      Progress: progress,
      ServiceBus: await delayed(serviceBus.connectionString, [serviceBus.port], busLatencyMs),
      TENANT_ID: tenant.tenantId,
      GRAPH_URL: served.graphUrl,
      EXCHANGE_URL: served.exchangeUrl,
      DEFENDER_URL: served.defenderUrl,
      IDENTITY_ENDPOINT: served.identityEndpoint,
      IDENTITY_HEADER: served.identityHeader,
      EventGrid__topicEndpointUri: topic.endpoint,
      EventGrid__topicKey: topic.key,
      // A scenario brings its own alerts; `--poll` has the app find them itself.
      POLL_ALERTS: 'false',
      // Then no source of alerts ever answers, which would look like an outage once the clock is moved.
      NO_SIGNAL_HOURS: '720',
      BASE_URL: `http://127.0.0.1:${options.bundle === null ? port : doorPort}`,
      MAIL_FROM: sender,
      MAIL_TO: 'oncall@contoso.com',
      ...options.settings,
    };
    const host =
      options.bundle === null
        ? null
        : await started(
            startFunctionsHost({
              bundle: await options.bundle,
              settings,
              port,
              timers: options.timers ?? true,
              ...(options.onLog ? { onLog: options.onLog } : {}),
            }),
          );
    const door =
      host === null
        ? null
        : await started(startFrontDoor({ port: doorPort, hostPort: port, key: host.keys.default }));
    const rest = async () => {
      const began = performance.now();
      for (let calm = 0; calm < 2; calm += 1) {
        if (performance.now() - began > patienceMs) {
          throw new Error('The app is still at work after two minutes: see its log (--verbose).');
        }
        await host?.rest();
        const busy = serviceBus.queues.some((name) => {
          const { active, locked } = serviceBus.queue(name);
          return active.length + locked.length > 0 && name !== queues.deadLetters;
        });
        if (busy) calm = -1;
        await setTimeout(restMilliseconds);
      }
    };
    const restart = async (part: 'storage' | 'broker') => {
      if (location === undefined) throw new Error('what is only in memory would be lost: give it a location');
      if (part === 'storage') {
        const [tablePort, blobPort] = [azurite.tableEndpoint, azurite.blobEndpoint].map((endpoint) =>
          Number(new URL(endpoint).port),
        );
        await azurite.close();
        azurite = await startAzurite({ location, ...(tablePort && blobPort ? { tablePort, blobPort } : {}) });
      } else {
        await serviceBus.close();
        serviceBus = await startServiceBus({ ...busOptions, port: serviceBus.port });
      }
    };
    const moveTo = async (time: Date) => {
      const wait = time.getTime() - Date.now();
      if (wait > 0) moveAhead(aheadBy() + wait);
      await host?.followClock();
      serviceBus.catchUp();
    };
    return {
      get azurite() {
        return azurite;
      },
      get serviceBus() {
        return serviceBus;
      },
      ...{ topic, tenant, served, host, door, settings, rest, restart, moveTo, close },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Longer than any message between two parts is outside a queue. */
const restMilliseconds = 20;
/** Longer than the app's own deadline for a function. */
const patienceMs = 120_000;
const sender = 'reclaim@contoso.com';

/** Exchange rights hang on the app's roles, so its cmdlets need only the one permission. */
const grants = () => {
  const { graph, defender } = declaredPermissions(playbook);
  return [...grantedOf(graph), ...Object.keys(defender), 'Exchange.ManageAsApp'];
};

const queueDefinitions = () =>
  queueShapes(playbook.map((step) => step.name)).map((shape) => ({
    name: shape.name,
    maxDeliveryCount: shape.maxDeliveryCount,
    ...(shape.duplicateSeconds > 0 ? { duplicateDetection: shape.duplicateSeconds } : {}),
    ...(shape.forwardsDeadLettersTo === null ? {} : { forwardDeadLetteredTo: shape.forwardsDeadLettersTo }),
  }));

/**
 * The app must know its own address before it listens. Below the ports that systems give to outgoing connections, of
 * which one could take it in between.
 */
async function freePort(): Promise<number> {
  for (let tries = 0; tries < 20; tries += 1) {
    const port = randomInt(20_000, 32_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  throw new Error('No free port between 20000 and 32000 on 127.0.0.1 was found.');
}
