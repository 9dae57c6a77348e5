// GET /api/runs/{id}: one run as it stands now.
import type { Engine } from '../../shared/run/engine.ts';
import { type ApiAnswer, type ApiRequest, documentOf, readRun } from './api.ts';

export async function getRun(engine: Engine, request: ApiRequest): Promise<ApiAnswer> {
  const rows = await readRun(engine, request);
  return { status: 200, headers: { etag: rows.run.etag }, json: await documentOf(engine, rows) };
}
