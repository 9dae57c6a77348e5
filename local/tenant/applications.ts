// Who is who among applications in a tenant file, where each may be named in more than one way; and how they look in
// Microsoft Graph.
import type { Row } from './answers.ts';
import { principalIdOf, tenantIdOf } from './directory.ts';
import { guidOf } from './ids.ts';
import { withDefaults } from './odata.ts';
import {
  applicationProperties,
  appRoleAssignmentProperties,
  grantProperties,
  servicePrincipalProperties,
} from './schema/application.ts';
import type { TenantFile } from './schema.ts';

export type ServicePrincipal = NonNullable<TenantFile['servicePrincipals']>[number];
export type Application = NonNullable<TenantFile['applications']>[number];
export type Grant = NonNullable<TenantFile['oauth2PermissionGrants']>[number];
export type Assignment = NonNullable<TenantFile['appRoleAssignments']>[number];

/** Access that is no particular role. */
const defaultAccess = '00000000-0000-0000-0000-000000000000';

type Named = { id?: string | undefined; appId?: string | null | undefined; displayName: string };
const appIdOf = (app: Named): string => app.appId ?? guidOf('app id', app.displayName);
export const principalObjectId = (app: ServicePrincipal): string =>
  app.id ?? guidOf('service principal', app.displayName);
export const applicationObjectId = (app: Application): string =>
  app.id ?? guidOf('application', app.displayName);

const equal = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

export const findPrincipal = (file: TenantFile, key: string): ServicePrincipal | undefined =>
  file.servicePrincipals?.find((app) =>
    [principalObjectId(app), appIdOf(app), app.displayName].some((name) => equal(name, key)),
  );

/** The object id behind a name; an API that the file does not list has one anyway. */
function appObjectId(file: TenantFile, key: string): string {
  const found = findPrincipal(file, key);
  if (found) return principalObjectId(found);
  return /^[0-9a-f-]{36}$/i.test(key) ? key : guidOf('service principal', key);
}

export const principalRowOf = (file: TenantFile, app: ServicePrincipal): Row =>
  withDefaults(app, servicePrincipalProperties, {
    id: principalObjectId(app),
    appId: appIdOf(app),
    accountEnabled: true,
    appDisplayName: app.displayName,
    appOwnerOrganizationId: file.applications?.some((one) => equal(appIdOf(one), appIdOf(app)))
      ? tenantIdOf(file)
      : guidOf('another tenant', app.displayName),
    servicePrincipalType: 'Application',
    appRoleAssignmentRequired: false,
    appRoles: [],
    signInAudience: 'AzureADMultipleOrgs',
  });

export const applicationRowOf = (file: TenantFile, app: Application, loadedAt: string): Row =>
  withDefaults(app, applicationProperties, {
    id: applicationObjectId(app),
    appId: appIdOf(app),
    createdDateTime: new Date(Date.parse(loadedAt) - 365 * 86_400_000).toISOString(),
    publisherDomain: file.domains?.[0]?.id ?? null,
    signInAudience: 'AzureADMyOrg',
  });

/** Identifies a grant regardless of its id: there is one for each client, API and user. */
export function grantKey(file: TenantFile, grant: Grant): string {
  const user = grant.consentType === 'AllPrincipals' ? 'all' : principalIdOf(file, grant.principalId ?? '');
  return [appObjectId(file, grant.clientId), appObjectId(file, grant.resourceId), user].join('|');
}

export const grantIdOf = (file: TenantFile, grant: Grant): string =>
  grant.id ?? Buffer.from(guidOf('grant', grantKey(file, grant)).replaceAll('-', '')).toString('base64url');

export const grantRowOf = (file: TenantFile, grant: Grant): Row => ({
  ...withDefaults(grant, grantProperties, { consentType: 'Principal' }),
  id: grantIdOf(file, grant),
  clientId: appObjectId(file, grant.clientId),
  resourceId: appObjectId(file, grant.resourceId),
  principalId: grant.consentType === 'AllPrincipals' ? null : principalIdOf(file, grant.principalId ?? ''),
});

export const assignmentKey = (file: TenantFile, one: Assignment): string =>
  [
    principalIdOf(file, one.principalId),
    appObjectId(file, one.resourceId),
    one.appRoleId ?? defaultAccess,
  ].join('|');

export const assignmentIdOf = (file: TenantFile, one: Assignment): string =>
  one.id ??
  Buffer.from(guidOf('assignment', assignmentKey(file, one)).replaceAll('-', '')).toString('base64url');

export const assignmentRowOf = (file: TenantFile, one: Assignment): Row => ({
  ...withDefaults(one, appRoleAssignmentProperties, {
    appRoleId: defaultAccess,
    principalType: 'User',
    resourceDisplayName: findPrincipal(file, one.resourceId)?.displayName ?? one.resourceId,
  }),
  id: assignmentIdOf(file, one),
  principalId: principalIdOf(file, one.principalId),
  resourceId: appObjectId(file, one.resourceId),
});
