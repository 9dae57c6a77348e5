// What was done in the directory, and by whom (https://learn.microsoft.com/graph/api/directoryaudit-list).
import { type Row, TenantRefusal } from '../answers.ts';
import { findUser, userIdOf } from '../directory.ts';
import { guidOf } from '../ids.ts';
import { directoryAuditAppears } from '../logs.ts';
import { type EntityType, withDefaults } from '../odata.ts';
import { directoryAuditProperties } from '../schema/directory-audit.ts';
import type { TenantFile } from '../schema.ts';
import type { GraphCall, GraphRoute } from './route.ts';

type Entry = NonNullable<TenantFile['directoryAudits']>[number];

const auditType: EntityType = {
  name: 'microsoft.graph.directoryAudit',
  properties: directoryAuditProperties,
};

/** Fills in the id or the user principal name, whichever is missing. */
function named<T extends { id?: string | null | undefined; userPrincipalName?: string | null | undefined }>(
  file: TenantFile,
  given: T,
) {
  const user = findUser(file, given.id ?? given.userPrincipalName ?? '');
  return user ? { ...given, id: userIdOf(user), userPrincipalName: user.userPrincipalName } : given;
}

function entryRow(file: TenantFile, entry: Entry): Row {
  const { initiatedBy, targetResources, ...rest } = entry;
  const user = initiatedBy?.user;
  const id = guidOf('directoryAudit', JSON.stringify(entry));
  return {
    ...withDefaults(rest, directoryAuditProperties, {
      id: `Directory_${id}`,
      category: 'UserManagement',
      correlationId: id,
      loggedByService: 'Core Directory',
      result: 'success',
      resultReason: '',
    }),
    initiatedBy: {
      app: initiatedBy?.app ?? null,
      user: user ? { displayName: null, ipAddress: null, ...named(file, user) } : null,
    },
    targetResources: (targetResources ?? []).map((target) => ({
      displayName: null,
      userPrincipalName: null,
      groupType: null,
      modifiedProperties: [],
      type: findUser(file, target.id ?? target.userPrincipalName ?? '') ? 'User' : 'Other',
      ...named(file, target),
    })),
  };
}

const rows = ({ file, store }: GraphCall): Row[] =>
  (file.directoryAudits ?? [])
    .filter((entry) => directoryAuditAppears(entry, store.now(), file.behaviour))
    .map((entry) => entryRow(file, entry))
    .toSorted(
      (one, other) =>
        Date.parse(String(other['activityDateTime'])) - Date.parse(String(one['activityDateTime'])),
    );

function one(call: GraphCall): Row {
  const id = call.parameters['id'] ?? '';
  const found = rows(call).find((row) => row['id'] === id);
  if (!found) throw new TenantRefusal(404, 'ResourceNotFound', `Resource '${id}' does not exist.`);
  return found;
}

const path = '/auditLogs/directoryAudits';

export const directoryAuditRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path,
    behind: 'reports',
    entity: auditType,
    query: {
      select: true,
      orderBy: ['activityDateTime'],
      page: { size: 1000, most: 1000, log: true },
      filter: {
        id: 'eq',
        activityDateTime: 'eq ge le',
        activityDisplayName: 'eq startswith',
        category: 'eq',
        correlationId: 'eq',
        loggedByService: 'eq',
        result: 'eq',
        'initiatedBy/user/id': 'eq',
        'initiatedBy/user/displayName': 'eq',
        'initiatedBy/user/userPrincipalName': 'eq startswith',
        'initiatedBy/app/appId': 'eq',
        'initiatedBy/app/displayName': 'eq',
        targetResources: 'any',
      },
    },
    many: rows,
  },
  { method: 'GET', path: `${path}/{id}`, behind: 'reports', entity: auditType, query: { select: true }, one },
];
