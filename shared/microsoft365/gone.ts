// Something to be removed that no longer exists was removed already: by an earlier try, or by somebody else.
import { PermanentError } from '../errors.ts';

/** Waits for a removal. A 404 counts as done; other failures are thrown. */
export async function unlessGone(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!(error instanceof PermanentError) || error.status !== 404) throw error;
  }
}
