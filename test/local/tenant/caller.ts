// Speaks to a tenant the way the app does: with the tokens of its own identity.
import { z } from 'zod';
import { createTenant, type Tenant, type TenantOptions } from '../../../local/tenant/tenant.ts';

export const noon = new Date('2026-11-20T12:00:00.000Z');

/** A clock that stands still until it is moved. */
export function clock(start: Date = noon) {
  let at = start.getTime();
  return {
    now: () => new Date(at),
    advance: (milliseconds: number) => {
      at += milliseconds;
    },
  };
}

export interface Answered {
  status: number;
  headers: Headers;
  /** undefined if the body is empty. */
  body: unknown;
}

const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const rowsSchema = z.object({ value: z.array(z.record(z.string(), z.unknown())) });
const rowSchema = z.record(z.string(), z.unknown());

/** Status and code of a refusal, for one assertion on both. */
export const refusal = (answered: Answered): [number, string] => [
  answered.status,
  errorSchema.parse(answered.body).error.code,
];
export const rows = (answered: Answered) => rowsSchema.parse(answered.body).value;
export const row = (answered: Answered) => rowSchema.parse(answered.body);

async function read(response: Response): Promise<Answered> {
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
}

export interface Caller {
  tenant: Tenant;
  get(path: string, headers?: Record<string, string>): Promise<Answered>;
  send(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object | string): Promise<Answered>;
  /** Runs a cmdlet, routed to the named mailbox or to the tenant. */
  cmdlet(name: string, parameters: object, options?: CmdletOptions): Promise<Answered>;
}
interface CmdletOptions {
  anchor?: string;
  query?: string;
  headers?: Record<string, string>;
}

export async function callerOf(file: unknown, options: Partial<TenantOptions> = {}): Promise<Caller> {
  const tenant = createTenant(file, { now: () => noon, ...options });
  const bearer = async (resource: string) => {
    const issued = await tenant.credential.getToken(`${resource}/.default`);
    return `Bearer ${issued?.token}`;
  };
  const graph = await bearer('https://graph.microsoft.com');
  const exchange = await bearer('https://outlook.office365.com');
  const ask = async (url: string, init: RequestInit) => read(await tenant.handle(new Request(url, init)));
  return {
    tenant,
    get: (path, headers = {}) =>
      ask(`https://graph.microsoft.com${path}`, { headers: { authorization: graph, ...headers } }),
    send: (method, path, body) =>
      ask(`https://graph.microsoft.com${path}`, {
        method,
        headers: {
          authorization: graph,
          ...(body ? { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' } : {}),
        },
        ...(body ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}),
      }),
    cmdlet: (name, parameters, { anchor, query = '', headers = {} }: CmdletOptions = {}) =>
      ask(`https://outlook.office365.com/adminapi/beta/${tenant.tenantId}/InvokeCommand${query}`, {
        method: 'POST',
        headers: {
          authorization: exchange,
          'content-type': 'application/json; charset=utf-8',
          'x-anchormailbox': anchor
            ? `UPN:${anchor}`
            : `APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@${tenant.tenantId}`,
          ...headers,
        },
        body: JSON.stringify({ CmdletInput: { CmdletName: name, Parameters: parameters } }),
      }),
  };
}
