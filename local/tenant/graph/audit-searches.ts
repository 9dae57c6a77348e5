// Searches of the unified audit log, which take a while to finish
// (https://learn.microsoft.com/graph/api/security-auditcoreroot-post-auditlogqueries). Searches are
// not part of the tenant's configuration, so they are not in its file.
import { z } from 'zod';
import { isRow, type Row, TenantRefusal } from '../answers.ts';
import { hasPlan, tenantIdOf } from '../directory.ts';
import { guidOf } from '../ids.ts';
import { auditRecordAppears } from '../logs.ts';
import { type EntityType, withDefaults } from '../odata.ts';
import { auditRecordProperties, auditSearchProperties } from '../schema/unified-audit.ts';
import type { Store } from '../store.ts';
import type { GraphCall, GraphRoute } from './route.ts';

const searchType: EntityType = {
  name: 'microsoft.graph.security.auditLogQuery',
  properties: auditSearchProperties,
};
const recordType: EntityType = {
  name: 'microsoft.graph.security.auditLogRecord',
  properties: auditRecordProperties,
};

interface Search {
  row: Row;
  /** A search sees the log as it was at this time, even if its result is read later. */
  startedAt: Date;
  asked: number;
}
const searches = new WeakMap<Store, Search[]>();

function searchesOf(store: Store): Search[] {
  const known = searches.get(store) ?? [];
  searches.set(store, known);
  return known;
}

const bad = (message: string) => new TenantRefusal(400, 'BadRequest', message);
const { id: _id, status: _status, ...askable } = auditSearchProperties;
const bodySchema = z.strictObject({
  '@odata.type': z.literal('#microsoft.graph.security.auditLogQuery').optional(),
  ...askable,
});

/** How long the service takes for a search that nobody asks for. */
const unaskedMs = 10 * 60_000;
const dayMs = 86_400_000;

/** Each with a Retry-After, which is all that is published of the answer. */
function refuseTooMany({ file, store }: GraphCall, known: readonly Search[]): void {
  const { auditSearchesRunning = 10, auditSearchesADay = 200 } = file.behaviour ?? {};
  const age = ({ startedAt }: Search) => store.now().getTime() - startedAt.getTime();
  const running = known.filter(
    (one) => ['notStarted', 'running'].includes(String(one.row['status'])) && age(one) < unaskedMs,
  );
  const today = known.filter((one) => age(one) < dayMs);
  if (running.length < auditSearchesRunning && today.length < auditSearchesADay) return;
  const seconds = running.length < auditSearchesRunning ? 3600 : 60;
  throw new TenantRefusal(429, 'TooManyRequests', 'Too many audit log queries. Try again later.', {
    headers: { 'retry-after': String(seconds) },
  });
}

function start(call: GraphCall) {
  if (!hasPlan(call.file, 'M365_AUDIT_PLATFORM')) {
    throw new TenantRefusal(400, 'AuditingDisabledTenant', 'Auditing is not enabled for this tenant.');
  }
  const parsed = bodySchema.safeParse(call.body);
  if (!parsed.success) throw bad(`Invalid audit log query: ${z.prettifyError(parsed.error)}`);
  const { filterStartDateTime: from, filterEndDateTime: to } = parsed.data;
  if (!from || !to || Date.parse(from) >= Date.parse(to)) {
    throw bad('filterStartDateTime must be earlier than filterEndDateTime.');
  }
  const known = searchesOf(call.store);
  refuseTooMany(call, known);
  const { '@odata.type': _type, ...given } = parsed.data;
  const id = guidOf('audit search', call.store.loadedAt, String(known.length));
  const row = withDefaults({ ...given, id, status: 'notStarted' }, auditSearchProperties);
  known.push({ row, startedAt: call.store.now(), asked: 0 });
  return {
    status: 201,
    body: {
      '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#security/auditLog/queries/$entity',
      ...row,
    },
  };
}

function search(call: GraphCall): Search {
  const id = call.parameters['id'] ?? '';
  const found = searchesOf(call.store).find(({ row }) => row['id'] === id);
  if (!found) throw new TenantRefusal(404, 'NotFound', `The requested resource '${id}' does not exist.`);
  return found;
}

function ask(call: GraphCall): Row {
  const found = search(call);
  const { auditSearchPolls = 0, auditSearchFails = false } = call.file.behaviour ?? {};
  found.asked += 1;
  const done = found.asked > auditSearchPolls;
  found.row['status'] = done ? (auditSearchFails ? 'failed' : 'succeeded') : 'running';
  return found.row;
}

const listed = (value: unknown): string[] =>
  Array.isArray(value) ? value.map((entry) => String(entry).toLowerCase()) : [];

function records(call: GraphCall): Row[] {
  const { row, startedAt } = search(call);
  if (row['status'] !== 'succeeded') throw bad('The audit log query has not succeeded yet.');
  const within = (value: unknown, filter: string) => {
    const wanted = listed(row[filter]);
    return wanted.length === 0 || wanted.includes(String(value ?? '').toLowerCase());
  };
  const time = (value: unknown) => Date.parse(String(value));
  const { auditSearchesEmpty = 0 } = call.file.behaviour ?? {};
  const turn = searchesOf(call.store).findIndex((one) => one.row === row);
  if (turn < auditSearchesEmpty) return [];
  return (call.file.auditRecords ?? [])
    .filter((record) => auditRecordAppears(record, startedAt, call.file.behaviour))
    .map((record) =>
      withDefaults(record, auditRecordProperties, {
        organizationId: tenantIdOf(call.file),
        userType: 'regular',
        userId: record.userPrincipalName,
        userPrincipalName: record.userId,
        auditData: {},
      }),
    )
    .filter(
      (record) =>
        time(record['createdDateTime']) >= time(row['filterStartDateTime']) &&
        time(record['createdDateTime']) <= time(row['filterEndDateTime']) &&
        within(record['userPrincipalName'], 'userPrincipalNameFilters') &&
        within(record['operation'], 'operationFilters') &&
        within(record['auditLogRecordType'], 'recordTypeFilters') &&
        within(record['service'], 'serviceFilters') &&
        within(record['clientIp'], 'ipAddressFilters') &&
        within(record['objectId'], 'objectIdFilters') &&
        JSON.stringify(record).includes(String(row['keywordFilter'] ?? '')),
    )
    .map((record) => ({
      ...record,
      auditData: isRow(record['auditData'])
        ? { '@odata.type': '#microsoft.graph.security.defaultAuditData', ...record['auditData'] }
        : null,
    }));
}

export const auditSearchRoutes: readonly GraphRoute[] = [
  {
    method: 'POST',
    path: '/security/auditLog/queries',
    behind: 'security',
    entity: searchType,
    act: start,
  },
  {
    method: 'GET',
    path: '/security/auditLog/queries',
    behind: 'security',
    entity: searchType,
    query: { select: true, page: { size: 100, most: 999 } },
    many: (call) => searchesOf(call.store).map(({ row }) => row),
  },
  {
    method: 'GET',
    path: '/security/auditLog/queries/{id}',
    behind: 'security',
    entity: searchType,
    query: { select: true },
    one: ask,
  },
  {
    method: 'GET',
    path: '/security/auditLog/queries/{id}/records',
    behind: 'security',
    entity: recordType,
    query: { select: true, page: { size: 150, most: 999, log: true } },
    many: records,
  },
];
