// Idempotency-Key: a request that is repeated with the same key within a day does nothing. It gets the first status and
// the run as it stands now; a secret that was shown once is not shown again.
// https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
import { createHash } from 'node:crypto';
import type { Engine } from '../../shared/run/engine.ts';
import type { RequestKeys, RequestRow } from '../../shared/run/request-keys.ts';
import { versionOf } from '../../shared/run/version.ts';
import { type ApiAnswer, type ApiRequest, documentOf, Problem, readRun } from './api.ts';

interface Deps {
  engine: Engine;
  answered: RequestKeys;
}

/** Any visible characters; the draft's quotes are optional. */
const keyForm = /^"?[!#-~]{1,128}"?$/;

const digest = (...parts: readonly string[]) =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

export async function once(
  { engine, answered }: Deps,
  request: ApiRequest,
  work: () => Promise<ApiAnswer>,
): Promise<ApiAnswer> {
  const given = request.headers['idempotency-key'];
  if (given === undefined) return work();
  if (!keyForm.test(given)) {
    throw new Problem(
      400,
      'Invalid key',
      'Idempotency-Key holds 1 to 128 visible characters, such as a UUID.',
    );
  }
  const key = digest(request.who, given);
  const fingerprint = digest(new URL(request.url).pathname.toLowerCase(), request.text);
  const standing = await answered.begin(key, fingerprint, engine.now());
  if (standing !== 'begun') return again(engine, request, standing, fingerprint);
  const answer = await work().catch(async (thrown: unknown) => {
    // Nothing was done, so the same key may be used to try again.
    await answered.forget(key);
    throw thrown;
  });
  const at = engine.now().toISOString();
  const row = { fingerprint, at, status: answer.status, run: runOf(request, answer) };
  // The work is done even if this write fails.
  await answered.settle(key, row).catch(() => undefined);
  return answer;
}

async function again(
  engine: Engine,
  request: ApiRequest,
  { fingerprint, status, run }: RequestRow,
  asked: string,
): Promise<ApiAnswer> {
  if (fingerprint !== asked) {
    throw new Problem(
      422,
      'Key used before',
      'This Idempotency-Key was sent with another request; take a new one.',
    );
  }
  if (status === null) {
    throw new Problem(
      409,
      'At work',
      'The same request is being answered right now; ask again.',
      {},
      {
        'retry-after': '5',
      },
    );
  }
  const headers = { 'idempotent-replayed': 'true' };
  if (run === null) return { status, headers, json: {} };
  const rows = await readRun(engine, { ...request, params: { id: run } });
  return {
    status,
    headers: { ...headers, etag: versionOf(rows.run.row), location: `/api/runs/${run}` },
    json: await documentOf(engine, rows),
  };
}

/** A new run's id is only in the Location header. */
const runOf = ({ params }: ApiRequest, { headers }: ApiAnswer): string | null =>
  params['id'] ?? /^\/api\/runs\/([^/]+)$/.exec(headers?.['location'] ?? '')?.[1] ?? null;
