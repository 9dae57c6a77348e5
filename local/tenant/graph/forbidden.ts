// How each service behind Microsoft Graph refuses missing permissions: they differ, and clients parse the answer.
import { Refusal } from '../answers.ts';
import type { Behind } from './route.ts';

/** `needed`: permissions of which one would be enough; `held`: those in the token. */
export const forbidden: Readonly<Record<Behind, (needed: string, held: string) => Refusal>> = {
  directory: () =>
    new Refusal(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.'),
  authentication: () => new Refusal(403, 'accessDenied', 'Request Authorization failed'),
  exchange: () => new Refusal(403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.'),
  reports: (needed) =>
    new Refusal(
      403,
      'Authentication_MSGraphPermissionMissing',
      `Calling principal does not have required MSGraph permissions ${needed}`,
    ),
  risk: () =>
    new Refusal(
      403,
      'Forbidden',
      'You cannot perform the requested operation, required scopes are missing in the token.',
    ),
  security: (needed, held) =>
    new Refusal(
      403,
      'Forbidden',
      `Missing application roles. API required roles: ${needed}, application roles: ${held}.`,
    ),
};
