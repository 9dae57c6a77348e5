// Whose address is whose: no mail about an account may reach that account.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError } from '../errors.ts';
import { mailboxAddress } from '../microsoft365/mailbox-address.ts';
import type { GraphReader } from '../model/clients.ts';
import type { RunRow } from '../model/rows.ts';

export interface MailSettings {
  /** Mailbox that sends. */
  from: string;
  to: readonly string[];
  /** Where the app is reached, for the link to the run. */
  baseUrl: string;
  /** Where on-call works. */
  timeZone?: string | undefined;
}
const userSchema = z.object({
  mail: z.string().nullish(),
  proxyAddresses: z.array(z.string()).default([]),
});

/**
 * Addresses that reach the account, without what its owner or intruder may choose: an alternate address that is set to
 * on-call's would keep on-call from hearing of it. Without the permission to read them, the sign-in name must do.
 */
export async function addressesOf(
  graph: GraphReader,
  account: Pick<RunRow['account'], 'id' | 'userPrincipalName'>,
): Promise<ReadonlySet<string>> {
  const named = [account.userPrincipalName];
  try {
    const user = await graph.get(path`/users/${account.id}?$select=id,mail,proxyAddresses`, userSchema);
    named.push(...(user.mail ? [user.mail] : []), ...user.proxyAddresses);
  } catch (thrown) {
    if (!(thrown instanceof PermanentError)) throw thrown;
  }
  return new Set(named.map(mailboxAddress));
}
