// Automatic replies, signature, junk lists, sweep rules, calendars, add-ins and phones of a mailbox
// (https://learn.microsoft.com/powershell/module/exchangepowershell/get-mailboxautoreplyconfiguration and its kin).
import type { Row } from '../answers.ts';
import { userIdOf } from '../directory.ts';
import { guidOf } from '../ids.ts';
import { aliasOf, type Owner } from '../mailbox.ts';
import type { TenantFile } from '../schema.ts';
import { type Cmdlet, type CmdletCall, objectNotFound } from './cmdlet.ts';
import { mailboxesFor, requireMailbox } from './mailboxes.ts';

const withNulls = (given: object | undefined, defaults: Row): Row => ({
  ...defaults,
  ...Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== null)),
});

/** A configuration that every mailbox has exactly one of, in the file or not. */
const configuration = (name: string, of: (owner: Owner) => object | undefined, defaults: Row): Cmdlet => ({
  name,
  parameters: ['Identity', 'ResultSize'],
  run: ({ file, parameters }) => {
    const owner = requireMailbox(file, parameters['Identity']);
    const id = userIdOf(owner.user);
    return [{ Identity: id, MailboxOwnerId: id, ...withNulls(of(owner), defaults) }];
  },
});

/** Things that a mailbox has several of; without Mailbox the cmdlet returns everybody's. */
const collection = (
  name: string,
  parameters: Cmdlet['parameters'],
  of: (owner: Owner, call: CmdletCall) => Row[],
): Cmdlet => ({
  name,
  parameters: ['Mailbox', ...parameters],
  run: (call) => mailboxesFor(call.file, call.parameters['Mailbox']).flatMap((owner) => of(owner, call)),
});

const sweepRuleId = (owner: Owner, rule: { RuleId?: string | undefined; Name: string }) =>
  rule.RuleId ?? guidOf('sweep rule', userIdOf(owner.user), rule.Name);

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
      const RuleId = sweepRuleId(owner, rule);
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
  {
    name: 'Set-MailboxAutoReplyConfiguration',
    parameters: [
      'Identity',
      'AutoReplyState',
      'ExternalAudience',
      'InternalMessage',
      'ExternalMessage',
      'StartTime',
      'EndTime',
    ],
    run: ({ store, parameters }) => {
      const { mailbox } = requireMailbox(store.file, parameters['Identity']);
      mailbox.autoReply ??= {};
      const { autoReply } = mailbox;
      const names = ['InternalMessage', 'ExternalMessage', 'StartTime', 'EndTime'] as const;
      for (const name of names) {
        const value = parameters[name];
        if (typeof value === 'string') store.write(autoReply, name, value, { fallback: '' });
      }
      const state = states.find((one) => one === parameters['AutoReplyState']);
      if (state) store.write(autoReply, 'AutoReplyState', state, { fallback: 'Disabled' });
      const audience = audiences.find((one) => one === parameters['ExternalAudience']);
      if (audience) store.write(autoReply, 'ExternalAudience', audience, { fallback: 'All' });
      return [];
    },
  },
  ...(
    [
      ['Disable-SweepRule', false],
      ['Enable-SweepRule', true],
    ] as const
  ).map(
    ([name, enabled]): Cmdlet => ({
      name,
      parameters: ['Identity', 'Mailbox'],
      confirms: true,
      run: ({ store, parameters }) => {
        const owner = requireMailbox(store.file, parameters['Mailbox']);
        const id = String(parameters['Identity']);
        const rule = (owner.mailbox.sweepRules ?? []).find((one) =>
          [sweepRuleId(owner, one), one.Name].includes(id),
        );
        if (!rule) throw objectNotFound(id);
        store.write(rule, 'Enabled', enabled, { fallback: true });
        return [];
      },
    }),
  ),
  {
    name: 'Get-MailboxCalendarFolder',
    parameters: ['Identity'],
    run: ({ file, parameters }) => {
      const { calendar } = calendarOf(file, parameters['Identity']);
      const defaults = {
        PublishEnabled: false,
        DetailLevel: 'AvailabilityOnly',
        PublishDateRangeFrom: 'ThreeMonths',
        PublishDateRangeTo: 'ThreeMonths',
        SearchableUrlEnabled: false,
      };
      return [{ Identity: parameters['Identity'], ...withNulls(calendar, defaults) }];
    },
  },
  {
    name: 'Set-MailboxCalendarFolder',
    parameters: [
      'Identity',
      'PublishEnabled',
      'DetailLevel',
      'PublishDateRangeFrom',
      'PublishDateRangeTo',
      'SearchableUrlEnabled',
    ],
    run: ({ store, parameters }) => {
      const { calendar } = calendarOf(store.file, parameters['Identity']);
      const { PublishEnabled: published, SearchableUrlEnabled: searchable } = parameters;
      if (typeof published === 'boolean')
        store.write(calendar, 'PublishEnabled', published, { fallback: false });
      if (typeof searchable === 'boolean')
        store.write(calendar, 'SearchableUrlEnabled', searchable, { fallback: false });
      for (const name of ['PublishDateRangeFrom', 'PublishDateRangeTo'] as const) {
        const value = parameters[name];
        if (typeof value === 'string') store.write(calendar, name, value, { fallback: 'ThreeMonths' });
      }
      const detail = details.find((one) => one === parameters['DetailLevel']);
      if (detail) store.write(calendar, 'DetailLevel', detail, { fallback: 'AvailabilityOnly' });
      return [];
    },
  },
  {
    name: 'Remove-MobileDevice',
    parameters: ['Identity'],
    confirms: true,
    run: ({ store, parameters }) => {
      const identity = String(parameters['Identity']);
      const [alias = ''] = identity.split('\\');
      const { mailbox } = requireMailbox(store.file, alias);
      const devices = mailbox.mobileDevices ?? [];
      const index = devices.findIndex(({ DeviceId }) => identity.endsWith(`§${DeviceId}`));
      if (index < 0) throw objectNotFound(identity);
      store.changing();
      devices.splice(index, 1);
      return [];
    },
  },
];

const states = ['Disabled', 'Enabled', 'Scheduled'] as const;
const audiences = ['None', 'Known', 'All'] as const;
const details = ['AvailabilityOnly', 'LimitedDetails', 'FullDetails', 'Editor'] as const;

/** `adele:\Calendar`; a mailbox whose file names none has the usual one. */
function calendarOf(file: TenantFile, identity: unknown) {
  const [name = '', folder = 'Calendar'] = String(identity).split(':\\');
  const { mailbox } = requireMailbox(file, name);
  const known = mailbox.calendars?.find(({ Folder }) => Folder.toLowerCase() === folder.toLowerCase());
  if (known !== undefined) return { calendar: known };
  if (folder.toLowerCase() !== 'calendar') throw objectNotFound(String(identity));
  return { calendar: { Folder: 'Calendar' } };
}
