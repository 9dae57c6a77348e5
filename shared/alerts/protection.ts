// Accounts that only a person changes: break-glass accounts by id, name or group, the mailboxes that on-call is written
// from and to, this app's own identity, and what synchronises the directory. Reads Microsoft Graph, decides nothing
// about runs. Whatever could not be read protects: the run is held, and on-call hears why.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { toFailure } from '../errors.ts';
import { mailboxAddress } from '../microsoft365/mailbox-address.ts';
import type { Account } from '../model/account.ts';
import type { GraphReader } from '../model/clients.ts';
import { nullableText } from '../model/text.ts';

/** The memberships need both: without the second Graph lists groups without their properties, not fewer of them. */
export const protectionPermissions = { graph: ['User.Read.All', 'GroupMember.Read.All'] } as const;

export interface ProtectionSettings {
  PROTECTED_ACCOUNTS: readonly string[];
  /** Object ids; members at any depth are protected. */
  PROTECTED_GROUPS: readonly string[];
  MAIL_FROM: string;
  MAIL_TO: readonly string[];
  AZURE_CLIENT_ID?: string | undefined;
}

/** What the directory says of an account beyond its classification; never from fields that its holder may set. */
export interface Protections {
  /** That reach its mailbox, in lower case and without what follows a plus. */
  addresses: readonly string[];
  /** Protected groups that it is in. */
  groups: readonly { id: string; name: string; open: boolean }[];
  /** Why no more is known, in one sentence; null when all was read. */
  unread: string | null;
}

/** Where nothing was asked: what the settings and the account itself say is known all the same. */
export const noProtections: Protections = { addresses: [], groups: [], unread: null };

const userSchema = z.object({
  userPrincipalName: z.string(),
  mail: nullableText,
  proxyAddresses: z.array(z.string()).nullish(),
});
const memberOfSchema = z.object({ id: z.string() });
const groupSchema = z.object({
  displayName: nullableText,
  visibility: nullableText,
  groupTypes: z.array(z.string()).nullish(),
});

/**
 * GET /users/{id} and /users/{id}/transitiveMemberOf (https://learn.microsoft.com/graph/api/user-list-transitivememberof).
 * Asked without the cast to groups, which would be answered from an index that lags: who was put into a protected
 * group a minute ago is in it. Never throws: what fails is said in `unread`.
 */
export async function readProtections(
  graph: GraphReader,
  userId: string,
  groupIds: readonly string[],
): Promise<Protections> {
  const [user, groups] = await Promise.allSettled([
    graph.get(path`/users/${userId}?$select=id,userPrincipalName,mail,proxyAddresses`, userSchema),
    groupIds.length === 0 ? [] : protectedGroupsOf(graph, userId, groupIds),
  ]);
  const failures = [
    ...(user.status === 'rejected' ? [`its addresses (${toFailure(user.reason).message})`] : []),
    ...(groups.status === 'rejected' ? [`its groups (${toFailure(groups.reason).message})`] : []),
  ];
  const named =
    user.status === 'fulfilled'
      ? [user.value.userPrincipalName, user.value.mail ?? '', ...(user.value.proxyAddresses ?? [])]
      : [];
  return {
    addresses: [...new Set(named.map(mailboxAddress))].filter((address) => address !== ''),
    groups: groups.status === 'fulfilled' ? groups.value : [],
    unread: failures.length === 0 ? null : failures.join(' and '),
  };
}

async function protectedGroupsOf(graph: GraphReader, userId: string, groupIds: readonly string[]) {
  const wanted = new Set(groupIds.map((id) => id.toLowerCase()));
  const all = await graph.list(path`/users/${userId}/transitiveMemberOf?$select=id&$top=999`, memberOfSchema);
  const found = all.filter(({ id }) => wanted.has(id.toLowerCase()));
  return await Promise.all(
    found.map(async ({ id }) => {
      const group = await graph
        .get(path`/groups/${id}?$select=id,displayName,visibility,groupTypes`, groupSchema)
        .catch((): z.infer<typeof groupSchema> => ({}));
      const open = group.visibility === 'Public' && (group.groupTypes ?? []).includes('Unified');
      return { id, name: group.displayName ?? id, open };
    }),
  );
}

/** By name in the directory; the second is what newer tenants have. */
const syncRoles = ['directory synchronization accounts', 'on premises directory sync account'];
/** `Sync_SERVER01_2f6a1b0c9d3e@contoso.onmicrosoft.com`, "On-Premises Directory Synchronization Service Account". */
const syncName = /^sync_[^@]+@[^@]+\.onmicrosoft\.com$/i;

const sameAs = (own: readonly string[]) => (entry: string) =>
  own.some((name) => name.toLowerCase() === entry.trim().toLowerCase());

/** Why only a person changes this account, in one sentence; null when nothing protects it. Pure. */
export function protectedBecause(
  account: Account,
  marks: Protections,
  settings: ProtectionSettings,
): string | null {
  const { id, userPrincipalName, roles } = account;
  const own = [id, userPrincipalName];
  if (settings.PROTECTED_ACCOUNTS.some(sameAs(own))) return `${userPrincipalName} is a protected account`;
  const [group] = marks.groups;
  if (group !== undefined) {
    const open = group.open ? '; anybody may join that group, so look whether the intruder did' : '';
    return `${userPrincipalName} is in the protected group ${group.name}${open}`;
  }
  const reached = new Set([mailboxAddress(userPrincipalName), ...marks.addresses]);
  const mailbox = [settings.MAIL_FROM, ...settings.MAIL_TO].find((entry) =>
    reached.has(mailboxAddress(entry)),
  );
  if (mailbox !== undefined) {
    return `${userPrincipalName} has the mailbox ${mailbox}, by which on-call is told`;
  }
  if (settings.AZURE_CLIENT_ID !== undefined && sameAs(own)(settings.AZURE_CLIENT_ID)) {
    return `${userPrincipalName} is this app itself`;
  }
  if (roles.some((role) => syncRoles.includes(role.toLowerCase()))) {
    return `${userPrincipalName} synchronises the directory (${roles.join(', ')})`;
  }
  // A person who was given such a name has a mailbox; the real ones never have.
  if (syncName.test(userPrincipalName) && !account.hasMailbox && !account.guest) {
    return `${userPrincipalName} synchronises the directory, by its name`;
  }
  return marks.unread === null
    ? null
    : `whether ${userPrincipalName} is protected could not be read: ${marks.unread}`;
}

const guid = z.guid();

/** Whose members are protected. An object id among the accounts may be a group's: nobody writes one there in vain. */
export const protectedGroups = ({
  PROTECTED_ACCOUNTS,
  PROTECTED_GROUPS,
}: Pick<ProtectionSettings, 'PROTECTED_ACCOUNTS' | 'PROTECTED_GROUPS'>): readonly string[] => [
  ...PROTECTED_GROUPS,
  ...PROTECTED_ACCOUNTS.filter((entry) => guid.safeParse(entry).success),
];

/** Both in one, for whoever has the account already. */
export async function protectionOf(
  graph: GraphReader,
  account: Account,
  settings: ProtectionSettings,
): Promise<string | null> {
  const marks = await readProtections(graph, account.id, protectedGroups(settings));
  return protectedBecause(account, marks, settings);
}
