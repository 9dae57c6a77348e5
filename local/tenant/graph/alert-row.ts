// A Defender alert as Microsoft Graph shows it, with what the directory knows of the accounts in its evidence.
import { isRow, type Row, TenantRefusal } from '../answers.ts';
import { findUser, tenantIdOf, userIdOf } from '../directory.ts';
import type { Properties } from '../filter-paths.ts';
import { withDefaults } from '../odata.ts';
import { alertProperties } from '../schema/security.ts';
import type { TenantFile } from '../schema.ts';
import type { GraphCall } from './route.ts';

export type Alert = NonNullable<TenantFile['alerts']>[number];

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

/** Properties in the file that are not known here; shown unchanged. */
export const unknownIn = (given: Row, known: Properties): Row =>
  Object.fromEntries(Object.entries(given).filter(([name]) => !(name in known) && !name.startsWith('@')));

export function alertRow(call: GraphCall, alert: Alert): Row {
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
  return { ...row, ...unknownIn(alert, alertProperties), evidence };
}

export const missing = (id: string) =>
  new TenantRefusal(404, 'NotFound', `The requested resource '${id}' could not be found.`);
