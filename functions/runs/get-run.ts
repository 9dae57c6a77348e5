// GET /api/runs/{id}: one run as it stands now, as JSON or as a page. The page refreshes itself by a header while the
// run is open; with `do` in the query it is the page behind a button, which asks for the reason.
import { z } from 'zod';
import { levels } from '../../shared/model/rows.ts';
import { askPage } from '../../shared/page/ask-page.ts';
import { refreshSeconds, runPage } from '../../shared/page/run-page.ts';
import { pageHeaders, runPath } from '../../shared/page/shell.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { type RunRows, runRef } from '../../shared/run/progress.ts';
import { versionOf } from '../../shared/run/version.ts';
import type { Given } from '../../shared/summary/given.ts';
import { type ApiAnswer, type ApiRequest, documentOf, Problem, readRun, wantsPage } from './api.ts';

export async function getRun(engine: Engine, request: ApiRequest): Promise<ApiAnswer> {
  const rows = await readRun(engine, request);
  const etag = versionOf(rows.run.row);
  if (!wantsPage(request)) {
    return { status: 200, headers: { etag, vary: 'accept' }, json: await documentOf(engine, rows) };
  }
  const given = { ...givenOf(engine, request, rows), lastDrill: await engine.lastDrill?.() };
  if (request.query['do'] !== undefined) return asked(given, request);
  const still = request.query['still'] !== undefined;
  const seconds = still ? null : refreshSeconds(given);
  const log = await engine.progress.log(runRef(rows.run.row.id));
  return {
    status: 200,
    headers: { ...pageHeaders, ...(seconds === null ? {} : { refresh: String(seconds) }) },
    html: runPage({ given, log, who: request.who, still }),
  };
}

const givenOf = (engine: Engine, request: ApiRequest, rows: RunRows): Given => ({
  run: rows.run.row,
  steps: rows.steps.map((entry) => entry.row),
  playbook: engine.playbook,
  runUrl: new URL(runPath(rows.run.row.id), request.url).href,
  now: engine.now(),
  ...(engine.timeZone === undefined ? {} : { timeZone: engine.timeZone }),
});

const askSchema = z.object({
  do: z.enum(['approve', 'retry', 'undo', 'tick', 'untick']),
  level: z.enum(levels).optional(),
  step: z.string().max(80).default(''),
  task: z.string().max(100).default(''),
  falseAlarm: z.literal('true').optional(),
});

function asked(given: Given, request: ApiRequest): ApiAnswer {
  const query = askSchema.safeParse(request.query);
  if (!query.success)
    throw new Problem(400, 'Unknown button', 'The page of the run has buttons for all that can be asked.');
  const { do: ask, level, step, task, falseAlarm } = query.data;
  const steps = new URL(request.url).searchParams.getAll('steps');
  const html = askPage({
    given,
    ask,
    level,
    steps,
    step,
    task,
    falseAlarm: falseAlarm !== undefined,
    who: request.who,
  });
  if (html === undefined)
    throw new Problem(
      404,
      'Unknown task',
      'This task is no longer in the run. Open the run for those that are.',
    );
  return { status: 200, headers: pageHeaders, html };
}
