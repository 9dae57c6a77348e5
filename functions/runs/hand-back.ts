// GET and POST /api/runs/{id}/hand-back: gives the secured account back to its owner, one guarded phase after another.
//
// GET and every POST answer with `handBackViewSchema` (shared/run/hand-back-view.ts): `next` says what may be posted now,
// `left` what has to be named in `despite` first. The pass is only in the 201 answer to {do: pass}, once; it is in no
// other answer, row, log or mail.
import { z } from 'zod';
import { path } from '../../shared/clients/path.ts';
import { PermanentError, RetryableError, toFailure } from '../../shared/errors.ts';
import type { Notices } from '../../shared/mail/notices.ts';
import { clause } from '../../shared/mail/plain.ts';
import { longestPassMinutes, makePass, type Pass } from '../../shared/microsoft365/temporary-access-pass.ts';
import type { Account } from '../../shared/model/account.ts';
import type { RunState } from '../../shared/model/rows.ts';
import { handBackPage, passPage, refreshHandBack } from '../../shared/page/hand-back-page.ts';
import { pageHeaders, runPath } from '../../shared/page/shell.ts';
import { type Apply, advance, stateOf } from '../../shared/run/advance.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { rolesFound } from '../../shared/run/hand-back.ts';
import {
  approveRoles,
  begin,
  ownerBack,
  type PersonalOrder,
  passMade,
  passRefused,
  reservePass,
  unaccepted,
  unacceptedTasks,
  whyNoPass,
  whyNoRoles,
  whyNotAlone,
  whyNotBack,
  whyNotBegun,
} from '../../shared/run/hand-back-orders.ts';
import { handBackView, handBackViewSchema } from '../../shared/run/hand-back-view.ts';
import { type RunRows, runRef } from '../../shared/run/progress.ts';
import { versionOf } from '../../shared/run/version.ts';
import { passNotice } from '../../shared/summary/pass-notice.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  flagSchema,
  idOf,
  knownSteps,
  Problem,
  parseBody,
  readRun,
  reasonSchema,
  wantsPage,
} from './api.ts';
import { changeAsSeen } from './change-run.ts';
import { type OwnerSign, readOwnerSigns } from './owner-signs.ts';

const reason = { reason: reasonSchema };
/** `{"do":"begin","identified":"called back on the number in HR's file","reason":"the account is clean"}` */
export const handBackSchema = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('begin'),
    /** How the owner was identified: never by mail or chat from the account itself. */
    identified: reasonSchema,
    /** Steps that did not end well and are accepted anyway. */
    despite: z.array(z.string()).default([]),
    /** Open tasks that are accepted as they are, each as `step/key`. */
    accepts: z.array(z.string()).default([]),
    /** What identified the owner is reason enough. */
    reason: reasonSchema.optional(),
  }),
  z.strictObject({
    do: z.literal('pass'),
    /** Replaces a pass that was shown; the old one stops working. */
    again: flagSchema.default(false),
    /** Minutes (https://learn.microsoft.com/entra/identity/authentication/howto-authentication-temporary-access-pass). */
    lifetimeInMinutes: z.coerce.number().int().min(10).max(longestPassMinutes).default(60),
    ...reason,
  }),
  z.strictObject({
    do: z.literal('owner-back'),
    /** Goes on although Microsoft Graph does not show that the owner is back. */
    insist: flagSchema.default(false),
    ...reason,
  }),
  z.strictObject({ do: z.literal('roles'), ...reason }),
]);

export const passAnswerSchema = handBackViewSchema.extend({
  temporaryAccessPass: z.object({
    /** To be told to the owner by phone or in person; it is shown only here. */
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
    html: handBackPage({
      view,
      version: headers.etag,
      who: request.who,
      now: engine.now(),
      timeZone: engine.timeZone,
      lastDrill: await engine.lastDrill?.(),
    }),
  };
}

export interface HandBackServices {
  engine: Engine;
  /** Why a pass for this account takes a second operator, or null. Throws if that can't be read. */
  secondOperatorFor: (account: Account) => Promise<string | null>;
  notices: Pick<Notices, 'tell'>;
}

export async function postHandBack(services: HandBackServices, request: ApiRequest): Promise<ApiAnswer> {
  const { engine } = services;
  const body = parseBody(request, handBackSchema);
  const rows = await readRun(engine, request);
  const given: PersonalOrder = {
    who: request.who,
    id: idOf(request),
    reason: body.reason ?? 'the owner was identified',
    now: engine.now(),
  };
  switch (body.do) {
    case 'begin': {
      knownSteps(engine, body.despite);
      const { despite, accepts } = body;
      const second = await secondFor(services, rows);
      const written = await apply(engine, request, rows, begin({ ...body, second }, given), (state) => {
        const left = unaccepted(state, despite);
        const tasks = unacceptedTasks(state, { despite, accepts });
        const reasons = [
          ...(left.length === 0 ? [] : [`not all ended well: ${left.map(({ step }) => step).join(', ')}`]),
          ...(tasks.length === 0
            ? []
            : [
                `tasks are open, to be ticked off or accepted: ${tasks.map(({ name, task }) => `${task.what} (${name})`).join('; ')}`,
              ]),
        ];
        return {
          why: whyNotBegun(state) ?? reasons.join('; '),
          more: {
            left,
            despite: left.map(({ step }) => step),
            accepts: tasks.map(({ name }) => name),
          },
        };
      });
      return answer(engine, 202, written);
    }
    case 'pass':
      return shownOnce(engine, request, await pass(services, request, rows, body, given));
    case 'owner-back': {
      const seen =
        whyNotBack(stateOf(rows)) === undefined ? await lookForOwner(engine, rows, body.insist) : '';
      const written = await apply(engine, request, rows, ownerBack(seen, given), (state) => ({
        why: whyNotBack(state),
      }));
      return answer(engine, 202, written);
    }
    case 'roles': {
      const written = await apply(engine, request, rows, approveRoles(given), (state) => ({
        why: whyNoRoles(state, given),
      }));
      return answer(engine, 202, written);
    }
  }
}

/** A browser gets the pass as the answer to its form; after a redirect nobody would ever see it. */
function shownOnce({ timeZone }: Engine, request: ApiRequest, given: ApiAnswer): ApiAnswer {
  const made = passAnswerSchema.safeParse(given.json);
  if (!wantsPage(request) || !made.success) return given;
  const { temporaryAccessPass, ...view } = made.data;
  return { ...given, headers: pageHeaders, html: passPage(view, temporaryAccessPass, request.who, timeZone) };
}

/** Why the pass takes a second operator: what the account is or could become now, or what this run found it to be. */
async function secondFor(
  { engine, secondOperatorFor }: HandBackServices,
  rows: RunRows,
): Promise<string | null> {
  const { account } = rows.run.row;
  const [role] = rolesFound(engine.playbook, stateOf(rows));
  const now = await secondOperatorFor(account);
  return now ?? (role === undefined ? null : `${account.userPrincipalName} had ${clause(role, 120)}`);
}

/** Reserved first, so that only one of two operators makes a pass and the other is told who did. */
async function pass(
  services: HandBackServices,
  request: ApiRequest,
  rows: RunRows,
  { again, lifetimeInMinutes }: { again: boolean; lifetimeInMinutes: number },
  given: PersonalOrder,
): Promise<ApiAnswer> {
  const { engine, notices } = services;
  const second = await secondFor(services, rows);
  const alone = whyNotAlone(stateOf(rows), second, given);
  if (alone !== undefined)
    throw new Problem(403, 'Not this operator', `${request.who}: ${alone}. Nothing was done.`);
  await apply(engine, request, rows, reservePass(again, second, given), (state) => ({
    why: whyNoPass(state, again, given.now) ?? whyNotAlone(state, second, given),
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
    // First: a pass that nobody on call hears of must not exist. What can't be sent now is kept and sent later.
    await notices.tell(
      passNotice(rows.run.row, given, lifetimeInMinutes, new URL(runPath(rows.run.row.id), request.url).href),
    );
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

/** What Microsoft Graph shows of the owner's return, for the log. Throws a Problem unless all of it is seen or the operator insists. */
async function lookForOwner(engine: Engine, rows: RunRows, insist: boolean): Promise<string> {
  const { account, handBack } = rows.run.row;
  if (account.guest) return 'a guest signs in at home';
  const since = new Date(handBack?.pass?.shownAt ?? handBack?.begunAt ?? engine.now());
  const { graph } = engine.clients(AbortSignal.timeout(engine.deadlineSeconds * 1000));
  const signs = await readOwnerSigns(graph, account, since).catch((thrown: unknown): OwnerSign[] => {
    if (thrown instanceof RetryableError) throw thrown;
    const detail = toFailure(thrown).message;
    return [{ what: 'the owner is back', is: 'not known', detail }];
  });
  const text = signs.map(({ what, is, detail }) => `${what}: ${is} (${detail})`).join('; ');
  const missing = signs.filter(({ is }) => is !== 'seen');
  if (missing.length === 0) return text;
  if (insist) return `${text}; the operator insisted`;
  throw new Problem(
    409,
    'The owner was not seen',
    `Microsoft Graph does not show that the owner of ${account.userPrincipalName} (${account.id}) is back: ${text}. Ask the owner by phone. If you are sure, send it again with insist.`,
    { signs },
  );
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
