// The same steps on Restate, a durable engine: its own server from npm, every step journaled before the next begins.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as restate from '@restatedev/restate-sdk';
import * as clients from '@restatedev/restate-sdk-clients';
import { contain } from './containment.mjs';

async function freePort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

export async function start(tenant) {
  const account = restate.service({
    name: 'account',
    handlers: {
      contain: (context, { one, fair }) =>
        contain(tenant, (name, work) => context.run(name, async () => (await work()) ?? null), one, fair),
    },
  });
  const [service, ingress, admin, node] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  // Two lines for each account would be measured with it.
  await restate.serve({ services: [account], port: service, logger: () => {} });
  const folder = await mkdtemp(join(tmpdir(), 'restate-'));
  // The program itself: its wrapper, once killed, would leave it running.
  const program = createRequire(import.meta.url).resolve(
    `@restatedev/restate-server-${process.platform}-${process.arch}/package.json`,
  );
  const server = spawn(join(program, '..', 'bin', 'restate-server'), ['--node-name', 'bench', '--no-logo'], {
    env: {
      ...process.env,
      RESTATE_BASE_DIR: folder,
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
      RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
      RESTATE_LOG_FILTER: 'warn',
      DO_NOT_TRACK: '1',
    },
    stdio: 'ignore',
  });
  const until = Date.now() + 30_000;
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${admin}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri: `http://127.0.0.1:${service}` }),
    }).catch(() => undefined);
    if (answer?.ok) break;
    if (Date.now() > until) throw new Error('Restate did not start within 30 seconds');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const client = clients.connect({ url: `http://127.0.0.1:${ingress}` }).serviceClient({ name: 'account' });
  return {
    all: (cases, fair) => Promise.all(cases.map((one) => client.contain({ one, fair }))),
    async close() {
      server.kill('SIGKILL');
      await once(server, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
