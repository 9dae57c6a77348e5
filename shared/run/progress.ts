// The one place that remembers. Behind this interface: Table Storage, or memory in generated tests.
import type { LogRow, RunRow, StepRow } from '../model/rows.ts';

/** Names a run. The run id begins with the user id, which is the partition. */
export interface RunRef {
  userId: string;
  runId: string;
}

export const runRef = (runId: string): RunRef => ({ userId: runId.slice(0, runId.indexOf('.')), runId });

export interface Versioned<T> {
  row: T;
  etag: string;
}

export interface RunRows {
  run: Versioned<RunRow>;
  /** In playbook order. */
  steps: readonly Versioned<StepRow>[];
}

export interface RunChanges {
  run?: Versioned<RunRow>;
  steps?: readonly Versioned<StepRow>[];
  log?: readonly LogRow[];
}

/** The rows with those changes, for the rows that are among them. */
export const withChanges = (rows: RunRows, { run, steps = [] }: RunChanges): RunRows => ({
  run: run ?? rows.run,
  steps: rows.steps.map((old) => steps.find(({ row }) => row.name === old.row.name) ?? old),
});

export interface Claim {
  runId: string;
  etag: string;
}

/** A run as far as its own row tells. */
export interface RunLine {
  code: string;
  state: RunRow['state'];
  level: RunRow['level'];
  openedAt: string;
  containedAt: string | null;
  userPrincipalName: string;
  displayName: string;
  standing: { word: string; tasks: number };
}

/** undefined while steps are still to come, or if only the step rows can tell. */
export const lineOf = (run: RunRow): RunLine | undefined =>
  run.standing !== undefined && (run.state === 'finished' || run.state === 'closed')
    ? {
        ...{
          code: run.code,
          state: run.state,
          level: run.level,
          openedAt: run.openedAt,
          containedAt: run.containedAt,
        },
        userPrincipalName: run.account.userPrincipalName,
        displayName: run.account.displayName,
        standing: run.standing,
      }
    : undefined;

export interface ListedRun extends RunRef {
  line?: RunLine;
}

export interface Progress {
  /** The run that holds this account, if any ever did. */
  claimOf(userId: string): Promise<Claim | undefined>;
  /**
   * Claim on the account, run row and step rows in one transaction. `replaces` is the claim of a run that no longer
   * stands in the way. Returns 'taken' when another run holds the account; if the answer to our own write was lost,
   * that counts as opened.
   */
  open(
    run: RunRow,
    steps: readonly StepRow[],
    replaces: Claim | undefined,
    log: readonly LogRow[],
  ): Promise<RunRows | 'taken'>;
  read(ref: RunRef): Promise<RunRows | undefined>;
  /**
   * One transaction, guarded by each row's ETag. 'conflict' means that somebody else wrote first, so read again.
   * Returns the rows as they stand afterwards. If given `on`, the rows that the changes were made to, it returns those
   * with the changes, and reads no others.
   */
  write(ref: RunRef, changes: RunChanges, on?: RunRows): Promise<RunRows | 'conflict'>;
  log(ref: RunRef): Promise<LogRow[]>;
  /** Runs that the sweep must look at: those with a wakeAt that has passed. */
  due(now: Date): Promise<RunRef[]>;
  /** Runs that wait for a person to let them begin, however long they have waited. */
  held(): Promise<RunRef[]>;
  /** Runs opened on or after this day, newest first. */
  list(since: Date, most: number): Promise<ListedRun[]>;
}

/** Whether this can be a key. The service refuses other characters, so no row can have them. */
export const isKey = (text: string) => text.length <= 512 && !/[/\\#?\p{Cc}]/u.test(text);
