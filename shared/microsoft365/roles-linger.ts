// Entra ID keeps protecting an administrator for some minutes after the roles are gone, so a refusal in that time may pass.
// Nowhere else is a 403 retried.
import { PermanentError, RetryableError } from '../errors.ts';
import type { RunView } from '../model/step.ts';

/** Replicas of the directory agree within minutes; the run's own later checks come after that. */
const lingerMs = 10 * 60_000;
const waitSeconds = 30;

/**
 * Throws a RetryableError for a 403 that comes within ten minutes of the roles' removal; all other errors as they came.
 */
export async function whileRolesLinger<T>(
  work: Promise<T>,
  { run, now }: { run: Pick<RunView, 'rolesRemovedAt'>; now: Date },
): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    const removedAt = Date.parse(run.rolesRemovedAt ?? '');
    const lingers = thrown instanceof PermanentError && thrown.status === 403;
    if (!lingers || !(now.getTime() - removedAt < lingerMs)) throw thrown;
    throw new RetryableError(`${thrown.message} The roles were removed only just now; it is tried again.`, {
      status: 403,
      ...(thrown.code === undefined ? {} : { code: thrown.code }),
      ...(thrown.requestId === undefined ? {} : { requestId: thrown.requestId }),
      retryAfterSeconds: waitSeconds,
      tookEffect: 'no',
      cause: thrown,
    });
  }
}
