// What the intruder did by the audit log, in a form that a row can hold and other steps can judge: the log is searched
// once, by collect-audit-log, and handed on. Pure. Of what others did only inbox rules are in here: they tell no maker.
import { z } from 'zod';
import { certainties, type Intruder } from '../model/intruder.ts';
import type { RunView } from '../model/step.ts';
import type { Json } from '../model/words.ts';
import { bareAddress } from './address.ts';
import { type Attribution, attemptOf, type DirectoryAudit, tiedToIntruder } from './audit.ts';
import { when } from './describe-trail.ts';
import type { UnifiedRecord } from './unified-audit.ts';

const json: z.ZodType<Json> = z.json();

const actSchema = z.object({
  /** The record's own id: a log that is read again holds it again. */
  id: z.string().default(''),
  at: z.string(),
  activity: z.string(),
  service: z.string().nullable(),
  /** `exchangeAdmin`, `sharePointFileOperation`, …; `directory` for a directory audit. */
  recordType: z.string().nullable(),
  /** What was acted on: a mailbox, a file's address, the name of a directory object. */
  object: z.string().nullable(),
  /** Whose mailbox it was done in or sent as, in lower case, where the workload says. */
  mailbox: z.string().nullable().default(null),
  succeeded: z.boolean(),
  /** What ties it to the intruder, in one sentence. */
  evidence: z.string(),
  /** How sure that is. */
  certainty: z.enum(certainties).default('certain'),
  /** What the workload says more, cut to what steps judge by. */
  data: z.record(z.string(), json),
});
export type Act = Readonly<z.infer<typeof actSchema>>;

const factsSchema = z.object({
  acts: z.array(actSchema),
  /** Inbox rules made by whoever is not known as the intruder; `evidence` says from where. */
  rulesOfOthers: z.array(actSchema).default([]),
  left: z.number(),
});

/** undefined while the audit log has not answered, or cannot be searched: no proof that nothing was done. */
export function actsIn(run: RunView): readonly Act[] | undefined {
  const facts = run.facts?.acts;
  return facts === undefined ? undefined : factsSchema.parse(facts).acts;
}

/** Inbox rules that somebody made who is not known as the intruder: mostly the owner. */
export function rulesOfOthersIn(run: RunView): readonly Act[] {
  const facts = run.facts?.acts;
  return facts === undefined ? [] : factsSchema.parse(facts).rulesOfOthers;
}

const parametersSchema = z.array(z.object({ Name: z.string(), Value: z.string() }));
const given = ({ data }: Act) => parametersSchema.safeParse(data['Parameters']).data ?? [];

/** A parameter of the cmdlet behind an Exchange act: `{"Parameters":[{"Name":"User","Value":"x@evil.example"}]}` */
export const parameterOf = (act: Act, name: string): string | undefined =>
  given(act).find((one) => one.Name.toLowerCase() === name.toLowerCase())?.Value;

/** The values of all of them. */
export const parametersOf = (act: Act): readonly string[] => given(act).map(({ Value }) => Value);

/** Looks and everyday use; thousands of them must not crowd out the changes. */
const ordinary =
  /^(MailItemsAccessed|Send|File(Accessed|AccessedExtended|Previewed|Downloaded|ModifiedExtended|Sync\w+)|Page(Viewed|ViewedExtended|Prefetched)|ListViewed|ClientViewSignaled|Search\w*|UserLog(gedIn|inFailed)|Message\w*|Read\w*)$/;
export const isOrdinary = (activity: string) => ordinary.test(activity);

/** By cmdlet or Outlook on the web; by Outlook itself. */
export const makesRule = /^(New-InboxRule|Set-InboxRule|Enable-InboxRule|UpdateInboxRules)$/i;

const mostChanges = 300;
const mostOthers = 200;
/** An intruder sends to the whole address book, and each message is to be known as theirs. */
const mostSent = 1000;
const mostRules = 50;

/** The intruder's records, the latest first; of what is everyday use only so many as a row can hold. */
export function actsOf(
  records: readonly (UnifiedRecord | DirectoryAudit)[],
  intruder: Intruder,
): z.infer<typeof factsSchema> {
  const acts = records
    .toSorted((a, b) => b.time - a.time)
    .flatMap((record) => {
      const attribution = attemptOf(record, intruder);
      return attribution === undefined ? [] : [actOf(record, attribution)];
    });
  const changes = acts.filter(({ activity }) => !isOrdinary(activity));
  const sent = acts.filter(({ activity }) => activity === sending);
  const others = acts.filter(({ activity }) => isOrdinary(activity) && activity !== sending);
  const kept = [
    ...changes.slice(0, mostChanges),
    ...sent.slice(0, mostSent).map(withoutBulk),
    ...others.slice(0, mostOthers),
  ];
  return { acts: kept, rulesOfOthers: rulesOfOthers(records, intruder), left: acts.length - kept.length };
}

const rulesOfOthers = (records: readonly (UnifiedRecord | DirectoryAudit)[], intruder: Intruder): Act[] =>
  records
    .filter((record) => record.succeeded && makesRule.test(record.activity))
    .filter((record) => tiedToIntruder(record, intruder) === undefined)
    .toSorted((a, b) => b.time - a.time)
    .slice(0, mostRules)
    .map((record) => actOf(record, { evidence: madeFrom(record), certainty: 'likely' }));

const madeFrom = ({ trace, time }: UnifiedRecord | DirectoryAudit) =>
  `made from ${trace.address ? bareAddress(trace.address) : 'an unknown address'}, which is not known as the intruder's, at ${when(time)}`;

const sending = 'Send';
const itemSchema = z.looseObject({ InternetMessageId: z.string() });

/** Of a message that was sent only what it is known by. */
function withoutBulk(act: Act): Act {
  const item = itemSchema.safeParse(act.data['Item']).data;
  if (item === undefined) return act;
  const subject = typeof item['Subject'] === 'string' ? { Subject: item['Subject'].slice(0, 200) } : {};
  return { ...act, data: { Item: { InternetMessageId: item.InternetMessageId, ...subject } } };
}

/** What steps judge by; the rest is in the attachment. */
const wanted = [
  'Parameters',
  'Item',
  'OperationProperties',
  'ModifiedProperties',
  'Target',
  'MailboxOwnerUPN',
  'SourceFileName',
  'SourceRelativeUrl',
  'SiteUrl',
  'TargetUserOrGroupName',
  'TargetUserOrGroupType',
  'EventData',
  'Permission',
  'SharingLinkScope',
  'UniqueSharingId',
];
const mostCharacters = 2000;

function actOf(record: UnifiedRecord | DirectoryAudit, { evidence, certainty }: Attribution): Act {
  const common = {
    id: record.id,
    at: record.at,
    activity: record.activity,
    service: record.service,
    succeeded: record.succeeded,
    evidence,
    certainty,
  };
  if ('targets' in record) {
    const names = record.targets.flatMap(
      ({ userPrincipalName, name, id }) => userPrincipalName ?? name ?? id ?? [],
    );
    const data = { targets: short(record.targets), details: short(Object.fromEntries(record.details)) };
    return { ...common, recordType: 'directory', object: names.join(', ') || null, mailbox: null, data };
  }
  const data = Object.fromEntries(
    wanted.flatMap((name) => (record.data[name] === undefined ? [] : [[name, short(record.data[name])]])),
  );
  return {
    ...common,
    recordType: record.recordType,
    object: record.object,
    mailbox: mailboxIn(record.data),
    data,
  };
}

/** A message is sent as somebody from one's own mailbox, so the sender counts before the owner. */
function mailboxIn(data: UnifiedRecord['data']): string | null {
  for (const name of ['SendAsUserSmtp', 'SendOnBehalfOfUserSmtp', 'MailboxOwnerUPN']) {
    const value = data[name];
    if (typeof value === 'string' && value !== '') return value.toLowerCase();
  }
  return null;
}

/** As it is, or the beginning of its text where it is too long for a row. */
function short(value: unknown): Json {
  const parsed = json.safeParse(value);
  const text = JSON.stringify(value) ?? 'null';
  return parsed.success && text.length <= mostCharacters ? parsed.data : text.slice(0, mostCharacters);
}
