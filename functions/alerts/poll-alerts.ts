// Asks Microsoft Graph for what is new and hands it to the front door: the safety net of every tenant, and the only way
// in where neither Sentinel nor a stream brings alerts. It judges nothing; triage reads each alert again.
import { feeds } from '../../shared/alerts/feeds.ts';
import { type PollDeps, pollAll } from '../../shared/alerts/poll.ts';

/** Throws when the topic or the table failed; a feed that is silent is told by itself and fails nothing. */
export async function pollAlerts(deps: PollDeps): Promise<void> {
  const polled = await pollAll(deps, feeds);
  for (const { feed, published, ended } of polled) {
    if (published > 0 || ended === 'unfinished') deps.log(`${feed}: ${published} published, ${ended}`);
  }
}
