import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createGraph } from '../../shared/clients/graph.ts';
import { path } from '../../shared/clients/path.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { fakeService, graphError, lost, thrownBy } from '../fakes/service.ts';

const id = '4f1c2d3e-5a6b-4c7d-8e9f-0a1b2c3d4e5f';
const base = 'http://127.0.0.1:7071/graph';
const userSchema = z.object({ id: z.string(), accountEnabled: z.boolean() });
const user = { id, accountEnabled: true };

function graphWith(...script: Parameters<typeof fakeService>) {
  const service = fakeService(...script);
  return { ...service, graph: createGraph({ ...service.options, baseUrl: base }) };
}

describe('a request to Graph', () => {
  it('goes to the given address with the token, even over plain http — the local stack has no certificate', async () => {
    const { graph, asked, tokens } = graphWith([{ body: user }]);
    await expect(graph.get(path`/users/${id}?$select=id,accountEnabled`, userSchema)).resolves.toEqual(user);
    expect(asked[0]?.url).toBe(`${base}/v1.0/users/${id}?$select=id,accountEnabled`);
    expect(asked[0]?.headers.get('authorization')).toBe('Bearer token-1');
    expect(asked[0]?.headers.get('client-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(tokens).toEqual(['https://graph.microsoft.com/.default']);
  });

  it('keeps the filter as it was encoded — a name with & or # must not change the query', async () => {
    const { graph, asked } = graphWith([{ body: { value: [] } }]);
    await graph.list(path`/users?$filter=displayName eq '${"O'Brien & Sons #1"}'&$count=true`, z.unknown());
    const url = new URL(asked[0]?.url ?? '');
    expect(url.searchParams.get('$filter')).toBe("displayName eq 'O''Brien & Sons #1'");
    expect(url.searchParams.get('$count')).toBe('true');
  });

  it('asks beta if told to, with the given headers', async () => {
    const { graph, asked } = graphWith([{ body: { value: [] } }]);
    const headers = { ConsistencyLevel: 'eventual' };
    await graph.list('/auditLogs/signIns', z.unknown(), { version: 'beta', headers });
    expect(asked[0]?.url).toBe(`${base}/beta/auditLogs/signIns`);
    expect(asked[0]?.headers.get('consistencylevel')).toBe('eventual');
  });

  it('uses one token for many requests — a step’s ten requests need only one', async () => {
    const { graph, tokens } = graphWith([{ body: user }]);
    const read = () => graph.get(path`/users/${id}`, userSchema);
    await Promise.all([read(), read(), read()]);
    await read();
    expect(tokens).toHaveLength(1);
  });

  it('gives writes priority, but not reads', async () => {
    const { graph, asked } = graphWith([{ status: 204 }, { body: user }]);
    await graph.patch(path`/users/${id}`, { accountEnabled: false });
    await graph.get(path`/users/${id}`, userSchema);
    expect(asked.map(({ headers }) => headers.get('x-ms-throttle-priority'))).toEqual(['high', null]);
    expect(asked[0]).toMatchObject({ method: 'PATCH', body: { accountEnabled: false } });
    expect(asked[0]?.headers.get('content-type')).toBe('application/json');
  });

  it('waits its turn if the tenant has a rate limit, for each page too, and nowhere else', async () => {
    const next = `${base}/v1.0/identityProtection/riskDetections?$skiptoken=2`;
    const pages = [{ body: { value: [], '@odata.nextLink': next } }, { body: { value: [] } }, { body: user }];
    const service = fakeService(pages);
    const turns: number[] = [];
    const paces = { '/identityProtection/': async () => void turns.push(service.asked.length) };
    const graph = createGraph({ ...service.options, baseUrl: base, paces });
    await graph.list('/identityProtection/riskDetections', z.unknown());
    await graph.get(path`/users/${id}`, userSchema);
    expect(turns).toEqual([0, 1]);
  });

  it('starts a search once and without priority — it evicts nobody, and a second one would be left behind', async () => {
    const { graph, asked } = graphWith([lost(), { status: 201, body: user }]);
    const search = graph.search('/security/auditLog/queries', { displayName: '8M2P' }, userSchema);
    expect(await thrownBy(search)).toBeInstanceOf(RetryableError);
    await graph.search('/security/auditLog/queries', { displayName: '8M2P' }, userSchema);
    expect(asked.map(({ method, headers }) => [method, headers.get('x-ms-throttle-priority')])).toEqual([
      ['POST', 'normal'],
      ['POST', 'normal'],
    ]);
  });

  it('accepts any success without a body — 202 of sendMail, 204 of most writes', async () => {
    const { graph } = graphWith([{ status: 202 }]);
    await expect(graph.post('/users/a@contoso.com/sendMail', {}, z.undefined())).resolves.toBeUndefined();
  });

  it('sends a MIME message as text, in base64 — as JSON it would be refused', async () => {
    const { graph, asked } = graphWith([{ status: 202 }]);
    await graph.postMime('/users/a@contoso.com/sendMail', 'Subject: x\r\n\r\ny');
    expect(asked[0]?.headers.get('content-type')).toBe('text/plain');
    expect(asked[0]?.body).toBe(Buffer.from('Subject: x\r\n\r\ny').toString('base64'));
  });

  it.each([
    '/users/',
    '/users//revokeSignInSessions',
    '/users/../groups',
    '/users/%2E%2e/x',
    '/users/a#EXT#@b',
    '',
  ])('does not send %j — an empty id would mean all of them', async (bad) => {
    const { graph, asked } = graphWith([{ status: 204 }]);
    expect(await thrownBy(graph.patch(bad, {}))).toBeInstanceOf(PermanentError);
    expect(asked).toEqual([]);
  });
});

describe('an answer of an unexpected shape', () => {
  it('fails for good and says where — a column renamed by Microsoft is not "false"', async () => {
    const { graph } = graphWith([{ body: { id, accountEnabled: 'yes' } }]);
    const error = await thrownBy(graph.get(path`/users/${id}?$select=id`, userSchema));
    expect(error).toBeInstanceOf(PermanentError);
    expect(error).toMatchObject({
      message: expect.stringMatching(`GET /users/${id} .*accountEnabled: .*expected boolean`),
    });
  });

  it('that was cut off is requested again later', async () => {
    const { graph } = graphWith([{ text: '{"id":"4f1c' }]);
    expect(await thrownBy(graph.get(path`/users/${id}`, userSchema))).toBeInstanceOf(RetryableError);
  });

  it.each([
    ['by its status', { status: 206, body: { value: [user] } }],
    [
      'by its warning',
      { body: { value: [user] }, headers: { warning: '199 - "Vendor/Provider/504/10000"' } },
    ],
    ['by nothing in it', { body: { value: [] }, status: 206 }],
    ['empty altogether', { text: '' }],
    ['null', { text: 'null' }],
  ])(
    'that is only a part of one is no answer: %s — the rest must not count as "none"',
    async (_, partial) => {
      const { graph } = graphWith([partial, partial]);
      expect(await thrownBy(graph.list('/security/alerts_v2', userSchema))).toBeInstanceOf(RetryableError);
      expect(await thrownBy(graph.get('/security/alerts_v2/1', userSchema))).toBeInstanceOf(RetryableError);
    },
  );

  it('with an unrelated warning is a normal answer', async () => {
    const { graph } = graphWith([{ body: user, headers: { warning: '299 - "Deprecated API"' } }]);
    expect(await graph.get(path`/users/${id}`, userSchema)).toEqual(user);
  });

  it('in the middle of a list names the item', async () => {
    const { graph } = graphWith([{ body: { value: [user, { id }] } }]);
    const error = await thrownBy(graph.list('/users', userSchema));
    expect(error).toMatchObject({ message: expect.stringContaining('GET /users (item 1)') });
  });
});

describe('a list', () => {
  const page = (item: string, next?: string) => ({
    body: { value: [{ id: item }], ...(next === undefined ? {} : { '@odata.nextLink': next }) },
  });
  const item = z.object({ id: z.string() });

  it('reads every page, with the same headers', async () => {
    const { graph, asked } = graphWith([page('a', `${base}/v1.0/users?$skiptoken=X%3D1&$top=1`), page('b')]);
    const headers = { ConsistencyLevel: 'eventual' };
    await expect(graph.list('/users?$top=1', item, { headers })).resolves.toEqual([{ id: 'a' }, { id: 'b' }]);
    const second = new URL(asked[1]?.url ?? '');
    expect(second.searchParams.get('$skiptoken')).toBe('X=1');
    expect(asked[1]?.headers.get('consistencylevel')).toBe('eventual');
  });

  it('stops when the caller has enough', async () => {
    const { graph, asked } = graphWith([page('a', `${base}/v1.0/users?$skiptoken=2`)]);
    await expect(graph.list('/users', item, { most: 1 })).resolves.toEqual([{ id: 'a' }]);
    expect(asked).toHaveLength(1);
  });

  it.each([
    'https://evil.example/v1.0/users?$skiptoken=2',
    'http://127.0.0.1:7071.evil.example/graph/v1.0/u',
    'http://127.0.0.1:7071/other/v1.0/users?$skiptoken=2',
    `${base}/beta/users?$skiptoken=2`,
    'nonsense',
  ])('does not follow %s — the token would go with it', async (link) => {
    const { graph, asked } = graphWith([page('a', link)]);
    expect(await thrownBy(graph.list('/users', item))).toBeInstanceOf(PermanentError);
    expect(asked).toHaveLength(1);
  });

  it('fails temporarily when a later page fails — a partial list proves nothing', async () => {
    const { graph } = graphWith([
      page('a', `${base}/v1.0/users?$skiptoken=2`),
      graphError(404, 'Request_ResourceNotFound', 'The page token has expired.'),
    ]);
    const error = await thrownBy(graph.list('/users', item));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({
      status: undefined,
      message: expect.stringContaining('Page 2 of GET /users'),
    });
  });

  it('whose pages form a loop is an error, not the end of the list', async () => {
    const { graph } = graphWith([page('a', `${base}/v1.0/users?$skiptoken=2`)]);
    expect(await thrownBy(graph.list('/users', item))).toBeInstanceOf(PermanentError);
  });
});

describe('a refusal of Graph', () => {
  it('is retried once with a new token after a 401', async () => {
    const expired = graphError(401, 'InvalidAuthenticationToken', 'Lifetime validation failed.');
    const { graph, asked } = graphWith([expired, { body: user }]);
    await expect(graph.get(path`/users/${id}`, userSchema)).resolves.toEqual(user);
    expect(asked.map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);

    const never = graphWith([expired]);
    expect(await thrownBy(never.graph.get(path`/users/${id}`, userSchema))).toMatchObject({
      name: 'PermanentError',
      status: 401,
    });
    expect(never.asked).toHaveLength(2);
  });

  it('carries status, code and request id, so that no code parses its sentence', async () => {
    const { graph } = graphWith([graphError(404, 'Request_ResourceNotFound', 'Resource does not exist.')]);
    expect(await thrownBy(graph.get(path`/users/${id}`, userSchema))).toMatchObject({
      name: 'PermanentError',
      status: 404,
      code: 'Request_ResourceNotFound',
      requestId: '2f9e4a80-0d2c-4d53-8f3d-7d1f4b7a6c11',
    });
  });

  it('that throttles briefly is waited out, and logged', async () => {
    const throttled = graphError(429, 'TooManyRequests', 'Too many requests.', { 'retry-after': '2' });
    const { graph, waits, lines } = graphWith([throttled, { body: user }]);
    await expect(graph.get(path`/users/${id}`, userSchema)).resolves.toEqual(user);
    expect(waits).toEqual([2]);
    expect(lines).toEqual([
      `Microsoft Graph throttles GET /users/${id} (429 TooManyRequests); it asks to wait 2 s. Microsoft Graph said: Too many requests. Again in 2.0 s.`,
    ]);
  });

  it('that throttles for long goes back to the queue with the time', async () => {
    const throttled = graphError(429, 'TooManyRequests', 'Too many requests.', { 'retry-after': '120' });
    const { graph, waits } = graphWith([throttled]);
    expect(await thrownBy(graph.get(path`/users/${id}`, userSchema))).toMatchObject({
      name: 'RetryableError',
      retryAfterSeconds: 120,
      tookEffect: 'no',
    });
    expect(waits).toEqual([]);
  });

  it('never contains the password that was sent', async () => {
    const { graph, lines } = graphWith([graphError(503, 'ServiceUnavailable', 'Try again.')]);
    const body = { passwordProfile: { password: 'Tg7!vRq2#Lm9@Xw4%Zb6*Kc8' } };
    const error = await thrownBy(graph.patch(path`/users/${id}`, body));
    expect(JSON.stringify([String(error), Object.entries(error ?? {}), lines])).not.toContain('Tg7!vRq2');
  });
});

describe('a lost answer', () => {
  it('to a POST is not followed by a second one — a mail goes out once', async () => {
    const { graph, asked } = graphWith([lost()]);
    const error = await thrownBy(graph.post('/users/a@contoso.com/sendMail', {}, z.unknown()));
    expect(error).toMatchObject({ name: 'RetryableError', tookEffect: 'unknown', code: 'ECONNRESET' });
    expect(asked).toHaveLength(1);
  });

  it('to a POST that never arrived is followed by another try', async () => {
    const { graph } = graphWith([lost('ECONNREFUSED'), { status: 202 }]);
    await expect(graph.post('/users/a@contoso.com/sendMail', {}, z.unknown())).resolves.toBeUndefined();
  });

  it('to a PATCH is followed by the same PATCH', async () => {
    const { graph, asked } = graphWith([lost(), { status: 204 }]);
    await graph.patch(path`/users/${id}`, { accountEnabled: false });
    expect(asked).toHaveLength(2);
  });

  it('to a DELETE that then finds nothing was a success; a first 404 is not', async () => {
    const gone = graphError(404, 'Request_ResourceNotFound', 'Resource does not exist.');
    const { graph } = graphWith([lost(), gone]);
    await expect(graph.delete('/oauth2PermissionGrants/abc')).resolves.toBeUndefined();
    const never = graphWith([gone]);
    expect(await thrownBy(never.graph.delete('/oauth2PermissionGrants/abc'))).toMatchObject({ status: 404 });
  });
});

describe('withAbort', () => {
  it('sends nothing once the time is over, and surely had no effect', async () => {
    const { graph, asked } = graphWith([{ body: user }]);
    const error = await thrownBy(graph.withAbort(AbortSignal.abort()).get(path`/users/${id}`, userSchema));
    expect(error).toMatchObject({ name: 'RetryableError', tookEffect: 'no' });
    expect(asked).toEqual([]);
  });

  it('ends a request that is under way', async () => {
    const service = fakeService([{ body: user }]);
    const deadline = new AbortController();
    const graph = createGraph({
      ...service.options,
      baseUrl: base,
      fetch: (_url, init) =>
        new Promise((_resolve, reject) => {
          init.signal?.addEventListener('abort', () => reject(new Error('aborted')));
          deadline.abort();
        }),
    }).withAbort(deadline.signal);
    const error = await thrownBy(graph.patch(path`/users/${id}`, {}));
    expect(error).toMatchObject({
      name: 'RetryableError',
      tookEffect: 'unknown',
      message: expect.stringContaining('time was over while Microsoft Graph was asked for PATCH /users/'),
    });
  });
});

describe('without a token', () => {
  it('the failure names the identity, and nothing is sent', async () => {
    const service = fakeService([{ body: user }]);
    const credential = {
      async getToken() {
        throw new Error('ManagedIdentityCredential: Authentication failed.');
      },
    };
    const graph = createGraph({ ...service.options, credential, baseUrl: base });
    expect(await thrownBy(graph.get(path`/users/${id}`, userSchema))).toMatchObject({
      name: 'RetryableError',
      tookEffect: 'no',
      message: expect.stringContaining('No token for https://graph.microsoft.com/.default'),
    });
    expect(service.asked).toEqual([]);
  });
});

describe('a refusal for lack of Entra ID P1', () => {
  const refused = graphError(
    403,
    'Authentication_RequestFromNonPremiumTenantOrB2CTenant',
    "Neither tenant is B2C or tenant doesn't have premium license",
  );
  const plans = (...ids: string[]) => ({
    body: {
      value: [
        { assignedPlans: ids.map((servicePlanId) => ({ servicePlanId, capabilityStatus: 'Enabled' })) },
      ],
    },
  });
  const premium = plans('41781FB2-bc02-4b7c-bd55-b576c07bb09d');
  const read = { body: { value: [{ id: 's1' }] } };
  const signIns = (graph: ReturnType<typeof graphWith>['graph']) =>
    graph.list('/auditLogs/signIns', z.object({ id: z.string() }), { version: 'beta' });

  it('is not believed if the tenant has it: the request is repeated once', async () => {
    const { graph, asked } = graphWith([refused, premium, read]);
    expect(await signIns(graph)).toEqual([{ id: 's1' }]);
    expect(asked.map(({ url }) => new URL(url).pathname)).toEqual([
      '/graph/beta/auditLogs/signIns',
      '/graph/v1.0/organization',
      '/graph/beta/auditLogs/signIns',
    ]);
  });

  it('is left to a later try if it comes twice — "no licence" would be final', async () => {
    const { graph } = graphWith([refused, premium, refused]);
    expect(await thrownBy(signIns(graph))).toMatchObject({ name: 'RetryableError', tookEffect: 'no' });
  });

  it.each([
    ['has no such plan', plans('8e0c0a52-6a6c-4d40-8370-dd62790dcd70')],
    ['can’t be asked what it has', graphError(403, 'Authorization_RequestDenied', 'Insufficient privileges')],
  ])('is believed where the tenant %s', async (_, answer) => {
    const { graph } = graphWith([refused, answer]);
    expect(await thrownBy(signIns(graph))).toMatchObject({
      name: 'PermanentError',
      code: 'Authentication_RequestFromNonPremiumTenantOrB2CTenant',
    });
  });

  it('checks the tenant’s licences once in a while, not for each refusal', async () => {
    const { graph, asked } = graphWith([refused, plans(), refused]);
    await thrownBy(signIns(graph));
    await thrownBy(signIns(graph));
    expect(asked).toHaveLength(3);
  });
});
