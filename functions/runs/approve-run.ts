// POST /api/runs/{id}/approve: lets a held run begin, or a locked account be cleaned.
import { z } from 'zod';
import type { Account } from '../../shared/microsoft365/account.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { approve } from '../../shared/run/operate.ts';
import { levels } from '../../shared/run/rows.ts';
import { type ApiAnswer, type ApiRequest, parseBody, readRun, reasonSchema } from './api.ts';
import { order } from './order.ts';

/** `{"level":"full","reason":"the owner denies the sign-in"}` */
export const approveSchema = z.strictObject({ level: z.enum(levels), reason: reasonSchema });

/** `count`: so that the circuit breaker counts what a person lets begin; it never holds a person back. */
export async function approveRun(
  engine: Engine,
  request: ApiRequest,
  count?: (account: Account) => Promise<void>,
): Promise<ApiAnswer> {
  const body = parseBody(request, approveSchema);
  if (count !== undefined) {
    const { account, dryRun } = (await readRun(engine, request)).run.row;
    if (!dryRun) await count(account);
  }
  return order(engine, request, body.reason, (given) => approve(body.level, given));
}
