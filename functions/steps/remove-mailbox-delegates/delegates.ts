// Who else may use a mailbox: with full access, sending as its owner or on behalf, or in single folders. Only reads;
// delegated-by.ts tells who added a delegate. Exchange gives none of them a date.
import { z } from 'zod';
import { mailboxPage } from '../../../shared/microsoft365/links.ts';
import { mailboxIfAny } from '../../../shared/microsoft365/mailbox.ts';
import { idIn, type Mailbox, type Where } from '../../../shared/microsoft365/mailboxes.ts';
import type { ExchangeReader } from '../../../shared/model/clients.ts';
import type { Task } from '../../../shared/model/step.ts';
import { listed, nullableText, powerShellValue } from '../../../shared/model/text.ts';

/** Everything needed to remove one and to restore it. */
export const delegateSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('full access'), user: z.string(), rights: z.array(z.string()) }),
  z.object({ kind: z.literal('send as'), user: z.string() }),
  z.object({ kind: z.literal('send on behalf'), user: z.string() }),
  z.object({
    kind: z.literal('folder'),
    user: z.string(),
    /** Its path with backslashes; empty for the top of the mailbox. */
    folder: z.string(),
    rights: z.array(z.string()),
    flags: z.string().nullable(),
  }),
]);
export type Delegate = z.infer<typeof delegateSchema>;

const texts = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => (typeof given === 'string' ? given.split(/,\s*/) : given));
/** A name, or an object with one. */
const who = z
  .union([z.string(), z.looseObject({ DisplayName: z.string() })])
  .transform((given) => (typeof given === 'string' ? given : given.DisplayName));
const flag = z.boolean().nullish();

const mailboxSchema = z.object({ GrantSendOnBehalfTo: z.array(z.string()).nullish() });
const permissionSchema = z.object({ User: who, AccessRights: texts, IsInherited: flag, Deny: flag });
const trustSchema = z.object({ Trustee: who, AccessControlType: nullableText, IsInherited: flag });
const folderSchema = z.object({ FolderPath: z.string(), FolderType: z.string() });
const entrySchema = z.object({
  User: who,
  AccessRights: texts,
  SharingPermissionFlags: nullableText,
});

/** Folders that intruders share; the type identifies them in any language. */
const looked = ['Root', 'Inbox', 'SentItems', 'DeletedItems', 'Drafts', 'Calendar', 'Contacts'];
/** Stands for everybody without an entry of their own. */
export const isEverybody = ({ user }: Delegate) => user === 'Default' || user === 'Anonymous';
const harmless = /^(None|AvailabilityOnly|LimitedDetails|FolderVisible)$/;
/** Not other people: the owner, and the data centre itself. */
const isSystem = (user: string) => /^NT AUTHORITY\\/i.test(user);

/**
 * Get-MailboxPermission, Get-RecipientPermission, Get-Mailbox, Get-MailboxFolderStatistics and
 * Get-MailboxFolderPermission (https://learn.microsoft.com/powershell/module/exchangepowershell/get-mailboxpermission).
 * undefined if there is no mailbox. `also` names folders to look at besides the usual ones.
 */
export async function readDelegates(
  exchange: ExchangeReader,
  owner: Mailbox,
  also: readonly string[],
): Promise<Delegate[] | undefined> {
  const mailbox = await mailboxIfAny(exchange, owner, ['GrantSendOnBehalfTo'], mailboxSchema);
  if (mailbox === undefined) return undefined;
  const Identity = owner.id;
  const anchor = { anchor: owner.userPrincipalName };
  const [permissions, trusts, folders] = await Promise.all([
    exchange.get('Get-MailboxPermission', { Identity }, permissionSchema, anchor),
    exchange.get('Get-RecipientPermission', { Identity }, trustSchema, anchor),
    exchange.get('Get-MailboxFolderStatistics', { Identity }, folderSchema, anchor),
  ]);
  const paths = folders
    .map(({ FolderPath, FolderType }) => ({ type: FolderType, path: pathOf(FolderPath, FolderType) }))
    .filter(({ type, path }) => looked.includes(type) || also.includes(path.toLowerCase()));
  const perFolder = [...new Set(paths.map(({ path }) => path))].map(async (folder) => {
    const place = { Identity: folderIdentity(owner, folder) };
    const entries = await exchange.get('Get-MailboxFolderPermission', place, entrySchema, anchor);
    return entries.flatMap(
      ({ User: user, AccessRights: rights, SharingPermissionFlags: given }): Delegate[] => {
        const flags = given && given !== 'None' ? given : null;
        if (rights.every((right) => harmless.test(right))) return [];
        return [{ kind: 'folder', user, folder, rights, flags }];
      },
    );
  });
  const shared = (await Promise.all(perFolder)).flat();
  const own = permissions.filter(({ IsInherited, Deny }) => !IsInherited && !Deny);
  // Also shown among the rights to a mailbox, where it can't be removed: it is a right of its own.
  const isSendAs = (right: string) => /^SendAs$/i.test(right);
  const senders = new Set([
    ...trusts
      .filter(({ IsInherited, AccessControlType }) => !IsInherited && AccessControlType !== 'Deny')
      .map(({ Trustee }) => Trustee),
    ...own.flatMap(({ User, AccessRights }) => (AccessRights.some(isSendAs) ? [User] : [])),
  ]);
  const all: Delegate[] = [
    ...own.flatMap(({ User: user, AccessRights }): Delegate[] => {
      const rights = AccessRights.filter((right) => !isSendAs(right));
      return rights.length === 0 ? [] : [{ kind: 'full access', user, rights }];
    }),
    ...[...senders].map((user): Delegate => ({ kind: 'send as', user })),
    ...(mailbox.GrantSendOnBehalfTo ?? []).map((user): Delegate => ({ kind: 'send on behalf', user })),
    ...shared,
  ];
  return all.filter(({ user }) => !isSystem(user));
}

const pathOf = (folderPath: string, type: string) =>
  type === 'Root' ? '' : folderPath.replace(/^\//, '').replaceAll('/', '\\');

export const folderIdentity = ({ id }: Mailbox, folder: string) => `${id}:\\${folder}`;

export const describeDelegate = (delegate: Delegate): string => `${whom(delegate)} may ${right(delegate)}`;

const whom = (delegate: Delegate) => (isEverybody(delegate) ? `everybody (${delegate.user})` : delegate.user);

function right(delegate: Delegate): string {
  if (delegate.kind === 'full access') return `open the mailbox (${delegate.rights.join(', ')})`;
  if (delegate.kind === 'send as') return 'send as the owner';
  if (delegate.kind === 'send on behalf') return 'send on behalf of the owner';
  const folder = delegate.folder === '' ? 'the top of the mailbox' : `the folder ${delegate.folder}`;
  return `use ${folder} (${delegate.rights.join(', ')})`;
}

/** Each right once, with everybody who has it. */
const describeAll = (delegates: readonly Delegate[]): string =>
  [...Map.groupBy(delegates, right)]
    .map(([what, those]) => `${listed(those.map(whom))} may ${what}`)
    .join('; ');

export const delegateId = (delegate: Delegate) =>
  [delegate.kind, ...(delegate.kind === 'folder' ? [delegate.folder] : []), delegate.user]
    .join(':')
    .toLowerCase();

/** The admin center doesn't show folders. The entry for everybody can't be removed. */
function takeAway({ userPrincipalName }: Mailbox, delegate: Delegate): string[] {
  if (delegate.kind !== 'folder') return [];
  const of = `-Identity ${powerShellValue(`${userPrincipalName}:\\${delegate.folder}`)} -User ${powerShellValue(delegate.user)}`;
  return [
    isEverybody(delegate)
      ? `Set-MailboxFolderPermission ${of} -AccessRights None`
      : `Remove-MailboxFolderPermission ${of} -Confirm:$false`,
  ];
}

/** For delegations whose origin is unknown. */
export const askAboutDelegates = (owner: Mailbox, where: Where, delegates: readonly Delegate[]): Task => ({
  id: idIn(where, 'delegates'),
  what: `Ask ${owner.displayName}, by phone, about ${delegates.length === 1 ? 'a delegate' : `${delegates.length} delegates`} of the mailbox`,
  instruction: `Nobody can tell who made them. Take away${delegates.some(({ kind }) => kind !== 'folder') ? ', under Delegation,' : ''} what is not meant to be${delegates.some(({ kind }) => kind === 'folder') ? '; of folders, with the commands' : ''}: ${describeAll(delegates)}.`,
  commands: delegates.flatMap((delegate) => takeAway(owner, delegate)),
  link: mailboxPage(owner.id),
  role: 'Exchange Administrator',
  danger: 'leak',
  remains: 'access to the mailbox',
});
