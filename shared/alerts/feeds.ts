// The lists that poll-alerts reads from Microsoft Graph, each limited by time. None guarantees an order, so we rely on
// none. Triage alone decides what an entry means.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError } from '../errors.ts';
import type { GraphReader } from '../model/clients.ts';
import type { OutgoingAlert } from '../model/step.ts';
import { wholeSeconds } from '../model/text.ts';
import { allWords } from './alert-v2.ts';
import { outgoing } from './outgoing.ts';
import { parseTime } from './payload-fields.ts';

/** A time property that a list can be filtered by. */
export interface Cut {
  property: string;
  /** How far before the mark each pass starts, because entries appear later than their own time. */
  overlapMinutes: number;
  /** Reads the whole list and compares the time here; only for short lists. */
  here?: true;
}

export interface Item {
  /** ISO 8601: the time that the list is filtered by. */
  at: string;
  /** A sentence if the entry can't be passed on. */
  event: OutgoingAlert | string;
}

export interface Feed {
  name: 'alerts' | 'risk-detections' | 'risky-users';
  /** The adapter that reads its entries. */
  source: 'alert' | 'riskDetection' | 'riskyUser';
  /** For people. */
  noun: string;
  permission: string;
  licence: string;
  /** Best first; the next is used if the service refuses one. */
  cuts: readonly [Cut, ...Cut[]];
  /** One page's worth. Paging by position can skip a row while others change. */
  page: number;
  /** Entries in [from, to), one more than a page where there are more; all of them when `whole`. */
  list(graph: GraphReader, cut: Cut, from: Date, to: Date, whole: boolean): Promise<readonly Item[]>;
}

interface Declaration extends Omit<Feed, 'list'> {
  place: string;
  filter?: string;
  type: OutgoingAlert['type'];
}

const entry = z.record(z.string(), z.unknown());

function feed({ place, filter, type, ...rest }: Declaration): Feed {
  return {
    ...rest,
    async list(graph, cut, from, to, whole) {
      const { property, here = false } = cut;
      const between = path`${property} ge ${wholeSeconds(from)} and ${property} lt ${wholeSeconds(to)}`;
      const conditions = [...(here ? [] : [between]), ...(filter === undefined ? [] : [filter])];
      const items = await graph.list(
        `${place}?$filter=${conditions.join(' and ')}&$top=${rest.page}`,
        entry.transform((data): Item => {
          const at = parseTime(data[property]) ?? from.toISOString();
          return { at, event: outgoing({ type, data }, at) };
        }),
        { ...allWords, ...(whole || here ? {} : { most: rest.page + 1 }) },
      );
      const asked = items.filter(({ at }) => at >= from.toISOString() && at < to.toISOString());
      // A filter that is accepted but ignored would replay the whole history.
      if (asked.length < items.length && cut !== rest.cuts.at(-1)) {
        throw new PermanentError(
          `Microsoft Graph takes no notice of ${property} in the $filter of ${place}.`,
          {
            status: 400,
          },
        );
      }
      return asked;
    },
  };
}

/**
 * Alerts: https://learn.microsoft.com/graph/api/security-list-alerts_v2 ($filter on lastUpdateDateTime, no $orderby).
 * Risk: https://learn.microsoft.com/graph/api/riskdetection-list and riskyuser-list ($filter; pages of at most 500).
 */
export const feeds: readonly Feed[] = [
  feed({
    name: 'alerts',
    source: 'alert',
    noun: 'alerts of Microsoft Defender',
    permission: 'SecurityAlert.Read.All',
    licence: 'any product of Defender XDR',
    place: '/security/alerts_v2',
    type: 'Reclaim.Alert',
    cuts: [{ property: 'lastUpdateDateTime', overlapMinutes: 30 }],
    page: 100,
  }),
  feed({
    name: 'risk-detections',
    source: 'riskDetection',
    noun: 'risk detections of Entra ID Protection',
    permission: 'IdentityRiskEvent.Read.All',
    licence: 'Entra ID P1, or P2 for the details',
    place: '/identityProtection/riskDetections',
    type: 'Reclaim.RiskDetection',
    // Filtering by the first is not documented. With the second, a changed level is only noticed while the detection is
    // younger than the overlap; Microsoft's own logs show detections that appear an hour late.
    cuts: [
      { property: 'lastUpdatedDateTime', overlapMinutes: 30 },
      { property: 'detectedDateTime', overlapMinutes: 360 },
    ],
    page: 500,
  }),
  // Adds users whose overall risk is high though no single detection is. Lower levels decide nothing.
  feed({
    name: 'risky-users',
    source: 'riskyUser',
    noun: 'risky users of Entra ID Protection',
    permission: 'IdentityRiskyUser.Read.All',
    licence: 'Entra ID P2',
    place: '/identityProtection/riskyUsers',
    filter: "riskLevel eq 'high' and riskState eq 'atRisk'",
    type: 'Reclaim.RiskyUser',
    cuts: [
      { property: 'riskLastUpdatedDateTime', overlapMinutes: 30 },
      { property: 'riskLastUpdatedDateTime', overlapMinutes: 30, here: true },
    ],
    page: 500,
  }),
];

/** For the deployment: the poller's permissions. */
export const pollPermissions = { graph: feeds.map(({ permission }) => permission) };
