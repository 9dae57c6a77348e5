// Asks Microsoft Graph for new alerts and publishes them to the topic: every tenant's safety net, and the only way in if
// neither Sentinel nor a stream delivers. It judges nothing; triage reads each alert again.
import { feeds } from '../../shared/alerts/feeds.ts';
import { type PollDeps, pollAll } from '../../shared/alerts/poll.ts';

/** Throws if the topic or the table failed. A silent feed is reported elsewhere and fails nothing. */
export async function pollAlerts(deps: PollDeps): Promise<void> {
  const polled = await pollAll(deps, feeds);
  for (const { feed, published, ended } of polled) {
    if (published > 0 || ended === 'unfinished') deps.log(`${feed}: ${published} published, ${ended}`);
  }
}
