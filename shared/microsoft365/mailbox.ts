// What steps ask about one mailbox and about where its mail goes: which domains are the tenant's, and which addresses a
// directory name stands for, since a mail contact looks like a colleague and leads outside.
import { z } from 'zod';
import { theMailbox } from '../clients/exchange.ts';
import { PermanentError } from '../errors.ts';
import type { Account } from '../model/account.ts';
import type { ExchangeReader } from '../model/clients.ts';
import { nullableText } from '../model/text.ts';
import { asAddress, isInside, type Recipient } from './recipients.ts';

/** The account's mailbox as `theMailbox` reads it; undefined if it has none in Exchange Online. */
export const mailboxIfAny = <T>(
  exchange: ExchangeReader,
  account: Pick<Account, 'id' | 'userPrincipalName'>,
  select: readonly string[],
  schema: z.ZodType<T>,
  cmdlet: 'Get-Mailbox' | 'Get-CASMailbox' = 'Get-Mailbox',
): Promise<T | undefined> => unlessMissing(theMailbox(exchange, account, select, schema, cmdlet));

/** undefined if Exchange does not know the object. */
export async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof PermanentError && error.status === 404) return undefined;
    throw error;
  }
}

const domainSchema = z.object({ DomainName: z.string(), MatchSubDomains: z.boolean().nullish() });
const recipientSchema = z.object({
  PrimarySmtpAddress: nullableText,
  ExternalEmailAddress: nullableText,
});

/** Get-AcceptedDomain: the domains that mail is accepted for; `*.contoso.com` if its subdomains are accepted too. */
export async function acceptedDomains(exchange: ExchangeReader): Promise<string[]> {
  const select = ['DomainName', 'MatchSubDomains'];
  const domains = await exchange.get('Get-AcceptedDomain', {}, domainSchema, { select });
  return domains.flatMap(({ DomainName, MatchSubDomains }) =>
    MatchSubDomains ? [DomainName, `*.${DomainName}`] : [DomainName],
  );
}

/**
 * Get-Recipient: the addresses that mail to this name is delivered to, including outside ones; none if the directory
 * does not know the name. A name may stand for several.
 */
export async function addressesBehind(exchange: ExchangeReader, name: string): Promise<string[]> {
  const found = await unlessMissing(
    exchange.get('Get-Recipient', { Identity: name }, recipientSchema, {
      select: ['PrimarySmtpAddress', 'ExternalEmailAddress'],
    }),
  );
  return (found ?? []).flatMap(
    ({ ExternalEmailAddress, PrimarySmtpAddress }) =>
      asAddress(ExternalEmailAddress || PrimarySmtpAddress || '') ?? [],
  );
}

const namedSchema = z.object({
  Name: nullableText,
  Alias: nullableText,
  DisplayName: nullableText,
  PrimarySmtpAddress: nullableText,
  WindowsLiveID: nullableText,
  ExternalDirectoryObjectId: nullableText,
  Guid: nullableText,
});

/** Get-Recipient: somebody's other names; none if the name stands for nobody or for several. */
export async function namesOf(exchange: ExchangeReader, name: string): Promise<string[]> {
  const select = Object.keys(namedSchema.shape);
  const found = await unlessMissing(
    exchange.get('Get-Recipient', { Identity: name }, namedSchema, { select }),
  );
  const [one] = found ?? [];
  return one === undefined || found?.length !== 1 ? [] : Object.values(one).flatMap((value) => value || []);
}

/** What the directory knows about a name: where its mail goes, and whether several people get it. */
export interface DirectoryEntry {
  addresses: readonly string[];
  isGroup: boolean;
}

const entrySchema = recipientSchema.extend({
  RecipientType: nullableText,
  RecipientTypeDetails: nullableText,
  EmailAddresses: z.array(z.string()).nullish().catch(null),
});

/** Get-Recipient's answer for a name, whoever asked; null if the directory doesn't know it. */
export function entryOf(answer: unknown): DirectoryEntry | null {
  const found = z.array(entrySchema).safeParse([answer].flat()).data ?? [];
  const addresses = found.flatMap(({ ExternalEmailAddress, PrimarySmtpAddress, EmailAddresses }) => {
    const primary = EmailAddresses?.find((proxy) => proxy.startsWith('SMTP:'));
    return asAddress(ExternalEmailAddress || PrimarySmtpAddress || primary || '') ?? [];
  });
  const isGroup =
    found.length > 1 ||
    found.some(({ RecipientType, RecipientTypeDetails }) =>
      /group/i.test(`${RecipientTypeDetails ?? ''} ${RecipientType ?? ''}`),
    );
  return addresses.length === 0 ? null : { addresses, isGroup };
}

/** Get-Recipient: what each of these directory names stands for, and each address inside. */
export async function directoryOf(
  exchange: ExchangeReader,
  recipients: readonly Recipient[],
  inside: readonly string[],
): Promise<Map<string, DirectoryEntry | null>> {
  const names = new Set(
    recipients.flatMap(({ directoryName, address }) =>
      address === null ? (directoryName ?? []) : isInside(address, inside) ? address : [],
    ),
  );
  const entries = new Map<string, DirectoryEntry | null>();
  for (const name of names) {
    const select = ['PrimarySmtpAddress', 'ExternalEmailAddress', 'RecipientTypeDetails'];
    const found = await unlessMissing(
      exchange.get('Get-Recipient', { Identity: name }, z.json(), { select }),
    );
    entries.set(name, found === undefined ? null : entryOf(found));
  }
  return entries;
}
