// POST /api/runs/{id}/approve: lets a held run begin, or a locked account be cleaned.
import { z } from 'zod';
import type { Account } from '../../shared/model/account.ts';
import { levels } from '../../shared/model/rows.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { approve } from '../../shared/run/operate.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  knownSteps,
  Problem,
  parseBody,
  readRun,
  reasonSchema,
} from './api.ts';
import { order } from './order.ts';

/**
 * `{"level":"full","reason":"the owner denies the sign-in"}`, or of a held run some remediations instead of the lock:
 * `{"level":"contain","steps":["reset-password","revoke-sessions"],"reason":"leaked, never used"}`
 */
export const approveSchema = z.strictObject({
  level: z.enum(levels),
  steps: z.array(z.string()).min(1).optional(),
  reason: reasonSchema,
});

/** `count`: so that the circuit breaker counts what a person lets begin; it never holds a person back. */
export async function approveRun(
  engine: Engine,
  request: ApiRequest,
  count?: (account: Account) => Promise<void>,
): Promise<ApiAnswer> {
  const body = parseBody(request, approveSchema);
  if (body.steps !== undefined) await checkSteps(engine, request, body.level, body.steps);
  if (count !== undefined) {
    const { account, dryRun } = (await readRun(engine, request)).run.row;
    if (!dryRun) await count(account);
  }
  return order(engine, request, body.reason, (given) => approve(body.level, given, body.steps));
}

/** Refuses what would do less, or something else, than whoever asks believes. */
async function checkSteps(
  engine: Engine,
  request: ApiRequest,
  level: string,
  steps: readonly string[],
): Promise<void> {
  knownSteps(engine, steps);
  const others = engine.playbook
    .filter(
      ({ name, kind, stage }) =>
        steps.includes(name) && !(kind === 'remediation' && (stage === 'contain' || stage === 'evict')),
    )
    .map(({ name }) => name);
  if (others.length > 0) {
    throw new Problem(
      400,
      'Not a step to choose',
      `${others.join(', ')} contains or evicts nobody; it runs anyway.`,
    );
  }
  if (level !== 'contain') {
    throw new Problem(400, 'Invalid body', 'steps goes with level contain; level full does all of them.');
  }
  if ((await readRun(engine, request)).run.row.state !== 'held') {
    throw new Problem(
      409,
      'Not held',
      'Only a held run can begin with some steps. Retry or approve this one.',
    );
  }
}
