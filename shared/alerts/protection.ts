// Accounts that only a person may change: break-glass accounts by id, name or group, the mailboxes of the on-call mail, this
// app's own identity, and directory synchronisation. If something can't be read, the account counts as protected: the run
// is held, and on-call hears why.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { toFailure } from '../errors.ts';
import { mailboxAddress } from '../microsoft365/mailbox-address.ts';
import type { Account } from '../model/account.ts';
import type { GraphReader } from '../model/clients.ts';
import { nullableText } from '../model/text.ts';

/** Memberships need both: without the second, Graph lists groups without their properties. */
export const protectionPermissions = { graph: ['User.Read.All', 'GroupMember.Read.All'] } as const;

export interface ProtectionSettings {
  PROTECTED_ACCOUNTS: readonly string[];
  /** Object ids; members at any depth are protected. */
  PROTECTED_GROUPS: readonly string[];
  MAIL_FROM: string;
  MAIL_TO: readonly string[];
  AZURE_CLIENT_ID?: string | undefined;
}

/** What the directory says about an account, beyond its classification; never from fields its holder can set. */
export interface Protections {
  /** Addresses of its mailbox, in lower case and without anything after a plus. */
  addresses: readonly string[];
  /** Protected groups it is a member of. */
  groups: readonly { id: string; name: string; open: boolean }[];
  /** Why not everything is known, in one sentence; null if everything was read. */
  unread: string | null;
}

/** For when the directory wasn't asked; the settings and the account itself still count. */
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
 * GET /users/{id} and /users/{id}/transitiveMemberOf
 * (https://learn.microsoft.com/graph/api/user-list-transitivememberof). There is no cast to groups, because an index
 * that lags would answer it; without one, somebody added to a protected group a minute ago is found. Never throws;
 * `unread` says what failed.
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

/** Role names; newer tenants have the second. */
const syncRoles = ['directory synchronization accounts', 'on premises directory sync account'];
/** `Sync_SERVER01_2f6a1b0c9d3e@contoso.onmicrosoft.com`, "On-Premises Directory Synchronization Service Account". */
const syncName = /^sync_[^@]+@[^@]+\.onmicrosoft\.com$/i;

const sameAs = (own: readonly string[]) => (entry: string) =>
  own.some((name) => name.toLowerCase() === entry.trim().toLowerCase());

/** Why only a person may change this account, in one sentence; null if nothing protects it. Pure. */
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
  // A person with such a name has a mailbox; the real accounts never do.
  if (syncName.test(userPrincipalName) && !account.hasMailbox && !account.guest) {
    return `${userPrincipalName} synchronises the directory, by its name`;
  }
  return marks.unread === null
    ? null
    : `whether ${userPrincipalName} is protected could not be read: ${marks.unread}`;
}

const guid = z.guid();

/** Groups whose members are protected. An object id among the accounts may be a group's, so it counts as one too. */
export const protectedGroups = ({
  PROTECTED_ACCOUNTS,
  PROTECTED_GROUPS,
}: Pick<ProtectionSettings, 'PROTECTED_ACCOUNTS' | 'PROTECTED_GROUPS'>): readonly string[] => [
  ...PROTECTED_GROUPS,
  ...PROTECTED_ACCOUNTS.filter((entry) => guid.safeParse(entry).success),
];

/** Both in one, for callers that have the account already. */
export async function protectionOf(
  graph: GraphReader,
  account: Account,
  settings: ProtectionSettings,
): Promise<string | null> {
  const marks = await readProtections(graph, account.id, protectedGroups(settings));
  return protectedBecause(account, marks, settings);
}
