// An account's mail addresses, and the tenant's own domains.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import type { Account } from '../model/account.ts';
import type { GraphReader } from '../model/clients.ts';
import { nullableText } from '../model/text.ts';
import { asAddress } from './recipients.ts';

const userSchema = z.object({
  mail: nullableText,
  proxyAddresses: z.array(z.string()).nullish(),
});

/** In lower case, the one it sends from first. GET /users/{id}: User.Read.All. */
export async function ownAddresses(graph: GraphReader, account: Account): Promise<string[]> {
  const user = await graph.get(path`/users/${account.id}?$select=id,mail,proxyAddresses`, userSchema);
  const proxies = (user.proxyAddresses ?? []).filter((proxy) => /^smtp:/i.test(proxy));
  const primary = proxies.find((proxy) => proxy.startsWith('SMTP:'));
  const all = [primary, user.mail, account.userPrincipalName, ...proxies];
  return [...new Set(all.flatMap((one) => (one ? (asAddress(one) ?? []) : [])))];
}

const domainSchema = z.object({ id: z.string(), isVerified: z.boolean().nullish() });

/** Verified domains: mail to them stays inside. GET /domains: Domain.Read.All. */
export async function ownDomains(graph: GraphReader): Promise<string[]> {
  const domains = await graph.list('/domains?$select=id,isVerified', domainSchema);
  return domains.flatMap(({ id, isVerified }) => (isVerified === false ? [] : id));
}
