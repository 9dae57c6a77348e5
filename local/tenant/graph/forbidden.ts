// How each service behind Microsoft Graph refuses missing permissions: they differ, and clients parse the answer.
import { TenantRefusal } from '../answers.ts';
import type { Behind } from './route.ts';

/** `needed`: permissions, one of which would be enough; `held`: those in the token. */
export const forbidden: Readonly<Record<Behind, (needed: string, held: string) => TenantRefusal>> = {
  directory: () =>
    new TenantRefusal(
      403,
      'Authorization_RequestDenied',
      'Insufficient privileges to complete the operation.',
    ),
  authentication: () => new TenantRefusal(403, 'accessDenied', 'Request Authorization failed'),
  exchange: () =>
    new TenantRefusal(403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.'),
  reports: (needed) =>
    new TenantRefusal(
      403,
      'Authentication_MSGraphPermissionMissing',
      `Calling principal does not have required MSGraph permissions ${needed}`,
    ),
  risk: () =>
    new TenantRefusal(
      403,
      'Forbidden',
      'You cannot perform the requested operation, required scopes are missing in the token.',
    ),
  security: (needed, held) =>
    new TenantRefusal(
      403,
      'Forbidden',
      `Missing application roles. API required roles: ${needed}, application roles: ${held}.`,
    ),
};
