// GET and POST /api/runs/{id}/hand-back: gives the secured account back to its owner, one guarded phase after the other.
//
// For pages and the command line: `handBackViewSchema` (shared/run/hand-back-view.ts) is the answer of the GET, and of
// each POST too; `next` in it names what may be posted now, `left` what must be named in `despite` first. A POST takes
// one of {do: begin | pass | owner-back | roles}, as `handBackSchema` (hand-back-shapes.ts) says. The pass is in the
// answer 201 to {do: pass} as `temporaryAccessPass`, once; no other answer, row, log or mail has it.
import { z } from 'zod';
import { path } from '../../shared/clients/path.ts';
import { PermanentError, RetryableError, toFailure } from '../../shared/errors.ts';
import { makePass, type Pass } from '../../shared/microsoft365/temporary-access-pass.ts';
import { handBackPage, passPage, refreshHandBack } from '../../shared/page/hand-back-page.ts';
import { pageHeaders } from '../../shared/page/shell.ts';
import { type Apply, advance, stateOf } from '../../shared/run/advance.ts';
import type { Engine } from '../../shared/run/engine.ts';
import {
  approveRoles,
  begin,
  ownerBack,
  passMade,
  passRefused,
  reservePass,
  unaccepted,
  whyNoPass,
  whyNoRoles,
  whyNotBack,
  whyNotBegun,
} from '../../shared/run/hand-back-orders.ts';
import { handBackView } from '../../shared/run/hand-back-view.ts';
import type { Order } from '../../shared/run/operate.ts';
import type { RunState } from '../../shared/run/plan.ts';
import { type RunRows, runRef } from '../../shared/run/progress.ts';
import { versionOf } from '../../shared/run/version.ts';
import { type ApiAnswer, type ApiRequest, knownSteps, Problem, parseBody, readRun } from './api.ts';
import { wantsPage } from './browser.ts';
import { handBackSchema, passAnswerSchema } from './hand-back-shapes.ts';
import { ordered } from './order.ts';

export async function getHandBack(engine: Engine, request: ApiRequest): Promise<ApiAnswer> {
  const rows = await readRun(engine, request);
  const { headers, json: view } = answer(engine, 200, rows);
  if (!wantsPage(request)) return { status: 200, headers: { ...headers, vary: 'accept' }, json: view };
  const seconds = refreshHandBack(view);
  return {
    status: 200,
    headers: { ...pageHeaders, ...(seconds === null ? {} : { refresh: String(seconds) }) },
    html: handBackPage({ view, version: headers.etag, who: request.who, now: engine.now() }),
  };
}

export async function postHandBack(engine: Engine, request: ApiRequest): Promise<ApiAnswer> {
  const body = parseBody(request, handBackSchema);
  const rows = await readRun(engine, request);
  const given: Order = { who: request.who, reason: body.reason, now: engine.now() };
  switch (body.do) {
    case 'begin': {
      knownSteps(engine, body.despite);
      const { despite } = body;
      const written = await apply(engine, request, rows, begin(body, given), (state) => {
        const left = unaccepted(state, despite);
        const why = whyNotBegun(state) ?? `not all ended well: ${left.map(({ step }) => step).join(', ')}`;
        return { why, more: { left, despite: left.map(({ step }) => step) } };
      });
      return answer(engine, 202, written);
    }
    case 'pass':
      return shownOnce(request, await pass(engine, request, rows, body, given));
    case 'owner-back': {
      const written = await apply(engine, request, rows, ownerBack(given), (state) => ({
        why: whyNotBack(state),
      }));
      return answer(engine, 202, written);
    }
    case 'roles': {
      const written = await apply(engine, request, rows, approveRoles(given), (state) => ({
        why: whyNoRoles(state),
      }));
      return answer(engine, 202, written);
    }
  }
}

/** A browser shows the pass as the answer to its form; led elsewhere, nobody would ever see it. */
function shownOnce(request: ApiRequest, given: ApiAnswer): ApiAnswer {
  const made = passAnswerSchema.safeParse(given.json);
  if (!wantsPage(request) || !made.success) return given;
  const { temporaryAccessPass, ...view } = made.data;
  return { ...given, headers: pageHeaders, html: passPage(view, temporaryAccessPass, request.who) };
}

/** Reserved first, so that of two operators one alone makes a pass, and the other is told by whom. */
async function pass(
  engine: Engine,
  request: ApiRequest,
  rows: RunRows,
  { again, lifetimeInMinutes }: { again: boolean; lifetimeInMinutes: number },
  given: Order,
): Promise<ApiAnswer> {
  await apply(engine, request, rows, reservePass(again, given), (state) => ({
    why: whyNoPass(state, again, given.now),
  }));
  const ref = runRef(rows.run.row.id);
  const { id: userId, userPrincipalName } = rows.run.row.account;
  const { graph } = engine.clients(AbortSignal.timeout(engine.deadlineSeconds * 1000));
  let made: Pass;
  try {
    const user = await graph.get(
      path`/users/${userId}?$select=id,accountEnabled`,
      z.object({ accountEnabled: z.boolean() }),
    );
    if (!user.accountEnabled) {
      throw new PermanentError(
        `sign-in of ${userPrincipalName} is blocked, by another hand than this run; allow it in the Entra admin centre first`,
      );
    }
    made = await makePass(graph, userId, lifetimeInMinutes, engine.now());
  } catch (thrown) {
    const surelyNone =
      thrown instanceof PermanentError || (thrown instanceof RetryableError && thrown.tookEffect === 'no');
    if (surelyNone) await advance(engine, ref, passRefused(toFailure(thrown).message, given));
    if (thrown instanceof PermanentError) throw notMade(thrown);
    throw thrown;
  }
  // Whatever becomes of this write, the pass is there, and this is the only chance to show it.
  const written = await advance(engine, ref, passMade(made.expiresAt, engine.now(), given)).catch(
    () => 'lost' as const,
  );
  const now = typeof written === 'string' ? rows : written;
  const { headers, json } = answer(engine, 201, now);
  return { status: 201, headers, json: { ...json, temporaryAccessPass: made } };
}

const notMade = (thrown: PermanentError) =>
  new Problem(
    409,
    'No pass was made',
    `${thrown.message} A pass needs Temporary Access Pass to be on in the authentication methods policy, for this user too (https://entra.microsoft.com/#view/Microsoft_AAD_IAM/AuthenticationMethodsMenuBlade).`,
  );

async function apply(
  engine: Engine,
  request: ApiRequest,
  rows: RunRows,
  change: Apply,
  refusal: (state: RunState) => { why: string | undefined; more?: Readonly<Record<string, unknown>> },
): Promise<RunRows> {
  const ref = runRef(rows.run.row.id);
  const { rows: written, done } = await ordered(engine, request, change);
  if (done) return written;
  const { why = 'somebody else was faster; look at it again', more } = refusal(
    stateOf((await engine.progress.read(ref)) ?? rows),
  );
  const { userPrincipalName, id } = rows.run.row.account;
  throw new Problem(409, 'Not now', `${userPrincipalName} (${id}): ${why}.`, more);
}

const answer = (engine: Engine, status: number, rows: RunRows) => ({
  status,
  headers: { etag: versionOf(rows.run.row) },
  json: handBackView(engine.playbook, stateOf(rows), engine.now()),
});
