// The API with one run in it on a port of 127.0.0.1, as the command meets it: real HTTP, the real handlers, a key.
import { createServer } from 'node:http';
import type { ApiAnswer, ApiRequest } from '../../functions/runs/api.ts';
import { approveRun, retryRun, undoRun } from '../../functions/runs/change-run.ts';
import { getRun } from '../../functions/runs/get-run.ts';
import { once } from '../../functions/runs/idempotency.ts';
import { listRuns } from '../../functions/runs/list-runs.ts';
import { respond } from '../../functions/runs/respond.ts';
import { startRun } from '../../functions/runs/start-run.ts';
import { TokenRefused } from '../../shared/auth/caller.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { runRef } from '../../shared/run/progress.ts';
import { memoryRequestKeys } from '../fakes/memory-stores.ts';
import { adele, chaosOf, Simulation } from '../run/simulation.ts';

type Handler = (engine: Engine, request: ApiRequest) => Promise<ApiAnswer>;

const handlers: Readonly<Record<string, Handler>> = {
  'GET /api/runs': listRuns,
  'POST /api/runs': (engine, request) =>
    startRun(engine, request, { readAccount: async () => adele, heldBecause: async () => null }),
  'GET /api/runs/{id}': getRun,
  'POST /api/runs/{id}/approve': approveRun,
  'POST /api/runs/{id}/retry': retryRun,
  'POST /api/runs/{id}/undo': undoRun,
};

export interface Served {
  simulation: Simulation;
  id: string;
  code: string;
  url: string;
  key: string;
  /** Method and path of each request so far. */
  asked: string[];
  /** Headers of the latest. */
  headers: () => Record<string, string>;
  /** The connection breaks after the next request that changes something was answered. */
  loseAnswer: () => void;
  log: () => Promise<string[]>;
  close: () => void;
}

export async function servedApi(some: { held?: string; account?: typeof adele } = {}): Promise<Served> {
  const things = { 'block-sign-in': ['lock'], 'disable-inbox-rules': ['rule'] };
  const simulation = new Simulation(
    { things, refused: [], level: 'contain', ...(some.held ? { held: some.held } : {}) },
    chaosOf(() => 0.5),
  );
  const id = await simulation.open();
  const { engine } = simulation;
  const { account } = some;
  const rows = simulation.progress.peek(id);
  if (account !== undefined && rows !== undefined) {
    await engine.progress.write(runRef(id), { run: { ...rows.run, row: { ...rows.run.row, account } } });
  }
  const key = 'c2VjcmV0LWtleQ==';
  const answered = memoryRequestKeys();
  const asked: string[] = [];
  let latest: Record<string, string> = {};
  let losing = false;
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const [, , , given, action] = pathname.split('/');
    const route =
      given === undefined ? '/api/runs' : `/api/runs/{id}${action === undefined ? '' : `/${action}`}`;
    const method = request.method ?? 'GET';
    asked.push(`${method} ${pathname}`);
    latest = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(Buffer.from(part));
    const handler = handlers[`${method} ${route}`];
    const authenticate = async (headers: Readonly<Record<string, string>>) => {
      if (headers['x-functions-key'] !== key) throw new TokenRefused('The key is not taken.');
      return {
        who: 'adele@contoso.com (f5e829f5)',
        id: 'adele',
        kind: 'key' as const,
        access: 'operator' as const,
        by: 'key' as const,
      };
    };
    const changes = method === 'POST';
    const answer = await respond(
      {
        access: 'operator',
        personal: false,
        changes,
        work: (asking) => {
          const work = () =>
            handler === undefined ? Promise.resolve({ status: 404 }) : handler(engine, asking);
          return changes ? once({ engine, answered }, asking, work) : work();
        },
      },
      {
        method,
        url: `http://127.0.0.1${pathname}`,
        params: { id: decodeURIComponent(given ?? '') },
        query: Object.fromEntries(searchParams),
        headers: latest,
        text: async () => Buffer.concat(parts).toString('utf8'),
      },
      { authenticate: () => authenticate, error: () => undefined },
    );
    if (losing && changes) {
      losing = false;
      response.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(JSON.stringify(answer.json));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    simulation,
    id,
    code: simulation.rows().run.row.code,
    url: typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : '',
    key,
    asked,
    headers: () => latest,
    loseAnswer: () => {
      losing = true;
    },
    log: async () => (await engine.progress.log(runRef(id))).map(({ what }) => what),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
