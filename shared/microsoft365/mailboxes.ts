// Which mailboxes a run looks into: the account's own, and those of others that the intruder worked in. An account
// that may open or send as another mailbox takes the intruder there too.
import { z } from 'zod';
import { theMailbox } from '../clients/exchange.ts';
import { PermanentError } from '../errors.ts';
import { type Act, parameterOf } from '../intruder/acts.ts';
import type { Account } from '../model/account.ts';
import type { ExchangeReader } from '../model/clients.ts';
import type { Kept, RunView, Task } from '../model/step.ts';
import { mailboxPage } from './links.ts';
import { unlessMissing } from './mailbox.ts';
import { readRecipient } from './recipients.ts';

/** What a cmdlet needs to reach a mailbox, and a person to recognise it. */
export type Mailbox = Pick<Account, 'id' | 'userPrincipalName' | 'displayName'>;

export interface LookedAt {
  mailbox: Mailbox;
  /** Whether it is the account's own. */
  own: boolean;
  /** Looked into only because the account may send as it: nothing there is known to be the intruder's. */
  held?: true;
  /** Everything that a record may call it by, in lower case. */
  names: ReadonlySet<string>;
  /** What the intruder did in it. */
  acts: readonly Act[];
}

/** Where a change was made, for `before`; null stands for the account's own mailbox. */
export const whereSchema = z
  .object({ id: z.string(), userPrincipalName: z.string(), displayName: z.string() })
  .nullable()
  .default(null);
export type Where = z.infer<typeof whereSchema>;

export const whereOf = ({ own, mailbox }: LookedAt): Where => {
  const { id, userPrincipalName, displayName } = mailbox;
  return own ? null : { id, userPrincipalName, displayName };
};

/** The id of a change: two mailboxes may each have a rule of the same name. */
export const idIn = (where: Where, id: string) =>
  where === null ? id : `${where.userPrincipalName.toLowerCase()}/${id}`;

/** What it is, with the mailbox if that is not the account's own. */
export const whatIn = (where: Where, what: string) =>
  where === null ? what : `${what}, in the mailbox ${where.userPrincipalName}`;

const lower = (text: string) => text.trim().toLowerCase();
const ofRules = /(Inbox|Sweep)Rule$/i;
const ofFolders = /Mailbox(Calendar)?Folder(Permission)?$/i;

/**
 * The name by which a record calls its mailbox, in lower case; undefined if it names none, which means the actor's own.
 * Outlook writes the owner; a cmdlet names the mailbox, or the rule or folder in it: `contoso.onmicrosoft.com\adele`,
 * `adele\Rule`, `adele:\Calendar`.
 */
function mailboxIn(act: Act): string | undefined {
  if (act.mailbox !== null) return act.mailbox;
  const named = parameterOf(act, 'Mailbox');
  if (ofRules.test(act.activity)) {
    const rule = act.object ?? parameterOf(act, 'Identity') ?? '';
    const cut = rule.lastIndexOf('\\');
    return lastPart(named ?? (cut < 0 ? '' : rule.slice(0, cut)));
  }
  if (!isCmdlet.test(act.activity)) return undefined;
  const identity = parameterOf(act, 'Identity') ?? named ?? act.object ?? '';
  return lastPart(ofFolders.test(act.activity) ? (identity.split(':')[0] ?? '') : identity);
}

const isCmdlet = /^[a-z]+-[a-z]+$/i;
const lastPart = (identity: string) => lower(identity.split(/[\\/]/).at(-1) ?? '') || undefined;

/** Cmdlets about one mailbox; in others (`New-TransportRule`, `Add-RoleGroupMember`) Identity names something else. */
const aboutMailbox =
  /^(Send|SendAs|SendOnBehalf|MailItemsAccessed|UpdateInboxRules|Create|Update|Move|MoveToDeletedItems|SoftDelete|HardDelete|AddFolderPermissions|ModifyFolderPermissions|UpdateFolderPermissions|UpdateCalendarDelegation|[A-Z][a-z]+-(InboxRule|SweepRule|Mailbox|MailboxPermission|RecipientPermission|MailboxFolderPermission|MailboxCalendarFolder|MailboxAutoReplyConfiguration|MailboxJunkEmailConfiguration|MailboxMessageConfiguration|CASMailbox))$/i;

const selected = [
  'ExternalDirectoryObjectId',
  'UserPrincipalName',
  'DisplayName',
  'Name',
  'Alias',
  'Identity',
  'Guid',
  'ExchangeGuid',
  'PrimarySmtpAddress',
  'EmailAddresses',
];
const text = z.string().nullish();
const namesSchema = z.object({
  ExternalDirectoryObjectId: text,
  UserPrincipalName: text,
  DisplayName: text,
  Name: text,
  Alias: text,
  Identity: text,
  Guid: text,
  ExchangeGuid: text,
  PrimarySmtpAddress: text,
  EmailAddresses: z.array(z.string()).nullish(),
});
type Names = z.infer<typeof namesSchema>;

function callings({ EmailAddresses, ...single }: Names): Set<string> {
  const addresses = (EmailAddresses ?? []).flatMap((proxy) => readRecipient(proxy).address ?? []);
  return new Set([...Object.values(single).flatMap((one) => (one ? [lower(one)] : [])), ...addresses]);
}

/** Each costs one request in every step that looks. */
const mostOthers = 20;

/**
 * The account's own mailbox, and each mailbox of somebody else in which the intruder did something. `lost` are
 * mailboxes that Exchange no longer knows, or whose name now stands for several. Get-Mailbox, if a record names a
 * mailbox.
 */
export async function mailboxesWithActs(
  exchange: ExchangeReader,
  account: Account,
  acts: readonly Act[],
): Promise<{ own: LookedAt; others: LookedAt[]; lost: string[] }> {
  const alias = account.userPrincipalName.split('@')[0] ?? '';
  let names = new Set([account.id, account.userPrincipalName, account.displayName, alias].map(lower));
  const done = acts.filter(({ activity, succeeded }) => succeeded && aboutMailbox.test(activity));
  const isOwn = (act: Act) => {
    const name = mailboxIn(act);
    return name === undefined || names.has(name);
  };
  if (!done.every(isOwn)) {
    const mine = await unlessMissing(theMailbox(exchange, account, selected, namesSchema));
    names = new Set([...names, ...(mine === undefined ? [] : callings(mine))]);
  }
  const own = done.filter(isOwn);
  const elsewhere = Map.groupBy(
    done.filter((act) => !isOwn(act)),
    (act) => mailboxIn(act) ?? '',
  );
  const lost = [...elsewhere.keys()].slice(mostOthers);
  const others = new Map<string, LookedAt>();
  for (const [name, theirs] of [...elsewhere].slice(0, mostOthers)) {
    const found = await mailboxNamed(exchange, name);
    if (found === undefined) lost.push(name);
    else {
      const { mailbox } = found;
      const same = others.get(mailbox.id)?.acts ?? [];
      others.set(mailbox.id, { ...found, acts: [...same, ...theirs] });
    }
  }
  return {
    own: { mailbox: account, own: true, names, acts: own },
    others: [...others.values()].toSorted((a, b) => (a.mailbox.id < b.mailbox.id ? -1 : 1)),
    lost: lost.toSorted(),
  };
}

const trustSchema = z.object({ Identity: z.string() });

/** Once the audit log has said what it knows, permissions are what is left to go by. */
export const mayLookIntoHeld = ({ answered }: RunView): boolean => answered?.includes('acts') ?? false;

/**
 * Mailboxes that the account may send as, besides the `known` ones; `more` counts those that were not looked into.
 * Which ones it may only open cannot be asked without asking every mailbox of the tenant. Get-RecipientPermission,
 * Get-Mailbox (https://learn.microsoft.com/powershell/module/exchangepowershell/get-recipientpermission).
 */
export async function mailboxesHeld(
  exchange: ExchangeReader,
  account: Account,
  known: readonly LookedAt[],
): Promise<{ held: LookedAt[]; more: number }> {
  const Trustee = account.userPrincipalName;
  const trusts = await exchange.get('Get-RecipientPermission', { Trustee }, trustSchema);
  const names = [...new Set(trusts.map(({ Identity }) => lower(Identity)))].toSorted();
  const held = new Map<string, LookedAt>();
  for (const name of names.slice(0, mostOthers)) {
    // It may stand for a group or a contact, which have no mailbox.
    const found = await mailboxNamed(exchange, name);
    if (found !== undefined && known.every(({ mailbox }) => mailbox.id !== found.mailbox.id))
      held.set(found.mailbox.id, { ...found, held: true });
  }
  return { held: [...held.values()], more: Math.max(0, names.length - mostOthers) };
}

export const notLookedInto = (more: number): Kept[] =>
  more === 0
    ? []
    : [
        {
          what: `${more} more mailbox${more === 1 ? '' : 'es'} that the account may send as`,
          why: `only ${mostOthers} are looked into`,
        },
      ];

/** The acts that are about this mailbox. */
export const actsAbout = ({ own, names }: LookedAt, acts: readonly Act[]): Act[] =>
  acts.filter((act) => {
    const name = mailboxIn(act);
    return name === undefined ? own : names.has(name);
  });

/**
 * Exactly one, and with that very name: an identity that Exchange interprets in its own way must not lead elsewhere.
 */
async function mailboxNamed(exchange: ExchangeReader, name: string): Promise<LookedAt | undefined> {
  const asked = exchange.get('Get-Mailbox', { Identity: name }, namesSchema, {
    select: selected,
    ...(name.includes('@') ? { anchor: name } : {}),
  });
  const [one, ...more] = await asked.catch((error: unknown) => {
    // 400: the name stands for several.
    if (error instanceof PermanentError && (error.status === 404 || error.status === 400)) return [];
    throw error;
  });
  const { ExternalDirectoryObjectId: id, UserPrincipalName: userPrincipalName } = one ?? {};
  if (one === undefined || more.length > 0 || !id || !userPrincipalName) return undefined;
  const names = callings(one);
  if (!names.has(name)) return undefined;
  const mailbox = { id, userPrincipalName, displayName: one.DisplayName || userPrincipalName };
  return { mailbox, own: false, names, acts: [] };
}

/** For mailboxes that the log names and nobody could look into. */
export const lookYourself = (lost: readonly string[], account: Account, at: string): Task[] =>
  lost.length === 0
    ? []
    : [
        {
          id: `mailboxes-not-found:${at}`,
          what: `Look through ${lost.length === 1 ? 'a mailbox' : `${lost.length} mailboxes`} where the intruder worked and that could not be found: ${lost.slice(0, 5).join(', ')}`,
          instruction: `The audit log names ${lost.length === 1 ? 'it' : 'them'}. Find out which ${lost.length === 1 ? 'it is' : 'they are'}, and look through the ${at} there.`,
          link: mailboxPage(account.id),
          role: 'Exchange Administrator',
        },
      ];
