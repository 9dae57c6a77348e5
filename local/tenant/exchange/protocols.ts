// Protocols of a mailbox, as Get-CASMailbox and Set-CASMailbox know them. SMTP AUTH has three states: null is what the
// organisation says (https://learn.microsoft.com/powershell/module/exchangepowershell/set-casmailbox).
import { primaryAddressOf, userIdOf } from '../directory.ts';
import { guidOf } from '../ids.ts';
import type { Cmdlet } from './cmdlet.ts';
import { mailboxesFor, requireMailbox } from './mailboxes.ts';

const protocols = [
  'ActiveSyncEnabled',
  'EwsEnabled',
  'ImapEnabled',
  'MAPIEnabled',
  'MacOutlookEnabled',
  'OneWinNativeOutlookEnabled',
  'OutlookMobileEnabled',
  'OWAEnabled',
  'OWAforDevicesEnabled',
  'PopEnabled',
  'UniversalOutlookEnabled',
] as const;

const getCasMailbox: Cmdlet = {
  name: 'Get-CASMailbox',
  parameters: ['Identity', 'ResultSize'],
  run: (call) =>
    mailboxesFor(call.file, call.parameters['Identity']).map(({ user, mailbox }) => ({
      Identity: userIdOf(user),
      Name: user.displayName ?? user.userPrincipalName,
      DisplayName: user.displayName ?? user.userPrincipalName,
      PrimarySmtpAddress: primaryAddressOf(user),
      Guid: guidOf('recipient', userIdOf(user)),
      ExternalDirectoryObjectId: userIdOf(user),
      ...Object.fromEntries(protocols.map((name) => [name, mailbox.cas?.[name] ?? true])),
      EwsAllowOutlook: mailbox.cas?.EwsAllowOutlook ?? null,
      SmtpClientAuthenticationDisabled: mailbox.cas?.SmtpClientAuthenticationDisabled ?? null,
      ActiveSyncAllowedDeviceIDs: mailbox.cas?.ActiveSyncAllowedDeviceIDs ?? [],
      ActiveSyncBlockedDeviceIDs: mailbox.cas?.ActiveSyncBlockedDeviceIDs ?? [],
    })),
};

const setCasMailbox: Cmdlet = {
  name: 'Set-CASMailbox',
  parameters: ['Identity', ...protocols, 'SmtpClientAuthenticationDisabled', 'Confirm'],
  run: ({ store, parameters }) => {
    const { mailbox } = requireMailbox(store.file, parameters['Identity']);
    if (!mailbox.cas) store.write(mailbox, 'cas', {});
    const cas = mailbox.cas ?? {};
    for (const name of protocols) {
      const value = parameters[name];
      if (typeof value === 'boolean') store.write(cas, name, value, { fallback: true });
    }
    const smtpAuth = parameters['SmtpClientAuthenticationDisabled'];
    if (typeof smtpAuth === 'boolean' || smtpAuth === null) {
      store.write(cas, 'SmtpClientAuthenticationDisabled', smtpAuth, { fallback: null });
    }
    // An empty section is removed if the file did not have it.
    if (Object.keys(cas).length === 0) store.write(mailbox, 'cas', undefined, { fallback: undefined });
    return [];
  },
};

export const protocolCmdlets: readonly Cmdlet[] = [getCasMailbox, setCasMailbox];
