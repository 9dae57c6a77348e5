// Removes what an application may do for a user, and restores it as it was. Other files decide whether to. Everything
// about one application is one change: without its consents it could not be found again to be disabled.
import { z } from 'zod';
import { path, refPath } from '../../../shared/clients/path.ts';
import { PermanentError } from '../../../shared/errors.ts';
import { readAppAccess } from '../../../shared/microsoft365/app-access.ts';
import { unlessGone } from '../../../shared/microsoft365/gone.ts';
import type { GraphClient } from '../../../shared/model/clients.ts';

const consentSchema = z.object({
  id: z.string(),
  clientId: z.string(),
  resourceId: z.string(),
  scope: z.string().nullable(),
});
const assignmentSchema = z.object({ id: z.string(), appRoleId: z.string(), resourceId: z.string() });
const ownedSchema = z.object({ collection: z.enum(['applications', 'servicePrincipals']), id: z.string() });

/** What is removed from one application. */
export const appWaySchema = z.object({
  /** The service principal that is disabled for everybody; null if others use it, or if it is disabled already. */
  disable: z.string().nullable(),
  consents: z.array(consentSchema),
  assignments: z.array(assignmentSchema),
  owned: z.array(ownedSchema),
});
export type AppWay = z.infer<typeof appWaySchema>;

/**
 * Disables first, so that after a refusal the rest is found again. Application.ReadWrite.All to disable and for owners,
 * DelegatedPermissionGrant.ReadWrite.All for consents, AppRoleAssignment.ReadWrite.All for assignments
 * (https://learn.microsoft.com/graph/api/oauth2permissiongrant-delete); what is already gone counts as done.
 */
export async function takeWay(graph: GraphClient, userId: string, way: AppWay): Promise<void> {
  if (way.disable !== null) {
    await unlessGone(graph.patch(path`/servicePrincipals/${way.disable}`, { accountEnabled: false }));
  }
  for (const { id } of way.consents) {
    await unlessGone(graph.delete(`/oauth2PermissionGrants/${encodeURIComponent(id)}`));
  }
  for (const { id } of way.assignments) {
    const user = encodeURIComponent(userId);
    await unlessGone(graph.delete(`/users/${user}/appRoleAssignments/${encodeURIComponent(id)}`));
  }
  for (const { collection, id } of way.owned) {
    await unlessGone(graph.delete(refPath(collection, id, 'owners', userId)));
  }
}

/**
 * Looks first: after a lost answer, a second request would be refused. Returns the ownerships that could not be
 * restored: adding an owner also takes Directory.Read.All, which is not granted for this alone
 * (https://learn.microsoft.com/graph/api/application-post-owners).
 */
export async function giveWay(graph: GraphClient, userId: string, way: AppWay): Promise<AppWay['owned']> {
  const there = await readAppAccess(graph, userId);
  for (const { clientId, resourceId, scope } of way.consents) {
    if (there.grants.some((one) => one.clientId === clientId && one.resourceId === resourceId)) continue;
    const body = { clientId, consentType: 'Principal', principalId: userId, resourceId, scope };
    await graph.post('/oauth2PermissionGrants', body, z.unknown());
  }
  for (const { appRoleId, resourceId } of way.assignments) {
    if (there.assignments.some((one) => one.appRoleId === appRoleId && one.resourceId === resourceId))
      continue;
    const body = { principalId: userId, resourceId, appRoleId };
    await graph.post(path`/users/${userId}/appRoleAssignments`, body, z.unknown());
  }
  const refused: AppWay['owned'] = [];
  for (const { collection, id } of way.owned) {
    if (there.owned.some((one) => one.id === id)) continue;
    const link = { '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${userId}` };
    try {
      await graph.post(`/${collection}/${encodeURIComponent(id)}/owners/$ref`, link, z.unknown());
    } catch (error) {
      if (!(error instanceof PermanentError) || error.status !== 403) throw error;
      refused.push({ collection, id });
    }
  }
  if (way.disable !== null) {
    await graph.patch(path`/servicePrincipals/${way.disable}`, { accountEnabled: true });
  }
  return refused;
}
