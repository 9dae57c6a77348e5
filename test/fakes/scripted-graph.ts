// Microsoft Graph reduced to a script: requests are recorded in order, answers come from the test.
import type { GraphClient, GraphOptions } from '../../shared/model/clients.ts';

export interface Request {
  method: string;
  path: string;
  version: 'v1.0' | 'beta';
  body?: object;
}

/** Returns a body (an array for a list), or throws what the service would. */
export type Script = (request: Request) => unknown;

export function scriptedGraph(script: Script): GraphClient & { requests: Request[] } {
  const requests: Request[] = [];
  const ask = (method: string, path: string, options?: GraphOptions, body?: object): unknown => {
    const request: Request = {
      method,
      path: decodeURIComponent(path),
      version: options?.version ?? 'v1.0',
      ...(body === undefined ? {} : { body }),
    };
    requests.push(request);
    return script(request);
  };
  return {
    requests,
    get: async (path, schema, options) => schema.parse(ask('GET', path, options)),
    list: async (path, item, options) => {
      const answer = ask('GET', path, options);
      const all = Array.isArray(answer) ? answer.map((each) => item.parse(each)) : [];
      return all.slice(0, options?.most);
    },
    search: async (path, body, schema) => schema.parse(ask('POST', path, undefined, body)),
    patch: async (path, body, options) => {
      ask('PATCH', path, options, body);
    },
    post: async (path, body, schema, options) => schema.parse(ask('POST', path, options, body)),
    postMime: async (path, mime) => {
      ask('POST', path, undefined, { mime });
    },
    delete: async (path) => {
      ask('DELETE', path);
    },
  };
}
