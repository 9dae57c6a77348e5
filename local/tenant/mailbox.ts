// A mailbox as both Exchange and Microsoft Graph see it: identities of its rules, and its folders.
import { userIdOf } from './directory.ts';
import { guidOf, opaqueIdOf, ruleNumberOf } from './ids.ts';
import type { InboxRule, Mailbox, TenantFile, User } from './schema.ts';

export interface Owner {
  user: User;
  mailbox: Mailbox;
}

export const ownersOf = (file: TenantFile): Owner[] =>
  file.users.flatMap((user) => (user.mailbox ? [{ user, mailbox: user.mailbox }] : []));

export const aliasOf = ({ user, mailbox }: Owner): string =>
  mailbox.Alias ?? user.userPrincipalName.split('@')[0] ?? user.userPrincipalName;

/** The internal name of a recipient (LegacyExchangeDN), which rules show instead of an address. */
export const legacyDnOf = (name: string): string =>
  `/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=${guidOf('legacy', name).replaceAll('-', '')}-${name.replace(/[^a-z0-9]/gi, '').toLowerCase()}`;

export interface NumberedRule {
  rule: InboxRule;
  number: string;
  priority: number;
}

/** The rules of a mailbox with the numbers Exchange knows them by. */
export const rulesOf = (owner: Owner): NumberedRule[] =>
  (owner.mailbox.inboxRules ?? []).map((rule, index) => ({
    rule,
    number: String(
      rule.RuleIdentity ??
        ruleNumberOf(userIdOf(owner.user), rule.Name, String(sameNameBefore(owner, rule, index))),
    ),
    priority: rule.Priority ?? index + 1,
  }));

const sameNameBefore = (owner: Owner, rule: InboxRule, index: number): number =>
  (owner.mailbox.inboxRules ?? []).slice(0, index).filter(({ Name }) => Name === rule.Name).length;

const wellKnown: readonly [string, string][] = [
  ['inbox', 'Inbox'],
  ['drafts', 'Drafts'],
  ['sentitems', 'Sent Items'],
  ['deleteditems', 'Deleted Items'],
  ['junkemail', 'Junk Email'],
  ['archive', 'Archive'],
  ['outbox', 'Outbox'],
  ['conversationhistory', 'Conversation History'],
];

type GivenFolder = NonNullable<Mailbox['mailFolders']>[number];

export interface Folder {
  id: string;
  displayName: string;
  wellKnownName: string | undefined;
  parentFolderId: string;
  isHidden: boolean;
  given: object;
}

/** The folders at the top of a mailbox: the well-known ones, those of the file, and those that rules move mail to. */
export function foldersOf(owner: Owner): Folder[] {
  const id = userIdOf(owner.user);
  const given = owner.mailbox.mailFolders ?? [];
  const root = opaqueIdOf(id, 'msgfolderroot');
  const known: GivenFolder[] = wellKnown
    .filter(([name]) => !given.some((folder) => folder.wellKnownName === name))
    .map(([wellKnownName, displayName]) => ({ wellKnownName, displayName }));
  const named = [...known, ...given];
  const targets = (owner.mailbox.inboxRules ?? [])
    .flatMap((rule) => [rule.MoveToFolder, rule.CopyToFolder])
    .filter((name) => typeof name === 'string')
    .filter((name) => !named.some((folder) => folder.displayName.toLowerCase() === name.toLowerCase()));
  const all: GivenFolder[] = [...named, ...[...new Set(targets)].map((displayName) => ({ displayName }))];
  return all.map((folder) => ({
    id: folder.id ?? opaqueIdOf(id, 'folder', folder.displayName),
    displayName: folder.displayName,
    wellKnownName: folder.wellKnownName,
    parentFolderId: folder.parentFolderId ?? root,
    isHidden: folder.isHidden ?? false,
    given: folder,
  }));
}

/** Folders that exist but are in no list. */
const unlisted: readonly [string, string][] = [
  ['recoverableitemsdeletions', 'Deletions'],
  ['recoverableitemspurges', 'Purges'],
];

function everyFolder(owner: Owner): Folder[] {
  const id = userIdOf(owner.user);
  const others = unlisted.map(([wellKnownName, displayName]) => ({
    id: opaqueIdOf(id, 'folder', wellKnownName),
    displayName,
    wellKnownName,
    parentFolderId: opaqueIdOf(id, 'recoverableitemsroot'),
    isHidden: true,
    given: {},
  }));
  return [...foldersOf(owner), ...others];
}

/** By id or well-known name, as a service finds it. */
export const findFolder = (owner: Owner, key: string): Folder | undefined =>
  everyFolder(owner).find(({ id, wellKnownName }) => id === key || wellKnownName === key.toLowerCase());

/** By display name too, as a tenant file may name it. */
export const folderInFile = (owner: Owner, key: string): Folder | undefined =>
  findFolder(owner, key) ??
  everyFolder(owner).find(({ displayName }) => displayName.toLowerCase() === key.toLowerCase());
