// Exchange Online in the tenant file. Names that begin with a capital are Exchange's own and come back from the
// cmdlets; the others are Microsoft Graph's, or the simulation's where it says so.
import { z } from 'zod';
import { delegateProperties } from './delegate.ts';
import { annotations, flag, guid, instant, may, open, text, texts, whole } from './fields.ts';
import { inboxRuleSchema } from './inbox-rule.ts';
import { mailboxOptions } from './mailbox-options.ts';

export const mailFolderProperties = {
  displayName: text,
  id: text.optional(),
  parentFolderId: may(text),
  isHidden: may(flag),
  childFolderCount: may(whole),
  totalItemCount: may(whole),
  unreadItemCount: may(whole),
};
const mailFolderSchema = z.strictObject({
  ...annotations,
  ...mailFolderProperties,
  wellKnownName: text.optional().describe('Of the simulation: inbox, sentitems, deleteditems, …'),
});

export const messageProperties = {
  id: text.optional(),
  subject: may(text),
  sentDateTime: may(instant),
  receivedDateTime: may(instant),
  createdDateTime: may(instant),
  lastModifiedDateTime: may(instant),
  toRecipients: may(z.array(open)),
  ccRecipients: may(z.array(open)),
  bccRecipients: may(z.array(open)),
  replyTo: may(z.array(open)),
  from: may(open),
  sender: may(open),
  body: may(open),
  bodyPreview: may(text),
  internetMessageId: may(text),
  internetMessageHeaders: may(z.array(open)),
  conversationId: may(text),
  parentFolderId: may(text),
  hasAttachments: may(flag),
  importance: may(z.enum(['low', 'normal', 'high'])),
  isRead: may(flag),
  isDraft: may(flag),
  categories: may(texts),
  webLink: may(text),
};
export const messageSchema = z.strictObject({
  ...annotations,
  ...messageProperties,
  attachments: z.array(open).optional(),
});

export const mailboxSettingsProperties = {
  archiveFolder: may(text),
  automaticRepliesSetting: may(open),
  dateFormat: may(text),
  delegateMeetingMessageDeliveryOptions: may(text),
  language: may(open),
  timeFormat: may(text),
  timeZone: may(text),
  userPurpose: may(text),
  workingHours: may(open),
};

export const mailboxSchema = z.strictObject({
  PrimarySmtpAddress: may(text).describe('Default: the user principal name'),
  EmailAddresses: may(texts),
  Alias: may(text).describe('Default: the part of the user principal name before the @'),
  RecipientTypeDetails: may(text).describe('Default UserMailbox'),
  ExchangeGuid: may(guid),
  ForwardingAddress: may(text).describe('An internal recipient, or a mail contact that points outside'),
  ForwardingSmtpAddress: may(text).describe('smtp:somebody@elsewhere.example'),
  DeliverToMailboxAndForward: may(flag).describe('Default false'),
  GrantSendOnBehalfTo: may(texts),
  HiddenFromAddressListsEnabled: may(flag),
  LitigationHoldEnabled: may(flag),
  WhenMailboxCreated: may(instant),
  cas: z
    .strictObject({
      ActiveSyncEnabled: may(flag),
      EwsEnabled: may(flag),
      EwsAllowOutlook: may(flag),
      ImapEnabled: may(flag),
      MAPIEnabled: may(flag),
      MacOutlookEnabled: may(flag),
      OneWinNativeOutlookEnabled: may(flag),
      OutlookMobileEnabled: may(flag),
      OWAEnabled: may(flag),
      OWAforDevicesEnabled: may(flag),
      PopEnabled: may(flag),
      UniversalOutlookEnabled: may(flag),
      SmtpClientAuthenticationDisabled: may(flag).describe('null: as the organisation has it'),
      ActiveSyncAllowedDeviceIDs: may(texts),
      ActiveSyncBlockedDeviceIDs: may(texts),
    })
    .optional()
    .describe('What Get-CASMailbox returns; a protocol left out is on'),
  ...delegateProperties,
  inboxRules: z.array(inboxRuleSchema).optional().describe('As Get-InboxRule returns them'),
  mailFolders: z.array(mailFolderSchema).optional().describe('Beside the well-known ones'),
  sentItems: z.array(messageSchema).optional().describe('Messages in Sent Items'),
  messages: z
    .array(
      messageSchema.extend({
        folder: text
          .optional()
          .describe(
            'Of the simulation: deleteditems, recoverableitemsdeletions, … or the name of a folder. Default inbox',
          ),
      }),
    )
    .optional()
    .describe('Messages in other folders'),
  ...mailboxOptions,
  mailboxSettings: z.strictObject(mailboxSettingsProperties).optional(),
});

export const recipientSchema = z.strictObject({
  Name: text,
  PrimarySmtpAddress: text.describe('For a mail contact its external address'),
  RecipientTypeDetails: z
    .enum(['MailContact', 'MailUser', 'GuestMailUser', 'MailUniversalDistributionGroup', 'GroupMailbox'])
    .describe('Mailboxes need not be listed'),
  Alias: may(text),
  DisplayName: may(text),
  ExternalEmailAddress: may(text),
  EmailAddresses: may(texts),
  ExternalDirectoryObjectId: may(text),
  Guid: may(guid),
});

export const acceptedDomainSchema = z.strictObject({
  DomainName: text,
  DomainType: may(z.enum(['Authoritative', 'InternalRelay', 'ExternalRelay'])).describe(
    'Default Authoritative',
  ),
  Default: may(flag),
  MatchSubDomains: may(flag),
});

export const blockedSenderSchema = z.strictObject({
  SenderAddress: text.describe('The user principal name of a hosted mailbox'),
  Reason: may(text),
  CreatedDatetime: may(instant),
  unblocksLeft: whole
    .optional()
    .describe('Of the simulation: how often the service still lifts it; default 3'),
});

export const sentMailSchema = z.strictObject({
  from: text,
  sentDateTime: instant,
  saveToSentItems: flag,
  message: open.describe('The message as it was handed to sendMail'),
});
