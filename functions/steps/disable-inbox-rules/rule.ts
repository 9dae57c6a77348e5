// One shape for inbox rules, whoever described them; read here from Exchange, in message-rule.ts from Graph. Never
// judges. What a service leaves out, or says with null or an empty list, means the same.
import { z } from 'zod';
import { type Recipient, recipientsSchema } from '../../../shared/microsoft365/recipients.ts';
import { nullableText } from '../../../shared/model/text.ts';
import type { Json } from '../../../shared/model/words.ts';

export interface InboxRule {
  id: string;
  name: string;
  enabled: boolean;
  /** Kept from the owner's own programs: Exchange lists it only when asked for hidden rules. */
  hidden: boolean;
  /** The service says itself that it cannot show all of the rule. */
  incomplete: boolean;
  /** The rule in words, as the service puts it. */
  description: string;
  conditions: {
    /** Words looked for in subject and body. Any word of a list will do; every list must be met. */
    words: readonly (readonly string[])[];
    headers: readonly string[];
    senders: readonly Recipient[];
    senderWords: readonly string[];
    recipients: readonly Recipient[];
    recipientWords: readonly string[];
    /** Kinds of message: Calendaring, AutomaticReply, NonDeliveryReport, … */
    types: readonly string[];
    /** Addressed to the owner, by name: true of nearly every message. */
    toOwner: boolean;
    hasAttachment: boolean;
    /** A date that it starts from: true of every message since. */
    since: boolean;
    /** Any other condition, by its name. */
    others: readonly string[];
  };
  hasExceptions: boolean;
  actions: {
    /** Forwarded, as attachment or not, and redirected: all of them send the mail on. */
    sendsTo: readonly Recipient[];
    deletes: boolean;
    /** Name or id of the folder. */
    movesTo: string | null;
    copiesTo: string | null;
    marksRead: boolean;
    stops: boolean;
    /** Category, importance, pin, …, by name. */
    others: readonly string[];
  };
}

export type ExportedRule = { [key: string]: Json };
/** A rule as the service gave it, so that it can be kept whole. */
export const exportedRuleSchema: z.ZodType<ExportedRule> = z.record(z.string(), z.json());

/** What both services write in more than one way, made one. */
export const text = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((given) => String(given ?? ''));
export const flag = z
  .union([z.boolean(), z.stringbool()])
  .nullish()
  .catch(false)
  .transform((given) => given ?? false);
/** A rule that does not say whether it is on, is on: looked at rather than passed over. */
export const enabled = z
  .union([z.boolean(), z.stringbool()])
  .nullish()
  .transform((given) => given ?? true);
export const texts = z
  .union([z.string().transform((given) => given.split(/[;,\n]/)), z.array(z.string())])
  .nullish()
  .transform((given) => (given ?? []).map((entry) => entry.trim()).filter((entry) => entry !== ''));
export const folder = z
  .union([z.string(), z.looseObject({ FolderPath: nullableText, Name: nullableText })])
  .nullish()
  .transform((given) =>
    given === null || given === undefined
      ? null
      : (typeof given === 'string' ? given : (given.FolderPath ?? given.Name ?? '')).trim() || null,
  );

export const empty = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === false ||
  value === '' ||
  (typeof value === 'object' && Object.values(value).every(empty));

export const present = (rule: Readonly<Record<string, unknown>>, names: readonly string[]) =>
  names.filter((name) => !empty(rule[name]));

export const lists = (...all: readonly string[][]) => all.filter((list) => list.length > 0);

const exchangeSchema = z.looseObject({
  Identity: text,
  RuleIdentity: text,
  Name: text,
  Description: z.string().catch(''),
  Enabled: enabled,
  SupportedByTask: z.boolean().nullish(),
  SubjectContainsWords: texts,
  BodyContainsWords: texts,
  SubjectOrBodyContainsWords: texts,
  HeaderContainsWords: texts,
  From: recipientsSchema,
  FromAddressContainsWords: texts,
  SentTo: recipientsSchema,
  RecipientAddressContainsWords: texts,
  MessageTypeMatches: texts,
  MyNameInToBox: flag,
  MyNameInToOrCcBox: flag,
  SentOnlyToMe: flag,
  HasAttachment: flag,
  ForwardTo: recipientsSchema,
  ForwardAsAttachmentTo: recipientsSchema,
  RedirectTo: recipientsSchema,
  SendTextMessageNotificationTo: recipientsSchema,
  DeleteMessage: flag,
  SoftDeleteMessage: flag,
  MoveToFolder: folder,
  CopyToFolder: folder,
  MarkAsRead: flag,
  StopProcessingRules: flag,
});

const exchangeConditions = [
  'FlaggedForAction',
  'FromSubscription',
  'HasClassification',
  'MyNameInCcBox',
  'MyNameNotInToBox',
  'ReceivedBeforeDate',
  'WithImportance',
  'WithinSizeRangeMaximum',
  'WithinSizeRangeMinimum',
  'WithSensitivity',
];
const exchangeActions = [
  'ApplyCategory',
  'ApplySystemCategory',
  'DeleteSystemCategory',
  'MarkImportance',
  'PinMessage',
];

/** Reads what Get-InboxRule returns (https://learn.microsoft.com/powershell/module/exchange/get-inboxrule). */
export function readExchangeRule(exported: ExportedRule, hidden = false): InboxRule {
  const rule = exchangeSchema.parse(exported);
  return {
    // RuleIdentity is a 64-bit number that JSON readers round; Identity holds it as text.
    id: rule.Identity || rule.RuleIdentity || rule.Name,
    name: rule.Name,
    enabled: rule.Enabled,
    hidden,
    incomplete: rule.SupportedByTask === false,
    description: rule.Description,
    conditions: {
      words: lists(rule.SubjectContainsWords, rule.BodyContainsWords, rule.SubjectOrBodyContainsWords),
      headers: rule.HeaderContainsWords,
      senders: rule.From,
      senderWords: rule.FromAddressContainsWords,
      recipients: rule.SentTo,
      recipientWords: rule.RecipientAddressContainsWords,
      types: rule.MessageTypeMatches,
      toOwner: rule.MyNameInToBox || rule.MyNameInToOrCcBox || rule.SentOnlyToMe,
      hasAttachment: rule.HasAttachment,
      since: !empty(exported['ReceivedAfterDate']),
      others: present(exported, exchangeConditions),
    },
    hasExceptions:
      present(
        exported,
        Object.keys(exported).filter((key) => key.startsWith('ExceptIf')),
      ).length > 0,
    actions: {
      sendsTo: [
        ...rule.ForwardTo,
        ...rule.ForwardAsAttachmentTo,
        ...rule.RedirectTo,
        ...rule.SendTextMessageNotificationTo,
      ],
      deletes: rule.DeleteMessage || rule.SoftDeleteMessage,
      movesTo: rule.MoveToFolder,
      copiesTo: rule.CopyToFolder,
      marksRead: rule.MarkAsRead,
      stops: rule.StopProcessingRules,
      others: present(exported, exchangeActions),
    },
  };
}
