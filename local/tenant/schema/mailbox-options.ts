// What an owner, or an intruder, sets up in a mailbox beside rules and forwarding, as the cmdlets return it.
import { z } from 'zod';
import { flag, instant, may, text, texts, whole } from './fields.ts';

export const mailboxOptions = {
  autoReply: z
    .strictObject({
      AutoReplyState: may(z.enum(['Disabled', 'Enabled', 'Scheduled'])).describe('Default Disabled'),
      ExternalAudience: may(z.enum(['None', 'Known', 'All'])).describe('Default All'),
      InternalMessage: may(text),
      ExternalMessage: may(text),
      StartTime: may(instant),
      EndTime: may(instant),
    })
    .optional()
    .describe('What Get-MailboxAutoReplyConfiguration returns'),
  messageConfiguration: z
    .strictObject({
      AutoAddSignature: may(flag).describe('Default false'),
      AutoAddSignatureOnReply: may(flag).describe('Default false'),
      SignatureText: may(text),
      SignatureHtml: may(text),
    })
    .optional()
    .describe('What Get-MailboxMessageConfiguration returns'),
  junkEmail: z
    .strictObject({
      Enabled: may(flag).describe('Default true'),
      BlockedSendersAndDomains: may(texts),
      TrustedSendersAndDomains: may(texts),
      TrustedRecipientsAndDomains: may(texts),
      ContactsTrusted: may(flag).describe('Default false'),
      TrustedListsOnly: may(flag).describe('Default false'),
    })
    .optional()
    .describe('What Get-MailboxJunkEmailConfiguration returns'),
  calendars: z
    .array(
      z.strictObject({
        Folder: text.describe('Calendar, or another folder of that kind'),
        PublishEnabled: may(flag).describe('Default false'),
        DetailLevel: may(z.enum(['AvailabilityOnly', 'LimitedDetails', 'FullDetails', 'Editor'])),
        PublishDateRangeFrom: may(text),
        PublishDateRangeTo: may(text),
        SearchableUrlEnabled: may(flag).describe('Default false'),
      }),
    )
    .optional()
    .describe('What Get-MailboxCalendarFolder returns. Default: one, not published'),
  sweepRules: z
    .array(
      z.strictObject({
        Name: text,
        RuleId: text.optional(),
        Enabled: may(flag).describe('Default true'),
        Provider: may(text),
        Sender: may(text),
        SourceFolder: may(text),
        DestinationFolder: may(text),
        KeepForDays: may(whole),
        KeepLatest: may(whole),
      }),
    )
    .optional()
    .describe('What Get-SweepRule returns'),
  apps: z
    .array(
      z.strictObject({
        DisplayName: text,
        AppId: text.optional(),
        AppVersion: may(text),
        ProviderName: may(text),
        Description: may(text),
        Enabled: may(flag).describe('Default true'),
        Scope: may(z.enum(['User', 'Organization', 'Default'])).describe('Default User'),
        Type: may(text).describe('MarketPlace, Private, Default'),
        Requirements: may(text),
      }),
    )
    .optional()
    .describe('Add-ins that Get-App returns for the mailbox'),
  mobileDevices: z
    .array(
      z.strictObject({
        DeviceId: text,
        FriendlyName: may(text),
        DeviceType: may(text),
        DeviceModel: may(text),
        DeviceOS: may(text),
        DeviceUserAgent: may(text),
        ClientType: may(z.enum(['EAS', 'Outlook', 'REST', 'MOWA'])).describe('Default EAS'),
        DeviceAccessState: may(z.enum(['Allowed', 'Blocked', 'Quarantined', 'Unknown'])).describe(
          'Default Allowed',
        ),
        FirstSyncTime: may(instant),
        WhenCreated: may(instant),
      }),
    )
    .optional()
    .describe('Phone partnerships that Get-MobileDevice returns'),
};
