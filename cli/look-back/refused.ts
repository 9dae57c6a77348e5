// Names the permission that a refused request needs: the service only says that something is missing, and the reader of
// the report has to grant a particular one.
import { PermanentError } from '../../shared/errors.ts';

const refusals = new Set([401, 403]);

/** Does the same work; a refusal names the permission. */
export async function needing<T>(permission: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PermanentError) || !refusals.has(error.status ?? 0)) throw error;
    const { status, code, requestId, message } = error;
    throw new PermanentError(`It takes ${permission}. ${message}`, {
      ...(status === undefined ? {} : { status }),
      ...(code === undefined ? {} : { code }),
      ...(requestId === undefined ? {} : { requestId }),
      cause: error,
    });
  }
}
