// POST /api/runs/{id}/undo: restores what the run changed, newest first; the whole run, or the steps that are named.
import { z } from 'zod';
import type { Engine } from '../../shared/run/engine.ts';
import { undo } from '../../shared/run/operate.ts';
import { type ApiAnswer, type ApiRequest, knownSteps, parseBody, reasonSchema } from './api.ts';
import { order } from './order.ts';

/** `{"reason":"false alarm: the owner travels"}` */
export const undoSchema = z.strictObject({
  steps: z.array(z.string()).min(1).optional(),
  reason: reasonSchema,
});

export async function undoRun(engine: Engine, request: ApiRequest): Promise<ApiAnswer> {
  const body = parseBody(request, undoSchema);
  const steps = knownSteps(engine, body.steps);
  return order(engine, request, body.reason, (given) => undo(engine.playbook, steps, given));
}
