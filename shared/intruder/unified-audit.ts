// The unified audit log, in which all workloads record what was done, reduced to what attribution needs. The workload's
// own record is kept beside it for readers who need more. Judged by audit.ts.
import { z } from 'zod';
import { bareAddress } from './address.ts';
import { type AuditRecord, each, isTime, text } from './audit.ts';

const withInner = z.looseObject({ dynamicProperties: z.looseObject({}) });

/**
 * The same properties stand in the data itself, one level below it, or in JSON text, depending on record type and age.
 */
function flat(data: unknown): unknown {
  const given = typeof data === 'string' ? asJson(data) : data;
  const parsed = withInner.safeParse(given);
  return parsed.success ? { ...parsed.data.dynamicProperties, ...parsed.data } : given;
}

function asJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return null;
  }
}

const detailsSchema = z.object({ 'User-Agent': text });
/** The client behind a change in the directory, with details that are JSON text. */
const clientIn = (details: string | null) =>
  detailsSchema.safeParse(details === null ? null : asJson(details)).data?.['User-Agent'] ?? null;

const pairs = each(z.object({ Name: text, Value: text }));

/**
 * What the workloads write beside the common fields; they disagree on names, and most fields are missing most of the
 * time.
 */
const auditDataSchema = z.preprocess(
  flat,
  z.looseObject({
    ResultStatus: text,
    ClientIP: text,
    ClientIPAddress: text,
    ActorIpAddress: text,
    UserAgent: text,
    SessionId: text,
    DeviceId: text,
    AppAccessContext: z.object({ AADSessionId: text, UniqueTokenId: text }).nullish().catch(null),
    /** For sign-ins and directory changes. */
    ExtendedProperties: pairs,
    DeviceProperties: pairs,
  }),
);

export interface UnifiedRecord extends AuditRecord {
  /** What was acted on: a mailbox, a file's address, a rule. */
  object: string | null;
  /** `ExchangeAdmin`, `SharePointFileOperation`, …; an open string. */
  recordType: string | null;
  /** As the workload wrote it. */
  data: Readonly<Record<string, unknown>>;
}

/**
 * One entry of /security/auditLog/queries/{id}/records
 * (https://learn.microsoft.com/graph/api/resources/security-auditlogrecord), its data in the schema of the Office 365
 * Management Activity API: `{"createdDateTime":"2026-11-20T09:14:30Z","operation":"Add-MailboxPermission",
 * "auditLogRecordType":"exchangeAdmin","clientIp":"203.0.113.7:52110","auditData":{"ClientIP":"203.0.113.7:52110",
 * "AppAccessContext":{"AADSessionId":"005f1a2c-…"}}}`
 */
export const unifiedRecordSchema = z
  .object({
    id: z.string().min(1),
    createdDateTime: z.string().refine(isTime),
    operation: text,
    service: text,
    auditLogRecordType: text,
    objectId: text,
    userId: text,
    userPrincipalName: text,
    clientIp: text,
    auditData: auditDataSchema.nullish().catch(null),
  })
  .transform(({ auditData: data, ...entry }): UnifiedRecord => {
    const more = (name: string) =>
      [...(data?.ExtendedProperties ?? []), ...(data?.DeviceProperties ?? [])].find(
        (property) => property.Name === name,
      )?.Value ?? null;
    const address = entry.clientIp ?? data?.ClientIP ?? data?.ClientIPAddress ?? data?.ActorIpAddress ?? null;
    return {
      id: entry.id,
      at: entry.createdDateTime,
      time: Date.parse(entry.createdDateTime),
      activity: entry.operation ?? 'an operation without a name',
      service: entry.service,
      succeeded: !/^(fail|false|error)/i.test(data?.ResultStatus ?? ''),
      actor: { id: null, userPrincipalName: entry.userPrincipalName ?? entry.userId, app: null },
      trace: {
        session: data?.AppAccessContext?.AADSessionId ?? data?.SessionId ?? more('SessionId'),
        request: data?.AppAccessContext?.UniqueTokenId ?? null,
        address: address === null ? null : bareAddress(address),
        device: data?.DeviceId ?? null,
        userAgent: data?.UserAgent ?? more('UserAgent') ?? clientIn(more('additionalDetails')),
      },
      object: entry.objectId,
      recordType: entry.auditLogRecordType,
      data: data ?? {},
    };
  });
