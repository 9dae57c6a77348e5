// What steps ask about one mailbox and about where its mail goes: which domains are the tenant's, and which addresses
// stand behind a name of its directory, since a mail contact looks like a colleague and leads outside.
import { z } from 'zod';
import { theMailbox } from '../clients/exchange.ts';
import { PermanentError } from '../errors.ts';
import type { Account } from '../model/account.ts';
import type { ExchangeReader } from '../model/clients.ts';
import { nullableText } from '../model/text.ts';
import { asAddress, isInside, type Recipient } from './recipients.ts';

/** The account's mailbox as `theMailbox` reads it; undefined where it has none in Exchange Online. */
export const mailboxIfAny = <T>(
  exchange: ExchangeReader,
  account: Pick<Account, 'id' | 'userPrincipalName'>,
  select: readonly string[],
  schema: z.ZodType<T>,
  cmdlet: 'Get-Mailbox' | 'Get-CASMailbox' = 'Get-Mailbox',
): Promise<T | undefined> => unlessMissing(theMailbox(exchange, account, select, schema, cmdlet));

/** undefined where Exchange does not know the object. */
export async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof PermanentError && error.status === 404) return undefined;
    throw error;
  }
}

const domainSchema = z.object({ DomainName: z.string() });
const recipientSchema = z.object({
  PrimarySmtpAddress: nullableText,
  ExternalEmailAddress: nullableText,
});

/** Get-AcceptedDomain: mail to these domains, and to what lies below them, stays in the organisation. */
export async function acceptedDomains(exchange: ExchangeReader): Promise<string[]> {
  const domains = await exchange.get('Get-AcceptedDomain', {}, domainSchema, { select: ['DomainName'] });
  return domains.map(({ DomainName }) => DomainName);
}

/**
 * Get-Recipient: the addresses that mail to this name is delivered to, those outside included; none where the
 * directory does not know the name. A name may stand for several.
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

/** Get-Recipient: what else somebody is called; nothing where the name stands for nobody or for several. */
export async function namesOf(exchange: ExchangeReader, name: string): Promise<string[]> {
  const select = Object.keys(namedSchema.shape);
  const found = await unlessMissing(
    exchange.get('Get-Recipient', { Identity: name }, namedSchema, { select }),
  );
  const [one] = found ?? [];
  return one === undefined || found?.length !== 1 ? [] : Object.values(one).flatMap((value) => value || []);
}

/** Which of these names of the directory lead outside, and to which address. */
export async function contactsOf(
  exchange: ExchangeReader,
  recipients: readonly Recipient[],
  inside: readonly string[],
): Promise<Map<string, string>> {
  const names = new Set(recipients.flatMap(({ directoryName }) => directoryName ?? []));
  const contacts = new Map<string, string>();
  for (const name of names) {
    const outside = (await addressesBehind(exchange, name)).find((address) => !isInside(address, inside));
    if (outside !== undefined) contacts.set(name, outside);
  }
  return contacts;
}
