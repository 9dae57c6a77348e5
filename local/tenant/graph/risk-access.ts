// The licences that reading risk needs, and the user a risky object is about.
import { type Row, TenantRefusal } from '../answers.ts';
import { findUser, hasPlan, userIdOf } from '../directory.ts';
import type { TenantFile } from '../schema.ts';
import type { GraphCall } from './route.ts';

/** Throws a tenant's refusal if it has none of these service plans. */
export function licensed(call: GraphCall, plans: readonly string[]): void {
  if (plans.some((plan) => hasPlan(call.file, plan))) return;
  throw new TenantRefusal(403, 'Forbidden', 'Your tenant is not licensed for this feature.');
}

/** The user behind an object that names it by id or by user principal name, as the three properties of the object. */
export function namedUser(
  file: TenantFile,
  object: { userId?: string | null | undefined; userPrincipalName?: string | null | undefined },
): Row {
  const user = findUser(file, object.userId ?? object.userPrincipalName ?? '');
  if (!user) return {};
  return {
    userId: userIdOf(user),
    userPrincipalName: user.userPrincipalName,
    userDisplayName: user.displayName ?? user.userPrincipalName.split('@')[0],
  };
}
