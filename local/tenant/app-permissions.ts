// Which application permission allows which request about applications, least privileged first.
import type { Alternatives } from './permissions.ts';

const read = ['Application.Read.All', 'Application.ReadWrite.All', 'Directory.Read.All'];
const write = ['Application.ReadWrite.All', 'Directory.ReadWrite.All'];
const readGrants = [
  'Directory.Read.All',
  'DelegatedPermissionGrant.ReadWrite.All',
  'Directory.ReadWrite.All',
];
const writeGrants = ['DelegatedPermissionGrant.ReadWrite.All', 'Directory.ReadWrite.All'];
const addOwner = [['Application.ReadWrite.All', 'Directory.Read.All']];

export const appPermissions: Readonly<Record<string, Alternatives>> = {
  'GET /users/{id}/oauth2PermissionGrants': ['Directory.Read.All', 'DelegatedPermissionGrant.ReadWrite.All'],
  'GET /users/{id}/appRoleAssignments': ['Directory.Read.All', 'AppRoleAssignment.ReadWrite.All'],
  'POST /users/{id}/appRoleAssignments': ['AppRoleAssignment.ReadWrite.All'],
  'DELETE /users/{id}/appRoleAssignments/{id}': ['AppRoleAssignment.ReadWrite.All'],
  'GET /users/{id}/ownedObjects': [
    'User.Read.All',
    'User.ReadWrite.All',
    'Directory.Read.All',
    'Directory.ReadWrite.All',
  ],
  'GET /oauth2PermissionGrants': readGrants,
  'POST /oauth2PermissionGrants': writeGrants,
  'DELETE /oauth2PermissionGrants/{id}': writeGrants,
  'GET /servicePrincipals': read,
  'GET /servicePrincipals/{id}': read,
  'PATCH /servicePrincipals/{id}': write,
  'POST /servicePrincipals/{id}/owners/$ref': addOwner,
  'DELETE /servicePrincipals/{id}/owners/{id}/$ref': write,
  'GET /applications/{id}': read,
  'POST /applications/{id}/owners/$ref': addOwner,
  'DELETE /applications/{id}/owners/{id}/$ref': write,
};
