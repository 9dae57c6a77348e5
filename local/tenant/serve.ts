// The tenant over HTTP: Graph, Exchange, Defender and the identity endpoint on one port of 127.0.0.1, each with a
// base URL of its own.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ConnectionLost } from './answers.ts';
import type { Tenant } from './tenant.ts';

export interface ServedTenant {
  port: number;
  graphUrl: string;
  exchangeUrl: string;
  /** Security & Compliance, for the setting of remove-defender-roles. */
  complianceUrl: string;
  defenderUrl: string;
  /** For IDENTITY_ENDPOINT and IDENTITY_HEADER, by which @azure/identity finds a managed identity. */
  identityEndpoint: string;
  identityHeader: string;
  /** Ends every connection; nothing is left listening. */
  close(): Promise<void>;
}

/** Starts listening; port 0 takes a free one. */
export async function serveTenant(tenant: Tenant, options: { port?: number } = {}): Promise<ServedTenant> {
  const server = createServer((incoming, outgoing) => {
    answer(tenant, incoming, outgoing).catch((error: unknown) => {
      // The answer is meant to be lost: the client sees a broken connection.
      if (!(error instanceof ConnectionLost)) console.error(error);
      outgoing.destroy();
    });
  });
  // Clients keep connections alive between the steps of a run; a reset in between would look like a fault.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The tenant has no port.');
  const origin = `http://127.0.0.1:${address.port}`;
  return {
    port: address.port,
    graphUrl: `${origin}/graph`,
    exchangeUrl: `${origin}/exchange`,
    complianceUrl: `${origin}/compliance`,
    defenderUrl: `${origin}/defender`,
    identityEndpoint: `${origin}/identity/token`,
    identityHeader: tenant.identityHeader,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

async function answer(tenant: Tenant, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const { method = 'GET', url = '/' } = incoming;
  const headers = Object.entries(incoming.headersDistinct).flatMap(([name, values]) =>
    (values ?? []).map((value): [string, string] => [name, value]),
  );
  const request = new Request(new URL(url, `http://${incoming.headers.host ?? '127.0.0.1'}`), {
    method,
    headers,
    ...(method === 'GET' || method === 'HEAD' ? {} : { body: Buffer.concat(chunks) }),
  });
  const response = await tenant.handle(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}
