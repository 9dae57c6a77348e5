// Sits between the app and one service and imitates failing networks and services: cuts, refuses, hangs, delays,
// answers 5xx, loses the answer to a request that took effect, truncates a body, repeats a stale answer, or confirms a
// change that never arrived.
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import { createConnection, createServer as createTcpServer, type Socket } from 'node:net';

export const httpFaults = ['5xx', 'delay', 'hang', 'cut before', 'answer lost', 'cut body', 'lie'] as const;
export type HttpFault = (typeof httpFaults)[number];

export interface FaultyProxy {
  port: number;
  close(): Promise<void>;
}

interface Told {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

const done: Told = { status: 204, headers: {}, body: Buffer.alloc(0) };

/** Keeps the first answer to each read; a lie repeats it later. */
function keep(told: Map<string, Told>, url: string, answer: IncomingMessage): void {
  if (told.has(url)) return;
  const parts: Buffer[] = [];
  answer.on('data', (part: Buffer) => parts.push(part));
  answer.on('end', () => {
    const type = answer.headers['content-type'] ?? 'application/json';
    told.set(url, { status: 200, headers: { 'content-type': type }, body: Buffer.concat(parts) });
  });
}

/** Calls `fault` for each request to learn what to do with it. Only PATCH, DELETE and GET can be lied about. */
export async function faultyHttp(
  target: number,
  fault: (method: string, path: string) => HttpFault | undefined,
): Promise<FaultyProxy> {
  const agent = new Agent({ keepAlive: true });
  const told = new Map<string, Told>();
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/' } = incoming;
    const what = fault(method, url);
    if (what === 'cut before') return void incoming.socket.destroy();
    if (what === 'hang') return;
    if (what === 'lie') {
      const old = method === 'GET' ? told.get(url) : done;
      if (old !== undefined) {
        incoming.resume();
        outgoing.writeHead(old.status, old.headers);
        return void outgoing.end(old.body);
      }
    }
    if (what === '5xx') {
      incoming.resume();
      outgoing.writeHead(503, { 'content-type': 'text/html' });
      return void outgoing.end('<html>Service Unavailable</html>');
    }
    const pass = () => {
      const passed = request(
        { agent, host: '127.0.0.1', port: target, method, path: url, headers: incoming.headers },
        (answer) => {
          if (what === 'answer lost') return void incoming.socket.destroy();
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          if (method === 'GET' && answer.statusCode === 200) keep(told, url, answer);
          if (what !== 'cut body') return void answer.pipe(outgoing);
          answer.once('data', (bytes: Buffer) => {
            outgoing.write(bytes.subarray(0, Math.ceil(bytes.length / 2)));
            setTimeout(() => incoming.socket.destroy(), 5);
          });
          answer.once('end', () => incoming.socket.destroy());
        },
      );
      passed.on('error', () => outgoing.destroy());
      incoming.pipe(passed);
    };
    if (what === 'delay') setTimeout(pass, 3000);
    else pass();
  });
  server.keepAliveTimeout = 60_000;
  return {
    port: await listening(server),
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** For AMQP: `cut` ends every open connection; while `down`, no new one gets through. */
export async function faultyTcp(
  target: number,
): Promise<FaultyProxy & { cut(): void; down: (is: boolean) => void }> {
  const sockets = new Set<Socket>();
  let isDown = false;
  const server = createTcpServer((client) => {
    if (isDown) return void client.destroy();
    const service = createConnection({ host: '127.0.0.1', port: target });
    for (const [from, to] of [
      [client, service],
      [service, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: await listening(server),
    cut,
    down: (is) => {
      isDown = is;
      if (is) cut();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}

async function listening(server: {
  listen: (port: number, host: string, done: () => void) => unknown;
  address: () => unknown;
}) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null || !('port' in address)) throw new Error('no port');
  return Number(address.port);
}
