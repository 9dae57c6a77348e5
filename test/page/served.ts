// The pages over HTTP for a real browser: the app's own doors and handlers on the engine in memory, together with
// fixtures. The Functions host is not involved.
import { createServer, type IncomingMessage } from 'node:http';
import type { ApiAnswer, ApiRequest } from '../../functions/runs/api.ts';
import { retryRun, tickTask, undoRun } from '../../functions/runs/change-run.ts';
import { getRun } from '../../functions/runs/get-run.ts';
import { listRuns } from '../../functions/runs/list-runs.ts';
import { respond } from '../../functions/runs/respond.ts';
import { playbook } from '../../functions/steps/index.ts';
import { askPage } from '../../shared/page/ask-page.ts';
import { handBackPage, passPage } from '../../shared/page/hand-back-page.ts';
import { listPage } from '../../shared/page/list-page.ts';
import { runPage } from '../../shared/page/run-page.ts';
import { pageHeaders } from '../../shared/page/shell.ts';
import { advance } from '../../shared/run/advance.ts';
import { handBackView } from '../../shared/run/hand-back-view.ts';
import { runRef } from '../../shared/run/progress.ts';
import { chaosOf, Simulation } from '../run/simulation.ts';
import { task } from '../summary/rows.ts';
import { situations } from '../summary/situations.ts';

const who = 'megan@contoso.com (1d2e3f40-5a6b-4c7d-8e9f-0a1b2c3d4e5f)';

/** A run of two steps that has finished, with one task of the lock. */
export async function finishedRun() {
  const things = { 'block-sign-in': ['lock'], 'disable-inbox-rules': ['rule'] };
  const simulation = new Simulation(
    { things, refused: [], level: 'contain' },
    chaosOf(() => 0.5),
  );
  const id = await simulation.open();
  await simulation.live((rows) => rows.run.row.state === 'finished');
  const { engine } = simulation;
  const ask = task('ask-owner', "2 sign-ins may be the owner's or the intruder's");
  await advance(engine, runRef(id), (state) => ({
    ...state,
    steps: state.steps.map((row) => (row.name === 'block-sign-in' ? { ...row, tasks: [ask] } : row)),
  }));
  return { engine, simulation, id };
}

type Handle = (request: ApiRequest) => Promise<ApiAnswer>;

export async function serve({ engine, id }: Awaited<ReturnType<typeof finishedRun>>) {
  const posts: Record<string, Handle> = {
    '/retry': (request) => retryRun(engine, request),
    '/undo': (request) => undoRun(engine, request),
    '/tasks/block-sign-in/ask-owner': (request) =>
      tickTask(engine, { ...request, params: { id, step: 'block-sign-in', task: 'ask-owner' } }),
  };
  const handlerOf = (path: string): Handle | undefined => {
    const run = `/api/runs/${id}`;
    if (path === '/api/runs') return (request) => listRuns(engine, { ...request, query: { days: '7' } });
    if (path === run) return (request) => getRun(engine, request);
    if (path.startsWith(`${run}/`)) return posts[path.slice(run.length)];
    if (path.startsWith('/api/fixture/')) return async () => fixture(path.slice('/api/fixture/'.length));
    return undefined;
  };
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const url = `http://${incoming.headers.host ?? ''}${incoming.url ?? '/'}`;
    const { pathname, searchParams } = new URL(url);
    const method = incoming.method ?? 'GET';
    asked.push(`${method} ${pathname}`);
    const handle = handlerOf(pathname);
    if (handle === undefined) {
      outgoing.writeHead(404).end();
      return;
    }
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value]] : [],
      ),
    );
    const query = Object.fromEntries(searchParams);
    const arrived = { method, url, params: { id }, query, headers, text: () => bodyOf(incoming) };
    const behind = { access: 'operator', personal: false, changes: method !== 'GET', work: handle } as const;
    const authenticate = () => async () =>
      ({ who, id: who, kind: 'person', access: 'operator', by: 'sign-in' }) as const;
    respond(behind, arrived, { authenticate, error: (line) => asked.push(line) }).then(
      ({ status, headers: given, html, json }) =>
        outgoing
          .writeHead(status, { 'content-type': 'application/json', ...given })
          .end(html ?? JSON.stringify(json)),
      () => outgoing.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

const log = [{ at: '2026-11-20T09:12:00.000Z', who: 'policy', what: 'run opened', why: 'high' }];

/** `live` is a page that its reader watches while the run goes on: the browser is told to reload it soon. */
function fixture(name: string): ApiAnswer {
  if (name === 'live') {
    const html = runPage({ given: situations.locked(), log, who, still: false });
    return { status: 200, headers: { ...pageHeaders, refresh: '0' }, html };
  }
  if (name === 'hand-back' || name === 'pass') {
    const view = handBackView(playbook, situations.contained(), new Date());
    const pass = {
      value: 'SAMPLE-PASS',
      expiresAt: '2026-11-20T10:12:00.000Z',
      usableOnce: true,
      unusableBecause: null,
    };
    const html =
      name === 'pass'
        ? passPage(view, pass, who)
        : handBackPage({ view, version: '"1.full.live"', who, now: new Date('2026-11-20T09:30:00Z') });
    return { status: 200, headers: pageHeaders, html };
  }
  if (name === 'thousand') {
    const runs = Array.from({ length: 1000 }, (_, index) => ({
      id: `7d6da1c6-1d2b-5e67-a14b-ca85a8537042.20261120T091500-${index}`,
      code: `R${index}`,
      verdict: index % 9 === 0 ? 'DECIDE, 1 TASK' : 'CONTAINED',
      state: 'finished',
      userPrincipalName: `a.person.with.a.long.name.${index}@a-long-domain-name.contoso.com`,
      displayName: `Person ${index}`,
      openedAt: '2026-11-20T09:12:00.000Z',
      waits: index % 9 === 0,
    }));
    const html = listPage({ runs, days: 7, most: 1000, verdict: 'DECIDE', person: 'a', who });
    return { status: 200, headers: pageHeaders, html };
  }
  const [, of, ask] = /^(.+?)(?:\+(approve|undo|retry))?$/.exec(decodeURIComponent(name)) ?? [];
  const [, situation] = Object.entries(situations).find(([key]) => key === of) ?? [];
  if (situation === undefined) return { status: 404, json: {} };
  const given = situation();
  const what = ask === 'approve' || ask === 'undo' || ask === 'retry' ? ask : undefined;
  const html =
    what === undefined
      ? runPage({ given, log, who, still: false })
      : askPage({
          given,
          ask: what,
          level: undefined,
          steps: [],
          falseAlarm: false,
          step: '',
          task: '',
          who,
        });
  return { status: 200, headers: pageHeaders, html: html ?? '' };
}
