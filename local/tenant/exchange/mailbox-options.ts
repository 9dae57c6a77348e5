// Automatic replies, signature, junk lists, sweep rules, add-ins and phones of a mailbox, read only
// (https://learn.microsoft.com/powershell/module/exchangepowershell/get-mailboxautoreplyconfiguration and its kin).
import type { Row } from '../answers.ts';
import { userIdOf } from '../directory.ts';
import { guidOf } from '../ids.ts';
import { aliasOf, type Owner } from '../mailbox.ts';
import type { Cmdlet, CmdletCall } from './cmdlet.ts';
import { mailboxesFor, requireMailbox } from './mailboxes.ts';

const withNulls = (given: object | undefined, defaults: Row): Row => ({
  ...defaults,
  ...Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== null)),
});

/** A configuration that each mailbox has one of, whether the file names it or not. */
const configuration = (name: string, of: (owner: Owner) => object | undefined, defaults: Row): Cmdlet => ({
  name,
  parameters: ['Identity', 'ResultSize'],
  run: ({ file, parameters }) => {
    const owner = requireMailbox(file, parameters['Identity']);
    const id = userIdOf(owner.user);
    return [{ Identity: id, MailboxOwnerId: id, ...withNulls(of(owner), defaults) }];
  },
});

/** Things that a mailbox has some of; without Mailbox they are everybody's, as with any such cmdlet. */
const collection = (
  name: string,
  parameters: Cmdlet['parameters'],
  of: (owner: Owner, call: CmdletCall) => Row[],
): Cmdlet => ({
  name,
  parameters: ['Mailbox', ...parameters],
  run: (call) => mailboxesFor(call.file, call.parameters['Mailbox']).flatMap((owner) => of(owner, call)),
});

export const mailboxOptionCmdlets: readonly Cmdlet[] = [
  configuration('Get-MailboxAutoReplyConfiguration', ({ mailbox }) => mailbox.autoReply, {
    AutoReplyState: 'Disabled',
    ExternalAudience: 'All',
    InternalMessage: '',
    ExternalMessage: '',
    StartTime: null,
    EndTime: null,
  }),
  configuration('Get-MailboxMessageConfiguration', ({ mailbox }) => mailbox.messageConfiguration, {
    AutoAddSignature: false,
    AutoAddSignatureOnReply: false,
    SignatureText: '',
    SignatureHtml: '',
  }),
  configuration('Get-MailboxJunkEmailConfiguration', ({ mailbox }) => mailbox.junkEmail, {
    Enabled: true,
    BlockedSendersAndDomains: [],
    TrustedSendersAndDomains: [],
    TrustedRecipientsAndDomains: [],
    ContactsTrusted: false,
    TrustedListsOnly: false,
  }),
  collection('Get-SweepRule', ['Identity', 'Provider', 'ResultSize'], (owner) =>
    (owner.mailbox.sweepRules ?? []).map((rule) => {
      const RuleId = rule.RuleId ?? guidOf('sweep rule', userIdOf(owner.user), rule.Name);
      const defaults = {
        Enabled: true,
        Provider: 'Exchange16',
        Sender: null,
        SourceFolder: 'Inbox',
        DestinationFolder: 'Deleted Items',
        KeepForDays: null,
        KeepLatest: null,
      };
      return { Identity: `${aliasOf(owner)}\\${RuleId}`, RuleId, ...withNulls(rule, defaults) };
    }),
  ),
  collection('Get-App', ['Identity', 'OrganizationApp'], (owner) =>
    (owner.mailbox.apps ?? []).map((app) => {
      const AppId = app.AppId ?? guidOf('app', app.DisplayName);
      const defaults = {
        AppVersion: '1.0',
        ProviderName: '',
        Description: '',
        Enabled: true,
        Scope: 'User',
        Type: 'MarketPlace',
        Requirements: 'ReadItem',
      };
      return { Identity: `${userIdOf(owner.user)}\\${AppId}`, AppId, ...withNulls(app, defaults) };
    }),
  ),
  collection('Get-MobileDevice', ['Identity', 'ResultSize'], (owner, { store }) =>
    (owner.mailbox.mobileDevices ?? []).map((device) => {
      const kind = device.ClientType ?? 'EAS';
      const defaults = {
        FriendlyName: '',
        DeviceType: 'iPhone',
        DeviceModel: '',
        DeviceOS: '',
        DeviceUserAgent: '',
        ClientType: kind,
        DeviceAccessState: 'Allowed',
        FirstSyncTime: device.WhenCreated ?? store.loadedAt,
        WhenCreated: device.FirstSyncTime ?? store.loadedAt,
      };
      const name = `${kind}§${device.DeviceType ?? defaults.DeviceType}§${device.DeviceId}`;
      return {
        Identity: `${aliasOf(owner)}\\ExchangeActiveSyncDevices\\${name}`,
        UserDisplayName: owner.user.displayName ?? aliasOf(owner),
        ...withNulls(device, defaults),
      };
    }),
  ),
];
