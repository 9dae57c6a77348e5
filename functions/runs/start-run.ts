// POST /api/runs: an operator starts a run. The same safety rails hold, and the answer names the account by object id and
// UPN. If the account already has a run, the request joins it.
import { z } from 'zod';
import type { Decision } from '../../shared/alerts/decisions.ts';
import type { Account } from '../../shared/model/account.ts';
import { type Level, levels } from '../../shared/model/rows.ts';
import { noTraces, type Signal } from '../../shared/model/signal.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { type Opened, openRun, standingRun } from '../../shared/run/open-run.ts';
import { runRef } from '../../shared/run/progress.ts';
import { versionOf } from '../../shared/run/version.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  documentOf,
  idOf,
  Problem,
  parseBody,
  reasonSchema,
} from './api.ts';

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
  /** The circuit breaker counts runs that people start, but never stops a person. */
  count?: (account: Account) => Promise<void>;
  /** Records the start in the list of decisions, like an alert; the run goes on if that fails. */
  decided?: (decision: Decision) => void;
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
  const signal = operatorSignal(account, body.reason, request.who, engine.now());
  const why = `started by ${request.who}: ${body.reason}`;
  const opened = await openRun(engine, {
    account,
    signals: [signal],
    level: body.level,
    held,
    why,
    dryRun: body.dryRun,
    who: request.who,
    operator: idOf(request),
  });
  deps.decided?.(decisionOn(signal, opened, { held, level: body.level, why }));
  const rows = await engine.progress.read(runRef(opened.run.id));
  if (rows === undefined) throw new Problem(500, 'Failed', 'The run was opened and cannot be read.');
  const document = await documentOf(engine, rows);
  return {
    status: opened.joined ? 200 : 201,
    headers: { location: `/api/runs/${opened.run.id}`, etag: versionOf(rows.run.row) },
    json: document,
  };
}

/** A dry run that joined a real run would look as if nothing were being changed. */
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

/** The same record that triage makes of an alert. */
const decisionOn = (
  signal: Signal,
  { run, joined, raised }: Opened,
  { held, level, why }: { held: string | null; level: Level; why: string },
): Decision => ({
  at: signal.version,
  message: null,
  source: signal.source,
  sourceId: signal.sourceId,
  version: signal.version,
  userId: signal.userId,
  userPrincipalName: signal.userPrincipalName,
  action: held === null ? level : 'hold',
  row: 'operator',
  why: held === null ? why : `${held}; ${why}`,
  runId: run.id,
  joined,
  raised,
  signal: null,
});

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
  ...noTraces,
  link: null,
});
