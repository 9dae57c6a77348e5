// What an administrator decides about a risky user: the compromise is confirmed, or all risk is dismissed
// (https://learn.microsoft.com/graph/api/riskyuser-dismiss).
import { TenantRefusal } from '../answers.ts';
import { findUser } from '../directory.ts';
import { parametersOf } from './action.ts';
import { licensed, namedUser } from './risk-access.ts';
import type { GraphCall } from './route.ts';

/** confirmCompromised and dismiss: 204, and the risk of each user is as the call says. */
export function setRisk(call: GraphCall, risk: 'confirmedCompromised' | 'dismissed') {
  licensed(call, ['AAD_PREMIUM_P2']);
  const action = risk === 'dismissed' ? 'dismiss' : 'confirmCompromised';
  const { userIds: ids } = parametersOf(call.body, action, ['userIds']);
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > 60) {
    throw new TenantRefusal(400, 'BadRequest', 'userIds must hold between 1 and 60 ids.');
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
