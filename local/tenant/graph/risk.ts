// Entra ID Protection: detections and risky users. Needs licences: P1 or P2 for detections, P2 for risky users.
import { isRow, Refusal, type Row } from '../answers.ts';
import { findUser, hasPlan, userIdOf } from '../directory.ts';
import { type EntityType, withDefaults } from '../odata.ts';
import { riskDetectionProperties, riskyUserProperties } from '../schema/security.ts';
import type { TenantFile } from '../schema.ts';
import type { GraphCall, GraphRoute } from './route.ts';

const detectionType: EntityType = {
  name: 'microsoft.graph.riskDetection',
  properties: riskDetectionProperties,
};
const riskyUserType: EntityType = { name: 'microsoft.graph.riskyUser', properties: riskyUserProperties };

function licensed(call: GraphCall, plans: readonly string[]): void {
  if (plans.some((plan) => hasPlan(call.file, plan))) return;
  throw new Refusal(403, 'Forbidden', 'Your tenant is not licensed for this feature.');
}

/** The user behind an object that names it by id or by user principal name, as the three properties of the object. */
export function namedUser(
  file: TenantFile,
  object: { userId?: string | null | undefined; userPrincipalName?: string | null | undefined },
): Row {
  const user = findUser(file, object.userId ?? object.userPrincipalName ?? '');
  if (!user) return {};
  return {
    userId: userIdOf(user),
    userPrincipalName: user.userPrincipalName,
    userDisplayName: user.displayName ?? user.userPrincipalName.split('@')[0],
  };
}

const detectionRows = (call: GraphCall): Row[] =>
  (call.file.riskDetections ?? []).map((detection) => {
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
  if (!found) throw new Refusal(404, 'NotFound', `The requested resource '${id}' does not exist.`);
  return found;
}

/** confirmCompromised and dismiss: 204, and the risk of each user is as the call says. */
function setRisk(call: GraphCall, risk: 'confirmedCompromised' | 'dismissed') {
  licensed(call, ['AAD_PREMIUM_P2']);
  const ids = isRow(call.body) ? call.body['userIds'] : undefined;
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > 60) {
    throw new Refusal(400, 'BadRequest', 'userIds must hold between 1 and 60 ids.');
  }
  const { store } = call;
  store.changing();
  store.file.riskyUsers ??= [];
  for (const id of ids.map(String)) {
    const known = store.file.riskyUsers.find(
      (risky) => risky.id === id || findUser(store.file, risky.id)?.id === id,
    );
    const now = store.now().toISOString();
    const entry = known ?? { id, riskLevel: 'none' };
    if (!known) store.file.riskyUsers.push(entry);
    entry.riskLevel = risk === 'dismissed' ? 'none' : 'high';
    entry.riskState = risk;
    entry.riskDetail =
      risk === 'dismissed' ? 'adminDismissedAllRiskForUser' : 'adminConfirmedUserCompromised';
    entry.riskLastUpdatedDateTime = now;
    if (risk !== 'dismissed') continue;
    for (const detection of store.file.riskDetections ?? []) {
      if (namedUser(store.file, detection)['userId'] !== id || (detection.riskState ?? 'atRisk') !== 'atRisk')
        continue;
      store.write(detection, 'riskState', 'dismissed');
      store.write(detection, 'riskDetail', 'adminDismissedAllRiskForUser');
    }
  }
  return { status: 204 };
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
      return byId(detectionRows(call), call.parameters['id'] ?? '');
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
