// POST /api/alerts: an alert by hand or from a webhook. Runs the same triage as the queue, at once, and answers with the
// decisions and the runs they led to. The alert is only a hint here as well; Microsoft Graph's answer counts.
import { z } from 'zod';
import { PermanentError } from '../../shared/errors.ts';
import { advance } from '../../shared/run/advance.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { startedBy } from '../../shared/run/open-run.ts';
import { runRef } from '../../shared/run/progress.ts';
import { runDocumentSchema } from '../../shared/summary/run-document.ts';
import { type ApiAnswer, type ApiRequest, documentOf, idOf, Problem, parseBody } from '../runs/api.ts';
import { decisionListSchema } from './list-decisions.ts';
import type { TriageAlert } from './triage-alert.ts';

/** Anything that is understood at the front door; the id of the alert is enough: `{"type":"Reclaim.Alert",…}`. */
export const alertBodySchema = z.union([z.looseObject({}), z.array(z.looseObject({})).min(1)]);

export const triagedSchema = z.object({
  decisions: decisionListSchema.shape.decisions,
  runs: z.array(runDocumentSchema),
});

/** Returns 422 with every reason if the alert, or part of it, was not believed or not understood. */
export async function triageNow(
  engine: Engine,
  triage: (log: (line: string) => void) => TriageAlert,
  request: ApiRequest,
): Promise<ApiAnswer> {
  const body = parseBody(request, alertBodySchema);
  const lines: string[] = [];
  const message = `by hand: ${request.who} ${engine.now().toISOString()}`;
  const made = await triage((line) => lines.push(line))(body, message).catch((error: unknown) => {
    // A service's refusal has a status; a refusal by triage has none.
    if (!(error instanceof PermanentError) || error.status !== undefined) throw error;
    throw new Problem(422, 'Refused', error.message, { decisions: lines });
  });
  const ids = [...new Set(made.flatMap(({ runId }) => runId ?? []))];
  const operator = idOf(request);
  for (const id of ids) {
    await advance(engine, runRef(id), ({ run, steps }) => ({
      run: { ...run, ...startedBy(operator, run) },
      steps,
      log: [],
    }));
  }
  const rows = await Promise.all(ids.map((id) => engine.progress.read(runRef(id))));
  const runs = await Promise.all(rows.flatMap((one) => (one === undefined ? [] : [documentOf(engine, one)])));
  const decisions = made.map((decision) => decisionListSchema.shape.decisions.element.parse(decision));
  return { status: 200, json: { decisions, runs } satisfies z.infer<typeof triagedSchema> };
}
