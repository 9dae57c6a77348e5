// A search of the unified audit log: requested now, answered by Microsoft Purview minutes later. Starts a search, asks
// whether it is done and reads it; other files interpret the records.
import { z } from 'zod';
import { path } from '../../../shared/clients/path.ts';
import { PermanentError, RetryableError } from '../../../shared/errors.ts';
import { onceEach, readable } from '../../../shared/intruder/audit.ts';
import { type UnifiedRecord, unifiedRecordSchema } from '../../../shared/intruder/unified-audit.ts';
import type { GraphReader } from '../../../shared/model/clients.ts';
import type { Intruder } from '../../../shared/model/intruder.ts';
import type { RunView, Skip } from '../../../shared/model/step.ts';
import { nullableText, wholeSeconds } from '../../../shared/model/text.ts';

const searchSchema = z.object({ id: z.string(), status: nullableText });

export interface Search {
  /** Its name in the tenant's list of searches, where it stays. */
  name: string;
  userPrincipalName: string;
  /** ms */
  since: number;
  until: number;
}

const dayMs = 86_400_000;
/**
 * How long records are kept without further licences
 * (https://learn.microsoft.com/purview/audit-log-retention-policies).
 */
const retentionMs = 180 * dayMs;

/** A day before the first known activity (ms), so that preparations are seen too. */
export function searchFrom(given: { run: RunView; intruder: Intruder; now: Date }): number {
  const { run, intruder, now } = given;
  const known = run.signals.flatMap(({ activityAt, detectedAt }) => activityAt ?? detectedAt ?? []);
  const times = [run.openedAt, ...known, ...(intruder.since === null ? [] : [intruder.since])];
  return Math.max(Math.min(...times.map((time) => Date.parse(time))) - dayMs, now.getTime() - retentionMs);
}

/** Codes of tenants that keep no audit log, or none that can be searched from here. */
const unavailable = new Set(['AuditingDisabledTenant', 'AuditingDisabledOrganization']);

/**
 * POST /security/auditLog/queries, AuditLogsQuery.Read.All: everything the account did, whatever the activity; a tenant
 * may start 200 a day (https://learn.microsoft.com/graph/api/security-auditcoreroot-post-auditlogqueries). Returns the
 * search's id, or `busy` if the service takes no more for now.
 */
export async function startSearch(
  graph: GraphReader,
  search: Search,
): Promise<{ id: string } | Skip | 'busy'> {
  try {
    const { id } = await graph.search(
      '/security/auditLog/queries',
      {
        '@odata.type': '#microsoft.graph.security.auditLogQuery',
        displayName: search.name,
        filterStartDateTime: wholeSeconds(search.since),
        filterEndDateTime: wholeSeconds(search.until),
        userPrincipalNameFilters: [search.userPrincipalName],
      },
      searchSchema,
    );
    return { id };
  } catch (error) {
    if (error instanceof RetryableError && error.status === 429) return 'busy';
    if (!(error instanceof PermanentError)) throw error;
    // National clouds have no such path; a tenant may have switched auditing off, or have no plan that includes it.
    if (error.status === 404 || error.status === 501 || unavailable.has(error.code ?? '')) {
      return {
        skip: 'the unified audit log of this tenant cannot be searched: auditing is off, or not licensed',
      };
    }
    throw error;
  }
}

export type SearchState = 'running' | 'succeeded' | 'failed' | 'gone';

export async function askSearch(graph: GraphReader, id: string): Promise<SearchState> {
  try {
    const { status } = await graph.get(path`/security/auditLog/queries/${id}`, searchSchema);
    if (status === 'succeeded') return 'succeeded';
    return status === 'failed' || status === 'cancelled' ? 'failed' : 'running';
  } catch (error) {
    if (error instanceof PermanentError && error.status === 404) return 'gone';
    throw error;
  }
}

/** The most that is read: nobody would read more, and a function would not have the time. */
export const mostRecords = 20_000;

/**
 * Records come in no promised order, and some twice; `unreadable` counts those without an id or a time
 * (https://learn.microsoft.com/graph/api/security-auditlogquery-list-records).
 */
export async function readSearch(
  graph: GraphReader,
  id: string,
): Promise<{ records: UnifiedRecord[]; unreadable: number }> {
  const read = await graph.list(
    path`/security/auditLog/queries/${id}/records?$top=999`,
    readable(unifiedRecordSchema),
    { most: mostRecords },
  );
  return { records: onceEach(read), unreadable: read.filter((one) => one === null).length };
}
