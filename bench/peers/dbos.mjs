// The same steps on DBOS, which keeps its journal in PostgreSQL. The database is Debian's, made for the measurement.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { contain } from './containment.mjs';

const run = promisify(execFile);
const root = '/usr/lib/postgresql';

/** Debian's newest; null where PostgreSQL is not installed. */
export function programs() {
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions[0] === undefined ? null : join(root, versions[0], 'bin');
}

let tenant;
// Once a process: DBOS refuses a second workflow of the same name.
const flow = DBOS.registerWorkflow(
  (one, fair) =>
    contain(tenant, (name, work) => DBOS.runStep(async () => (await work()) ?? null, { name }), one, fair),
  { name: 'contain' },
);

export async function start(against) {
  tenant = against;
  const bin = programs();
  if (bin === null) throw new Error('PostgreSQL is not installed (apt install postgresql)');
  const folder = await mkdtemp(join(tmpdir(), 'dbos-'));
  // PostgreSQL refuses to run as root.
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? await idOf('postgres') : {};
  if (isRoot) await chown(folder, user.uid, user.gid);
  await run(join(bin, 'initdb'), ['-D', join(folder, 'data'), '-U', 'bench', '-A', 'trust'], user);
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  const database = spawn(
    join(bin, 'postgres'),
    ['-D', join(folder, 'data'), '-p', String(port), '-k', folder, '-h', '127.0.0.1'],
    { ...user, stdio: 'ignore' },
  );
  const url = `postgresql://bench@127.0.0.1:${port}/postgres`;
  for (let tries = 0; ; tries += 1) {
    const ready = await run(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)]).catch(
      () => null,
    );
    if (ready !== null) break;
    if (tries > 100) throw new Error('PostgreSQL did not start');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: url, logLevel: 'error', runAdminServer: false });
  await DBOS.launch();
  return {
    all: (cases, fair) => Promise.all(cases.map((one) => flow(one, fair))),
    async close() {
      await DBOS.shutdown();
      database.kill('SIGINT');
      await once(database, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function idOf(name) {
  const number = async (flag) => Number((await run('id', [flag, name])).stdout);
  return { uid: await number('-u'), gid: await number('-g') };
}
