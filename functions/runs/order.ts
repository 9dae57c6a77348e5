// What an operator's three orders share: the run must exist, who and why are logged with the change itself, and the
// answer shows the run as it stands after it.
import { type Apply, advance } from '../../shared/run/advance.ts';
import type { Engine } from '../../shared/run/engine.ts';
import type { Order } from '../../shared/run/operate.ts';
import { runRef } from '../../shared/run/progress.ts';
import { type ApiAnswer, type ApiRequest, accepted, documentOf, readRun } from './api.ts';

export async function order(
  engine: Engine,
  request: ApiRequest,
  reason: string,
  apply: (given: Order) => Apply,
): Promise<ApiAnswer> {
  const rows = await readRun(engine, request);
  const given = { who: request.who, reason, now: engine.now() };
  const written = await advance(engine, runRef(rows.run.row.id), apply(given));
  return accepted(await documentOf(engine, written === 'gone' || written === 'lost' ? rows : written));
}
