// The sources we understand. A new one is a file of its own and a line here.
import { inQuotes } from '../model/text.ts';
import { alertV2 } from './alert-v2.ts';
import { azureMonitor, azureMonitorAlert } from './azure-monitor.ts';
import { diagnosticRecords } from './diagnostic-records.ts';
import { mostEvents } from './envelope.ts';
import { factPermissions } from './facts.ts';
import { formerApi } from './former-api.ts';
import { graphNotification } from './graph-notification.ts';
import { incident } from './incident.ts';
import { logAnalyticsRow } from './log-analytics.ts';
import { lookBack } from './look-back.ts';
import { notAlerts } from './not-alerts.ts';
import { clean } from './payload-fields.ts';
import { peoplePermission } from './people.ts';
import { relatedSignIn } from './related-sign-in.ts';
import { riskDetection } from './risk-detection.ts';
import { riskyUser, riskyUserPermission } from './risky-user.ts';
import { sentinel, sentinelIncident } from './sentinel.ts';
import { sentinelAlert } from './sentinel-alert.ts';
import type { EventClaim, Inner, Opener, Source } from './source.ts';
import { unwrapped } from './unwrap.ts';

export const sources: readonly Source[] = [
  riskDetection,
  alertV2,
  incident,
  riskyUser,
  sentinel,
  azureMonitor,
  relatedSignIn,
  lookBack,
];

/** Wrappings that services put around payloads; tried before the payloads themselves. */
const openers: readonly Opener[] = [
  notAlerts,
  formerApi,
  logAnalyticsRow,
  sentinelAlert,
  diagnosticRecords,
  sentinelIncident,
  azureMonitorAlert,
  graphNotification,
];

/** What triage needs from Microsoft Graph, apart from reading the account. */
export const alertPermissions = {
  graph: [
    ...new Set([
      ...sources.flatMap(({ permissions }) => permissions),
      riskyUserPermission,
      ...factPermissions,
      peoplePermission,
    ]),
  ],
};

/** How many more payloads may be looked at to find out whether one message is understood, however they are nested. */
export interface Looks {
  left: number;
}

/** Whether we understand a payload without an envelope. */
export function isKnown(data: unknown, looks: Looks = { left: mostEvents }, depth = 0): boolean {
  looks.left -= 1;
  if (looks.left < 0) return false;
  return (
    openers.some((open) => open({ type: '', data }) !== undefined) ||
    sources.some((source) => source.recognises(data)) ||
    (depth < mostLayers &&
      (unwrapped({ type: '', data }) ?? []).some((one) => isKnown(one.data, looks, depth + 1)))
  );
}

const mostLayers = 3;

/** As many as one event of a stream brings. */
const mostClaims = 500;

/** The payloads of an event with their sources. The content says more than the publisher's name for it. */
export function claimsOf(event: Inner & { id: string }): readonly EventClaim[] {
  const claims: EventClaim[] = [];
  let left = 0;
  for (const payload of payloadsOf(event, 0)) {
    if (claims.length < mostClaims) claims.push(payload());
    else left += 1;
  }
  const refused = `event ${event.id}: it holds ${left} more payloads than the ${mostClaims} that are read`;
  return left === 0 ? claims : [...claims, { refused }];
}

/** Each is read only when it is asked for. */
function* payloadsOf(event: Inner & { id: string }, depth: number): Generator<() => EventClaim> {
  const inside = depth < mostLayers ? unwrapped(event) : undefined;
  if (inside) {
    for (const one of inside) yield* payloadsOf({ ...one, id: event.id }, depth + 1);
    return;
  }
  for (const open of openers) {
    const inner = open(event);
    if (inner === undefined) continue;
    for (const one of inner) {
      yield () => {
        if ('refused' in one) return { refused: `event ${event.id}: ${one.refused}` };
        if ('ignored' in one) return { ignored: `event ${event.id}: ${one.ignored}` };
        return 'source' in one ? one : claimOf({ ...one, id: event.id });
      };
    }
    return;
  }
  yield () => claimOf(event);
}

function claimOf(event: Inner & { id: string }): EventClaim {
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
  const none = `no source is known for events of type ${inQuotes(clean(event.type, 300) ?? '')}, nor for what they hold (known: ${known})`;
  return { refused: `event ${event.id}: ${problems.join('; ') || none}` };
}
