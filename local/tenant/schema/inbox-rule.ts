// An inbox rule as Get-InboxRule returns it. Which of its properties are conditions and which are actions is known
// here alone; the rules that Microsoft Graph shows are made from the same list.
import { z } from 'zod';
import { annotations, anything, flag, may, open, text, texts, whole } from './fields.ts';

const conditionLists = [
  'From',
  'FromAddressContainsWords',
  'SubjectContainsWords',
  'BodyContainsWords',
  'SubjectOrBodyContainsWords',
  'HeaderContainsWords',
  'RecipientAddressContainsWords',
  'SentTo',
  'HasClassification',
  'FromSubscription',
] as const;
const conditionFlags = [
  'MyNameInToBox',
  'MyNameInCcBox',
  'MyNameInToOrCcBox',
  'MyNameNotInToBox',
  'SentOnlyToMe',
  'HasAttachment',
] as const;
const conditionTexts = [
  'FlaggedForAction',
  'MessageTypeMatches',
  'WithImportance',
  'WithSensitivity',
  'ReceivedAfterDate',
  'ReceivedBeforeDate',
  'WithinSizeRangeMinimum',
  'WithinSizeRangeMaximum',
] as const;
const actionLists = [
  'ForwardTo',
  'ForwardAsAttachmentTo',
  'RedirectTo',
  'SendTextMessageNotificationTo',
  'ApplyCategory',
] as const;
const actionFlags = [
  'DeleteMessage',
  'SoftDeleteMessage',
  'MarkAsRead',
  'StopProcessingRules',
  'PinMessage',
] as const;
const actionTexts = [
  'MoveToFolder',
  'CopyToFolder',
  'MarkImportance',
  'DeleteSystemCategory',
  'ApplySystemCategory',
] as const;

type Fields<K extends string, T extends z.ZodType> = { [P in K]: z.ZodOptional<z.ZodNullable<T>> };

function fields<const K extends string, T extends z.ZodType>(names: readonly K[], type: T): Fields<K, T> {
  const made: Record<string, z.ZodOptional<z.ZodNullable<T>>> = {};
  for (const name of names) made[name] = may(type);
  const complete = (value: object): value is Fields<K, T> => names.every((name) => name in value);
  if (!complete(made)) throw new Error('a name is missing');
  return made;
}
const except = <const K extends string>(names: readonly K[]) =>
  names.map((name): `ExceptIf${K}` => `ExceptIf${name}`);

const size = z.union([text, whole]);

/** Properties of the rule itself, neither conditions nor actions; some are PowerShell's own and only passed along. */
export const ruleDescription = {
  ...annotations,
  Name: text,
  Enabled: may(flag).describe('Default true'),
  Priority: may(whole).describe('Default: the place in the list'),
  RuleIdentity: may(z.union([text, whole])).describe('Default: a number made from the name'),
  Identity: may(text).describe('Default: alias\\RuleIdentity'),
  Description: may(z.union([text, open])),
  InError: may(flag),
  ErrorType: may(text),
  SupportedByTask: may(flag),
  Legacy: may(flag),
  MailboxOwnerId: may(text),
  Conditions: may(anything),
  Exceptions: may(anything),
  Actions: may(anything),
  IsValid: may(flag),
  ObjectState: may(text),
  RunspaceId: may(text),
  PSComputerName: may(text),
  PSShowComputerName: may(flag),
  hidden: flag.optional().describe('Of the simulation: only Get-InboxRule -IncludeHidden returns it'),
  clientSide: flag.optional().describe('Of the simulation: kept by Outlook, lost when any rule is changed'),
};

export const inboxRuleSchema = z.strictObject({
  ...ruleDescription,
  ...fields(conditionLists, texts),
  ...fields(conditionFlags, flag),
  ...fields(conditionTexts, size),
  ...fields(except(conditionLists), texts),
  ...fields(except(conditionFlags), flag),
  ...fields(except(conditionTexts), size),
  ...fields(actionLists, texts),
  ...fields(actionFlags, flag),
  ...fields(actionTexts, text),
});
