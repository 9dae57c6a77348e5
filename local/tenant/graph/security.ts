// Defender XDR: alerts and incidents (https://learn.microsoft.com/graph/api/resources/security-alert).
import type { Row } from '../answers.ts';
import { tenantIdOf } from '../directory.ts';
import { type EntityType, withDefaults } from '../odata.ts';
import { alertProperties, incidentProperties } from '../schema/security.ts';
import { alertRow, missing, unknownIn } from './alert-row.ts';
import { addComment, changeCase } from './change-alert.ts';
import type { GraphCall, GraphRoute } from './route.ts';

const alertType: EntityType = { name: 'microsoft.graph.security.alert', properties: alertProperties };
const incidentType: EntityType = {
  name: 'microsoft.graph.security.incident',
  properties: incidentProperties,
  navigation: { alerts: alertType },
};
const alertRows = (call: GraphCall): Row[] => (call.file.alerts ?? []).map((alert) => alertRow(call, alert));

const incidentRows = (call: GraphCall): Row[] =>
  (call.file.incidents ?? []).map((incident) => ({
    ...withDefaults(incident, incidentProperties, {
      status: 'active',
      classification: 'unknown',
      determination: 'unknown',
      createdDateTime: call.store.loadedAt,
      lastUpdateDateTime: call.store.loadedAt,
      tenantId: tenantIdOf(call.file),
      incidentWebUrl: `https://security.microsoft.com/incidents/${incident.id}?tid=${tenantIdOf(call.file)}`,
    }),
    ...unknownIn(incident, incidentProperties),
    alerts: alertRows(call).filter((alert) => alert['incidentId'] === incident.id),
  }));

function byId(rows: readonly Row[], id: string): Row {
  const found = rows.find((row) => row['id'] === id);
  if (!found) throw missing(id);
  return found;
}

const base = '/security';
const filter = {
  assignedTo: 'eq',
  classification: 'eq',
  determination: 'eq',
  createdDateTime: 'eq ge gt le lt',
  lastUpdateDateTime: 'eq ge gt le lt',
  severity: 'eq',
  serviceSource: 'eq',
  status: 'eq',
};

export const securityRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: `${base}/alerts_v2`,
    behind: 'security',
    entity: alertType,
    query: {
      select: true,
      count: true,
      orderBy: ['createdDateTime', 'lastUpdateDateTime'],
      page: { size: 100, most: 2000 },
      filter: { ...filter, evidence: 'any' },
    },
    many: alertRows,
  },
  {
    method: 'GET',
    path: `${base}/alerts_v2/{id}`,
    behind: 'security',
    entity: alertType,
    query: { select: true },
    one: (call) => byId(alertRows(call), call.parameters['id'] ?? ''),
  },
  {
    method: 'PATCH',
    path: `${base}/alerts_v2/{id}`,
    behind: 'security',
    entity: alertType,
    act: changeCase('alerts'),
  },
  {
    method: 'POST',
    path: `${base}/alerts_v2/{id}/comments`,
    behind: 'security',
    entity: alertType,
    act: addComment('alerts'),
  },
  {
    method: 'PATCH',
    path: `${base}/incidents/{id}`,
    behind: 'security',
    entity: incidentType,
    act: changeCase('incidents'),
  },
  {
    method: 'POST',
    path: `${base}/incidents/{id}/comments`,
    behind: 'security',
    entity: incidentType,
    act: addComment('incidents'),
  },
  {
    method: 'GET',
    path: `${base}/incidents`,
    behind: 'security',
    entity: incidentType,
    query: {
      select: true,
      expand: true,
      count: true,
      orderBy: ['createdDateTime', 'lastUpdateDateTime'],
      page: { size: 50, most: 50 },
      filter: {
        assignedTo: 'eq',
        classification: 'eq',
        determination: 'eq',
        createdDateTime: 'eq ge gt le lt',
        lastUpdateDateTime: 'eq ge gt le lt',
        severity: 'eq',
        status: 'eq',
      },
    },
    many: incidentRows,
  },
  {
    method: 'GET',
    path: `${base}/incidents/{id}`,
    behind: 'security',
    entity: incidentType,
    query: { select: true, expand: true },
    one: (call) => byId(incidentRows(call), call.parameters['id'] ?? ''),
  },
];
