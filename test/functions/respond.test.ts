// The one way into every HTTP function: who is asking, where from, what is sent; and that otherwise nothing is done.
import { describe, expect, it } from 'vitest';
import { type ApiAnswer, type ApiRequest, Problem } from '../../functions/runs/api.ts';
import { type Incoming, respond } from '../../functions/runs/respond.ts';
import { refuseUnknown, routes } from '../../functions/runs/routes.ts';
import { type Access, type Caller, TokenRefused } from '../../shared/auth/caller.ts';
import { RetryableError } from '../../shared/errors.ts';

const url = 'https://reclaim.contoso.com/api/runs/x/undo';
const json = { 'content-type': 'application/json' };
const operator: Caller = {
  who: 'adele@contoso.com (f5e829f5)',
  id: 'f5e829f5',
  kind: 'person',
  access: 'operator',
  by: 'token',
};

interface Case {
  caller?: Caller | Error;
  access?: Access;
  changes?: boolean;
  personal?: boolean;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  text?: string;
  work?: (request: ApiRequest) => Promise<ApiAnswer>;
}

async function send({
  caller = operator,
  access = 'operator',
  changes = true,
  personal = false,
  query = {},
  headers = json,
  text = '{}',
  work,
}: Case) {
  const seen: ApiRequest[] = [];
  const errors: string[] = [];
  let read = 0;
  const incoming: Incoming = {
    method: changes ? 'POST' : 'GET',
    url,
    params: { id: 'x' },
    query,
    headers,
    text: async () => {
      read += 1;
      return text;
    },
  };
  const authenticate = async () => {
    if (caller instanceof Error) throw caller;
    return caller;
  };
  const answer = await respond(
    {
      access,
      changes,
      personal,
      work: async (request) => {
        seen.push(request);
        return work === undefined ? { status: 200, json: 'done' } : work(request);
      },
    },
    incoming,
    { authenticate: () => authenticate, error: (line) => errors.push(line) },
  );
  return { answer, seen, errors, read };
}

describe('a request', () => {
  it('reaches its function with the caller’s name, and without their credentials', async () => {
    const headers = {
      ...json,
      authorization: 'Bearer a.b.c',
      'x-ms-client-principal': 'forged',
      'if-match': '"1"',
    };
    const { answer, seen } = await send({ headers, text: '{"a":1}' });
    expect(answer).toEqual({ status: 200, json: 'done' });
    expect(seen).toEqual([
      {
        url,
        params: { id: 'x' },
        query: {},
        headers: { ...json, 'if-match': '"1"' },
        text: '{"a":1}',
        who: operator.who,
        callerId: operator.id,
      },
    ]);
  });

  it('of an unknown caller is refused before its body is read, with how to sign in', async () => {
    const { answer, seen, read, errors } = await send({ caller: new TokenRefused('The token has expired.') });
    expect(answer).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="reclaim"', 'content-type': 'application/problem+json' },
      json: { title: 'Not signed in', status: 401, detail: 'The token has expired.' },
    });
    expect([seen, read, errors]).toEqual([[], 0, []]);
  });

  it.each([
    ['has no role', new TokenRefused('adele@contoso.com has neither role.', 'role')],
    ['may only look', { ...operator, access: 'reader' as const }],
  ])('of a caller who %s is refused, and does nothing', async (_who, caller) => {
    const { answer, seen, read } = await send({ caller });
    expect(answer).toMatchObject({
      status: 403,
      json: { title: 'Not allowed', detail: expect.stringMatching(/adele/) },
    });
    expect([seen, read]).toEqual([[], 0]);
  });

  it.each(['application', 'key'] as const)(
    'that takes a person is refused from an operator’s %s',
    async (kind) => {
      const { answer, seen, read } = await send({ caller: { ...operator, kind }, personal: true });
      expect([answer.status, seen, read]).toEqual([403, [], 0]);
      expect((await send({ personal: true })).seen).toHaveLength(1);
    },
  );

  it.each(['code', 'Code'])(
    'with a key in its address (%s) is refused — addresses are written to logs',
    async (name) => {
      const { answer, seen } = await send({ query: { [name]: 'c2VjcmV0' } });
      expect([answer.status, seen]).toEqual([401, []]);
      expect(JSON.stringify(answer)).not.toContain('c2VjcmV0');
    },
  );

  it('that only reads is open to a reader', async () => {
    const { answer } = await send({
      caller: { ...operator, access: 'reader' },
      access: 'reader',
      changes: false,
    });
    expect(answer.status).toBe(200);
  });

  it('is told to come again if the caller can’t be identified, which is logged', async () => {
    const { answer, seen, errors } = await send({ caller: new RetryableError('no signing keys') });
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect([seen, errors]).toEqual([[], ['no signing keys']]);
  });

  it('from another site is refused before its body is read', async () => {
    const { answer, seen, read } = await send({ headers: { ...json, 'sec-fetch-site': 'cross-site' } });
    expect(answer.status).toBe(403);
    expect([seen, read]).toEqual([[], 0]);
  });

  it('that fails inside reveals nothing about the inside, except in the log', async () => {
    const { answer, errors } = await send({
      work: async () => {
        throw new TypeError('AccountKey=secret');
      },
    });
    expect(answer.status).toBe(500);
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(errors).toEqual(['AccountKey=secret']);
  });

  it('that is refused for its content is not logged as an error of the app', async () => {
    const { errors } = await send({
      work: async () => {
        throw new Problem(400, 'Invalid body', 'reason: too short');
      },
    });
    expect(errors).toEqual([]);
  });
});

describe('a body', () => {
  it.each([
    ['text', { 'content-type': 'text/plain' }],
    ['of several parts', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['XML', { 'content-type': 'application/xml' }],
    ['of a kind that begins like JSON', { 'content-type': 'application/jsonp' }],
    ['of no kind', { 'content-length': '2' }],
    ['packed', { ...json, 'content-encoding': 'gzip' }],
  ])('%s is refused unread — another site’s form can send only such kinds', async (_kind, headers) => {
    const { answer, seen, read } = await send({ headers });
    expect(answer).toMatchObject({ status: 415, json: { detail: expect.stringMatching(/Send/) } });
    expect([seen, read]).toEqual([[], 0]);
  });

  it.each([['application/json; charset=utf-8'], ['Application/JSON'], ['application/x-www-form-urlencoded']])(
    'of kind %s is accepted',
    async (type) => {
      const headers = { 'content-type': type, 'sec-fetch-site': 'same-origin' };
      expect((await send({ headers })).answer.status).toBe(200);
    },
  );

  it('that says it is huge is refused unread', async () => {
    const { answer, read } = await send({ headers: { ...json, 'content-length': '70000' } });
    expect(answer).toMatchObject({ status: 413, json: { detail: 'The body may hold 16384 characters.' } });
    expect(read).toBe(0);
  });

  it('that is huge without saying so is refused too', async () => {
    const { answer, seen } = await send({ text: 'x'.repeat(70_000) });
    expect(answer.status).toBe(413);
    expect(seen).toEqual([]);
  });

  it('of a request that only reads is not read at all', async () => {
    const { answer, read } = await send({
      changes: false,
      access: 'reader',
      headers: { 'content-type': 'text/plain' },
    });
    expect([answer.status, read]).toEqual([200, 0]);
  });
});

describe('a path that does not exist', () => {
  const refused = (method: string, path: string) => {
    try {
      return refuseUnknown(routes, method, path);
    } catch (thrown) {
      if (thrown instanceof Problem) return thrown.answer;
      throw thrown;
    }
  };

  it.each([['users'], ['runs/x/delete'], [''], ['runs/x/retry/now'], ['../admin']])(
    'such as %j is a problem',
    (path) => {
      expect(refused('GET', path)).toMatchObject({ status: 404, json: { title: 'Unknown path' } });
    },
  );

  it.each([
    ['DELETE', 'runs/x', 'GET'],
    ['PUT', 'Runs', 'POST, GET'],
    ['GET', 'runs/x/retry', 'POST'],
  ])('%s %s names the allowed methods', (method, path, allow) => {
    expect(refused(method, path)).toMatchObject({ status: 405, headers: { allow } });
  });
});
