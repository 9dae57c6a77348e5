// A user as the directory shows them, and the refusal when there is none.
import { type Row, TenantRefusal } from '../answers.ts';
import { findUser, isGuest, primaryAddressOf, userIdOf } from '../directory.ts';
import { withDefaults } from '../odata.ts';
import { userProperties } from '../schema/directory.ts';
import type { TenantFile, User } from '../schema.ts';

export const notFound = (id: string) =>
  new TenantRefusal(
    404,
    'Request_ResourceNotFound',
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );

export function requireUser(file: TenantFile, id: string): User {
  const user = findUser(file, id);
  if (!user) throw notFound(id);
  return user;
}

const aYearBefore = (iso: string) => new Date(Date.parse(iso) - 365 * 86_400_000).toISOString();

/** A user synced from Active Directory has a security identifier there. */
export function sidOf(user: User): string | null {
  if (user.onPremisesSecurityIdentifier !== undefined) return user.onPremisesSecurityIdentifier;
  if (!user.onPremisesSyncEnabled) return null;
  const number = Number.parseInt(userIdOf(user).slice(0, 5), 16) + 1000;
  return `S-1-5-21-989687458-3461180213-172365591-${number}`;
}

/** A user with all properties. */
export function userRow(user: User, loadedAt: string): Row {
  const createdDateTime = user.createdDateTime ?? aYearBefore(loadedAt);
  const address = primaryAddressOf(user);
  return withDefaults(user, userProperties, {
    id: userIdOf(user),
    displayName: user.userPrincipalName.split('@')[0],
    accountEnabled: true,
    userType: isGuest(user) ? 'Guest' : 'Member',
    mail: address,
    mailNickname: user.userPrincipalName.split('@')[0],
    proxyAddresses: address === null ? [] : [`SMTP:${address}`],
    onPremisesSecurityIdentifier: sidOf(user),
    createdDateTime,
    lastPasswordChangeDateTime: createdDateTime,
    signInSessionsValidFromDateTime: createdDateTime,
    assignedPlans: user.mailbox
      ? [
          {
            assignedDateTime: createdDateTime,
            capabilityStatus: 'Enabled',
            service: 'exchange',
            servicePlanId: 'efb87545-963c-4e0d-99df-69c6916d9eb0',
          },
        ]
      : [],
  });
}
