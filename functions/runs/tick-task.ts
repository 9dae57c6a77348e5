// POST /api/runs/{id}/tasks/{step}/{task}: ticks a task off, or takes the tick back.
import { z } from 'zod';
import type { Engine } from '../../shared/run/engine.ts';
import { findTask, tickOff } from '../../shared/run/tick-off.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  accepted,
  documentOf,
  Problem,
  parseBody,
  readRun,
  reasonSchema,
} from './api.ts';
import { ordered } from './order.ts';

/** `{"done":true,"reason":"reset twice by the AD team"}` */
export const tickSchema = z.strictObject({
  /** A form sends it as text. */
  done: z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]),
  reason: reasonSchema,
});

export async function tickTask(engine: Engine, request: ApiRequest): Promise<ApiAnswer> {
  const body = parseBody(request, tickSchema);
  const rows = await readRun(engine, request);
  const { step = '', task = '' } = request.params;
  const row = rows.steps.find((entry) => entry.row.name === step)?.row;
  if (findTask(row, task) === undefined) {
    const known = rows.steps.flatMap((entry) => (entry.row.tasks.length > 0 ? [entry.row.name] : []));
    throw new Problem(404, 'Unknown task', `No task ${task} of ${step} is in this run.`, { steps: known });
  }
  const order = { who: request.who, reason: body.reason, now: engine.now() };
  const ticked = await ordered(engine, request, tickOff(step, task, body.done, order));
  if (!ticked.done) {
    throw new Problem(
      409,
      'The step is at work',
      `${step} is looking right now; nothing was ticked. Try again in a few seconds.`,
    );
  }
  return accepted(await documentOf(engine, ticked.rows), 200);
}
