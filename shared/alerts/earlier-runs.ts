// What earlier runs know that triage needs: what this app did to an account last, and where intruders came from.

import { z } from 'zod';
import type { RunRow, StepRow } from '../model/rows.ts';
import { standingRun } from '../run/open-run.ts';
import { type Progress, runRef } from '../run/progress.ts';

export interface LastRun {
  runId: string;
  level: RunRow['level'];
  /** When the run told Entra ID Protection that the account is compromised. */
  confirmedAt: string | null;
  /** When it dismissed all risk again, and so its own confirmation. */
  dismissedAt?: string | null;
  /** Defender alerts and incidents whose status or classification the run changed: `alerts_v2/ad702c56…`. */
  classified: readonly string[];
}

export async function lastRunOf(
  progress: Pick<Progress, 'claimOf' | 'read'>,
  userId: string,
): Promise<LastRun | undefined> {
  const claim = await progress.claimOf(userId);
  const run = claim && (await standingRun(progress, claim, false));
  const rows = run && (await progress.read(runRef(run.id)));
  if (rows === undefined) return undefined;
  const { id, level } = rows.run.row;
  const steps = rows.steps.map(({ row }) => row);
  return {
    ...{ runId: id, level, confirmedAt: changedAt(steps, 'risk-confirmation') },
    ...{ dismissedAt: changedAt(steps, 'risk-dismissal'), classified: classifiedIn(steps) },
  };
}

/**
 * The confirmation comes back as a risk detection, `adminConfirmedUserCompromised`. The latest attempt counts, whether
 * it was answered or not: the answer may have been lost.
 */
function changedAt(steps: readonly StepRow[], what: 'risk-confirmation' | 'risk-dismissal'): string | null {
  const step = steps.find(({ part }) => part === what);
  const times = (step?.changes ?? []).flatMap(({ fixedAt, attemptedAt }) => fixedAt ?? attemptedAt ?? []);
  return times.toSorted().at(-1) ?? null;
}

/** What the step records of a case before it changes it. */
const movedSchema = z.object({ does: z.literal('move'), collection: z.string(), id: z.string() });

const classifiedIn = (steps: readonly StepRow[]): string[] =>
  steps.flatMap(({ changes }) =>
    changes.flatMap(({ before, attemptedAt, fixedAt }) => {
      const moved = movedSchema.safeParse(before);
      const tried = attemptedAt !== null || fixedAt !== null;
      return moved.success && tried ? [`${moved.data.collection}/${moved.data.id}`] : [];
    }),
  );

const mostRuns = 200;

/** Where an intruder came from. At an address that others use as well, only the intruder's client counts. */
export interface IntruderPlace {
  address: string;
  /** null: the address is the intruder's alone. */
  client: string | null;
}

/** From runs opened since then; a held run has looked at nothing, and an undone one was a false alarm. */
export async function intrudersOf(progress: Progress, since: Date): Promise<readonly IntruderPlace[]> {
  const refs = await progress.list(since, mostRuns);
  const runs = await Promise.all(refs.map((ref) => progress.read(ref)));
  return runs.flatMap((rows) => {
    if (rows === undefined || rows.run.row.endsAs === 'undone') return [];
    const { addresses, sharedAddresses, userAgents } = rows.run.row.intruder;
    return [
      ...addresses.map((address) => ({ address, client: null })),
      ...sharedAddresses.flatMap((address) => userAgents.map((client) => ({ address, client }))),
    ];
  });
}
