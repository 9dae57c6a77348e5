import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createExchange } from '../../shared/clients/exchange.ts';
import { createGraph } from '../../shared/clients/graph.ts';

const credential = { getToken: async () => ({ token: 't', expiresOnTimestamp: Date.parse('2100-01-01') }) };
const item = z.object({ n: z.number() });
const json = (body: object, status = 200, headers = {}) =>
  new Response(JSON.stringify(body), { status, headers });

describe('a list that is too long to be held', () => {
  it('comes a page at a time: the next one is requested when the previous one is used up', async () => {
    const asked: string[] = [];
    const fetch = async (url: string) => {
      asked.push(url);
      const page = asked.length;
      const more = page < 3 ? { '@odata.nextLink': `https://graph.test/v1.0/users?$skiptoken=${page}` } : {};
      return json({ value: [{ n: page }], ...more });
    };
    const graph = createGraph({ baseUrl: 'https://graph.test', credential, fetch });
    const seen: number[] = [];
    for await (const page of graph.pages('/users', item)) {
      seen.push(...page.map(({ n }) => n));
      expect(asked).toHaveLength(seen.length);
    }
    expect(seen).toEqual([1, 2, 3]);
  });

  it.each([
    ['is at its end where the next page is null', { value: [{ n: 1 }], '@odata.nextLink': null }, undefined],
    [
      'is not at its end where the next page is nowhere',
      { value: [{ n: 1 }], '@odata.nextLink': ' ' },
      'has more of',
    ],
    [
      'is no list with an error in it',
      { error: { code: 'Timeout', message: 'm' }, value: [] },
      'an error in one (Timeout)',
    ],
  ])('%s', async (_, body, failure) => {
    const fetch = async () => json(body);
    const graph = createGraph({ baseUrl: 'https://graph.test', credential, fetch, wait: async () => {} });
    const read = graph.list('/users', item);
    if (failure === undefined) return expect(read).resolves.toEqual([{ n: 1 }]);
    const thrown: unknown = await read.catch((error: unknown) => error);
    expect(thrown).toMatchObject({ name: 'RetryableError', message: expect.stringContaining(failure) });
  });

  it('continues after an empty page, and fails even if only a later page is partial', async () => {
    const more = { '@odata.nextLink': 'https://graph.test/v1.0/users?$skiptoken=2' };
    const reading = (second: Response) => {
      const fetch = async (url: string) =>
        url.includes('skiptoken') ? second.clone() : json({ value: [], ...more });
      return createGraph({ baseUrl: 'https://graph.test', credential, fetch, wait: async () => {} }).list(
        '/users',
        item,
      );
    };
    await expect(reading(json({ value: [{ n: 2 }] }))).resolves.toEqual([{ n: 2 }]);
    const warned = json({ value: [{ n: 2 }] }, 200, { warning: '199 - "Vendor/Provider/504/10000"' });
    await expect(reading(warned)).rejects.toThrow('only in part');
  });

  it('covers the whole tenant only if a cmdlet says Unlimited, and never if one changes something', async () => {
    const bodies: string[] = [];
    const fetch = async (_url: string, init: RequestInit) => {
      bodies.push(String(init.body));
      return json({ value: [] });
    };
    const exchange = createExchange({ baseUrl: 'https://exchange.test', tenantId: 't', credential, fetch });
    await exchange.get('Get-Mailbox', { ResultSize: 'Unlimited' }, item);
    expect(bodies).toHaveLength(1);
    await expect(exchange.get('Get-Mailbox', { ResultSize: '10' }, item)).rejects.toThrow('not told whose');
    await expect(exchange.run('Set-Mailbox', { ResultSize: 'Unlimited' })).rejects.toThrow('not told whose');
    expect(bodies).toHaveLength(1);
  });

  it('leaves no listener on the caller’s signal, which lives as long as the process', async () => {
    const fetch = async () => json({ value: [{ n: 1 }] });
    const lasting = new AbortController().signal;
    const graph = createGraph({ baseUrl: 'https://graph.test', credential, fetch }).withAbort(lasting);
    for (let i = 0; i < 5; i += 1) await graph.list('/users', item);
    expect(getEventListeners(lasting, 'abort')).toEqual([]);
  });

  it('ends when the caller’s signal does, and not before', async () => {
    const caller = new AbortController();
    const fetch = (_url: string, { signal }: RequestInit) =>
      new Promise<Response>((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
        queueMicrotask(() => caller.abort());
      });
    const graph = createGraph({ baseUrl: 'https://graph.test', credential, fetch }).withAbort(caller.signal);
    await expect(graph.list('/users', item)).rejects.toThrow('time was over');
  });

  it('is waited for as long as the client is patient, and the waits stop growing', async () => {
    const waits: number[] = [];
    let asked = 0;
    const fetch = async () => {
      asked += 1;
      return asked < 12 ? json({}, 503) : json({ value: [] });
    };
    const given = { baseUrl: 'https://graph.test', credential, random: () => 0, now: () => new Date(0) };
    const wait = async (seconds: number) => void waits.push(seconds);
    const patient = createGraph({ ...given, fetch, wait, patienceSeconds: 900 });
    expect(await patient.list('/users', item)).toEqual([]);
    expect(Math.max(...waits)).toBe(60);
    asked = 0;
    const hasty = createGraph({ ...given, fetch, wait });
    await expect(hasty.list('/users', item)).rejects.toThrow('503');
  });
});
