import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type RecordedRequest, requestLog } from '../../../local/tenant/record.ts';
import { createTenant } from '../../../local/tenant/tenant.ts';
import { temporaryFile } from '../temporary-file.ts';
import { callerOf, clock, noon, refusal, row } from './caller.ts';

const file = { users: [{ userPrincipalName: 'adele@contoso.com', mailbox: {} }] };
const adele = '/v1.0/users/adele@contoso.com';
const enabled = `${adele}?$select=accountEnabled`;
const block = { accountEnabled: false };
const withFaults = (...faults: object[]) => ({ ...file, behaviour: { faults } });

describe('tokens', () => {
  const ask = async (authorization: string | undefined, options: { now?: () => Date } = {}) => {
    const tenant = createTenant(file, { now: () => noon, ...options });
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await tenant.fetch(`https://graph.microsoft.com${adele}`, { headers });
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  };

  it.each([
    ['no token', undefined],
    ['a token that nobody issued', 'Bearer eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln'],
    ['another scheme', 'Basic YWRlbGU6cGFzc3dvcmQ='],
  ])('refuses %s with 401', async (_, authorization) => {
    const answered = await ask(authorization);
    expect(refusal(answered)).toEqual([401, 'InvalidAuthenticationToken']);
    expect(answered.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it('refuses a token for another service — an Exchange token opens no directory', async () => {
    const tenant = createTenant(file, { now: () => noon });
    const foreign = await tenant.credential.getToken('https://outlook.office365.com/.default');
    const headers = { authorization: `Bearer ${foreign?.token}` };
    expect((await tenant.fetch(`https://graph.microsoft.com${adele}`, { headers })).status).toBe(401);
  });

  it('refuses a token that has expired', async () => {
    const time = clock();
    const { get } = await callerOf({ ...file, behaviour: { tokenMinutes: 60 } }, { now: time.now });
    time.advance(59 * 60_000);
    expect((await get(adele)).status).toBe(200);
    time.advance(60_000);
    expect((await get(adele)).status).toBe(401);
  });
});

describe('faults', () => {
  it('throttles as often as it is told, with and without Retry-After, and the write has no effect', async () => {
    const { get, send } = await callerOf(
      withFaults({ on: 'PATCH /v1.0/users/*', times: 1, retryAfter: 3 }, { on: 'PATCH *', times: 1 }),
    );
    const first = await send('PATCH', adele, block);
    expect(refusal(first)).toEqual([429, 'TooManyRequests']);
    expect(first.headers.get('retry-after')).toBe('3');
    expect(row(await get(enabled))['accountEnabled']).toBe(true);
    const second = await send('PATCH', adele, block);
    expect([second.status, second.headers.get('retry-after')]).toEqual([429, null]);
    expect((await send('PATCH', adele, block)).status).toBe(204);
  });

  it('hits a cmdlet by its name, every third time', async () => {
    const { cmdlet } = await callerOf(withFaults({ on: 'Get-*', every: 3, status: 503 }));
    const statuses: number[] = [];
    for (let turn = 0; turn < 6; turn += 1) statuses.push((await cmdlet('Get-Mailbox', {})).status);
    expect(statuses).toEqual([200, 200, 503, 200, 200, 503]);
  });

  it('answers with the code and message that the file gives', async () => {
    const { get } = await callerOf(withFaults({ on: '*', status: 403, code: 'Authorization_RequestDenied' }));
    expect(refusal(await get(adele))).toEqual([403, 'Authorization_RequestDenied']);
  });

  it('loses the answer of a request that took effect — the caller cannot know', async () => {
    const { tenant, get, send } = await callerOf(withFaults({ on: 'PATCH *', times: 1, answerLost: true }));
    await expect(send('PATCH', adele, block)).rejects.toThrow(TypeError);
    expect(row(await get(enabled))['accountEnabled']).toBe(false);
    expect(tenant.requests[0]).toMatchObject({ method: 'PATCH', status: null });
  });

  it('keeps to the published limits when asked: one risk request a second without Retry-After, five reports in ten', async () => {
    const time = clock();
    const { get } = await callerOf({ ...file, behaviour: { enforceLimits: true } }, { now: time.now });
    const risk = async () => get('/v1.0/identityProtection/riskDetections');
    expect((await risk()).status).toBe(200);
    const refused = await risk();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, null]);
    time.advance(1000);
    expect((await risk()).status).toBe(200);

    for (let turn = 0; turn < 5; turn += 1) expect((await get('/v1.0/auditLogs/signIns')).status).toBe(200);
    time.advance(4000);
    const sixth = await get('/v1.0/auditLogs/signIns');
    expect([sixth.status, sixth.headers.get('retry-after')]).toEqual([429, '6']);
  });
});

describe('latency', () => {
  it('ends with the waiting request — a step has a deadline of its own', async () => {
    const tenant = createTenant(file, { now: () => noon, latencyMs: 60_000 });
    const waiting = tenant.fetch(`https://graph.microsoft.com${adele}`, { signal: AbortSignal.abort() });
    await expect(waiting).rejects.toThrow('aborted');
  });
});

describe('read lag', () => {
  it('shows the state before a write until the lag is over — directory reads lag behind', async () => {
    const time = clock();
    const { get, send } = await callerOf({ ...file, behaviour: { readLagMs: 5000 } }, { now: time.now });
    await send('PATCH', adele, block);
    time.advance(4999);
    expect(row(await get(enabled))['accountEnabled']).toBe(true);
    time.advance(1);
    expect(row(await get(enabled))['accountEnabled']).toBe(false);
  });

  it('shows the first of two writes when the second still lags', async () => {
    const time = clock();
    const { get, send } = await callerOf({ ...file, behaviour: { readLagMs: 5000 } }, { now: time.now });
    await send('PATCH', adele, block);
    time.advance(3000);
    await send('PATCH', adele, { accountEnabled: true });
    time.advance(2000);
    expect(row(await get(enabled))['accountEnabled']).toBe(false);
  });
});

describe('the record', () => {
  it('has the address at Microsoft, what allowed it and how it ended', async () => {
    const { tenant, send, cmdlet } = await callerOf(file);
    await send('PATCH', adele, block);
    await cmdlet('Get-Mailbox', { Identity: 'adele@contoso.com' });
    expect(tenant.requests).toEqual([
      {
        time: noon.toISOString(),
        service: 'graph',
        method: 'PATCH',
        url: `https://graph.microsoft.com${adele}`,
        route: 'PATCH /users/{id}',
        cmdlet: null,
        status: 204,
        body: block,
        permission: 'User.EnableDisableAccount.All',
        also: ['User.Read.All'],
        role: null,
        requestId: expect.any(String),
        durationMs: expect.any(Number),
      },
      expect.objectContaining({
        service: 'exchange',
        url: `https://outlook.office365.com/adminapi/beta/${tenant.tenantId}/InvokeCommand`,
        cmdlet: 'Get-Mailbox',
        permission: 'Exchange.ManageAsApp',
        role: 'Exchange Administrator',
      }),
    ]);
  });

  it('is written as JSON lines while the requests end', async () => {
    const log = temporaryFile(null, 'requests.jsonl');
    const write = requestLog(`${log}.new`);
    const { get } = await callerOf(file, { onRequest: write });
    await get(adele);
    await get(`${adele}/nothing`);
    const lines = readFileSync(`${log}.new`, 'utf8').trimEnd().split('\n');
    const statuses = lines.map((line): RecordedRequest => JSON.parse(line)).map(({ status }) => status);
    expect(statuses).toEqual([200, 400]);
  });
});

describe('the file', () => {
  it('lists every mistake with its place', () => {
    const wrong = {
      users: [{ userPrincipalName: 7, colour: 'red' }],
      signIns: [{ id: 's', createdDateTime: 'yesterday' }],
    };
    const load = () => createTenant(wrong, { now: () => noon });
    expect(load).toThrow(/users\.0\.userPrincipalName/);
    expect(load).toThrow(/colour: is not known here/);
    expect(load).toThrow(/signIns\.0\.createdDateTime: is neither an ISO 8601 time/);
  });

  it('is unchanged by reading it, except for relative times', async () => {
    const relative = { ...file, signIns: [{ id: 's1', createdDateTime: 'now-1d2h' }] };
    const { tenant, get } = await callerOf(relative);
    await get('/v1.0/users');
    expect(tenant.state()).toEqual({
      ...file,
      signIns: [{ id: 's1', createdDateTime: '2026-11-19T10:00:00.000Z' }],
    });
  });

  it('gains the mailbox that sends the summary, if it does not name it', () => {
    const mailFrom = 'reclaim@contoso.com';
    const [, added] = createTenant(file, { now: () => noon, mailFrom }).state().users;
    expect(added).toMatchObject({ userPrincipalName: mailFrom, mailbox: {} });
    const [same, ...none] = createTenant(file, { now: () => noon, mailFrom: 'adele@contoso.com' }).state()
      .users;
    expect([same, none]).toEqual([file.users[0], []]);
  });
});
