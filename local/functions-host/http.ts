// The HTTP front: functions under the route prefix, and as much of /admin as people use. Whole bodies only, in and
// out: an app that asks for HTTP streams is refused when it is loaded.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { readBody } from '../read-body.ts';
import { keyOf, opens } from './access.ts';
import { cookieHeader, cookieSchema } from './cookies.ts';
import type { RegisteredFunction } from './core-api.ts';
import type { Invoke } from './invoke.ts';
import type { Keys } from './protocol.ts';
import { matchRoute, type Route } from './routes.ts';

export interface Hosted {
  routes: readonly Route[];
  functions: readonly RegisteredFunction[];
  invoke: Invoke;
  /** Calls a function without an HTTP trigger; settles when it has ended. */
  fire(name: string, input: string): Promise<unknown>;
}

const largestBody = 104_857_600;

const responseSchema = z.object({
  returnValue: z
    .object({
      http: z
        .object({
          statusCode: z.string().default('200'),
          headers: z.record(z.string(), z.string()).default({}),
          cookies: z.array(cookieSchema).default([]),
          body: z.object({ bytes: z.instanceof(Uint8Array).optional() }).nullish(),
        })
        .optional(),
    })
    .nullish(),
});

const adminCallSchema = z.object({ input: z.string().catch('') });

function end(response: ServerResponse, status: number, body?: unknown): void {
  if (body === undefined) response.writeHead(status).end();
  else
    response
      .writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
      .end(JSON.stringify(body));
}

/** Path and query as sent, not normalised; otherwise `//` and `..` could reach a function that the service hides. */
function splitUrl(url: string): { path: string; query: URLSearchParams } {
  const [path = '/', ...rest] = url.split('?');
  return { path, query: new URLSearchParams(rest.join('?')) };
}

const nullable = (entries: Iterable<[string, string]>) =>
  Object.fromEntries([...entries].map(([name, value]) => [name, { value }]));

interface ListenOptions {
  /** 0 for a free one. */
  port: number;
  keys: Keys;
  loaded: Promise<Hosted>;
  /** Told of each answer under way. */
  track(work: Promise<unknown>): void;
}

/** Listens at once on 127.0.0.1; requests wait until the app is loaded. */
export async function listen({ port, keys, loaded, track }: ListenOptions) {
  const most = Number(process.env['FUNCTIONS_REQUEST_BODY_SIZE_LIMIT'] ?? largestBody);

  async function callFunction(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { invoke, routes } = await loaded;
    const url = request.url ?? '/';
    const method = request.method ?? 'GET';
    const { path, query } = splitUrl(url);
    const match = matchRoute(routes, method, path);
    if (match === null) return end(response, 404);
    const { function: called } = match.route;
    const level = String(called.trigger.binding['authLevel'] ?? 'anonymous').toLowerCase();
    if (!opens(keyOf(request, query), keys, level, called.name)) return end(response, 401);
    const body = await readBody(request, most);
    if (body === null) return end(response, 413);

    const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]);
    const names = new Set(query.keys());
    const answer = responseSchema.parse(
      await invoke({
        function: called,
        reason: `${method} ${path}`,
        data: {
          http: {
            url: `http://${request.headers.host ?? '127.0.0.1'}${url}`,
            method,
            nullableHeaders: nullable(headers),
            nullableQuery: nullable([...names].map((name) => [name, query.getAll(name).join(',')])),
            nullableParams: nullable(Object.entries(match.parameters)),
            body: body.length > 0 ? { bytes: body } : undefined,
          },
        },
      }),
    ).returnValue?.http;
    // A handler that returns nothing: no content.
    if (answer === undefined) return end(response, 204);
    for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
    if (answer.cookies.length > 0) response.appendHeader('set-cookie', answer.cookies.map(cookieHeader));
    response.statusCode = Number(answer.statusCode);
    response.end(answer.body?.bytes ?? '');
  }

  async function callAdmin(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { functions, fire, routes } = await loaded;
    const { path, query } = splitUrl(request.url ?? '/');
    if (!opens(keyOf(request, query), keys, 'admin', null)) return end(response, 401);
    const base = `http://${request.headers.host ?? '127.0.0.1'}`;
    const view = ({ name, bindings }: RegisteredFunction) => ({
      name,
      href: `${base}/admin/functions/${name}`,
      invoke_url_template: routes
        .filter((route) => route.function.name === name)
        .map((route) => `${base}/${route.template}`)
        .join(),
      language: 'node',
      config: {
        name,
        language: 'node',
        bindings: Object.entries(bindings).map(([binding, content]) => ({ ...content, name: binding })),
      },
    });
    const [, wanted] = /^\/admin\/functions(?:\/([^/]+))?\/?$/i.exec(path) ?? [null, ''];
    if (wanted === undefined && request.method === 'GET') return end(response, 200, functions.map(view));
    const found = functions.find(({ name }) => name.toLowerCase() === wanted?.toLowerCase());
    if (found === undefined) return end(response, 404);
    if (request.method === 'GET') return end(response, 200, view(found));
    if (request.method !== 'POST') return end(response, 405);
    const body = await readBody(request, most);
    if (body === null) return end(response, 413);
    const call = adminCallSchema.safeParse(parseJson(body.toString('utf8')));
    if (!call.success) return end(response, 400);
    // Answered before it has run, as the service does; the log says how it went.
    fire(found.name, call.data.input).catch(() => undefined);
    return end(response, 202);
  }

  const server = createServer((request, response) => {
    track(once(response, 'close'));
    const call = /^\/admin(\/|$)/i.test(request.url ?? '') ? callAdmin : callFunction;
    call(request, response).catch(() => {
      // The call has logged it. Nothing of the error goes to the caller.
      if (response.headersSent) response.destroy();
      else end(response, 500);
    });
  });
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  server.listen(port, '127.0.0.1', listening.resolve);
  await listening.promise;
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close() {
      server.close();
      server.closeIdleConnections();
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
