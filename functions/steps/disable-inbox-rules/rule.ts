// One inbox rule as Get-InboxRule shows it, through the REST endpoint or PowerShell's ConvertTo-Json. Never judges. A
// missing value, null and an empty list mean the same; what can't be read is named in `unread`.
import { z } from 'zod';
import { type Recipient, recipientsSchema } from '../../../shared/microsoft365/recipients.ts';
import { nullableText } from '../../../shared/model/text.ts';
import type { Json } from '../../../shared/model/words.ts';

export interface InboxRule {
  id: string;
  name: string;
  enabled: boolean;
  /** Hidden from the owner's own programs; null if nobody looked. */
  hidden: boolean | null;
  /** The service itself says that it cannot show the whole rule. */
  incomplete: boolean;
  /** The service says that the rule doesn't work. */
  inError: boolean;
  /** What is set but can't be read, or isn't known here. */
  unread: readonly string[];
  conditions: {
    /** Words looked for in subject and body. One word of a list is enough, but every list must match. */
    words: readonly (readonly string[])[];
    headers: readonly string[];
    senders: readonly Recipient[];
    senderWords: readonly string[];
    recipients: readonly Recipient[];
    recipientWords: readonly string[];
    /** Kinds of message: Calendaring, AutomaticReply, NonDeliveryReport, … */
    types: readonly string[];
    /** Addressed to the owner by name, as nearly every message is. */
    toOwner: boolean;
    hasAttachment: boolean;
    /** Only mail from before this time matches; null if it looks at all incoming mail. */
    until: string | null;
    /** Any other condition that few messages meet, by its name. */
    others: readonly string[];
  };
  hasExceptions: boolean;
  actions: {
    /** Forwarded, as attachment or not, and redirected: each of these sends the mail on. */
    sendsTo: readonly Recipient[];
    /** Informed by text message. */
    texts: readonly Recipient[];
    deletes: boolean;
    /** Name, path or id of the folder. */
    movesTo: string | null;
    copiesTo: string | null;
    marksRead: boolean;
    stops: boolean;
    /** Category, importance, pin, …, by name. */
    others: readonly string[];
  };
}

export type ExportedRule = { [key: string]: Json };
/** A rule as the service returned it, so that it can be kept whole. */
export const exportedRuleSchema: z.ZodType<ExportedRule> = z.record(z.string(), z.json());

export const empty = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === false ||
  value === '' ||
  (typeof value === 'object' && Object.values(value).every(empty));

/** Some logs and exports write this for nothing. Somebody may also have typed it, so what it stands for is not known. */
const nothing = /^\s*(?:<null>|\(null\))\s*$/i;
const saysNothing = (value: Json | undefined) =>
  [value].flat().some((entry) => typeof entry === 'string' && nothing.test(entry));

/** Windows PowerShell writes a list inside an object as `{"value":[…],"Count":1}`. */
const wrappedSchema = z.strictObject({ value: z.array(z.json()), Count: z.number() });
const unwrapped = (value: Json | undefined): Json | undefined =>
  wrappedSchema.safeParse(value).data?.value ?? value;

const text = z.union([z.string(), z.number()]).transform(String);
const identity = z.union([text, z.looseObject({ Name: z.string() }).transform(({ Name }) => Name)]);
const flag = z.union([z.boolean(), z.stringbool()]);
/** An object's type in place of the object: PowerShell cut it off. */
const cutOff = /^(?:System|Microsoft|Deserialized)\.[\w.[\]`]+$/;
const word = text.refine((given) => !cutOff.test(given));
const words = z
  .union([
    word.transform((given) => given.split(/[;,\n]/).filter((entry) => entry.trim() !== '')),
    z.array(word),
  ])
  .transform((given) => given.filter((entry) => entry !== ''));
const recipients = recipientsSchema.refine((all) => all.every(({ name }) => !cutOff.test(name)));
const folder = z
  .union([
    word,
    z
      .looseObject({ FolderPath: nullableText, Name: nullableText })
      .transform(({ FolderPath, Name }) => FolderPath ?? Name ?? ''),
  ])
  // A name made of blanks is a name too, but one that nobody sees.
  .transform((given) => given.trim() || given);
/** `5 MB (5,242,880 bytes)`, `10KB`, or a number of bytes. */
const size = text.transform((given, context) => {
  const [before, more] = given.slice(0, 100).split(/bytes/i);
  if (before !== undefined && more !== undefined) {
    const bytes =
      before
        .trimEnd()
        .split(/[^\d,.]/)
        .at(-1) ?? '';
    if (bytes !== '') return Number(bytes.replaceAll(/[,.]/g, ''));
  }
  const [, number, unit = ''] = /^([\d.]+)\s*([KMG]?)B?$/i.exec(given.trim()) ?? [];
  if (number !== undefined) return Number(number) * 1024 ** ['', 'K', 'M', 'G'].indexOf(unit.toUpperCase());
  context.addIssue('not a size');
  return z.NEVER;
});

/**
 * What JSON.stringify or Windows PowerShell writes for a date. A format that only people of one country can read says
 * nothing.
 */
const day = text
  .transform((given) => {
    const [, milliseconds] = /^\/Date\((-?\d+)\)\/$/.exec(given) ?? [];
    return milliseconds === undefined ? given : new Date(Number(milliseconds)).toISOString();
  })
  .pipe(z.union([z.iso.datetime({ offset: true, local: true }), z.iso.date()]))
  .nullable()
  .catch(null);

/** Conditions that pick few messages just by being there. */
const narrowing = [
  'FlaggedForAction',
  'FromSubscription',
  'HasClassification',
  'MyNameInCcBox',
  'MyNameNotInToBox',
];
const harmlessActions = [
  'ApplyCategory',
  'ApplySystemCategory',
  'DeleteSystemCategory',
  'MarkImportance',
  'PinMessage',
];
/** What a rule shows apart from conditions and actions. */
const aboutTheRule =
  /^(?:Identity|RuleIdentity|Name|Enabled|Priority|Description\w*|InError|ErrorType|SupportedByTask|Legacy|IsValid|ObjectState|MailboxOwnerId|Mailbox|Guid|Id|RunspaceId|PSComputerName|PSShowComputerName|PSSourceJobInstanceId|OriginatingServer|When\w+|LastModified\w*|ExchangeVersion|ConsoleMessage)$|@|^ExceptIf/;
const ignoredConditions = ['ReceivedAfterDate'];

/** Reads a rule field by field: an odd field costs that field, never the rule. */
class Fields {
  readonly unread: string[] = [];
  readonly #rule: ExportedRule;
  readonly #known = new Set<string>();

  constructor(rule: ExportedRule) {
    this.#rule = rule;
  }

  get<T>(name: string, schema: z.ZodType<T>, absent: T): T {
    this.#known.add(name);
    const value = unwrapped(this.#rule[name]);
    if (empty(value)) return absent;
    const read = schema.safeParse(value);
    if (read.success && !saysNothing(value)) return read.data;
    this.unread.push(name);
    return absent;
  }

  present(names: readonly string[]): string[] {
    for (const name of names) this.#known.add(name);
    return names.filter((name) => !empty(this.#rule[name]));
  }

  /** What is set and was never asked for. */
  unknown(): string[] {
    return Object.keys(this.#rule).filter(
      (name) => !this.#known.has(name) && !aboutTheRule.test(name) && !empty(this.#rule[name]),
    );
  }
}

/** Whether it looks like a rule at all: a file may contain something else. */
export const isRule = (exported: ExportedRule): boolean =>
  Object.keys(exported).some((name) => properties.has(name));

const properties = new Set([
  ...['Identity', 'RuleIdentity', 'Name', 'Description', 'ForwardTo', 'ForwardAsAttachmentTo', 'RedirectTo'],
  ...[
    'DeleteMessage',
    'SoftDeleteMessage',
    'MoveToFolder',
    'CopyToFolder',
    'MarkAsRead',
    'StopProcessingRules',
  ],
]);

/** Nearly every message is larger, or smaller. */
const narrowsBySize = (minimum: number, maximum: number) => minimum > 60_000 || maximum < 20_000;

/** Reads what Get-InboxRule returns (https://learn.microsoft.com/powershell/module/exchange/get-inboxrule). */
export function readExchangeRule(exported: ExportedRule, hidden: boolean | null = false): InboxRule {
  const fields = new Fields(exported);
  const list = (name: string) => fields.get(name, words, []);
  const people = (name: string) => fields.get(name, recipients, []);
  const is = (name: string) => fields.get(name, flag, false);
  const importance = fields.get('WithImportance', text, '');
  const sensitivity = fields.get('WithSensitivity', text, '');
  const minimum = fields.get('WithinSizeRangeMinimum', size, 0);
  const maximum = fields.get('WithinSizeRangeMaximum', size, Number.POSITIVE_INFINITY);
  const rule = {
    // RuleIdentity is a 64-bit number that JSON readers round; Identity holds it as text.
    id:
      fields.get('Identity', identity, '') ||
      fields.get('RuleIdentity', text, '') ||
      fields.get('Name', text, ''),
    name: fields.get('Name', text, ''),
    // A rule that does not say whether it is on counts as on: looked at rather than ignored.
    enabled: exported['Enabled'] === false ? false : fields.get('Enabled', flag.catch(true), true),
    hidden,
    incomplete: exported['SupportedByTask'] === false || exported['SupportedByTask'] === 'False',
    inError: is('InError'),
    conditions: {
      words: [
        list('SubjectContainsWords'),
        list('BodyContainsWords'),
        list('SubjectOrBodyContainsWords'),
      ].filter((entries) => entries.length > 0),
      headers: list('HeaderContainsWords'),
      senders: people('From'),
      senderWords: list('FromAddressContainsWords'),
      recipients: people('SentTo'),
      recipientWords: list('RecipientAddressContainsWords'),
      types: list('MessageTypeMatches'),
      toOwner: [is('MyNameInToBox'), is('MyNameInToOrCcBox'), is('SentOnlyToMe')].includes(true),
      hasAttachment: is('HasAttachment'),
      until: fields.get('ReceivedBeforeDate', day, null),
      others: [
        ...fields.present(narrowing),
        // Nearly all mail has normal importance and sensitivity, so those conditions say nothing.
        ...(/^(?:|normal|1)$/i.test(importance) ? [] : [`WithImportance ${importance}`]),
        ...(/^(?:|normal|0)$/i.test(sensitivity) ? [] : ['WithSensitivity']),
        ...(narrowsBySize(minimum, maximum) ? ['WithinSizeRange'] : []),
      ],
    },
    hasExceptions: Object.keys(exported).some((key) => key.startsWith('ExceptIf') && !empty(exported[key])),
    actions: {
      sendsTo: [...people('ForwardTo'), ...people('ForwardAsAttachmentTo'), ...people('RedirectTo')],
      texts: people('SendTextMessageNotificationTo'),
      deletes: [is('DeleteMessage'), is('SoftDeleteMessage')].includes(true),
      movesTo: fields.get('MoveToFolder', folder, '') || null,
      copiesTo: fields.get('CopyToFolder', folder, '') || null,
      marksRead: is('MarkAsRead'),
      stops: is('StopProcessingRules'),
      others: fields.present(harmlessActions),
    },
  };
  // Rules look at mail as it comes in, so this only says from when on they apply.
  fields.present(ignoredConditions);
  return { ...rule, unread: [...fields.unread, ...fields.unknown()] };
}
