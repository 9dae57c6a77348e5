// POST /api/runs/{id}/retry: runs again what did not end well, or the steps that are named.
import { z } from 'zod';
import type { Engine } from '../../shared/run/engine.ts';
import { retry } from '../../shared/run/operate.ts';
import { type ApiAnswer, type ApiRequest, knownSteps, parseBody, reasonSchema } from './api.ts';
import { order } from './order.ts';

/** `{"steps":["disable-inbox-rules"],"reason":"Exchange role granted"}` */
export const retrySchema = z.strictObject({
  steps: z.array(z.string()).min(1).optional(),
  reason: reasonSchema,
});

export async function retryRun(engine: Engine, request: ApiRequest): Promise<ApiAnswer> {
  const body = parseBody(request, retrySchema);
  const steps = knownSteps(engine, body.steps);
  return order(engine, request, body.reason, (given) => retry(steps, given));
}
