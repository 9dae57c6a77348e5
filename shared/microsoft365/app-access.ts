// Which applications may act for a user, and which ones the user owns: consents, assignments, ownerships, and the
// service principals behind them. Only reads; judge-app-access.ts says what is the intruder's.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import type { GraphReader } from '../model/clients.ts';
import { odataText } from '../model/text.ts';

const text = z
  .string()
  .nullish()
  .transform((given) => given ?? null);

/** https://learn.microsoft.com/graph/api/resources/oauth2permissiongrant; it doesn't say when it was made. */
const grantSchema = z.object({
  id: z.string(),
  clientId: z.string(),
  consentType: text,
  principalId: text,
  resourceId: z.string(),
  scope: text,
});
export type Consent = z.infer<typeof grantSchema>;

/** https://learn.microsoft.com/graph/api/resources/approleassignment; a consent makes one for the user, too. */
const assignmentSchema = z.object({
  id: z.string(),
  appRoleId: z.string(),
  principalId: text,
  resourceId: z.string(),
  resourceDisplayName: text,
  createdDateTime: text,
});
export type Assignment = z.infer<typeof assignmentSchema>;

const credentialSchema = z.object({
  keyId: text,
  displayName: text,
  startDateTime: text,
  endDateTime: text,
});
export type Credential = z.infer<typeof credentialSchema>;
const credentials = {
  passwordCredentials: z.array(credentialSchema).nullish(),
  keyCredentials: z.array(credentialSchema).nullish(),
};
const all = (given: { [K in keyof typeof credentials]?: Credential[] | null | undefined }) => [
  ...(given.passwordCredentials ?? []),
  ...(given.keyCredentials ?? []),
];

const principalSchema = z
  .object({
    id: z.string(),
    appId: text,
    displayName: text,
    accountEnabled: z.boolean().nullish(),
    appOwnerOrganizationId: text,
    verifiedPublisher: z.object({ displayName: text }).nullish(),
    ...credentials,
  })
  .transform((principal) => ({
    id: principal.id,
    appId: principal.appId?.toLowerCase() ?? null,
    name: principal.displayName ?? principal.appId ?? principal.id,
    enabled: principal.accountEnabled ?? true,
    ownedBy: principal.appOwnerOrganizationId,
    publisher: principal.verifiedPublisher?.displayName ?? null,
    credentials: all(principal),
  }));
export type ServicePrincipal = z.infer<typeof principalSchema>;

const ownedSchema = z
  .object({
    '@odata.type': text,
    id: z.string(),
    appId: text,
    displayName: text,
    createdDateTime: text,
    ...credentials,
  })
  .transform((object) => ({
    collection:
      object['@odata.type'] === '#microsoft.graph.application'
        ? ('applications' as const)
        : object['@odata.type'] === '#microsoft.graph.servicePrincipal'
          ? ('servicePrincipals' as const)
          : null,
    id: object.id,
    appId: object.appId?.toLowerCase() ?? null,
    name: object.displayName ?? object.id,
    createdAt: object.createdDateTime,
    credentials: all(object),
  }));
export type Owned = z.infer<typeof ownedSchema> & { collection: 'applications' | 'servicePrincipals' };

export interface AppAccess {
  grants: readonly Consent[];
  assignments: readonly Assignment[];
  owned: readonly Owned[];
  principals: readonly ServicePrincipal[];
}

const select =
  '$select=id,appId,displayName,accountEnabled,appOwnerOrganizationId,verifiedPublisher,passwordCredentials,keyCredentials';
/** As many as a filter takes with `in` (https://learn.microsoft.com/graph/filter-query-parameter). */
const mostInFilter = 15;

/**
 * Includes the service principals of `others`. DelegatedPermissionGrant.ReadWrite.All, AppRoleAssignment.ReadWrite.All
 * and User.Read.All (https://learn.microsoft.com/graph/api/user-list-oauth2permissiongrants).
 */
export async function readAppAccess(
  graph: GraphReader,
  userId: string,
  others: readonly string[] = [],
): Promise<AppAccess> {
  const [grants, assignments, objects] = await Promise.all([
    graph.list(path`/users/${userId}/oauth2PermissionGrants`, grantSchema),
    graph.list(path`/users/${userId}/appRoleAssignments`, assignmentSchema),
    graph.list(path`/users/${userId}/ownedObjects`, ownedSchema),
  ]);
  const owned = objects.flatMap((object) =>
    object.collection === null ? [] : [{ ...object, collection: object.collection }],
  );
  const ids = [
    ...grants.map(({ clientId }) => clientId),
    ...assignments.map(({ resourceId }) => resourceId),
    ...others,
  ];
  const appIds = owned.flatMap(({ appId }) => appId ?? []);
  const principals = [
    ...(await principalsBy(graph, 'id', ids)),
    ...(await principalsBy(graph, 'appId', appIds)),
  ];
  const unique = [...new Map(principals.map((principal) => [principal.id, principal])).values()];
  return { grants, assignments, owned, principals: unique };
}

/** The service principals with these ids: Application.Read.All. */
export async function principalsBy(
  graph: GraphReader,
  property: 'id' | 'appId',
  values: readonly string[],
): Promise<ServicePrincipal[]> {
  const wanted = [...new Set(values)];
  const found: ServicePrincipal[] = [];
  for (let from = 0; from < wanted.length; from += mostInFilter) {
    const some = wanted.slice(from, from + mostInFilter).map(odataText);
    const filter = encodeURIComponent(`${property} in (${some.join(',')})`);
    found.push(...(await graph.list(`/servicePrincipals?$filter=${filter}&${select}`, principalSchema)));
  }
  return found;
}

/** Every consent to an application, by any user. */
export const grantsOf = (graph: GraphReader, principalId: string): Promise<Consent[]> =>
  graph.list(path`/oauth2PermissionGrants?$filter=clientId eq '${principalId}'`, grantSchema);
