// How long the engine waits for what.

export const timing = {
  /**
   * The process that opens a run locks the account itself within this time; after that, the step's queue takes over.
   */
  firstMoveSeconds: 15,
  firstMoveLeaseSeconds: 20,
  /** The other steps of a run wait for its lock, but no longer than this. */
  lockFirstSeconds: 20,
  /** A message that nobody claimed within this time counts as lost. */
  graceSeconds: 90,
  /** Longer than a function's own deadline, so that no second worker starts beside a live one. */
  leaseSeconds: 120,
  /** How long a step unknown to this version is left to an older or newer version running beside it. */
  otherVersionMinutes: 15,
  /** No open run sleeps longer than this. */
  longestSleepMinutes: 60,
  /** Tries of one step, with waits growing to five minutes: about a quarter of an hour in all. */
  mostAttempts: 8,
  firstWaitSeconds: 4,
  longestWaitSeconds: 300,
  /**
   * The summary leaves when everything is settled: after the first of these times without the collect steps, after the
   * second as it is.
   */
  summarySeconds: [60, 300],
  /** How soon a change that isn't visible yet is looked at again, each counted from the look before. */
  quickLookSeconds: [5, 15, 40],
  /** How long to look for a once-only change that may never have arrived, before a person is asked. */
  doubtSeconds: 60,
  /** How long a directory may still show the old state, without the change being made again. */
  lagSeconds: 10,
  /** A change still found after this long had no effect, unless the change itself allows longer. */
  seenWithinMinutes: 5,
  /** Minutes after the run finished at which everything is looked at again. */
  checkMinutes: [15, 60, 120, 1440],
  /**
   * From this check on, the logs are read again too: late records take at least an hour, and each search counts against
   * a limit.
   */
  logsAgainMinutes: 60,
  /** How long a mail waits at a later look for the logs, which may change what it says. */
  laterSummarySeconds: 900,
  /** Minutes after a hand-back at which the run looks again for what had been the intruder's. */
  watchMinutes: [60, 1440],
} as const;

/**
 * Exponential with jitter (±20 %), so that many runs don't come back at once; a time named by the service takes
 * precedence.
 */
export function waitSeconds(attempt: number, retryAfterSeconds: number | undefined, random: number): number {
  const growing = Math.min(
    timing.firstWaitSeconds * 2 ** Math.max(0, attempt - 1),
    timing.longestWaitSeconds,
  );
  const jittered = growing * (0.8 + 0.4 * random);
  return Math.max(retryAfterSeconds ?? 0, jittered);
}
