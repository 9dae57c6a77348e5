// What our own functions publish: a small event that names the original. Everything that counts is read from Microsoft
// Graph again, so an event is cut to what fits a queue, whatever its source sends.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { OutgoingAlert } from '../model/step.ts';
import { inQuotes } from '../model/text.ts';
import { clean, parseTime, sourceId } from './payload-fields.ts';
import type { Inner } from './source.ts';

/** What Service Bus takes (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas). */
const mostCharacters = 128;

/**
 * `riskDetection:6a5874ca…:2026-11-20T09:14:31.002Z`: the same at every door, so that an alert which comes through two
 * of them is dropped once, while one that has changed is new.
 */
export function eventId(source: string, id: string, version: string): string {
  const whole = `${source}:${id}:${version}`;
  if (whole.length <= mostCharacters) return whole;
  return `${source}:${createHash('sha256').update(whole).digest('hex')}`;
}

interface Kind {
  type: OutgoingAlert['type'];
  source: string;
  /** The property that changes with every change of the original. */
  version: string;
  keeps: readonly string[];
}

const user = ['userId', 'userPrincipalName', 'userDisplayName'];
const risk = ['riskLevel', 'riskState', 'riskDetail'];

const kinds: readonly Kind[] = [
  {
    type: 'Reclaim.Alert',
    source: 'alert',
    version: 'lastUpdateDateTime',
    keeps: [
      ...['title', 'severity', 'status', 'classification', 'determination', 'serviceSource', 'detectorId'],
      ...['createdDateTime', 'firstActivityDateTime', 'lastActivityDateTime', 'incidentId', 'alertWebUrl'],
    ],
  },
  {
    type: 'Reclaim.RiskDetection',
    source: 'riskDetection',
    version: 'lastUpdatedDateTime',
    keeps: [
      ...['riskEventType', 'riskType', ...risk, 'source', 'activity', 'detectionTimingType', ...user],
      ...['activityDateTime', 'detectedDateTime', 'requestId', 'correlationId', 'ipAddress'],
    ],
  },
  {
    type: 'Reclaim.RiskyUser',
    source: 'riskyUser',
    version: 'riskLastUpdatedDateTime',
    keeps: [...risk, 'isDeleted', 'isProcessing', ...user],
  },
];

const fields = z.record(z.string(), z.unknown());
const word = z.union([z.string().transform((text) => clean(text, 1000)), z.number(), z.boolean(), z.null()]);

/**
 * The event for an original, or a sentence if it has no usable id. `seenAt` is its version if it has none of its own.
 */
export function outgoing({ type, data }: Inner, seenAt: string): OutgoingAlert | string {
  const kind = kinds.find((known) => known.type.toLowerCase() === type.toLowerCase());
  const given = fields.safeParse(data);
  if (kind === undefined || !given.success)
    return `nothing is known of events of type ${inQuotes(clean(type, 100) ?? '')}`;
  const id = sourceId.safeParse(given.data['id']);
  if (!id.success) return `the ${kind.source} has no id by which it could be asked for`;
  const kept = ['tenantId', kind.version, ...kind.keeps].flatMap((name) => {
    const value = word.safeParse(given.data[name]);
    return value.success ? [[name, value.data] as const] : [];
  });
  const own = parseTime(given.data[kind.version]) ?? clean(given.data[kind.version], 100);
  return {
    id: eventId(kind.source, id.data, own ?? seenAt),
    type: kind.type,
    data: { id: id.data, ...Object.fromEntries(kept) },
  };
}
