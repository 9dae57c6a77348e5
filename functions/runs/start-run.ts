// POST /api/runs: an operator is the alert. The same rails hold, and the answer names the account by object id and
// UPN. A run that the account already has is joined, never doubled.
import { z } from 'zod';
import type { Signal } from '../../shared/alerts/signal.ts';
import type { Account } from '../../shared/microsoft365/account.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { openRun } from '../../shared/run/open-run.ts';
import { runRef } from '../../shared/run/progress.ts';
import { levels } from '../../shared/run/rows.ts';
import { standingRun } from '../../shared/run/standing-run.ts';
import { versionOf } from '../../shared/run/version.ts';
import { type ApiAnswer, type ApiRequest, documentOf, Problem, parseBody, reasonSchema } from './api.ts';

/** `{"user":"adele@contoso.com","reason":"called in by the owner"}` */
export const startSchema = z.strictObject({
  /** Object id or UPN. */
  user: z.string().trim().min(3).max(320),
  level: z.enum(levels).default('contain'),
  reason: reasonSchema,
  dryRun: z.boolean().default(false),
});

export interface StartDependencies {
  readAccount: (idOrUpn: string) => Promise<Account>;
  /** Why this account is never changed without a person's decision, or null. */
  heldBecause: (account: Account) => Promise<string | null>;
  /** So that the circuit breaker counts what a person does too; it never holds a person back. */
  count?: (account: Account) => Promise<void>;
}

export async function startRun(
  engine: Engine,
  request: ApiRequest,
  deps: StartDependencies,
): Promise<ApiAnswer> {
  const body = parseBody(request, startSchema);
  const account = await deps.readAccount(body.user);
  if (body.dryRun) await refuseBesideRealRun(engine, account);
  const held = await deps.heldBecause(account);
  if (held === null && !body.dryRun) await deps.count?.(account);
  const opened = await openRun(engine, {
    account,
    signals: [operatorSignal(account, body.reason, request.who, engine.now())],
    level: body.level,
    held,
    why: `started by ${request.who}: ${body.reason}`,
    dryRun: body.dryRun,
    who: request.who,
  });
  const rows = await engine.progress.read(runRef(opened.run.id));
  if (rows === undefined) throw new Problem(500, 'Failed', 'The run was opened and cannot be read.');
  const document = await documentOf(engine, rows);
  return {
    status: opened.joined ? 200 : 201,
    headers: { location: `/api/runs/${opened.run.id}`, etag: versionOf(rows.run.row) },
    json: document,
  };
}

/** A rehearsal that joined a run in earnest would read as if nothing were done. */
async function refuseBesideRealRun(engine: Engine, account: Account): Promise<void> {
  const claim = await engine.progress.claimOf(account.id);
  const run = claim && (await standingRun(engine.progress, claim, false));
  if (run === undefined || (run.state !== 'open' && run.state !== 'held')) return;
  throw new Problem(
    409,
    'A run is under way',
    `${account.userPrincipalName} (${account.id}) has run ${run.id}, which is ${run.state} and no dry run. Look at that one instead.`,
    { run: run.id },
  );
}

const operatorSignal = (account: Account, reason: string, who: string, now: Date): Signal => ({
  source: 'operator',
  sourceId: `${who} ${now.toISOString()}`,
  version: now.toISOString(),
  tenantId: account.tenantId,
  userId: account.id,
  userPrincipalName: account.userPrincipalName,
  detector: 'operator',
  title: `Started by hand: ${reason}`,
  level: 'high',
  standing: true,
  state: 'reported by a person',
  activityAt: null,
  detectedAt: now.toISOString(),
  address: null,
  sessionId: null,
  requestId: null,
  correlationId: null,
  deviceId: null,
  userAgent: null,
  link: null,
});
