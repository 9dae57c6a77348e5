// An administrator who has just lost their roles is still protected for a while: only then is a refusal tried again.
import { describe, expect, it } from 'vitest';
import { blockSignIn } from '../../functions/steps/block-sign-in.ts';
import { resetPassword } from '../../functions/steps/reset-password/reset-password.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { RunView } from '../../shared/model/step.ts';
import { context } from '../fakes/context.ts';
import { onlyChange } from '../fakes/found.ts';
import { oneUser } from '../fakes/one-user.ts';

const removedAt = '2026-11-20T09:15:01.000Z';
const at = (now: string, run: Partial<RunView> = { rolesRemovedAt: removedAt }) =>
  context({ run, now: new Date(now), account: { privileged: true } });

describe.each([
  ['block-sign-in', blockSignIn],
  ['reset-password', resetPassword],
])('%s refused to an administrator', (_name, step) => {
  const refused = async (given: ReturnType<typeof context>, status = 403) => {
    const user = oneUser();
    user.refuse('PATCH', status, 'Authorization_RequestDenied');
    const change = onlyChange(await step.find(given, user.clients));
    return step.fix(change, given, user.clients).catch((error: unknown) => error);
  };

  it('is tried again half a minute later if the roles were only just removed', async () => {
    const error = await refused(at('2026-11-20T09:15:02Z'));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({ status: 403, retryAfterSeconds: 30, tookEffect: 'no' });
  });

  it.each([
    ['ten minutes after the roles went', at('2026-11-20T09:25:02Z'), 403],
    ['with its roles as they were', at('2026-11-20T09:15:02Z', {}), 403],
    ['for another reason', at('2026-11-20T09:15:02Z'), 400],
  ])('stays refused %s', async (_why, given, status) => {
    expect(await refused(given, status)).toBeInstanceOf(PermanentError);
  });
});
