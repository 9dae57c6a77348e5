// What every order of an operator shares: the run must exist and be as it was seen, who and why are logged with the
// change itself, and the answer shows the run as it stands after it.

import { clause, clock } from '../../shared/mail/plain.ts';
import { type Apply, advance } from '../../shared/run/advance.ts';
import type { Engine } from '../../shared/run/engine.ts';
import type { Order } from '../../shared/run/operate.ts';
import { type RunRows, runRef } from '../../shared/run/progress.ts';
import { verdictOf, verdictText } from '../../shared/run/verdict.ts';
import { counted, decidedSince, versionOf } from '../../shared/run/version.ts';
import { type ApiAnswer, type ApiRequest, accepted, documentOf, Problem, readRun } from './api.ts';

export async function order(
  engine: Engine,
  request: ApiRequest,
  reason: string,
  apply: (given: Order) => Apply,
): Promise<ApiAnswer> {
  const given = { who: request.who, reason, now: engine.now() };
  const { rows } = await ordered(engine, request, apply(given));
  return { ...accepted(await documentOf(engine, rows)), headers: { etag: versionOf(rows.run.row) } };
}

/** `done` is false when the order itself withdrew. Throws a Problem 412 when the run is no longer as it was seen. */
export async function ordered(
  engine: Engine,
  request: ApiRequest,
  apply: Apply,
): Promise<{ rows: RunRows; done: boolean }> {
  const before = await readRun(engine, request);
  const ref = runRef(before.run.row.id);
  const seen = seenBy(request);
  let isStale = false;
  const written = await advance(
    engine,
    ref,
    counted(apply, seen, () => {
      isStale = true;
    }),
  );
  if (isStale && seen !== undefined) throw await changedSince(engine, seen, before);
  const done = written !== 'gone' && written !== 'lost';
  return { rows: done ? written : before, done };
}

/** Programs say it in If-Match; a form can send no header and has it in its address. */
const seenBy = ({ headers, query }: ApiRequest): string | undefined => headers['if-match'] ?? query['seen'];

async function changedSince(engine: Engine, seen: string, before: RunRows): Promise<Problem> {
  const ref = runRef(before.run.row.id);
  const now = (await engine.progress.read(ref)) ?? before;
  const changes = decidedSince(seen, await engine.progress.log(ref));
  const steps = now.steps.map(({ row }) => row);
  const verdict = verdictText(verdictOf(now.run.row, steps));
  const [last] = changes.toReversed();
  const what =
    last === undefined
      ? 'it stands differently'
      : `${clause(last.who, 120)}: ${clause(last.what, 200)} (${clause(last.why ?? 'no reason', 200)}) at ${clock(last.at)}`;
  return new Problem(
    412,
    'Changed since',
    `Since you read this run, ${what}. It is now ${verdict}, at level ${now.run.row.level}. Nothing was done; look at it again, then decide.`,
    { changes, verdict, state: now.run.row.state, level: now.run.row.level },
    { etag: versionOf(now.run.row) },
  );
}
