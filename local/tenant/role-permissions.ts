// Which application permission allows what is done to directory roles, PIM and the groups that carry roles, beside
// what permissions.ts lists. What concerns role-assignable groups alone stands behind a #.
import type { Alternatives } from './permissions.ts';

const writeRoles = ['RoleManagement.ReadWrite.Directory'];
const writeMembers = ['GroupMember.ReadWrite.All', 'Group.ReadWrite.All', 'Directory.ReadWrite.All'];
const writeOwners = ['Group.ReadWrite.All', 'Directory.ReadWrite.All'];
const base = '/roleManagement/directory';
const pimGroups = '/identityGovernance/privilegedAccess/group';

/** Defender for Identity. */
export const identityPermissions: Readonly<Record<string, Alternatives>> = {
  'GET /security/identities/identityAccounts': ['SecurityIdentitiesAccount.Read.All'],
  'GET /security/identities/identityAccounts/{id}': ['SecurityIdentitiesAccount.Read.All'],
  'POST /security/identities/identityAccounts/{id}/invokeAction': ['SecurityIdentitiesActions.ReadWrite.All'],
};

export const rolePermissions: Readonly<Record<string, Alternatives>> = {
  [`POST ${base}/roleAssignments`]: writeRoles,
  [`DELETE ${base}/roleAssignments/{id}`]: writeRoles,
  [`POST ${base}/roleAssignmentScheduleRequests`]: [
    'RoleAssignmentSchedule.ReadWrite.Directory',
    ...writeRoles,
  ],
  [`POST ${base}/roleAssignmentScheduleRequests#adminRemove`]: [
    'RoleAssignmentSchedule.Remove.Directory',
    'RoleAssignmentSchedule.ReadWrite.Directory',
    ...writeRoles,
  ],
  [`POST ${base}/roleEligibilityScheduleRequests`]: [
    'RoleEligibilitySchedule.ReadWrite.Directory',
    ...writeRoles,
  ],
  [`POST ${base}/roleEligibilityScheduleRequests#adminRemove`]: [
    'RoleEligibilitySchedule.Remove.Directory',
    'RoleEligibilitySchedule.ReadWrite.Directory',
    ...writeRoles,
  ],
  'GET /users/{id}/ownedObjects/microsoft.graph.group': [
    'User.Read.All',
    'User.ReadWrite.All',
    'Directory.Read.All',
    'Directory.ReadWrite.All',
  ],
  'POST /groups/{id}/members/$ref': writeMembers,
  'POST /groups/{id}/members/$ref#roleAssignable': writeRoles,
  'DELETE /groups/{id}/members/{id}/$ref': writeMembers,
  'DELETE /groups/{id}/members/{id}/$ref#roleAssignable': writeRoles,
  'POST /groups/{id}/owners/$ref': writeOwners,
  'POST /groups/{id}/owners/$ref#roleAssignable': writeRoles,
  'DELETE /groups/{id}/owners/{id}/$ref': writeOwners,
  'DELETE /groups/{id}/owners/{id}/$ref#roleAssignable': writeRoles,
  [`GET ${pimGroups}/eligibilityScheduleInstances`]: [
    'PrivilegedEligibilitySchedule.Read.AzureADGroup',
    'PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup',
  ],
  [`POST ${pimGroups}/eligibilityScheduleRequests`]: ['PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup'],
  [`POST ${pimGroups}/eligibilityScheduleRequests#adminRemove`]: [
    'PrivilegedEligibilitySchedule.Remove.AzureADGroup',
    'PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup',
  ],
};
