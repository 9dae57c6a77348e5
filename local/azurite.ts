// Azurite, the official storage emulator, inside this process: tables for the progress, blobs for large texts. Its own
// command line starts no faster, sends telemetry unless told not to, and can't be stopped cleanly.
import { Server as HttpServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';

export interface Azurite {
  /** Tables and blobs, with the emulator's well-known account and key. */
  connectionString: string;
  tableEndpoint: string;
  blobEndpoint: string;
  /** Stops listening, ends idle connections and, with a location, saves. */
  close(): Promise<void>;
}

interface Server {
  start(): Promise<void>;
  close(): Promise<void>;
  getHttpServerAddress(): string;
}

type Constructor<T> = new (...parameters: unknown[]) => T;

const load = createRequire(import.meta.url);

function classIn<T>(file: string): Constructor<T> {
  const isClass = (value: unknown): value is Constructor<T> => typeof value === 'function';
  const module: unknown = load(`azurite/dist/src/${file}`);
  return z.object({ default: z.custom<Constructor<T>>(isClass) }).parse(module).default;
}

const accountSchema = z.object({
  EMULATOR_ACCOUNT_NAME: z.string(),
  EMULATOR_ACCOUNT_KEY: z.instanceof(Buffer),
});

const host = '127.0.0.1';
const keepAliveSeconds = 60;
const off = false;
const none = undefined;

const listeningSchema = z.object({ httpServer: z.instanceof(HttpServer) });

/** By this process's clock, which may have been moved; a Date that Node adds to an answer is by the machine's. */
function tellOurTime(server: Server): void {
  const { httpServer } = listeningSchema.parse(server);
  httpServer.prependListener('request', (_request, response) => {
    response.setHeader('Date', new Date().toUTCString());
  });
}

interface AzuriteOptions {
  /** An existing folder; left out: in memory. */
  location?: string;
  /** Left out: free ports; give the same ones again to restart it. */
  tablePort?: number;
  blobPort?: number;
}

export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  const { location, tablePort = 0, blobPort = 0 } = options;
  const inMemory = location === undefined;
  const file = (name: string) => join(location ?? '', name);
  // Azurite's positional options: loose, skipApiVersionCheck, certificate, key, password, OAuth, product-style URLs.
  const common = [off, true, '', '', '', none, off, inMemory];
  const [debugLog, accessLog] = [off, off];
  const TableConfiguration = classIn<object>('table/TableConfiguration');
  const BlobConfiguration = classIn<object>('blob/BlobConfiguration');
  const TableServer = classIn<Server>('table/TableServer');
  const BlobServer = classIn<Server>('blob/BlobServer');

  const tables = new TableServer(
    new TableConfiguration(
      ...[host, tablePort, keepAliveSeconds, file('tables.json')],
      ...[debugLog, accessLog, none, none],
      ...common,
    ),
  );
  const extents = [{ locationId: 'Default', locationPath: file('blobs'), maxConcurrency: 10 }];
  const blobs = new BlobServer(
    new BlobConfiguration(
      ...[host, blobPort, keepAliveSeconds, file('blobs.json'), file('extents.json'), extents],
      ...[accessLog, none, debugLog, none],
      ...common,
    ),
  );
  for (const server of [tables, blobs]) tellOurTime(server);
  await Promise.all([tables.start(), blobs.start()]);

  const account = accountSchema.parse(load('azurite/dist/src/common/utils/constants'));
  const endpoint = (server: Server) => `${server.getHttpServerAddress()}/${account.EMULATOR_ACCOUNT_NAME}`;
  const tableEndpoint = endpoint(tables);
  const blobEndpoint = endpoint(blobs);
  const connectionString = [
    'DefaultEndpointsProtocol=http',
    `AccountName=${account.EMULATOR_ACCOUNT_NAME}`,
    `AccountKey=${account.EMULATOR_ACCOUNT_KEY.toString('base64')}`,
    `TableEndpoint=${tableEndpoint}`,
    `BlobEndpoint=${blobEndpoint}`,
  ].join(';');
  return {
    connectionString,
    tableEndpoint,
    blobEndpoint,
    async close() {
      await Promise.all([tables.close(), blobs.close()]);
    },
  };
}
