// Which addresses belong to whom: no mail about an account may reach that account.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError } from '../errors.ts';
import { mailboxAddress } from '../microsoft365/mailbox-address.ts';
import type { GraphReader } from '../model/clients.ts';
import type { RunRow } from '../model/rows.ts';

export interface MailSettings {
  /** The mailbox that sends. */
  from: string;
  to: readonly string[];
  /** The app's address, for the link to the run. */
  baseUrl: string;
  /** Where on-call works. */
  timeZone?: string | undefined;
}
const userSchema = z.object({
  mail: z.string().nullish(),
  proxyAddresses: z.array(z.string()).default([]),
});

/**
 * Addresses that reach the account, except those that its owner or intruder may choose: an alternate address set to
 * on-call's would keep on-call from being told. Without the permission to read them, the sign-in name must do.
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
