// Who mail can be sent to: mailboxes, mail contacts and mail users, and the domains the tenant accepts mail for.
import type { Row } from '../answers.ts';
import { domainsOf, primaryAddressOf, userIdOf } from '../directory.ts';
import { guidOf } from '../ids.ts';
import { aliasOf, legacyDnOf, ownersOf } from '../mailbox.ts';
import type { TenantFile } from '../schema.ts';
import { type Cmdlet, objectNotFound } from './cmdlet.ts';

function recipientRows(file: TenantFile): Row[] {
  const mailboxes = ownersOf(file).map((owner): Row => {
    const { user, mailbox } = owner;
    return {
      Identity: userIdOf(user),
      Name: user.displayName ?? aliasOf(owner),
      Alias: aliasOf(owner),
      DisplayName: user.displayName ?? aliasOf(owner),
      PrimarySmtpAddress: primaryAddressOf(user),
      WindowsLiveID: user.userPrincipalName,
      RecipientType: 'UserMailbox',
      RecipientTypeDetails: mailbox.RecipientTypeDetails ?? 'UserMailbox',
      ExternalEmailAddress: null,
      EmailAddresses: mailbox.EmailAddresses ?? [`SMTP:${primaryAddressOf(user)}`],
      ExternalDirectoryObjectId: userIdOf(user),
      LegacyExchangeDN: legacyDnOf(aliasOf(owner)),
      Guid: guidOf('recipient', userIdOf(user)),
    };
  });
  const others = (file.recipients ?? []).map((recipient): Row => {
    const outside =
      recipient.RecipientTypeDetails === 'MailContact' || recipient.RecipientTypeDetails.endsWith('MailUser');
    const alias = recipient.Alias ?? recipient.Name.replace(/\s/g, '');
    return {
      Identity: recipient.Name,
      Name: recipient.Name,
      Alias: alias,
      DisplayName: recipient.DisplayName ?? recipient.Name,
      PrimarySmtpAddress: recipient.PrimarySmtpAddress,
      RecipientType:
        recipient.RecipientTypeDetails === 'GuestMailUser' ? 'MailUser' : recipient.RecipientTypeDetails,
      RecipientTypeDetails: recipient.RecipientTypeDetails,
      ExternalEmailAddress:
        recipient.ExternalEmailAddress ?? (outside ? `SMTP:${recipient.PrimarySmtpAddress}` : null),
      EmailAddresses: recipient.EmailAddresses ?? [`SMTP:${recipient.PrimarySmtpAddress}`],
      ExternalDirectoryObjectId: recipient.ExternalDirectoryObjectId ?? '',
      LegacyExchangeDN: legacyDnOf(alias),
      Guid: recipient.Guid ?? guidOf('recipient', recipient.Name),
    };
  });
  return [...mailboxes, ...others];
}

/** The recipient with this name, alias, address or id; its Guid identifies it. */
function recipientRow(file: TenantFile, key: string): Row | undefined {
  const wanted = key.toLowerCase().replace(/^smtp:/, '');
  return recipientRows(file).find((row) =>
    [
      'Identity',
      'Name',
      'Alias',
      'DisplayName',
      'PrimarySmtpAddress',
      'WindowsLiveID',
      'ExternalDirectoryObjectId',
      'LegacyExchangeDN',
      'Guid',
    ].some((name) => String(row[name] ?? '').toLowerCase() === wanted && wanted !== ''),
  );
}
export const findRecipient = (file: TenantFile, key: string): string | undefined => {
  const row = recipientRow(file, key);
  return row ? String(row['Guid']) : undefined;
};

/** How Exchange shows a recipient of the tenant in a rule; undefined for an address outside. */
export function recipientInRule(file: TenantFile, address: string): string | undefined {
  const row = recipientRow(file, address);
  const isOutside = String(row?.['RecipientTypeDetails']).startsWith('Mail');
  return row && !isOutside
    ? `"${String(row['DisplayName'])}" [EX:${String(row['LegacyExchangeDN'])}]`
    : undefined;
}

/** As Exchange shows a reference to a recipient: by its identity. */
export const recipientName = (file: TenantFile, key: string): string =>
  String(recipientRow(file, key)?.['Identity'] ?? key);

const getRecipient: Cmdlet = {
  name: 'Get-Recipient',
  parameters: ['Identity', 'Filter', 'RecipientTypeDetails', 'ResultSize', 'Properties'],
  run: ({ file, parameters }) => {
    const { Identity: identity } = parameters;
    if (identity === undefined || identity === null) return recipientRows(file);
    const row = recipientRow(file, String(identity));
    if (!row) throw objectNotFound(String(identity));
    return [row];
  },
};

const getAcceptedDomain: Cmdlet = {
  name: 'Get-AcceptedDomain',
  parameters: ['Identity', 'ResultSize'],
  run: ({ file, parameters }) => {
    const given =
      file.acceptedDomains ??
      domainsOf(file).map((domain) => ({ DomainName: domain.id, Default: domain.isDefault }));
    const rows = given.map(
      (domain): Row => ({
        Identity: domain.DomainName,
        Name: domain.DomainName,
        DomainName: domain.DomainName,
        DomainType: ('DomainType' in domain ? domain.DomainType : undefined) ?? 'Authoritative',
        Default: domain.Default ?? false,
        MatchSubDomains: ('MatchSubDomains' in domain ? domain.MatchSubDomains : undefined) ?? false,
        InitialDomain: domain.DomainName.endsWith('.onmicrosoft.com'),
      }),
    );
    const { Identity: identity } = parameters;
    if (identity === undefined || identity === null) return rows;
    const found = rows.filter((row) => row['DomainName'] === identity);
    if (found.length === 0) throw objectNotFound(String(identity));
    return found;
  },
};

export const recipientCmdlets: readonly Cmdlet[] = [getRecipient, getAcceptedDomain];
