// A tenant as bytes, without what no undo restores and what the services record about each change: any other difference
// after an undo is a defect.
import type { TenantFile } from '../../local/tenant/schema.ts';

type User = TenantFile['users'][number];

/** A password, sessions, and a method that was the intruder's are gone for good. */
function ofUser({
  lastPasswordChangeDateTime: _changed,
  signInSessionsValidFromDateTime: _revoked,
  passwordProfile: _password,
  authenticationMethods: _methods,
  ...user
}: User) {
  return user;
}

export function undoable({
  users,
  roleAssignments,
  blockedSenders: _unblocked,
  ...rest
}: TenantFile): string {
  const { outbox: _sent, riskyUsers: _risk, riskDetections: _more, ...kept } = rest;
  const { alerts: _alerts, incidents: _incidents, machineActions: _scans, ...configured } = kept;
  return JSON.stringify({
    ...configured,
    // What was activated in PIM may be activated again by somebody who is eligible.
    roleAssignments: roleAssignments?.filter(({ assignmentType }) => assignmentType !== 'Activated'),
    // The user that sends the summaries keeps them.
    users: users.filter(({ userPrincipalName }) => !userPrincipalName.startsWith('reclaim@')).map(ofUser),
  });
}
