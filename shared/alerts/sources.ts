// The sources that are understood. A new one is a file of its own and a line here.
import { alertV2 } from './alert-v2.ts';
import type { ParsedEvent } from './envelope.ts';
import { factPermissions } from './facts.ts';
import { peoplePermission } from './people.ts';
import { riskDetection } from './risk-detection.ts';
import { riskyUserPermission } from './risky-user.ts';
import type { Reading, Source } from './source.ts';

export const sources: readonly Source[] = [riskDetection, alertV2];

/** What triage asks of Microsoft Graph, beside what reading an account needs. */
export const alertPermissions = {
  graph: [
    ...new Set([
      ...sources.map(({ permission }) => permission),
      riskyUserPermission,
      ...factPermissions,
      peoplePermission,
    ]),
  ],
};

export type Claim = { source: Source; claim: Reading } | { refused: string };

/** Which source an event is of, and what it claims. What it holds says more than what its publisher calls it. */
export function claimOf(event: ParsedEvent): Claim {
  const type = event.type.toLowerCase();
  const alike = sources.filter((source) => source.recognises(event.data));
  const marked = sources.filter(({ eventTypes }) => eventTypes.some((own) => own.toLowerCase() === type));
  const problems: string[] = [];
  for (const source of new Set([...alike, ...marked])) {
    const claim = source.read(event.data);
    if (typeof claim !== 'string') return { source, claim };
    problems.push(claim);
  }
  const known = sources.flatMap(({ eventTypes }) => eventTypes).join(', ');
  const none = `no source is known for events of type "${event.type}", nor for what they hold (known: ${known})`;
  return { refused: `event ${event.id}: ${problems.join('; ') || none}` };
}
