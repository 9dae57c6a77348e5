// Adds latency to a TCP connection: a proxy that passes everything on after a delay, half of it in each direction.
import { createConnection, createServer, type Socket } from 'node:net';

export interface Delay {
  port: number;
  close(): Promise<void>;
}

/** Proxies a local port. Bytes stay in order, and a connection ends only after everything sent before it has arrived. */
export async function startDelay(target: number, milliseconds: number): Promise<Delay> {
  const sockets = new Set<Socket>();
  // One direction may end before the other.
  const allowHalfOpen = true;
  const server = createServer({ allowHalfOpen }, (client) => {
    const service = createConnection({ host: '127.0.0.1', port: target, allowHalfOpen });
    for (const [from, to] of [
      [client, service],
      [service, client],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (bytes) => setTimeout(() => to.write(bytes), milliseconds / 2));
      from.on('end', () => setTimeout(() => to.end(), milliseconds / 2));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        setTimeout(() => to.destroy(), milliseconds / 2);
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The delay has no port.');
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
