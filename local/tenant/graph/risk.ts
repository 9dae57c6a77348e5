// Entra ID Protection: detections and risky users. Needs licences: P1 or P2 for detections, P2 for risky users.
import { type Row, TenantRefusal } from '../answers.ts';
import { type EntityType, withDefaults } from '../odata.ts';
import { riskDetectionProperties, riskyUserProperties } from '../schema/risk.ts';
import { licensed, namedUser } from './risk-access.ts';
import type { GraphCall, GraphRoute } from './route.ts';
import { setRisk } from './set-risk.ts';

const detectionType: EntityType = {
  name: 'microsoft.graph.riskDetection',
  properties: riskDetectionProperties,
};
const riskyUserType: EntityType = { name: 'microsoft.graph.riskyUser', properties: riskyUserProperties };

/** Of all, or of those with this id. */
const detectionRows = (call: GraphCall, id?: string): Row[] =>
  (call.file.riskDetections ?? [])
    .filter((detection) => id === undefined || detection.id === id)
    .map((detection) => {
      const detected = detection.detectedDateTime ?? call.store.loadedAt;
      return withDefaults(detection, riskDetectionProperties, {
        ...namedUser(call.file, detection),
        riskState: 'atRisk',
        riskDetail: 'none',
        source: 'IdentityProtection',
        detectionTimingType: 'realtime',
        activity: 'signin',
        tokenIssuerType: 'AzureAD',
        activityDateTime: detected,
        detectedDateTime: detected,
        lastUpdatedDateTime: detected,
        additionalInfo: '[]',
      });
    });

const order = ['none', 'hidden', 'low', 'medium', 'high'];

function riskyUserRows(call: GraphCall): Row[] {
  const rows = new Map<unknown, Row>();
  for (const detection of detectionRows(call)) {
    if (detection['riskState'] !== 'atRisk' || detection['userId'] === null) continue;
    const id = detection['userId'];
    const before = rows.get(id);
    if (before && order.indexOf(String(before['riskLevel'])) >= order.indexOf(String(detection['riskLevel'])))
      continue;
    rows.set(id, {
      id,
      isDeleted: false,
      isProcessing: false,
      riskDetail: 'none',
      riskLastUpdatedDateTime: detection['lastUpdatedDateTime'],
      riskLevel: detection['riskLevel'],
      riskState: 'atRisk',
      userDisplayName: detection['userDisplayName'],
      userPrincipalName: detection['userPrincipalName'],
    });
  }
  for (const risky of call.file.riskyUsers ?? []) {
    const { userId: id = risky.id, ...names } = namedUser(call.file, { userId: risky.id });
    rows.set(id, {
      ...withDefaults(risky, riskyUserProperties, {
        ...names,
        riskState: 'atRisk',
        riskDetail: 'none',
        isDeleted: false,
        isProcessing: false,
        riskLastUpdatedDateTime: call.store.loadedAt,
      }),
      id,
    });
  }
  return [...rows.values()];
}

function byId(rows: readonly Row[], id: string): Row {
  const found = rows.find((row) => row['id'] === id);
  if (!found) throw new TenantRefusal(404, 'NotFound', `The requested resource '${id}' does not exist.`);
  return found;
}

const base = '/identityProtection';
const detections = ['AAD_PREMIUM', 'AAD_PREMIUM_P2'];

export const riskRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: `${base}/riskDetections`,
    behind: 'risk',
    entity: detectionType,
    query: {
      select: true,
      page: { size: 20, most: 500 },
      orderBy: ['detectedDateTime', 'activityDateTime', 'lastUpdatedDateTime'],
      filter: {
        userId: 'eq',
        userPrincipalName: 'eq',
        riskEventType: 'eq ne',
        riskLevel: 'eq ne',
        riskState: 'eq ne',
        riskDetail: 'eq ne',
        ipAddress: 'eq',
        correlationId: 'eq',
        requestId: 'eq',
        activityDateTime: 'eq ge gt le lt',
        detectedDateTime: 'eq ge gt le lt',
        lastUpdatedDateTime: 'eq ge gt le lt',
      },
    },
    many: (call) => {
      licensed(call, detections);
      return detectionRows(call);
    },
  },
  {
    method: 'GET',
    path: `${base}/riskDetections/{id}`,
    behind: 'risk',
    entity: detectionType,
    query: { select: true },
    one: (call) => {
      licensed(call, detections);
      const id = call.parameters['id'] ?? '';
      return byId(detectionRows(call, id), id);
    },
  },
  {
    method: 'GET',
    path: `${base}/riskyUsers`,
    behind: 'risk',
    entity: riskyUserType,
    query: {
      select: true,
      page: { size: 20, most: 500 },
      orderBy: ['riskLastUpdatedDateTime'],
      filter: {
        id: 'eq',
        userPrincipalName: 'eq',
        riskLevel: 'eq ne',
        riskState: 'eq ne',
        riskDetail: 'eq ne',
        isDeleted: 'eq',
        riskLastUpdatedDateTime: 'eq ge gt le lt',
      },
    },
    many: (call) => {
      licensed(call, ['AAD_PREMIUM_P2']);
      return riskyUserRows(call);
    },
  },
  {
    method: 'GET',
    path: `${base}/riskyUsers/{id}`,
    behind: 'risk',
    entity: riskyUserType,
    query: { select: true },
    one: (call) => {
      licensed(call, ['AAD_PREMIUM_P2']);
      return byId(riskyUserRows(call), call.parameters['id'] ?? '');
    },
  },
  {
    method: 'POST',
    path: `${base}/riskyUsers/confirmCompromised`,
    behind: 'risk',
    entity: riskyUserType,
    act: (call) => setRisk(call, 'confirmedCompromised'),
  },
  {
    method: 'POST',
    path: `${base}/riskyUsers/dismiss`,
    behind: 'risk',
    entity: riskyUserType,
    act: (call) => setRisk(call, 'dismissed'),
  },
];
