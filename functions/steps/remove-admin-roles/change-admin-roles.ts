// Removes one way to a directory role, and restores it. Goes through PIM if PIM knows it, since removing only the
// assignment would leave the schedule; without PIM, or if PIM refuses, the assignment itself is removed.
import { z } from 'zod';
import { path, refPath } from '../../../shared/clients/path.ts';
import { PermanentError, RetryableError } from '../../../shared/errors.ts';
import type { GraphClient } from '../../../shared/model/clients.ts';
import { type RoleGrant, readAdminRoles } from './admin-roles.ts';

type Kind<K extends RoleGrant['kind']> = Extract<RoleGrant, { kind: K }>;
type Role = Kind<'active'> | Kind<'eligible'>;

const directory = '/roleManagement/directory';
const pimGroups = '/identityGovernance/privilegedAccess/group';
const requestSchema = z.object({ id: z.string() });
/** PIM keeps a new activation for at least five minutes. */
const tooYoung = 'ActiveDurationTooShort';
const unknownToPim = 'RoleAssignmentDoesNotExist';

/** It was already requested, and PIM has not got to it yet: the next look shows what became of it. */
const pendingInPim = 'PendingRoleAssignmentRequest';

/** Somebody else was faster, or this app itself was: just as good. */
async function unlessGone(done: Promise<unknown>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    const gone = error.status === 404 || error.code === unknownToPim || error.code === pendingInPim;
    if (!gone) throw error;
  }
}

const roleOf = (userId: string, { roleDefinitionId, directoryScopeId, appScopeId }: Role) => ({
  principalId: userId,
  roleDefinitionId,
  ...(appScopeId === null ? { directoryScopeId: directoryScopeId ?? '/' } : { appScopeId }),
});

/**
 * RoleManagement.ReadWrite.Directory for all that concerns roles and role-assignable groups, with
 * GroupMember.ReadWrite.All for members, Group.ReadWrite.All for owners and
 * PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup for PIM for Groups
 * (https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignmentschedulerequests).
 */
export async function takeAway(
  graph: GraphClient,
  userId: string,
  grant: RoleGrant,
  why: string,
): Promise<void> {
  const request = { action: 'adminRemove', justification: why };
  switch (grant.kind) {
    case 'active':
      return await removeRole(graph, userId, grant, request);
    case 'eligible':
      return await patiently(
        graph.post(
          `${directory}/roleEligibilityScheduleRequests`,
          { ...request, ...roleOf(userId, grant) },
          requestSchema,
        ),
      );
    case 'group':
      return await unlessGone(graph.delete(refPath('groups', grant.groupId, `${grant.relation}s`, userId)));
    case 'eligible-group':
      return await patiently(
        graph.post(
          `${pimGroups}/eligibilityScheduleRequests`,
          { ...request, groupId: grant.groupId, principalId: userId, accessId: grant.relation },
          requestSchema,
        ),
      );
  }
}

async function removeRole(graph: GraphClient, userId: string, grant: Kind<'active'>, request: object) {
  const { assignmentId } = grant;
  if (grant.inPim) {
    try {
      await graph.post(
        `${directory}/roleAssignmentScheduleRequests`,
        { ...request, ...roleOf(userId, grant) },
        requestSchema,
      );
      return;
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      if (error.code === pendingInPim) return;
      if (assignmentId === null) return await patiently(Promise.reject(error));
    }
  }
  if (assignmentId !== null) {
    await unlessGone(graph.delete(`${directory}/roleAssignments/${encodeURIComponent(assignmentId)}`));
  }
}

/** PIM refuses what was only just made; such a request is repeated. */
async function patiently(asked: Promise<unknown>): Promise<void> {
  try {
    await unlessGone(asked);
  } catch (error) {
    if (!(error instanceof PermanentError) || error.code !== tooYoung) throw error;
    throw new RetryableError('PIM removes nothing that is younger than five minutes; it is asked again.', {
      cause: error,
      code: tooYoung,
      retryAfterSeconds: 300,
      tookEffect: 'no',
    });
  }
}

/**
 * Restores the change `id` of readAdminRoles. What has ended meanwhile stays ended: then it returns false, and also for
 * what only the user can activate. If it is already there, or was restored by a request with a lost answer, that is no
 * failure.
 */
export async function giveBack(
  graph: GraphClient,
  userId: string,
  { id, grant }: { id: string; grant: RoleGrant },
  now: Date,
): Promise<boolean> {
  try {
    return await restore(graph, userId, grant, now);
  } catch (error) {
    const refused = error instanceof PermanentError && (error.status === 400 || error.status === 409);
    if (!refused) throw error;
    const { grants } = await readAdminRoles(graph, userId);
    if (!grants.some((held) => held.id === id)) throw error;
    return true;
  }
}

async function restore(graph: GraphClient, userId: string, grant: RoleGrant, now: Date): Promise<boolean> {
  if ('activated' in grant && grant.activated) return false;
  const endDateTime = 'endDateTime' in grant ? grant.endDateTime : null;
  if (endDateTime !== null && Date.parse(endDateTime) <= now.getTime()) return false;
  switch (grant.kind) {
    case 'active':
      if (endDateTime === null) {
        const condition = grant.condition === null ? {} : { condition: grant.condition };
        await graph.post(
          `${directory}/roleAssignments`,
          { ...roleOf(userId, grant), ...condition },
          requestSchema,
        );
        return true;
      }
      return await assign(graph, `${directory}/roleAssignmentScheduleRequests`, roleOf(userId, grant), grant);
    case 'eligible':
      return await assign(
        graph,
        `${directory}/roleEligibilityScheduleRequests`,
        roleOf(userId, grant),
        grant,
      );
    case 'group':
      await graph.post(
        `${path`/groups/${grant.groupId}`}/${grant.relation}s/$ref`,
        { '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${encodeURIComponent(userId)}` },
        z.unknown(),
      );
      return true;
    case 'eligible-group':
      return await assign(
        graph,
        `${pimGroups}/eligibilityScheduleRequests`,
        { groupId: grant.groupId, principalId: userId, accessId: grant.relation },
        grant,
      );
  }
}

interface Period {
  startDateTime: string | null;
  endDateTime: string | null;
}

async function assign(graph: GraphClient, list: string, whom: object, period: Period): Promise<true> {
  const { startDateTime, endDateTime } = period;
  const expiration = endDateTime === null ? { type: 'noExpiration' } : { type: 'afterDateTime', endDateTime };
  const scheduleInfo = { ...(startDateTime === null ? {} : { startDateTime }), expiration };
  const justification = 'Given back after the account was secured';
  await graph.post(list, { action: 'adminAssign', justification, ...whom, scheduleInfo }, requestSchema);
  return true;
}
