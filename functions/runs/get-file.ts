// GET /api/runs/{id}/files/{step}/{file}: a file that a step has kept: an export, evidence, a draft. Always a download, so
// that no browser renders text a stranger wrote.
import type { Engine } from '../../shared/run/engine.ts';
import { type ApiAnswer, type ApiRequest, Problem, readRun } from './api.ts';

export async function getFile(engine: Engine, request: ApiRequest): Promise<ApiAnswer> {
  const rows = await readRun(engine, request);
  const { step = '', file = '' } = request.params;
  const row = rows.steps.find((entry) => entry.row.name === step)?.row;
  const found = row?.attachments.find(({ name }) => name === file);
  if (found === undefined) {
    throw new Problem(404, 'Unknown file', 'The run holds no such file. Open the run for those that it has.');
  }
  const plainName = found.name.replace(/[^\w.-]/g, '_');
  return {
    status: 200,
    headers: {
      'content-type': `${found.type}; charset=utf-8`,
      'content-disposition': `attachment; filename="${plainName}"`,
      'content-security-policy': "default-src 'none'; sandbox",
    },
    html: found.content,
  };
}
