// GET and POST /api/runs/{id}/hand-back: gives the secured account back to its owner, one guarded phase after another.
//
// GET and every POST answer with `handBackViewSchema` (shared/run/hand-back-view.ts): `next` says what may be posted now,
// `left` what has to be named in `despite` first. The pass is only in the 201 answer to {do: pass}, once; it is in no
// other answer, row, log or mail.
import { z } from 'zod';
import { path } from '../../shared/clients/path.ts';
import { PermanentError, RetryableError, toFailure } from '../../shared/errors.ts';
import { makePass, type Pass } from '../../shared/microsoft365/temporary-access-pass.ts';
import type { RunState } from '../../shared/model/rows.ts';
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
import { handBackView, handBackViewSchema } from '../../shared/run/hand-back-view.ts';
import type { Order } from '../../shared/run/operate.ts';
import { type RunRows, runRef } from '../../shared/run/progress.ts';
import { versionOf } from '../../shared/run/version.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  flagSchema,
  knownSteps,
  Problem,
  parseBody,
  readRun,
  reasonSchema,
  wantsPage,
} from './api.ts';
import { changeAsSeen } from './change-run.ts';

const reason = { reason: reasonSchema };
/** `{"do":"begin","identified":"called back on the number in HR's file","reason":"the account is clean"}` */
export const handBackSchema = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('begin'),
    /** How the owner was identified: never by mail or chat from the account itself. */
    identified: reasonSchema,
    /** Steps that did not end well and are accepted anyway. */
    despite: z.array(z.string()).default([]),
    ...reason,
  }),
  z.strictObject({
    do: z.literal('pass'),
    /** Replaces a pass that was shown; the old one stops working. */
    again: flagSchema.default(false),
    /** Minutes (https://learn.microsoft.com/entra/identity/authentication/howto-authentication-temporary-access-pass). */
    lifetimeInMinutes: z.coerce.number().int().min(10).max(43_200).default(60),
    ...reason,
  }),
  z.strictObject({ do: z.literal('owner-back'), ...reason }),
  z.strictObject({ do: z.literal('roles'), ...reason }),
]);

export const passAnswerSchema = handBackViewSchema.extend({
  temporaryAccessPass: z.object({
    /** To be told to the owner by telephone or in person; it is shown only here. */
    value: z.string(),
    expiresAt: z.string(),
    usableOnce: z.boolean(),
    /** Microsoft's reason why it can't be used yet, such as `DisabledByPolicy`, or null. */
    unusableBecause: z.string().nullable(),
  }),
});

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

/** A browser gets the pass as the answer to its form; after a redirect nobody would ever see it. */
function shownOnce(request: ApiRequest, given: ApiAnswer): ApiAnswer {
  const made = passAnswerSchema.safeParse(given.json);
  if (!wantsPage(request) || !made.success) return given;
  const { temporaryAccessPass, ...view } = made.data;
  return { ...given, headers: pageHeaders, html: passPage(view, temporaryAccessPass, request.who) };
}

/** Reserved first, so that only one of two operators makes a pass and the other is told who did. */
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
  // The pass exists even if this write fails, and this is the only chance to show it.
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
  const { rows: written, done } = await changeAsSeen(engine, request, change);
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
