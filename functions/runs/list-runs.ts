// GET /api/runs?days=7: the runs of the last days, newest first, one line each.
import { z } from 'zod';
import { listPage } from '../../shared/page/list-page.ts';
import { pageHeaders } from '../../shared/page/shell.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { verdictOf, verdictText } from '../../shared/run/verdict.ts';
import { runDocumentSchema } from '../../shared/summary/run-document.ts';
import { type ApiAnswer, type ApiRequest, Problem, wantsPage } from './api.ts';

export const listQuerySchema = z.object({
  days: z.coerce.number().int().min(1).max(365).default(7),
  most: z.coerce.number().int().min(1).max(200).default(50),
});

const lineSchema = runDocumentSchema
  .pick({ id: true, code: true, verdict: true, state: true, level: true, openedAt: true, containedAt: true })
  .extend({ userId: z.string(), userPrincipalName: z.string() });

export const runListSchema = z.object({ runs: z.array(lineSchema) });

export async function listRuns(engine: Engine, request: ApiRequest): Promise<ApiAnswer> {
  const query = listQuerySchema.safeParse(request.query);
  if (!query.success) throw new Problem(400, 'Invalid query', 'days is 1 to 365 and most is 1 to 200.');
  const since = new Date(engine.now().getTime() - query.data.days * 86_400_000);
  const refs = await engine.progress.list(since, query.data.most);
  const all = await Promise.all(refs.map((ref) => engine.progress.read(ref)));
  const runs = all.flatMap((rows) => {
    if (rows === undefined) return [];
    const { row: run } = rows.run;
    const verdict = verdictText(
      verdictOf(
        run,
        rows.steps.map((entry) => entry.row),
      ),
    );
    const { id, code, state, level, openedAt, containedAt } = run;
    return [
      {
        id,
        code,
        verdict,
        state,
        level,
        userId: run.account.id,
        userPrincipalName: run.account.userPrincipalName,
        openedAt,
        containedAt,
      },
    ];
  });
  if (wantsPage(request)) {
    return { status: 200, headers: pageHeaders, html: listPage({ runs, ...query.data, who: request.who }) };
  }
  return { status: 200, headers: { vary: 'accept' }, json: { runs } };
}
