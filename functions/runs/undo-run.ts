// POST /api/runs/{id}/undo: restores what the run changed, newest first; the whole run, or the steps that are named.
import { z } from 'zod';
import type { Engine } from '../../shared/run/engine.ts';
import { undo } from '../../shared/run/operate.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  flagSchema,
  knownSteps,
  Problem,
  parseBody,
  reasonSchema,
} from './api.ts';
import { order } from './order.ts';

/** `{"reason":"the owner travels","falseAlarm":true}` */
export const undoSchema = z.strictObject({
  steps: z.array(z.string()).min(1).optional(),
  /** Of the whole run: the risk is dismissed too, and the alert closed as a false positive. */
  falseAlarm: flagSchema.default(false),
  reason: reasonSchema,
});

export async function undoRun(engine: Engine, request: ApiRequest): Promise<ApiAnswer> {
  const body = parseBody(request, undoSchema);
  const steps = knownSteps(engine, body.steps);
  if (body.falseAlarm && steps !== undefined) {
    throw new Problem(
      400,
      'Invalid body',
      'A false alarm is said of the whole run: leave out steps, or falseAlarm.',
    );
  }
  return order(engine, request, body.reason, (given) => undo(engine.playbook, steps, given, body.falseAlarm));
}
