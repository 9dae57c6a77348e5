// Mailboxes as Get-Mailbox and Set-Mailbox know them
// (https://learn.microsoft.com/powershell/module/exchangepowershell/set-mailbox).
import type { Row } from '../answers.ts';
import { primaryAddressOf, userIdOf } from '../directory.ts';
import { guidOf } from '../ids.ts';
import { aliasOf, legacyDnOf, type Owner, ownersOf } from '../mailbox.ts';
import type { TenantFile } from '../schema.ts';
import { type Cmdlet, type CmdletCall, changedList, cmdletRefusal, objectNotFound } from './cmdlet.ts';
import { findRecipient, recipientName } from './recipients.ts';

const exchangeGuidOf = ({ user, mailbox }: Owner) =>
  mailbox.ExchangeGuid ?? guidOf('mailbox', userIdOf(user));

/** The mailbox an Identity stands for. Throws as Exchange does where there is none or more than one. */
export function requireMailbox(file: TenantFile, identity: unknown): Owner {
  const key = String(identity).toLowerCase();
  // Made only for a key of their kind: a tenant may have thousands of mailboxes, and each request looks for one.
  const isGuid = key.length === 36;
  const isLegacyDn = key.startsWith('/o=');
  const found = ownersOf(file).filter((owner) =>
    [
      owner.user.userPrincipalName,
      primaryAddressOf(owner.user),
      aliasOf(owner),
      ...(isGuid ? [userIdOf(owner.user), exchangeGuidOf(owner)] : []),
      ...(isLegacyDn ? [legacyDnOf(aliasOf(owner))] : []),
      owner.user.displayName,
    ].some((name) => name?.toLowerCase() === key),
  );
  const [first] = found;
  if (!first) throw objectNotFound(String(identity));
  if (found.length > 1) {
    throw cmdletRefusal(
      400,
      'BadRequest',
      'Microsoft.Exchange.Configuration.Tasks.ManagementObjectAmbiguousException',
      `The operation couldn't be performed because '${String(identity)}' matches multiple entries.`,
    );
  }
  return first;
}

/** A null or missing Identity means every mailbox of the tenant: the cmdlet's most dangerous default. */
export const mailboxesFor = (file: TenantFile, identity: unknown): Owner[] =>
  identity === undefined || identity === null ? ownersOf(file) : [requireMailbox(file, identity)];

const smtp = (address: string) => (/^smtp:/i.test(address) ? address : `smtp:${address}`);

function mailboxRow(call: CmdletCall, owner: Owner): Row {
  const { user, mailbox } = owner;
  const address = primaryAddressOf(user) ?? user.userPrincipalName;
  const name = user.displayName ?? aliasOf(owner);
  return {
    Identity: userIdOf(user),
    Id: userIdOf(user),
    Name: name,
    Alias: aliasOf(owner),
    DisplayName: name,
    UserPrincipalName: user.userPrincipalName,
    PrimarySmtpAddress: address,
    EmailAddresses: mailbox.EmailAddresses ?? [`SMTP:${address}`],
    RecipientType: 'UserMailbox',
    RecipientTypeDetails: mailbox.RecipientTypeDetails ?? 'UserMailbox',
    ExchangeGuid: exchangeGuidOf(owner),
    Guid: guidOf('recipient', userIdOf(user)),
    ExternalDirectoryObjectId: userIdOf(user),
    LegacyExchangeDN: legacyDnOf(aliasOf(owner)),
    ForwardingAddress: mailbox.ForwardingAddress ? recipientName(call.file, mailbox.ForwardingAddress) : null,
    ForwardingSmtpAddress: mailbox.ForwardingSmtpAddress ? smtp(mailbox.ForwardingSmtpAddress) : null,
    DeliverToMailboxAndForward: mailbox.DeliverToMailboxAndForward ?? false,
    GrantSendOnBehalfTo: mailbox.GrantSendOnBehalfTo ?? [],
    HiddenFromAddressListsEnabled: mailbox.HiddenFromAddressListsEnabled ?? false,
    LitigationHoldEnabled: mailbox.LitigationHoldEnabled ?? false,
    AccountDisabled: !(user.accountEnabled ?? true),
    IsDirSynced: user.onPremisesSyncEnabled ?? false,
    WhenMailboxCreated: mailbox.WhenMailboxCreated ?? null,
  };
}

const getMailbox: Cmdlet = {
  name: 'Get-Mailbox',
  parameters: [
    'Identity',
    'Anr',
    'Filter',
    'RecipientTypeDetails',
    'ResultSize',
    'SoftDeletedMailbox',
    'InactiveMailboxOnly',
  ],
  run: (call) => {
    const types = call.parameters['RecipientTypeDetails'];
    const wanted = types === undefined || types === null ? undefined : changedList([], types);
    return mailboxesFor(call.file, call.parameters['Identity'])
      .map((owner) => mailboxRow(call, owner))
      .filter((row) => wanted?.includes(String(row['RecipientTypeDetails'])) ?? true);
  },
};

const setMailbox: Cmdlet = {
  name: 'Set-Mailbox',
  parameters: [
    'Identity',
    'ForwardingAddress',
    'ForwardingSmtpAddress',
    'DeliverToMailboxAndForward',
    'GrantSendOnBehalfTo',
    'HiddenFromAddressListsEnabled',
    'Force',
    'Confirm',
  ],
  run: (call) => {
    const { store, parameters } = call;
    const { mailbox } = requireMailbox(store.file, parameters['Identity']);
    const before = JSON.stringify(mailbox);
    const {
      ForwardingAddress: to,
      ForwardingSmtpAddress: address,
      DeliverToMailboxAndForward: keep,
    } = parameters;
    if (typeof to === 'string' && to !== '') {
      if (!findRecipient(store.file, to)) throw objectNotFound(to);
      const sameRecipient = (one: unknown, other: unknown) =>
        typeof one === 'string' &&
        typeof other === 'string' &&
        findRecipient(store.file, one) === findRecipient(store.file, other);
      store.write(mailbox, 'ForwardingAddress', to, { same: sameRecipient });
    } else if (to !== undefined) store.write(mailbox, 'ForwardingAddress', null, { fallback: null });
    if (typeof address === 'string' && address !== '') {
      if (!/^(smtp:)?[^@\s:]+@[^@\s]+$/i.test(address)) {
        throw cmdletRefusal(
          400,
          'BadRequest',
          'System.Management.Automation.ParameterBindingException',
          `Cannot convert value "${address}" to type "Microsoft.Exchange.Data.ProxyAddress".`,
        );
      }
      store.write(mailbox, 'ForwardingSmtpAddress', smtp(address), {
        same: (one, other) =>
          typeof one === 'string' && typeof other === 'string' && smtp(one) === smtp(other),
      });
    } else if (address !== undefined) store.write(mailbox, 'ForwardingSmtpAddress', null, { fallback: null });
    if (typeof keep === 'boolean')
      store.write(mailbox, 'DeliverToMailboxAndForward', keep, { fallback: false });
    const { HiddenFromAddressListsEnabled: hidden, GrantSendOnBehalfTo: delegates } = parameters;
    if (typeof hidden === 'boolean')
      store.write(mailbox, 'HiddenFromAddressListsEnabled', hidden, { fallback: false });
    if (delegates !== undefined) {
      const known = mailbox.GrantSendOnBehalfTo ?? [];
      const wanted = changedList(known, delegates);
      const unknown = wanted.find((name) => !known.includes(name) && !findRecipient(store.file, name));
      if (unknown !== undefined) throw objectNotFound(unknown);
      store.write(mailbox, 'GrantSendOnBehalfTo', wanted, {
        fallback: [],
        same: (one, other) => [...(one ?? [])].sort().join() === [...(other ?? [])].sort().join(),
      });
    }
    if (JSON.stringify(mailbox) === before) {
      call.warn(
        `The command completed successfully but no settings of '${String(parameters['Identity'])}' have been modified.`,
      );
    }
    return [];
  },
};

export const mailboxCmdlets: readonly Cmdlet[] = [getMailbox, setMailbox];
