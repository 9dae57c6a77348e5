// The sign-in log. v1.0 shows interactive sign-ins; the non-interactive ones and the session are beta only
// (https://learn.microsoft.com/graph/api/signin-list).
import { type Row, TenantRefusal } from '../answers.ts';
import { hasPlan } from '../directory.ts';
import { guidOf } from '../ids.ts';
import { signInAppears } from '../logs.ts';
import { type EntityType, type QueryOptions, withDefaults } from '../odata.ts';
import { signInBetaProperties, signInProperties } from '../schema/sign-in.ts';
import { namedUser } from './risk-access.ts';
import type { GraphCall, GraphRoute } from './route.ts';

const stableType: EntityType = { name: 'microsoft.graph.signIn', properties: signInProperties };
const betaType: EntityType = {
  name: 'microsoft.graph.signIn',
  properties: { ...signInProperties, ...signInBetaProperties },
};

function rows(call: GraphCall): Row[] {
  if (!hasPlan(call.file, 'AAD_PREMIUM') && !hasPlan(call.file, 'AAD_PREMIUM_P2')) {
    throw new TenantRefusal(
      403,
      'Authentication_RequestFromNonPremiumTenantOrB2CTenant',
      "Neither tenant is B2C or tenant doesn't have premium license",
    );
  }
  const shown = (call.file.signIns ?? []).filter((signIn) =>
    signInAppears(signIn, call.store.now(), call.file.behaviour),
  );
  const all = shown.map((signIn) => {
    const interactive = signIn.isInteractive ?? !signIn.signInEventTypes?.includes('nonInteractiveUser');
    return withDefaults(signIn, betaType.properties, {
      ...namedUser(call.file, signIn),
      isInteractive: interactive,
      signInEventTypes: [interactive ? 'interactiveUser' : 'nonInteractiveUser'],
      clientAppUsed: 'Browser',
      conditionalAccessStatus: 'notApplied',
      riskDetail: 'none',
      riskLevelAggregated: 'none',
      riskLevelDuringSignIn: 'none',
      riskState: 'none',
      status: { errorCode: 0, failureReason: 'Other.', additionalDetails: null },
      appDisplayName: exchangeOnline.name,
      appId: appIdOf(call, signIn.appDisplayName ?? exchangeOnline.name),
      homeTenantId: call.claims.tid,
      resourceTenantId: call.claims.tid,
      resourceDisplayName: 'Office 365 Exchange Online',
    });
  });
  all.sort((one, other) => String(other['createdDateTime']).localeCompare(String(one['createdDateTime'])));
  // Both versions return interactive sign-ins only, unless the filter names signInEventTypes; a read by id does so too.
  if (call.query.filter?.uses.some(({ path }) => path === 'signInEventTypes')) return all;
  return all.filter((row) => row['isInteractive'] === true);
}

const exchangeOnline = { name: 'Office 365 Exchange Online', appId: '00000002-0000-0ff1-ce00-000000000000' };

/** The id of an application given by name: of the enterprise application so called, else derived from the name. */
function appIdOf({ file }: GraphCall, name: string): string {
  if (name === exchangeOnline.name) return exchangeOnline.appId;
  const known = file.servicePrincipals?.find(({ displayName }) => displayName === name);
  return known?.appId ?? guidOf('application', name);
}

function one(call: GraphCall): Row {
  const id = call.parameters['id'] ?? '';
  const found = rows(call).find((row) => row['id'] === id);
  if (!found) throw new TenantRefusal(404, 'ResourceNotFound', `Resource '${id}' does not exist.`);
  return Object.fromEntries(Object.entries(found).filter(([name]) => name in typeOf(call).properties));
}
const typeOf = (call: GraphCall) => (call.version === 'beta' ? betaType : stableType);

const filter = {
  id: 'eq',
  userId: 'eq',
  userPrincipalName: 'eq startswith',
  userDisplayName: 'eq startswith',
  createdDateTime: 'eq ge le',
  appId: 'eq',
  appDisplayName: 'eq startswith',
  ipAddress: 'eq startswith',
  correlationId: 'eq',
  clientAppUsed: 'eq',
  conditionalAccessStatus: 'eq',
  resourceDisplayName: 'eq',
  resourceId: 'eq',
  riskState: 'eq',
  riskDetail: 'eq',
  riskLevelAggregated: 'eq',
  riskLevelDuringSignIn: 'eq',
  'status/errorCode': 'eq',
  'location/city': 'eq startswith',
  'location/state': 'eq startswith',
  'location/countryOrRegion': 'eq startswith',
  'deviceDetail/browser': 'eq startswith',
  'deviceDetail/operatingSystem': 'eq startswith',
};
const list: QueryOptions = {
  select: true,
  orderBy: ['createdDateTime'],
  page: { size: 1000, most: 1000, log: true },
};
const onlyKnown = (call: GraphCall) =>
  rows(call).map((row) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => name in typeOf(call).properties)),
  );

export const signInRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/auditLogs/signIns',
    behind: 'reports',
    versions: ['v1.0'],
    entity: stableType,
    query: { ...list, filter },
    many: onlyKnown,
  },
  {
    method: 'GET',
    path: '/auditLogs/signIns',
    behind: 'reports',
    versions: ['beta'],
    entity: betaType,
    query: { ...list, filter: { ...filter, signInEventTypes: 'any', isInteractive: 'eq' } },
    many: onlyKnown,
  },
  {
    method: 'GET',
    path: '/auditLogs/signIns/{id}',
    behind: 'reports',
    versions: ['v1.0'],
    entity: stableType,
    query: { select: true },
    one,
  },
  {
    method: 'GET',
    path: '/auditLogs/signIns/{id}',
    behind: 'reports',
    versions: ['beta'],
    entity: betaType,
    query: { select: true },
    one,
  },
];
