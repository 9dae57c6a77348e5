// Every morning: what waits for a person, and which alerts this app does not know. The timer fires more than once a
// morning, in case one run of it can't read the table; on-call gets one mail.
import type { UnknownTitles } from '../../shared/alerts/unknown-titles.ts';
import { toFailure } from '../../shared/errors.ts';
import type { Notices } from '../../shared/mail/notices.ts';
import { stateOf } from '../../shared/run/advance.ts';
import type { DeadLetters } from '../../shared/run/dead-letter.ts';
import type { Engine } from '../../shared/run/engine.ts';
import type { RunRef, RunRows } from '../../shared/run/progress.ts';
import { dailyKey, dayOf, type Held } from '../../shared/summary/held-notice.ts';
import { morningReport } from '../../shared/summary/morning-report.ts';

const dayMs = 86_400_000;
/** Runs are watched for a day; tasks are looked for as long as this. */
const lookBackDays = 30;
const mostRuns = 2000;
const letterDays = 7;
const readsAtOnce = 8;

/** Returns how many runs are held. A run whose rows can't be read is named too. */
export async function reportDaily(
  { playbook, progress, now, log }: Pick<Engine, 'playbook' | 'progress' | 'now' | 'log'>,
  {
    notices,
    unknownTitles,
    deadLetters,
  }: {
    notices: Pick<Notices, 'tell' | 'last'>;
    unknownTitles: Pick<UnknownTitles, 'untold' | 'told'>;
    deadLetters: Pick<DeadLetters, 'since'>;
  },
  baseUrl: string,
): Promise<number> {
  const at = now().getTime();
  const unreadable: string[] = [];
  const read = async (ref: RunRef): Promise<RunRows | undefined> => {
    try {
      return await progress.read(ref);
    } catch (thrown) {
      log(`daily report: run ${ref.runId}: ${toFailure(thrown).message}`);
      unreadable.push(ref.runId);
      return undefined;
    }
  };
  const held: Held[] = [];
  for (const ref of await progress.held()) {
    const rows = await read(ref);
    if (rows?.run.row.state === 'held') held.push(rows.run.row);
    if (unreadable.at(-1) === ref.runId) held.push({ id: unreadable.pop() ?? ref.runId });
  }
  // What is added to a mail that has left already would never be read.
  const hasLeft = (await notices.last(dailyKey))?.notice.version === dayOf(now());
  const unknown = hasLeft ? [] : await unknownTitles.untold();
  const heldIds = new Set(held.map(({ id }) => id));
  const listed = await progress.list(new Date(at - lookBackDays * dayMs), mostRuns);
  // An old run that is due and can't be read would never be met otherwise.
  const refs = [...listed, ...(await progress.due(new Date(at)))];
  const others = [...new Map(refs.map((ref) => [ref.runId, ref])).values()].filter(
    ({ runId }) => !heldIds.has(runId),
  );
  const runs: RunRows[] = [];
  for (let from = 0; from < others.length; from += readsAtOnce) {
    const some = await Promise.all(others.slice(from, from + readsAtOnce).map(read));
    runs.push(...some.filter((rows) => rows !== undefined));
  }
  log(`daily report: ${held.length} held, ${runs.length} looked at, ${unreadable.length} unreadable`);
  const notice = morningReport(
    {
      held,
      unknown,
      runs: runs.map(stateOf).filter(({ run }) => run.state !== 'held'),
      unreadable,
      deadLetters: await deadLetters.since(new Date(at - letterDays * dayMs)),
    },
    playbook,
    baseUrl,
    now(),
  );
  if (notice !== undefined) await notices.tell(notice);
  if (unknown.length > 0) await unknownTitles.told(unknown);
  return held.length;
}
