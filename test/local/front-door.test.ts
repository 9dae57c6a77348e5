// The door for a browser: what it adds, what it removes, and who does not come in.
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FrontDoor, startFrontDoor } from '../../local/front-door.ts';

let arrived: IncomingHttpHeaders = {};
const host = createServer((incoming, answer) => {
  arrived = incoming.headers;
  answer.writeHead(200, { refresh: '5', 'content-type': 'text/html' }).end(`<h1>${incoming.url}</h1>`);
});
const listening = (server: typeof host) =>
  new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' ? (address?.port ?? 0) : 0);
    }),
  );
let door: FrontDoor;
let port = 0;

beforeAll(async () => {
  const probe = createServer();
  port = await listening(probe);
  await new Promise((resolve) => probe.close(resolve));
  door = await startFrontDoor({ port, hostPort: await listening(host), key: 'the-key' });
});
afterAll(async () => {
  await door.close();
  host.closeAllConnections();
  await new Promise((resolve) => host.close(resolve));
});

function ask(path: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; refresh: unknown; text: string }>((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          refresh: answer.headers['refresh'],
          text: Buffer.concat(chunks).toString(),
        }),
      );
    })
      .once('error', reject)
      .end();
  });
}

describe('the front door', () => {
  it('adds the key, so that no link contains it, and returns what the app answers', async () => {
    expect(await ask('/api/runs?days=7')).toEqual({
      status: 200,
      refresh: '5',
      text: '<h1>/api/runs?days=7</h1>',
    });
    expect(arrived['x-functions-key']).toBe('the-key');
  });

  it('passes on what a browser says about where it comes from — the app judges by it', async () => {
    await ask('/api/runs', { 'sec-fetch-site': 'cross-site', origin: 'http://evil.example' });
    expect(arrived).toMatchObject({ 'sec-fetch-site': 'cross-site', origin: 'http://evil.example' });
    expect(arrived.host).toBe(`127.0.0.1:${port}`);
  });

  it('lets no caller claim an identity', async () => {
    await ask('/api/runs', { 'x-ms-client-principal': 'e30=', authorization: 'Bearer x', cookie: 'a=b' });
    for (const name of ['x-ms-client-principal', 'authorization', 'cookie'])
      expect(arrived).not.toHaveProperty(name);
  });

  it('answers only to its own name — another name that leads here is another site’s trick', async () => {
    expect((await ask('/api/runs', { host: 'evil.example' })).status).toBe(421);
    expect((await ask('/api/runs', { host: `localhost:${port}` })).status).toBe(200);
  });

  it('opens only the API', async () => {
    expect((await ask('/admin/functions')).status).toBe(404);
  });
});
