// Domains: whether a user's password is checked here or by another identity provider.
import type { Row } from '../answers.ts';
import { domainsOf } from '../directory.ts';
import { type EntityType, withDefaults } from '../odata.ts';
import { domainProperties } from '../schema/directory.ts';
import type { GraphCall, GraphRoute } from './route.ts';
import { notFound } from './user-row.ts';

const domainType: EntityType = { name: 'microsoft.graph.domain', properties: domainProperties };

const rows = (call: GraphCall): Row[] =>
  domainsOf(call.file).map((domain) =>
    withDefaults(domain, domainProperties, {
      authenticationType: 'Managed',
      isDefault: false,
      isInitial: false,
      isVerified: true,
      isAdminManaged: true,
      isRoot: true,
      supportedServices: ['Email', 'OfficeCommunicationsOnline'],
      passwordNotificationWindowInDays: 14,
      passwordValidityPeriodInDays: 2_147_483_647,
    }),
  );

function one(call: GraphCall): Row {
  const id = call.parameters['id'] ?? '';
  const found = rows(call).find((row) => String(row['id']).toLowerCase() === id.toLowerCase());
  if (!found) throw notFound(id);
  return found;
}

export const domainRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/domains',
    behind: 'directory',
    entity: domainType,
    query: { select: true, page: { size: 999, most: 999 } },
    many: rows,
  },
  {
    method: 'GET',
    path: '/domains/{id}',
    behind: 'directory',
    entity: domainType,
    query: { select: true },
    one,
  },
];
