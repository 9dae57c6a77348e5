// A good status means nothing until the answer is complete, and a proxy's refusal is not the service's.
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startAzurite } from '../../local/azurite.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import { Table } from '../../shared/store/table-client.ts';
import { tableOptions } from '../run/progress-stores.ts';

let answer = { status: 200, body: '', headers: {} as Record<string, string> };
const server = createServer((_request, response) => {
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
  response.end(answer.body);
});
let table: Table;

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const key = Buffer.from('a key').toString('base64');
  const endpoint = `http://127.0.0.1:${z.object({ port: z.number() }).parse(server.address()).port}/devstoreaccount1`;
  const connectionString = `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=${key};TableEndpoint=${endpoint};`;
  table = new Table({ connectionString }, 'runs', { retryOptions: { maxRetries: 0 } });
});
afterAll(() => new Promise((done) => server.close(done)));

const row = { 'odata.etag': 'W/"1"', PartitionKey: 'p', RowKey: 'r', document: 'x'.repeat(40) };
const ours = { 'x-ms-request-id': '2b9a7c52-0002-0044-3c6d-1f0e5d000000' };

describe('an answer that was cut off', () => {
  const whole = JSON.stringify({ value: [row] });
  it.each([...Array(6).keys()])('is tried again, wherever the cut is (%i)', async (part) => {
    const body = whole.slice(0, Math.floor((whole.length * part) / 6));
    answer = { status: 200, body, headers: ours };
    await expect(table.query("PartitionKey eq 'p'")).rejects.toBeInstanceOf(RetryableError);
    const one = JSON.stringify(row);
    answer = { status: 200, body: one.slice(0, Math.floor((one.length * part) / 6)), headers: ours };
    await expect(table.get('p', 'r')).rejects.toBeInstanceOf(RetryableError);
  });

  it('is read if it is complete', async () => {
    answer = { status: 200, body: whole, headers: ours };
    expect(await table.query("PartitionKey eq 'p'")).toMatchObject([{ rowKey: 'r' }]);
  });
});

describe('the answer to a transaction', () => {
  const headers = { ...ours, 'content-type': 'multipart/mixed; boundary=batchresponse_1' };
  const part = (status: string, body = '') =>
    `--changesetresponse_1\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 ${status}\r\nETag: W/"2"\r\n\r\n${body}\r\n`;
  const end = '--changesetresponse_1--\r\n--batchresponse_1--\r\n';
  const written = () => {
    const entity = { partitionKey: 'p', rowKey: 'r' };
    return table.transact([
      ['create', entity],
      ['create', { ...entity, rowKey: 's' }],
    ]);
  };

  it('means success only if it says so for each row, to the end', async () => {
    const body = `--batchresponse_1\r\n\r\n${part('204 No Content')}${part('204 No Content')}${end}`;
    answer = { status: 202, body, headers };
    expect(await written()).toEqual(['W/"2"', 'W/"2"']);
    for (let cut = 0; cut <= body.indexOf(end); cut += 13) {
      answer = { ...answer, body: body.slice(0, cut) };
      await expect(written(), String(cut)).rejects.toBeInstanceOf(RetryableError);
    }
  });

  it('is not mistaken for success when a refusal has lost its end — two runs would hold the same account', async () => {
    const no = JSON.stringify({ 'odata.error': { code: 'EntityAlreadyExists', message: { value: '1:x' } } });
    const body = `--batchresponse_1\r\n\r\n${part('409 Conflict', no)}`;
    answer = { status: 202, body: `${body}${end}`, headers };
    expect(await written()).toBe('conflict');
    answer = { status: 202, body, headers };
    await expect(written()).rejects.toBeInstanceOf(RetryableError);
  });
});

describe('a refusal', () => {
  const missing = { 'odata.error': { code: 'ResourceNotFound', message: { lang: 'en-US', value: 'none' } } };

  it('by the service counts', async () => {
    answer = { status: 404, body: JSON.stringify(missing), headers: ours };
    expect(await table.get('p', 'r')).toBeUndefined();
  });

  it('by a proxy does not — if believed, a run would seem to be gone', async () => {
    answer = { status: 404, body: '<html>nothing here</html>', headers: { 'content-type': 'text/html' } };
    await expect(table.get('p', 'r')).rejects.toBeInstanceOf(RetryableError);
    answer = { status: 403, body: 'blocked by the proxy', headers: { 'content-type': 'text/plain' } };
    await expect(table.query("PartitionKey eq 'p'")).rejects.toBeInstanceOf(RetryableError);
  });
});

describe('rows that are put at the same moment', () => {
  const opened = async (refused: (request: string) => boolean = () => false) => {
    const azurite = await startAzurite();
    const requests: string[] = [];
    const watched = tableOptions((request, next) => {
      const { method, body } = request;
      const place = new URL(request.url).pathname;
      requests.push(`${method} ${place.slice(place.lastIndexOf('/') + 1).replace(/\(.*/, '')}`);
      const answered = { request, headers: request.headers, status: 413, bodyAsText: '' };
      answered.headers.set('x-ms-request-id', 'too large');
      return refused(String(body)) ? Promise.resolve(answered) : next(request);
    });
    const one = new Table({ connectionString: azurite.connectionString }, 'index', watched);
    await one.put({ partitionKey: 'first', rowKey: 'r' });
    requests.length = 0;
    return { one, requests, close: () => azurite.close() };
  };
  const puts = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ partitionKey: 'open', rowKey: `r${index}`, index }));

  it('take one request for the first and one for all that came meanwhile — a storm puts hundreds into one partition', async () => {
    const { one, requests, close } = await opened();
    await Promise.all([
      ...puts(40).map((entity) => one.put(entity)),
      one.put({ partitionKey: 'day', rowKey: 'r' }),
    ]);
    expect(requests.toSorted()).toEqual(['POST $batch', 'PUT index', 'PUT index']);
    expect(await one.query("PartitionKey eq 'open'")).toHaveLength(40);
    await close();
  });

  it('are all there, each row as it was put last', async () => {
    const { one, close } = await opened();
    const versions = ['a', 'b', 'c'].map((version) => ({ partitionKey: 'open', rowKey: 'same', version }));
    await Promise.all([...puts(120), ...versions].map((entity) => one.put(entity)));
    expect(await one.query("PartitionKey eq 'open'")).toHaveLength(121);
    expect(await one.get('open', 'same')).toMatchObject({ version: 'c' });
    await close();
  });

  it('are each refused only for their own content', async () => {
    const { one, close } = await opened((body) => body.includes('"index":7'));
    const ends = await Promise.allSettled(puts(10).map((entity) => one.put(entity)));
    expect(ends.map(({ status }) => status === 'fulfilled')).toEqual(
      puts(10).map(({ index }) => index !== 7),
    );
    expect(ends[7]).toMatchObject({ reason: expect.any(PermanentError) });
    expect(await one.query("PartitionKey eq 'open'")).toHaveLength(9);
    await close();
  });
});
