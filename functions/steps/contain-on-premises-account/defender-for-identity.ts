// An account in Active Directory, reached through Defender for Identity: the only way to reach it from the cloud.
import { z } from 'zod';
import { path } from '../../../shared/clients/path.ts';
import { PermanentError } from '../../../shared/errors.ts';
import type { Account } from '../../../shared/model/account.ts';
import type { GraphClient, GraphReader } from '../../../shared/model/clients.ts';

const userSchema = z.object({ onPremisesSecurityIdentifier: z.string().nullish() });
const provider = z.string().nullish();
/** Named `provider` in Microsoft's examples and `identityProvider` in its metadata. */
const accountSchema = z.object({ identifier: z.string(), identityProvider: provider, provider });
const identitySchema = z.object({
  onPremisesSecurityIdentifier: provider,
  id: z.string(),
  isEnabled: z.boolean(),
  accounts: z.array(accountSchema),
});

/**
 * The account as Defender for Identity sees it; skipped if the tenant does not have it, it may not be asked, or it does
 * not see the account.
 */
export async function inActiveDirectory(graph: GraphReader, account: Account) {
  const { onPremisesSecurityIdentifier: sid } = await graph.get(
    path`/users/${account.id}?$select=id,onPremisesSecurityIdentifier`,
    userSchema,
  );
  if (!sid) return { skip: 'has no security identifier of Active Directory' };
  try {
    const found = await graph.list(
      path`/security/identities/identityAccounts?$filter=onPremisesSecurityIdentifier eq '${sid}'`,
      identitySchema,
    );
    // A service that did not understand the filter would return everybody.
    const [identity, ...more] = found.filter((one) => one.onPremisesSecurityIdentifier === sid);
    const own = identity?.accounts.find((one) =>
      /^activeDirectory$/i.test(one.identityProvider ?? one.provider ?? ''),
    );
    if (identity === undefined || own === undefined || more.length > 0) {
      return { skip: 'Defender for Identity does not see this account' };
    }
    return { identity: identity.id, identifier: own.identifier, isEnabled: identity.isEnabled };
  } catch (error) {
    const absent = error instanceof PermanentError && [400, 403, 404].includes(error.status ?? 0);
    if (!absent) throw error;
    return { skip: 'Defender for Identity is not there, or this app may not ask it' };
  }
}

/** Accepted means begun: Defender for Identity's action account still needs rights in the directory. */
export const invokeAction = (
  graph: GraphClient,
  { identity, account }: { identity: string; account: string },
  action: 'disable' | 'enable',
) =>
  graph.post(
    path`/security/identities/identityAccounts/${identity}/invokeAction`,
    { accountId: account, action, identityProvider: 'activeDirectory' },
    z.unknown(),
  );
