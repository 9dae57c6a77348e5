// Names what a refused request needs: the service says only that something is missing, and whoever reads the report has to
// grant one thing.
import { PermanentError } from '../../shared/errors.ts';

const refusals = new Set([401, 403]);

/** The same work; its refusal names the permission. */
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
