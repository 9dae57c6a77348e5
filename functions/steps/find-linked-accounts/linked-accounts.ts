// Accounts of the tenant that have another account as their alternate address: a reader of its mail can reset their
// passwords.
import { z } from 'zod';
import { path } from '../../../shared/clients/path.ts';
import { when } from '../../../shared/intruder/describe-trail.ts';
import { userPage } from '../../../shared/microsoft365/links.ts';
import type { Account } from '../../../shared/model/account.ts';
import type { GraphReader } from '../../../shared/model/clients.ts';
import type { Kept, Task } from '../../../shared/model/step.ts';
import { nullableText } from '../../../shared/model/text.ts';

const linkedSchema = z.object({
  id: z.string(),
  userPrincipalName: z.string(),
  lastPasswordChangeDateTime: nullableText,
});

type Linked = z.infer<typeof linkedSchema>;

/** By otherMails: User.Read.All (https://learn.microsoft.com/graph/api/user-list). */
export async function accountsWith(
  graph: GraphReader,
  account: Account,
  addresses: readonly string[],
): Promise<Linked[]> {
  const found = await Promise.all(
    addresses.map((address) =>
      graph.list(
        path`/users?$filter=otherMails/any(m: m eq '${address}')&$select=id,userPrincipalName,lastPasswordChangeDateTime`,
        linkedSchema,
      ),
    ),
  );
  const others = found.flat().filter(({ id }) => id !== account.id);
  return [...new Map(others.map((one) => [one.id, one])).values()];
}

const isNew = ({ lastPasswordChangeDateTime: at }: Linked, since: number) =>
  at !== null && at !== undefined && Date.parse(at) >= since;

export const describeLinked = (linked: Linked, since: number): Kept => ({
  what: `${linked.userPrincipalName} has this account as its alternate address`,
  why: isNew(linked, since)
    ? `its password changed at ${when(Date.parse(linked.lastPasswordChangeDateTime ?? ''))}, since the intruder came`
    : 'its password can be reset through this mailbox',
});

export const checkLinked = (linked: Linked, since: number): Task => ({
  id: `linked:${linked.id}`,
  what: `Check ${linked.userPrincipalName}, whose password can be reset through this mailbox`,
  instruction: `${isNew(linked, since) ? 'Its password has changed since the intruder came. ' : ''}Look through its sign-ins and methods. In doubt, start a run for it, or reset its password and revoke its sessions.`,
  link: userPage(linked.id),
  role: 'User Administrator',
  ...(isNew(linked, since) ? { danger: 'account' } : {}),
});
