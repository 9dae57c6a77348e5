// Latency between the app and its storage or Service Bus: everything arrives later, in order, and with the same end.
import { once } from 'node:events';
import { createConnection, createServer, type Server } from 'node:net';
import { TableClient } from '@azure/data-tables';
import { afterEach, expect, it } from 'vitest';
import { startAzurite } from '../../local/azurite.ts';
import { type Delay, startDelay } from '../../local/delay.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const part of open.splice(0).toReversed()) await part.close();
});

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function before(port: number, milliseconds: number): Promise<Delay> {
  const delay = await startDelay(port, milliseconds);
  open.push(delay);
  return delay;
}

it('passes everything on in order, followed by the end', async () => {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  open.push(server);
  await once(server, 'listening');
  const { port } = await before(portOf(server), 20);
  const client = createConnection({ port, host: '127.0.0.1' });
  const sent = Array.from({ length: 200 }, (_, index) => `${index};`).join('');
  const started = performance.now();
  for (const part of sent.match(/.{1,7}/g) ?? []) client.write(part);
  client.end();
  let received = '';
  for await (const bytes of client) received += bytes;
  expect(received).toBe(sent);
  expect(performance.now() - started).toBeGreaterThanOrEqual(19);
});

it('ends both sides when one is torn down', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  open.push(server);
  await once(server, 'listening');
  const { port } = await before(portOf(server), 5);
  const client = createConnection({ port, host: '127.0.0.1' });
  client.on('error', () => undefined);
  await once(client, 'close');
});

it('lets the real client work as before, with each request delayed', async () => {
  const azurite = await startAzurite();
  open.push(azurite);
  const at = new URL(azurite.tableEndpoint);
  const { port } = await before(Number(at.port), 40);
  const connection = azurite.connectionString.replace(`:${at.port}`, `:${port}`);
  const table = TableClient.fromConnectionString(connection, 'runs', { allowInsecureConnection: true });
  await table.createTable();
  const started = performance.now();
  await table.createEntity({ partitionKey: 'a', rowKey: 'b' });
  await table.getEntity('a', 'b');
  expect(performance.now() - started).toBeGreaterThanOrEqual(79);
});
