// Records of diagnostic streams from an Event Hub: risk from Entra ID, and alerts from the Defender XDR streaming API.
// They are unpacked here and parsed by the source they belong to; other records are refused by name.

import { z } from 'zod';
import { inQuotes } from '../model/text.ts';
import { clean, guid, listOf, parseTime, text, word } from './payload-fields.ts';
import type { Inner, Opener } from './source.ts';

/**
 * https://learn.microsoft.com/entra/id-protection/howto-export-risk-data
 * `{"records":[{"time":"9/9/2022 9:54:27 AM","resourceId":"/tenants/6f2a…/providers/microsoft.aadiam",
 * "operationName":"User Risk Detection","operationVersion":"1.0","category":"UserRiskEvents","tenantId":"6f2a1c0e-…",
 * "resultSignature":"None","durationMs":0,"callerIpAddress":"203.0.113.7","correlationId":"6a5874ca…","Level":4,
 * "properties":{"id":"6a5874ca…","riskType":"generic","riskEventType":"passwordSpray","riskState":"atRisk",
 * "riskLevel":"high","activityDateTime":"2022-09-08T12:53:53.895Z","detectedDateTime":"2022-09-09T8:48:50.361Z",
 * "lastUpdatedDateTime":"2022-09-09T9:54:27.739Z","userId":"87d349ed-…","userPrincipalName":"adele@contoso.com"}}]}`
 */
const recordSchema = z
  .object({
    category: z.string(),
    tenantId: guid,
    resourceId: text,
    time: word,
    properties: z.record(z.string(), z.unknown()),
  })
  // Some records name their tenant only in the resource.
  .transform(({ resourceId, ...record }) => ({
    ...record,
    tenantId: record.tenantId ?? guid.parse(/^\/tenants\/([^/]+)/i.exec(resourceId ?? '')?.[1]),
  }));
type Record = z.infer<typeof recordSchema>;

const batchSchema = z.object({ records: z.array(z.unknown()) });

export type RecordOf =
  | { is: 'risk'; inner: Inner; seenAt: string | null }
  /** Not for us, such as the sign-in log. */
  | { is: 'other'; category: string }
  | { is: 'bad'; why: string };

/** What a record of a stream is about, for forward-stream. */
export function recordOf(given: unknown): RecordOf {
  const record = recordSchema.safeParse(given);
  if (record.success && openers[record.data.category.toLowerCase()] === undefined) {
    return { is: 'other', category: clean(record.data.category, 60) ?? '' };
  }
  const inner = opened(given, '');
  if ('refused' in inner) return { is: 'bad', why: inner.refused };
  return { is: 'risk', inner, seenAt: record.success ? parseTime(record.data.time) : null };
}

/** The records of a message; undefined if it is no batch. */
export const recordsIn = (data: unknown): readonly unknown[] | undefined =>
  batchSchema.safeParse(data).data?.records;

export const diagnosticRecords: Opener = ({ data }) => {
  const batch = batchSchema.safeParse(data);
  if (batch.success) {
    const { records } = batch.data;
    if (records.length === 0) return [{ ignored: 'the list of records is empty' }];
    return once(records.map((record, index) => opened(record, `record ${index + 1}: `)));
  }
  return recordSchema.safeParse(data).success ? [opened(data, '')] : undefined;
};

type Opened = Inner | { refused: string };

function opened(given: unknown, which: string): Opened {
  const record = recordSchema.safeParse(given);
  if (!record.success)
    return { refused: `${which}no diagnostic record: it has no category or no properties` };
  const open = openers[record.data.category.toLowerCase()];
  if (open === undefined) {
    return {
      refused: `${which}records of category ${inQuotes(clean(record.data.category, 60) ?? '')} tell of no account at risk`,
    };
  }
  return open(record.data);
}

/** Only the record names the tenant. */
const risk =
  (type: string) =>
  ({ properties, tenantId }: Record): Opened => ({ type, data: { tenantId, ...properties } });

const alertColumns = z.object({ AlertId: z.string(), Title: word, Severity: word, ServiceSource: word });

/** An alert and its evidence are separate rows, so only the id is used; the whole alert is read from Graph. */
const alert = ({ properties, tenantId }: Record): Opened => {
  const row = alertColumns.safeParse(properties);
  if (!row.success) return { refused: 'a row about an alert has no AlertId' };
  const { AlertId: id, Title: title, Severity: severity } = row.data;
  return { type: 'Reclaim.Alert', data: { id, title, severity, tenantId } };
};

const openers: Readonly<{ [category: string]: (record: Record) => Opened }> = {
  userriskevents: risk('Reclaim.RiskDetection'),
  riskyusers: risk('Reclaim.RiskyUser'),
  'advancedhunting-alertinfo': alert,
  'advancedhunting-alertevidence': alert,
};

/** Several rows of one alert become one alert. */
function once(all: readonly Opened[]): Opened[] {
  const seen = new Set<string>();
  const idOf = listOf(z.object({ id: z.string() }));
  return all.filter((one) => {
    if ('refused' in one || one.type !== 'Reclaim.Alert') return true;
    const key = idOf.parse([one.data])[0]?.id ?? '';
    return !seen.has(key) && seen.add(key);
  });
}
