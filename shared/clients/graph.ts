// Microsoft Graph through its own client library. The library builds the URLs and the bodies; its
// authentication and retry handlers are left out: the first attaches no token to http://127.0.0.1, the second
// sleeps up to three minutes, repeats what must not be repeated, and gives up on a lost connection.

import {
  Client,
  type GraphRequest,
  type Context as MiddlewareContext,
  type MiddlewareOptions,
  ResponseType,
} from '@microsoft/microsoft-graph-client';
import { z } from 'zod';
import { PermanentError, RetryableError } from '../errors.ts';
import type { GraphClient, GraphOptions, GraphPages } from '../model/clients.ts';
import { trimEnd } from '../model/text.ts';
import { type Answer, bodyOf, readOf, shaped } from './answer.ts';
import { graphFault } from './graph-fault.ts';
import { allPages, eachPage } from './pages.ts';
import {
  isPremiumRefusal,
  organizationSchema,
  plansInUse,
  plansPath,
  premiumPlans,
  premiumRefusal,
} from './plans.ts';
import { type ClientOptions, createSender } from './send.ts';

const name = 'Microsoft Graph';

const service = {
  name,
  scope: 'https://graph.microsoft.com/.default',
  rights:
    'the application permission for this request, or a directory role that reaches this account (an administrator needs Privileged Authentication Administrator)',
  fault: graphFault,
};

/** Passed through the library to the sender. It carries the failure back, which the library would wrap in its own. */
class Call implements MiddlewareOptions {
  readonly request: string;
  readonly method: string;
  readonly abort: AbortSignal | undefined;
  answer: Answer | undefined;
  failure: unknown;

  constructor(method: string, request: string, abort: AbortSignal | undefined) {
    this.method = method;
    this.request = request;
    this.abort = abort;
  }
}

type Through = (request: GraphRequest) => Promise<unknown>;

interface Answered {
  body: unknown;
  /** Its name in failures. */
  request: string;
}

/** An empty or dotted segment would turn "this user" into "all users" or something else. */
function checked(path: string): string {
  const place = path.split('?', 1)[0] ?? '';
  const sound = /^(\/[^/#]+)+$/.test(place) && !/\/(\.|%2e){1,2}(\/|$)/i.test(place);
  if (sound && !path.includes('#')) return place;
  throw new PermanentError(`A part of the path ${place} is missing or not encoded; nothing was sent.`);
}

/** 'GET /beta/users/4f1c…': without the query. */
const named = (method: string, path: string, { version }: GraphOptions) =>
  `${method} ${version === 'beta' ? '/beta' : ''}${checked(path)}`;

/** A tenant's plans rarely change, and otherwise every refusal would ask for them. */
const plansKeptMs = 600_000;
const organizationsSchema = z.object({ value: z.array(organizationSchema) });

export interface BoundGraphClient extends GraphClient, GraphPages {
  /** Any path: for callers with a closed set of their own. No step gets this client. */
  delete(path: string): Promise<void>;
  /** The same client, with requests that end when the signal aborts. */
  withAbort(abort: AbortSignal): GraphClient & GraphPages;
}

/** By the start of a path: what such a request waits for before it is sent. */
export type Paces = Readonly<Record<string, (abort: AbortSignal | undefined) => Promise<void>>>;

/**
 * Writes carry `x-ms-throttle-priority: high`, so that within this app reading gives way to containment
 * (https://learn.microsoft.com/graph/throttling). A POST is never repeated after a lost answer.
 */
export function createGraph(options: ClientOptions & { paces?: Paces }): BoundGraphClient {
  const send = createSender(service, options);
  const paces = Object.entries(options.paces ?? {});
  const base = trimEnd(new URL(options.baseUrl).href, '/');

  const deliver = {
    async execute(context: MiddlewareContext) {
      const call = context.middlewareControl?.getMiddlewareOptions(Call);
      if (!(call instanceof Call)) throw new Error('a request without its call');
      const { method } = call;
      const body = z
        .string()
        .optional()
        .parse(context.options?.body ?? undefined);
      try {
        call.answer = await send({
          name: call.request,
          method,
          url: z.string().parse(context.request),
          headers: new Headers(context.options?.headers),
          body,
          repeatable: method !== 'POST',
          goneIsDone: method === 'DELETE',
          abort: call.abort,
        });
      } catch (failure) {
        call.failure = failure;
        throw failure;
      }
      context.response = new Response(null, { status: 204 });
    },
  };
  const client = Client.initWithMiddleware({ baseUrl: base, middleware: deliver });

  const now = options.now ?? (() => new Date());
  let premium: { is: boolean; until: number } | undefined;

  function bind(abort: AbortSignal | undefined): BoundGraphClient {
    async function ask(
      method: string,
      path: string,
      through: Through,
      given: GraphOptions = {},
    ): Promise<Answered> {
      const { version = 'v1.0', headers = {} } = given;
      const call = new Call(method, named(method, path, given), abort);
      for (const [start, pace] of paces) if (path.startsWith(start)) await pace(abort);
      const request = client
        .api(path)
        .version(version)
        .headers(method === 'GET' ? headers : { 'x-ms-throttle-priority': 'high', ...headers })
        .responseType(ResponseType.RAW)
        .middlewareOptions([call]);
      await through(request).catch((wrapped: unknown) => {
        throw call.failure ?? wrapped;
      });
      if (call.answer === undefined) throw new Error(`no answer to ${call.request}`);
      const parse = method === 'GET' ? readOf : bodyOf;
      return { body: parse(call.answer, name, call.request), request: call.request };
    }

    const get = (path: string, given?: GraphOptions) => ask('GET', path, (api) => api.get(), given);

    /** If refused for lack of a licence that the tenant does have, asks once more; after that, a later try must do. */
    async function read(path: string, given?: GraphOptions): Promise<Answered> {
      try {
        return await get(path, given);
      } catch (error) {
        if (!isPremiumRefusal(error) || !(await isPremium())) throw error;
        return await get(path, given).catch((again: unknown) => {
          if (!isPremiumRefusal(again)) throw again;
          throw new RetryableError(`${again.message} The tenant has the licence, so it is asked again.`, {
            code: premiumRefusal,
            tookEffect: 'no',
          });
        });
      }
    }

    /** Also false if that can't be read. */
    async function isPremium(): Promise<boolean> {
      const known = premium;
      if (known !== undefined && known.until > now().getTime()) return known.is;
      const { body } = await get(plansPath).catch((error: unknown) => {
        if (error instanceof PermanentError) return { body: undefined };
        throw error;
      });
      const plans = plansInUse(organizationsSchema.safeParse(body).data?.value ?? []);
      const is = premiumPlans.some((plan) => plans.has(plan));
      premium = { is, until: now().getTime() + plansKeptMs };
      return is;
    }

    /** A link to another host would send the token there. */
    function following(link: string, version: string, request: string): string {
      const start = `${base}/${version}/`;
      if (URL.canParse(link) && new URL(link).href.startsWith(start)) {
        return new URL(link).href.slice(start.length - 1);
      }
      throw new PermanentError(
        `The next page of ${request} is at another address than ${base}; it is not read.`,
      );
    }

    const listed = <T>(path: string, item: z.ZodType<T>, given: GraphOptions) => {
      const request = named('GET', path, given);
      return {
        service: name,
        request,
        first: path,
        item,
        read: async (place: string) => (await read(place, given)).body,
        follow: (link: string) => following(link, given.version ?? 'v1.0', request),
      };
    };

    return {
      async get(path, schema, given) {
        const { body, request } = await read(path, given);
        return shaped(schema, body, name, request);
      },

      list: async (path, item, given = {}) =>
        await allPages({ ...listed(path, item, given), most: given.most }),

      pages: (path, item, given = {}) => eachPage(listed(path, item, given)),

      async search(path, body, schema) {
        const answered = await ask('POST', path, (api) => api.post(body), {
          headers: { 'x-ms-throttle-priority': 'normal' },
        });
        return shaped(schema, answered.body, name, answered.request);
      },

      async patch(path, body, given) {
        await ask('PATCH', path, (api) => api.patch(body), given);
      },

      async post(path, body, schema, given) {
        const answered = await ask('POST', path, (api) => api.post(body), given);
        return shaped(schema, answered.body, name, answered.request);
      },

      async postMime(path, mime) {
        const body = Buffer.from(mime).toString('base64');
        await ask('POST', path, (api) => api.post(body), { headers: { 'content-type': 'text/plain' } });
      },

      async delete(path) {
        await ask('DELETE', path, (api) => api.delete());
      },

      withAbort: bind,
    };
  }
  return bind(undefined);
}
