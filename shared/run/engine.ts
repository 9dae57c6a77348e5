// What the engine is made of. Everything that differs between Azure, the local stack and a test is in here.

import type { Account } from '../model/account.ts';
import type { Clients } from '../model/clients.ts';
import type { RunRow } from '../model/rows.ts';
import type { OutgoingAlert, Step } from '../model/step.ts';
import type { Json } from '../model/words.ts';
import type { AuditSearches } from './audit-searches.ts';
import type { Bus } from './bus.ts';
import type { Departures } from './departures.ts';
import type { Progress } from './progress.ts';

export interface Engine {
  progress: Progress;
  bus: Bus;
  playbook: readonly Step[];
  /** What the administrator set for each step, by the step's name; the step parses it. */
  stepSettings: Readonly<Record<string, unknown>>;
  /** Why only a person may change this account, as far as that is known without a request; otherwise null. */
  protects?: (account: Account) => string | null;
  /** Keeps concurrent runs from removing the last administrator; left out if only one run is active. */
  departures?: Departures;
  /** Keeps all runs together within the tenant's limit for audit log searches; left out if only one run is active. */
  searches?: AuditSearches;
  /** Clients whose requests end when the signal aborts. */
  clients: (abort: AbortSignal) => Clients;
  /** Sends alerts to the front door; left out where no topic is set. */
  publish?: (alerts: readonly OutgoingAlert[]) => Promise<void>;
  now: () => Date;
  /** The fire drill that is under way on this account, if any; left out if there can be none. */
  drillOn?: (userId: string) => Promise<NonNullable<RunRow['drill']> | undefined>;
  /**
   * Wraps the work on a drill's run, so that its requests and answers are recorded. Left out if nothing is recorded.
   */
  overheard?: <T>(drill: NonNullable<RunRow['drill']>, work: () => Promise<T>) => Promise<T>;
  /** What pages say about the last drill; left out if nobody asks. */
  lastDrill?: () => Promise<string | undefined>;
  /** Where on-call works: pages tell the time there too. */
  timeZone?: string;
  /** Uniform in [0, 1): for jitter and run codes. */
  random: () => number;
  /** A function's own deadline, below functionTimeout: the host sends no cancellation. */
  deadlineSeconds: number;
  /** One line for people who operate the app; never a secret. */
  log: (line: string, facts?: Readonly<Record<string, Json>>) => void;
}
