// Every morning: which runs still wait for a person, and which alerts this app does not know. The timer fires more than
// once a morning, in case one run of it can't read the table; on-call gets one mail.
import type { UnknownTitles } from '../../shared/alerts/unknown-titles.ts';
import { toFailure } from '../../shared/errors.ts';
import type { Notices } from '../../shared/mail/tell.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { dailyKey, dailyNotice, dayOf, type Held } from '../../shared/summary/held-notice.ts';

/** Returns how many runs wait. A run whose rows can't be read is listed too. */
export async function reportDaily(
  { playbook, progress, now, log }: Pick<Engine, 'playbook' | 'progress' | 'now' | 'log'>,
  {
    notices,
    unknownTitles,
  }: { notices: Pick<Notices, 'tell' | 'last'>; unknownTitles: Pick<UnknownTitles, 'untold' | 'told'> },
  baseUrl: string,
): Promise<number> {
  const held: Held[] = [];
  for (const ref of await progress.held()) {
    try {
      const rows = await progress.read(ref);
      if (rows?.run.row.state === 'held') held.push(rows.run.row);
    } catch (thrown) {
      log(`daily report: run ${ref.runId}: ${toFailure(thrown).message}`);
      held.push({ id: ref.runId });
    }
  }
  log(`daily report: ${held.length} held`);
  // What is added to a mail that has left already would never be read.
  const hasLeft = (await notices.last(dailyKey))?.notice.version === dayOf(now());
  const unknown = hasLeft ? [] : await unknownTitles.untold();
  const notice = dailyNotice({ held, unknown }, playbook, baseUrl, now());
  if (notice !== undefined) await notices.tell(notice);
  if (unknown.length > 0) await unknownTitles.told(unknown);
  return held.length;
}
