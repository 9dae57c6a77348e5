// Every morning: which runs still wait for a person. The timer fires more than once a morning, in case one run of it can't
// read the table; on-call gets one mail.
import { toFailure } from '../../shared/errors.ts';
import type { Notices } from '../../shared/mail/tell.ts';
import type { Engine } from '../../shared/run/engine.ts';
import { type Held, heldNotice } from '../../shared/summary/held-notice.ts';

/** Returns how many runs wait. A run whose rows can't be read is listed too. */
export async function reportDaily(
  { playbook, progress, now, log }: Pick<Engine, 'playbook' | 'progress' | 'now' | 'log'>,
  notices: Pick<Notices, 'tell'>,
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
  const notice = heldNotice(held, playbook, baseUrl, now());
  if (notice !== undefined) await notices.tell(notice);
  return held.length;
}
