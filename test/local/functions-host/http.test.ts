import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Built, buildFixture, type Observed, startFixture } from './fixture.ts';

let built: Built;
let host: Observed;
beforeAll(async () => {
  built = await buildFixture();
  host = await startFixture(built, { settings: { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '1000000' } });
});
afterAll(async () => {
  await host.close();
  await built.remove();
});

const key = { 'x-functions-key': 'host-key' };

describe('an HTTP function', () => {
  it('gets route parameters, query, headers and body, and its whole answer comes back', async () => {
    const response = await host.get('/api/runs/f5e829f5.8M2P/retry?steps=a&steps=b&reason=seen%20again', {
      method: 'POST',
      body: '{"reason":"naïve"}',
      headers: { ...key, 'x-trace': 'abc' },
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('x-trace')).toBe('abc');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.getSetCookie()).toEqual(['seen=a%20b; path=/; samesite=strict; httponly']);
    expect(await response.json()).toEqual({
      params: { id: 'f5e829f5.8M2P', action: 'retry' },
      query: { steps: 'a,b', reason: 'seen again' },
      url: `${host.url}/api/runs/f5e829f5.8M2P/retry?steps=a&steps=b&reason=seen%20again`,
      body: '{"reason":"naïve"}',
      triggerMetadata: null,
    });
  });

  it('gets bytes as they are — a body is not text until somebody says so', async () => {
    const bytes = Uint8Array.from([0, 255, 254, 128, 13, 10]);
    const response = await host.get('/api/bytes', { method: 'PUT', body: bytes });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
  });

  it('gives precedence to a more specific route, whatever the order of registration', async () => {
    expect(await (await host.get('/api/runs/newest')).text()).toBe('newest');
  });

  it('is not found under another method or path, and 404 needs no key', async () => {
    for (const [method, path] of [
      ['DELETE', '/api/runs/1'],
      ['HEAD', '/api/runs/newest'],
      ['GET', '/api/runs'],
      ['GET', '/runs/newest'],
      ['GET', '/api/runs/1/retry/again'],
    ] as const) {
      expect([method, path, (await host.get(path, { method })).status]).toEqual([method, path, 404]);
    }
  });

  it('answers 204 when it returns nothing', async () => {
    expect((await host.get('/api/nothing')).status).toBe(204);
  });

  it('answers 500 without details when it throws — the error is only in the log', async () => {
    const response = await host.get('/api/thrower');
    expect([response.status, await response.text()]).toEqual([500, '']);
    const failed = await host.line(({ function: name, level }) => name === 'thrower' && level === 'error');
    expect(failed.message).toContain('token=secret');
  });

  it('is not called with a body beyond the limit', async () => {
    const response = await host.get('/api/bytes', { method: 'PUT', body: new Uint8Array(1_000_001) });
    expect(response.status).toBe(413);
    expect((await host.get('/api/bytes', { method: 'PUT', body: new Uint8Array(1_000_000) })).status).toBe(
      200,
    );
  });
});

describe('keys', () => {
  it.each([
    ['no key', '/api/runs/1', {}, 401],
    ['a wrong key', '/api/runs/1', { 'x-functions-key': 'guess' }, 401],
    ['an empty key', '/api/runs/1?code=', {}, 401],
    ['the host key in the header', '/api/runs/1', key, 201],
    ['the host key in the query', '/api/runs/1?code=host-key', {}, 201],
    ['the function’s own key', '/api/runs/1?code=echo-key', {}, 201],
    ['the master key', '/api/runs/1?code=master-key', {}, 201],
    ['a wrong header beside a right query', '/api/runs/1?code=host-key', { 'x-functions-key': 'guess' }, 401],
    ['the host key for an admin function', '/api/operators', key, 401],
    ['the master key for an admin function', '/api/operators?code=master-key', {}, 200],
    ['a wrong key for an anonymous function', '/api/runs/newest?code=guess', {}, 200],
    ['another function’s own key', '/api/operators?code=echo-key', {}, 401],
    ['no key under /admin', '/admin/functions', {}, 401],
    ['the host key under /admin', '/admin/functions', key, 401],
  ])('%s', async (_what, path, headers, status) => {
    expect((await host.get(path, { headers })).status).toBe(status);
  });
});

describe('/admin/functions', () => {
  const master = { 'x-functions-key': 'master-key' };

  it('lists what is registered, with the bindings as the app declared them', async () => {
    const list = await (await host.get('/admin/functions', { headers: master })).json();
    expect(list).toContainEqual(
      expect.objectContaining({
        name: 'echo',
        invoke_url_template: `${host.url}/api/runs/{id}/{action?}`,
        config: expect.objectContaining({
          bindings: [
            expect.objectContaining({
              type: 'httpTrigger',
              route: 'runs/{id}/{action?}',
              authLevel: 'function',
            }),
            expect.objectContaining({ type: 'http', name: '$return', direction: 'out' }),
          ],
        }),
      }),
    );
    expect(list).toContainEqual(expect.objectContaining({ name: 'stream' }));
  });

  it('fires a timer by hand, and answers before it has run', async () => {
    const fire = (name: string, body?: string) =>
      host.get(`/admin/functions/${name}`, { method: 'POST', headers: master, ...(body && { body }) });
    expect((await fire('sweep', '{}')).status).toBe(202);
    const line = await host.line(({ function: name, source }) => name === 'sweep' && source === 'app');
    expect(JSON.parse(line.message)).toEqual({
      schedule: { adjustForDST: true },
      scheduleStatus: {
        last: '0001-01-01T00:00:00',
        next: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d[05]:00\+00:00$/),
        lastUpdated: expect.any(String),
      },
      isPastDue: false,
    });
    expect((await fire('sweep')).status).toBe(400);
    expect((await fire('nobody', '{}')).status).toBe(404);
  });
});

describe('a function called by hand', () => {
  it('returns its failure to the caller', async () => {
    await expect(host.fire('broken-timer')).rejects.toThrow('the table is gone');
    await expect(host.fire('nobody')).rejects.toThrow('There is no function nobody');
    await expect(host.fire('echo')).rejects.toThrow('by HTTP');
  });
});

describe('the app', () => {
  it('has an environment of its own — nothing leaks in from the process that started it', async () => {
    process.env['RECLAIM_TEST_LEAK'] = 'leaked';
    const leaky = await startFixture(built, { settings: { ONLY: 'this' } });
    try {
      const environment = await (await leaky.get('/api/environment')).json();
      expect(environment).toMatchObject({ ONLY: 'this', WEBSITE_HOSTNAME: new URL(leaky.url).host });
      expect(environment).not.toHaveProperty('RECLAIM_TEST_LEAK');
      expect(environment).not.toHaveProperty('VITEST');
    } finally {
      await leaky.close();
    }
  });

  it('has its hooks called: at the start, and before each call', async () => {
    expect(await (await host.get('/api/hooked')).json()).toEqual({ appStarted: true, hooked: 1 });
    expect(await (await host.get('/api/hooked')).json()).toEqual({ appStarted: true, hooked: 2 });
  });

  it('is told apart in the log: lines with its context, lines without it, and the host’s lines', async () => {
    await host.get('/api/console', { method: 'POST' });
    expect(await host.line(({ message }) => message === 'careful')).toMatchObject({
      ...{ source: 'app', level: 'warning', function: 'console' },
      invocation: expect.stringMatching(/^[\da-f-]{36}$/),
    });
    expect(await host.line(({ message }) => message === 'past the context')).toMatchObject({
      ...{ source: 'console', level: 'information', function: null },
    });
    expect(await host.line(({ message }) => message === 'started (POST /api/console)')).toMatchObject({
      ...{ source: 'host', level: 'information', function: 'console' },
    });
  });

  it('runs without a function that lacks a setting, and the log names the setting', () => {
    expect(host.lines).toContainEqual(
      expect.objectContaining({
        function: 'unset',
        level: 'error',
        message: expect.stringContaining('NO_SUCH_SETTING'),
      }),
    );
    expect(host.lines).toContainEqual(
      expect.objectContaining({
        function: 'stream',
        level: 'warning',
        message: expect.stringContaining('not driven'),
      }),
    );
  });

  it('loses a function that an administrator disabled', async () => {
    const without = await startFixture(built, { settings: { 'AzureWebJobs.newest.Disabled': 'true' } });
    try {
      expect(without.functions).not.toContain('newest');
      expect((await without.get('/api/runs/newest?code=host-key')).status).toBe(201);
    } finally {
      await without.close();
    }
  });
});
