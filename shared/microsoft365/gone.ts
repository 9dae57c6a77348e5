// What is to be taken away and is not there any more was taken away: by an earlier try, or by another hand.
import { PermanentError } from '../errors.ts';

/** Waits for a removal; a 404 counts as done, every other failure stays one. */
export async function unlessGone(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!(error instanceof PermanentError) || error.status !== 404) throw error;
  }
}
