// Audit records in one shape, for the one question that steps ask of them: did the intruder make this change? Pure,
// except for the reader at the end. Which changes matter, and what to do about them, is for the step to say. The
// records of the unified audit log are in unified-audit.ts.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError } from '../errors.ts';
import type { GraphReader } from '../model/clients.ts';
import type { Certainty, Intruder, StoredTrace } from '../model/intruder.ts';
import type { Skip } from '../model/step.ts';
import { wholeSeconds } from '../model/text.ts';
import { when } from './describe-trail.ts';
import { storedTrace, type Trace, tieOf } from './tie.ts';

/** One entry of either log. */
export interface AuditRecord {
  id: string;
  /** ISO 8601, as logged. */
  at: string;
  /** ms */
  time: number;
  /** As the log calls it: "User registered security info", "Add-MailboxPermission"; open strings. */
  activity: string;
  service: string | null;
  /** A refused attempt made nothing. */
  succeeded: boolean;
  /** Who did it according to the log: a user, or an application on behalf of a user or of itself. */
  actor: { id: string | null; userPrincipalName: string | null; app: string | null };
  trace: Trace;
}

export interface AuditTarget {
  id: string | null;
  /** User, Device, ServicePrincipal, Group, Role, Application, Policy, Other. */
  type: string | null;
  name: string | null;
  userPrincipalName: string | null;
  /** Property by property; the log holds JSON in strings, which is parsed here. */
  changed: readonly { name: string; before: unknown; after: unknown }[];
}

export interface DirectoryAudit extends AuditRecord {
  category: string;
  correlation: string | null;
  /** What was done, in more words than the activity: "User registered Authenticator App with Notification and Code". */
  reason: string | null;
  targets: readonly AuditTarget[];
  details: ReadonlyMap<string, string>;
}

/** What ties a record to the intruder, as one sentence for `evidence`, and how sure that is. */
export interface Attribution {
  certainty: Certainty;
  evidence: string;
}

/** For a successful act. A refused attempt made nothing, so there is nothing to undo. */
export const attributionOf = (record: AuditRecord, intruder: Intruder): Attribution | undefined =>
  record.succeeded ? attemptOf(record, intruder) : undefined;

/** Refused attempts too: to tell what the intruder did, not to undo it. */
export function attemptOf(
  record: Pick<AuditRecord, 'time' | 'trace'>,
  intruder: Intruder,
): Attribution | undefined {
  const { session = null, request = null } = record.trace;
  // An address changes hands: before the intruder came, somebody else used it.
  const older = intruder.since !== null && record.time < Date.parse(intruder.since);
  const tie = tieOf(intruder, older ? { session, request } : record.trace);
  return tie && { certainty: tie.certainty, evidence: `made ${tie.words} at ${when(record.time)}` };
}

/** The sentence alone, of a successful act. */
export const madeByIntruder = (record: AuditRecord, intruder: Intruder): string | undefined =>
  attributionOf(record, intruder)?.evidence;

/** The sentence alone, refused attempts too. */
export const tiedToIntruder = (record: AuditRecord, intruder: Intruder): string | undefined =>
  attemptOf(record, intruder)?.evidence;

/** Evidence from the first record that has some, among those that a step believes made one change. */
export const evidenceIn = (records: readonly AuditRecord[], intruder: Intruder): string | undefined =>
  tieIn(records, intruder)?.evidence;

/** The same, with who acted according to the log; for a change. */
export function tieIn(
  records: readonly AuditRecord[],
  intruder: Intruder,
): { evidence: string; by: StoredTrace } | undefined {
  for (const record of records) {
    const evidence = madeByIntruder(record, intruder);
    if (evidence !== undefined) return { evidence, by: storedTrace(record.trace) };
  }
  return undefined;
}

export const isTime = (at: string) => !Number.isNaN(Date.parse(at));

/** What some workloads write for "nothing". */
const nothing = /^[<(]null[>)]$/i;

/** Strangers write these records: a field that is not text counts as missing, and nothing else is lost. */
export const text = z
  .union([z.string(), z.number().transform(String)])
  .nullish()
  .catch(null)
  .transform((given) => (given && !nothing.test(given.trim()) ? given : null));

/** A list without its unreadable entries; anything that is not a list counts as empty. */
export const each = <T>(item: z.ZodType<T>) =>
  z
    .array(item.nullable().catch(null))
    .nullish()
    .catch(null)
    .transform((given) => (given ?? []).flatMap((one) => (one === null ? [] : [one])));

function unwrapped(json: string | null): unknown {
  if (json === null) return null;
  try {
    const value: unknown = JSON.parse(json);
    return value;
  } catch {
    return json;
  }
}

const targetSchema = z
  .object({
    id: text,
    type: text,
    displayName: text,
    userPrincipalName: text,
    modifiedProperties: each(z.object({ displayName: text, oldValue: text, newValue: text })),
  })
  .transform(
    (target): AuditTarget => ({
      id: target.id,
      type: target.type,
      name: target.displayName,
      userPrincipalName: target.userPrincipalName,
      changed: target.modifiedProperties.flatMap(({ displayName, oldValue, newValue }) =>
        displayName === null
          ? []
          : [{ name: displayName, before: unwrapped(oldValue), after: unwrapped(newValue) }],
      ),
    }),
  );

/**
 * One entry of /auditLogs/directoryAudits (https://learn.microsoft.com/graph/api/resources/directoryaudit); it knows
 * no session: `{"activityDateTime":"2026-11-20T09:13:10Z","activityDisplayName":"User registered security info",
 * "result":"success","initiatedBy":{"user":{"id":"…","ipAddress":"203.0.113.7"}},"targetResources":[{"id":"…",
 * "type":"User","modifiedProperties":[…]}],"additionalDetails":[{"key":"User-Agent","value":"Mozilla/5.0 …"}]}`
 */
export const directoryAuditSchema = z
  .object({
    id: z.string(),
    activityDateTime: z.string().refine(isTime),
    activityDisplayName: z.string(),
    category: text,
    correlationId: text,
    loggedByService: text,
    result: text,
    resultReason: text,
    initiatedBy: z
      .object({
        user: z.object({ id: text, userPrincipalName: text, ipAddress: text }).nullish().catch(null),
        app: z.object({ displayName: text }).nullish().catch(null),
      })
      .nullish()
      .catch(null),
    targetResources: each(targetSchema),
    additionalDetails: each(z.object({ key: text, value: text })),
  })
  .transform((entry): DirectoryAudit => {
    const details = new Map(
      entry.additionalDetails.flatMap(({ key, value }) => (key && value ? [[key, value]] : [])),
    );
    const user = entry.initiatedBy?.user;
    return {
      id: entry.id,
      at: entry.activityDateTime,
      time: Date.parse(entry.activityDateTime),
      activity: entry.activityDisplayName,
      category: entry.category ?? '',
      correlation: entry.correlationId,
      reason: entry.resultReason,
      service: entry.loggedByService,
      succeeded: entry.result === 'success',
      actor: {
        id: user?.id ?? null,
        userPrincipalName: user?.userPrincipalName ?? null,
        app: entry.initiatedBy?.app?.displayName ?? null,
      },
      trace: { address: user?.ipAddress ?? null, userAgent: details.get('User-Agent') ?? null },
      targets: entry.targetResources,
      details,
    };
  });

/** Pages promise neither an order nor that a record comes only once; a record that can't be read at all is left out. */
export const readable = <T>(schema: z.ZodType<T>) =>
  z.unknown().transform((given) => schema.safeParse(given).data ?? null);

export const onceEach = <T extends { id: string }>(records: readonly (T | null)[]): T[] => [
  ...new Map(records.flatMap((record) => (record === null ? [] : [[record.id, record] as const]))).values(),
];

const mostAudits = 5000;
const noLicence = 'Authentication_RequestFromNonPremiumTenantOrB2CTenant';

/**
 * Directory audits since a time (ms), newest first: what this account did (`by`), or what was done to it (`on`).
 * AuditLog.Read.All. All readers of these logs share five requests in ten seconds, so read them once per step
 * (https://learn.microsoft.com/graph/api/directoryaudit-list). Kept for 7 days without a licence, 30 with one.
 */
export async function readDirectoryAudits(
  graph: GraphReader,
  userId: string,
  since: number,
  which: 'by' | 'on' = 'by',
): Promise<DirectoryAudit[] | Skip> {
  const from = wholeSeconds(since);
  try {
    const read = await graph.list(
      which === 'by'
        ? path`/auditLogs/directoryAudits?$filter=activityDateTime ge ${from} and initiatedBy/user/id eq '${userId}'&$top=1000`
        : path`/auditLogs/directoryAudits?$filter=activityDateTime ge ${from} and targetResources/any(t: t/id eq '${userId}')&$top=1000`,
      readable(directoryAuditSchema),
      { most: mostAudits },
    );
    return onceEach(read);
  } catch (error) {
    if (error instanceof PermanentError && error.code === noLicence) {
      return { skip: 'the tenant has no licence with which the directory audit log can be read' };
    }
    throw error;
  }
}
