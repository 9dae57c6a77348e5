// Inbox rules as Microsoft Graph describes them: no hidden ones, folders as ids, and for what it cannot express an
// empty rule that is read-only.
import { z } from 'zod';
import { recipientsSchema } from '../../../shared/microsoft365/recipients.ts';
import {
  type ExportedRule,
  empty,
  enabled,
  flag,
  folder,
  type InboxRule,
  lists,
  present,
  text,
  texts,
} from './rule.ts';

const predicatesSchema = z.looseObject({
  subjectContains: texts,
  bodyContains: texts,
  bodyOrSubjectContains: texts,
  headerContains: texts,
  fromAddresses: recipientsSchema,
  senderContains: texts,
  sentToAddresses: recipientsSchema,
  recipientContains: texts,
  sentToMe: flag,
  sentToOrCcMe: flag,
  sentOnlyToMe: flag,
  hasAttachments: flag,
});

const graphActionsSchema = z.looseObject({
  delete: flag,
  permanentDelete: flag,
  moveToFolder: folder,
  copyToFolder: folder,
  forwardTo: recipientsSchema,
  forwardAsAttachmentTo: recipientsSchema,
  redirectTo: recipientsSchema,
  markAsRead: flag,
  stopProcessingRules: flag,
});

const messageRuleSchema = z.looseObject({
  id: text,
  displayName: text,
  isEnabled: enabled,
  isReadOnly: flag,
  conditions: predicatesSchema.nullish().transform((given) => given ?? predicatesSchema.parse({})),
  exceptions: z.unknown().optional(),
  actions: graphActionsSchema.nullish().transform((given) => given ?? graphActionsSchema.parse({})),
});

const graphTypes: Readonly<Record<string, string>> = {
  isMeetingRequest: 'Calendaring',
  isMeetingResponse: 'CalendaringResponse',
  isAutomaticReply: 'AutomaticReply',
  isAutomaticForward: 'AutomaticForward',
  isNonDeliveryReport: 'NonDeliveryReport',
  isReadReceipt: 'ReadReceipt',
  isVoicemail: 'Voicemail',
};
const graphConditions = [
  'categories',
  'importance',
  'isApprovalRequest',
  'isEncrypted',
  'isPermissionControlled',
  'isSigned',
  'messageActionFlag',
  'notSentToMe',
  'sensitivity',
  'sentCcMe',
  'withinSizeRange',
];

/** Reads a messageRule (https://learn.microsoft.com/graph/api/resources/messagerule); folders are ids there. */
export function readMessageRule(exported: ExportedRule): InboxRule {
  const { conditions, actions, ...rule } = messageRuleSchema.parse(exported);
  return {
    id: rule.id || rule.displayName,
    name: rule.displayName,
    enabled: rule.isEnabled,
    hidden: false,
    incomplete: rule.isReadOnly,
    description: '',
    conditions: {
      words: lists(conditions.subjectContains, conditions.bodyContains, conditions.bodyOrSubjectContains),
      headers: conditions.headerContains,
      senders: conditions.fromAddresses,
      senderWords: conditions.senderContains,
      recipients: conditions.sentToAddresses,
      recipientWords: conditions.recipientContains,
      types: present(conditions, Object.keys(graphTypes)).map((key) => graphTypes[key] ?? key),
      toOwner: conditions.sentToMe || conditions.sentToOrCcMe || conditions.sentOnlyToMe,
      hasAttachment: conditions.hasAttachments,
      since: false,
      others: present(conditions, graphConditions),
    },
    hasExceptions: !empty(rule.exceptions),
    actions: {
      sendsTo: [...actions.forwardTo, ...actions.forwardAsAttachmentTo, ...actions.redirectTo],
      deletes: actions.delete || actions.permanentDelete,
      movesTo: actions.moveToFolder,
      copiesTo: actions.copyToFolder,
      marksRead: actions.markAsRead,
      stops: actions.stopProcessingRules,
      others: present(actions, ['assignCategories', 'markImportance']),
    },
  };
}
