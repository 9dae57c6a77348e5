// POST /api/runs/{id}/approve: lets a held run begin, or a locked account be cleaned.
import { z } from 'zod';
import type { Engine } from '../../shared/run/engine.ts';
import { approve } from '../../shared/run/operate.ts';
import { levels } from '../../shared/run/rows.ts';
import { type ApiAnswer, type ApiRequest, parseBody, reasonSchema } from './api.ts';
import { order } from './order.ts';

/** `{"level":"full","reason":"the owner denies the sign-in"}` */
export const approveSchema = z.strictObject({ level: z.enum(levels), reason: reasonSchema });

export async function approveRun(engine: Engine, request: ApiRequest): Promise<ApiAnswer> {
  const body = parseBody(request, approveSchema);
  return order(engine, request, body.reason, (given) => approve(body.level, given));
}
