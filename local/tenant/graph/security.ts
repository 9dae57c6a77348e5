// Defender XDR: alerts and incidents (https://learn.microsoft.com/graph/api/resources/security-alert).
import { isRow, Refusal, type Row } from '../answers.ts';
import { findUser, tenantIdOf, userIdOf } from '../directory.ts';
import { type EntityType, withDefaults } from '../odata.ts';
import { alertProperties, incidentProperties } from '../schema/security.ts';
import type { TenantFile } from '../schema.ts';
import type { GraphCall, GraphRoute } from './route.ts';

const alertType: EntityType = { name: 'microsoft.graph.security.alert', properties: alertProperties };
const incidentType: EntityType = {
  name: 'microsoft.graph.security.incident',
  properties: incidentProperties,
  navigation: { alerts: alertType },
};
type Alert = NonNullable<TenantFile['alerts']>[number];

/** An account in the evidence, with what the directory knows of it filled in. */
function completeAccount(file: TenantFile, account: Row): Row {
  const key = account['azureAdUserId'] ?? account['userPrincipalName'];
  const user = typeof key === 'string' ? findUser(file, key) : undefined;
  if (!user || account['azureAdUserId'] === null) return account;
  return {
    accountName: user.userPrincipalName.split('@')[0],
    domainName: null,
    userSid: null,
    azureAdUserId: userIdOf(user),
    userPrincipalName: user.userPrincipalName,
    displayName: user.displayName ?? null,
    ...account,
  };
}

function alertRow(call: GraphCall, alert: Alert): Row {
  const created = alert.createdDateTime ?? call.store.loadedAt;
  const tenantId = tenantIdOf(call.file);
  const row = withDefaults(alert, alertProperties, {
    status: 'new',
    classification: 'unknown',
    determination: 'unknown',
    serviceSource: 'azureAdIdentityProtection',
    detectionSource: alert.serviceSource ?? 'azureAdIdentityProtection',
    createdDateTime: created,
    lastUpdateDateTime: created,
    firstActivityDateTime: created,
    lastActivityDateTime: created,
    tenantId,
    alertWebUrl: `https://security.microsoft.com/alerts/${alert.id}?tid=${tenantId}`,
    incidentWebUrl: alert.incidentId
      ? `https://security.microsoft.com/incidents/${alert.incidentId}?tid=${tenantId}`
      : null,
  });
  const evidence = (alert.evidence ?? []).map((entry: Row) => ({
    createdDateTime: created,
    verdict: 'suspicious',
    remediationStatus: 'none',
    remediationStatusDetails: null,
    roles: [],
    detailedRoles: [],
    tags: [],
    ...entry,
    ...(isRow(entry['userAccount']) ? { userAccount: completeAccount(call.file, entry['userAccount']) } : {}),
  }));
  return { ...row, evidence };
}

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
    alerts: alertRows(call).filter((alert) => alert['incidentId'] === incident.id),
  }));

const missing = (id: string) =>
  new Refusal(404, 'NotFound', `The requested resource '${id}' could not be found.`);
function byId(rows: readonly Row[], id: string): Row {
  const found = rows.find((row) => row['id'] === id);
  if (!found) throw missing(id);
  return found;
}

function liveAlert(call: GraphCall): Alert {
  const id = call.parameters['id'] ?? '';
  const alert = call.store.file.alerts?.find((entry) => entry.id === id);
  if (!alert) throw missing(id);
  return alert;
}

const changeable = alertProperties;
function patchAlert(call: GraphCall) {
  const alert = liveAlert(call);
  const body = isRow(call.body) ? call.body : {};
  const { status, classification, determination, assignedTo, ...rest } = body;
  const [unknown] = Object.keys(rest).filter((name) => name !== 'customDetails');
  if (unknown !== undefined)
    throw new Refusal(400, 'BadRequest', `The property '${unknown}' cannot be updated.`);
  const parsed = {
    status: changeable.status.safeParse(status),
    classification: changeable.classification.safeParse(classification),
    determination: changeable.determination.safeParse(determination),
    assignedTo: changeable.assignedTo.safeParse(assignedTo),
  };
  const [wrong] = Object.entries(parsed).filter(([, result]) => !result.success);
  if (wrong)
    throw new Refusal(
      400,
      'BadRequest',
      `Requested value '${String(body[wrong[0]])}' was not found for ${wrong[0]}.`,
    );
  const { store } = call;
  if (status !== undefined) store.write(alert, 'status', parsed.status.data, { fallback: 'new' });
  if (classification !== undefined)
    store.write(alert, 'classification', parsed.classification.data, { fallback: 'unknown' });
  if (determination !== undefined)
    store.write(alert, 'determination', parsed.determination.data, { fallback: 'unknown' });
  if (assignedTo !== undefined) store.write(alert, 'assignedTo', parsed.assignedTo.data, { fallback: null });
  store.write(alert, 'lastUpdateDateTime', store.now().toISOString());
  return {
    status: 200,
    body: {
      '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#security/alerts_v2/$entity',
      ...alertRow(call, alert),
    },
  };
}

function addComment(call: GraphCall) {
  const alert = liveAlert(call);
  const body = isRow(call.body) ? call.body : {};
  if (typeof body['comment'] !== 'string' || body['comment'] === '')
    throw new Refusal(400, 'BadRequest', 'The comment is empty.');
  const comments = [
    ...(alert.comments ?? []),
    {
      comment: body['comment'],
      createdByDisplayName: call.claims.appid,
      createdDateTime: call.store.now().toISOString(),
    },
  ];
  call.store.write(alert, 'comments', comments);
  return {
    status: 200,
    body: {
      '@odata.context':
        'https://graph.microsoft.com/v1.0/$metadata#Collection(microsoft.graph.security.alertComment)',
      value: comments,
    },
  };
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
  { method: 'PATCH', path: `${base}/alerts_v2/{id}`, behind: 'security', entity: alertType, act: patchAlert },
  {
    method: 'POST',
    path: `${base}/alerts_v2/{id}/comments`,
    behind: 'security',
    entity: alertType,
    act: addComment,
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
