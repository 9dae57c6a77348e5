// The listening socket and its connections: how they answer at once, and how they end.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Connection, Container, EventContext } from 'rhea';
import { z } from 'zod';

export interface Listener {
  port: number;
  /** Ends all connections; nothing stays open or waiting. */
  close(): Promise<void>;
}

const goodbye = { condition: 'amqp:connection:forced', description: 'The local Service Bus was closed.' };
const goodbyeMs = 200;

/** On 127.0.0.1 only. Port 0 takes a free one. */
export async function listen(container: Container, port: number): Promise<Listener> {
  const sockets = new Set<Socket>();
  const connections = new Map<unknown, Connection>();
  container.on('connection_open', ({ connection }: EventContext) =>
    connections.set(connection['socket'], connection),
  );
  const server = container.listen({
    host: '127.0.0.1',
    port,
    noDelay: true,
    max_frame_size: 65_536,
  });
  // Before rhea's own listener, so that its answers are held together from the first one on.
  server.prependListener('connection', (socket: Socket) => {
    sockets.add(socket);
    answerAtOnce(socket, () => connections.has(socket));
    socket.on('close', () => {
      sockets.delete(socket);
      connections.delete(socket);
    });
  });
  await once(server, 'listening');

  return {
    port: z.object({ port: z.number() }).parse(server.address()).port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      // A client whose socket just dies would wait for ever when it is closed itself.
      for (const connection of connections.values()) connection.close(goodbye);
      const patience = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, goodbyeMs);
      await closed;
      clearTimeout(patience);
    },
  };
}

/** An AMQP frame that says nothing; a peer may send one at any time. */
const emptyFrame = Buffer.from([0, 0, 0, 8, 2, 0, 0, 0]);

/**
 * Holds back what is written in one turn and sends it as one: a client never sees an attach without the credit that follows it.
 * And sends something for everything that was read: a client holds back its next small frame until the last one is acknowledged
 * (Nagle's algorithm), and an acknowledgement without data waits up to 40 ms. `isOpen`: AMQP frames may be sent.
 */
function answerAtOnce(socket: Socket, isOpen: () => boolean): void {
  socket.on('data', () => {
    if (socket.writableCorked > 0) return;
    const writtenBefore = socket.bytesWritten;
    socket.cork();
    setImmediate(() => {
      if (socket.bytesWritten === writtenBefore && socket.writable && isOpen()) socket.write(emptyFrame);
      socket.uncork();
    });
  });
}
