// The circuit breaker: how many accounts an hour this app changes by itself. A storm of alerts is an attack on many people
// or on this app, and nobody can tell which in time. So the app keeps locking for a while, then asks. Runs that people
// start or approve are counted, but never held back.
import type { Account } from '../model/account.ts';
import type { Admission, OpenRequest } from '../run/open-run.ts';
import { type BreakerPlaces, bookOf } from './breaker-places.ts';
import { type BreakerStages, hourOf } from './breaker-stages.ts';

export interface BreakerSettings {
  /** Runs an hour that may become full; later ones only contain. */
  BREAKER_FULL_PER_HOUR: number;
  /** Runs an hour; later ones are held. */
  BREAKER_RUNS_PER_HOUR: number;
  /** The same as a percentage of the tenant's enabled members; the lower of the two applies. */
  BREAKER_SHARE: number;
}

/** In a tenant of twenty, a percentage alone would stop at the second victim. */
export const fewestRuns = 5;

/** Held runs an hour that get a mail of their own; the others are listed in one mail. */
export const heldMails = 10;

export interface Limits {
  full: number;
  runs: number;
}

/** `users`: enabled members of the tenant, or null if that is unknown: then only the numbers limit. */
export function limitsOf(settings: BreakerSettings, users: number | null): Limits {
  const share =
    users === null
      ? Number.POSITIVE_INFINITY
      : Math.max(fewestRuns, Math.floor((users * settings.BREAKER_SHARE) / 100));
  const runs = Math.min(settings.BREAKER_RUNS_PER_HOUR, share);
  return { runs, full: Math.min(settings.BREAKER_FULL_PER_HOUR, runs) };
}

export interface BreakerDeps {
  places: BreakerPlaces;
  trips: Pick<BreakerStages, 'trip'>;
  settings: BreakerSettings;
  /** Enabled members of the tenant, or null if unknown. */
  users: () => Promise<number | null>;
  now: () => Date;
}

export interface Breaker {
  /**
   * What a run opened by an alert may do. Its place also limits what later evidence can raise it to, so forged traces
   * can't raise more runs an hour than alerts could.
   */
  admit(wanted: OpenRequest): Promise<Admission>;
  /** A person decided: the run takes a place, so it counts, but nothing limits it. */
  count(account: Pick<Account, 'id'>): Promise<void>;
}

export function createBreaker({ places, trips, settings, users, now }: BreakerDeps): Breaker {
  /** A held run changes nothing, so it takes no place; only the mails about held runs are limited. */
  async function held(wanted: OpenRequest, because: string, limited: string | null): Promise<Admission> {
    const at = now();
    const mail = await places.take(bookOf('held-mail', at), wanted.account.id, [heldMails]);
    if (mail === null) await trips.trip(hourOf(at), 'listed');
    return { level: wanted.level, held: because, limited, listed: mail === null };
  }

  return {
    async admit(wanted) {
      if (wanted.held !== null) return held(wanted, wanted.held, null);
      const at = now();
      const { full, runs } = limitsOf(settings, await users());
      const place = await places.take(bookOf('breaker', at), wanted.account.id, [full, runs]);
      const since = `${hourOf(at).slice(11)}:00 UTC`;
      if (place === null || place > runs) {
        await trips.trip(hourOf(at), 'held');
        const why = `the circuit breaker is open: this app changes at most ${runs} accounts an hour by itself, and since ${since} there were as many`;
        return held(wanted, why, why);
      }
      if (place <= full) return { level: wanted.level, held: null, limited: null, listed: false };
      await trips.trip(hourOf(at), 'limited');
      const limited = `the circuit breaker lets ${full} runs an hour go further by themselves, and since ${since} there were more`;
      return { level: 'contain', held: null, limited, listed: false };
    },

    async count({ id }) {
      const { full, runs } = limitsOf(settings, null);
      await places.take(bookOf('breaker', now()), id, [full, runs, Number.POSITIVE_INFINITY]);
    },
  };
}
