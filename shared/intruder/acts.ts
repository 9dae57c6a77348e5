// What the intruder did according to the audit log, in a form that a row can hold and other steps can judge:
// collect-audit-log searches the log once and hands this on. Pure. Of what others did, only inbox rules are included: a
// rule itself doesn't name its maker.
import { z } from 'zod';
import { certainties, type Intruder, type StoredTrace, storedTraceSchema } from '../model/intruder.ts';
import type { RunView } from '../model/step.ts';
import type { Json } from '../model/words.ts';
import { bareAddress } from './address.ts';
import { type Attribution, attemptOf, type DirectoryAudit, tiedToIntruder } from './audit.ts';
import { when } from './describe-trail.ts';
import { storedTrace, type Trace } from './tie.ts';
import type { UnifiedRecord } from './unified-audit.ts';

const json: z.ZodType<Json> = z.json();

export const actSchema = z.object({
  /** The record's own id: the same record comes back when the log is read again. */
  id: z.string().default(''),
  at: z.string(),
  activity: z.string(),
  service: z.string().nullable(),
  /** `exchangeAdmin`, `sharePointFileOperation`, …; `directory` for a directory audit. */
  recordType: z.string().nullable(),
  /** What was acted on: a mailbox, a file's address, the name of a directory object. */
  object: z.string().nullable(),
  /** The mailbox in which it was done or as which it was sent, in lower case, if the workload says. */
  mailbox: z.string().nullable().default(null),
  succeeded: z.boolean(),
  /** What ties it to the intruder, in one sentence. */
  evidence: z.string(),
  /** How sure that is. */
  certainty: z.enum(certainties).default('certain'),
  /** What the log said about who acted, so that it can be judged again when more is known. */
  trace: storedTraceSchema.nullable().default(null),
  /** What else the workload says, cut to what steps judge by. */
  data: z.record(z.string(), json),
});
export type Act = Readonly<z.infer<typeof actSchema>>;

const factsSchema = z.object({
  acts: z.array(actSchema),
  /** Inbox rules made by somebody not known as the intruder; `evidence` says from where. */
  rulesOfOthers: z.array(actSchema).default([]),
  left: z.number(),
  /** Whether the unified audit log returned anything; an empty answer doesn't count. */
  unified: z.boolean().default(true),
});
type Facts = z.infer<typeof factsSchema>;

const factsIn = (run: RunView): Facts | undefined => {
  const facts = run.facts?.acts;
  return facts === undefined ? undefined : factsSchema.parse(facts);
};

/**
 * undefined while the audit log has not answered, or if it cannot be searched: that is no proof that nothing was done.
 */
export function actsIn(run: RunView): readonly Act[] | undefined {
  return factsIn(run)?.acts;
}

/**
 * Whether the unified audit log can be trusted to name who made a thing: `pending` while it is being asked, `unread` if
 * it could not be read or returned nothing at all, which says nothing about anybody.
 */
export function auditLogIn(run: RunView): 'pending' | 'read' | 'unread' {
  const facts = factsIn(run);
  if (facts !== undefined) return facts.unified ? 'read' : 'unread';
  return run.answered?.includes('acts') ? 'unread' : 'pending';
}

/** Inbox rules made by somebody not known as the intruder: mostly the owner. */
export function rulesOfOthersIn(run: RunView): readonly Act[] {
  return factsIn(run)?.rulesOfOthers ?? [];
}

/** What ties a change to the intruder, and who acted according to the log; for a change that this act made. */
export const tiedBy = ({ evidence, trace }: Act): { evidence: string; by?: StoredTrace } => ({
  evidence,
  ...(trace === null ? {} : { by: trace }),
});

const pairsSchema = z.array(z.unknown());
const pairSchema = z.looseObject({ Name: z.string(), Value: z.unknown() });
const asText = (value: unknown): string =>
  typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value);

/**
 * Names and values as workloads write them: `[{"Name":"RuleName","Value":"x"}]`. Some have no value, some a value that
 * is not text; an unreadable pair is dropped alone.
 */
export const pairsIn = (act: Act, field: 'Parameters' | 'OperationProperties'): ReadonlyMap<string, string> =>
  new Map(
    (pairsSchema.safeParse(act.data[field]).data ?? []).toReversed().flatMap((one) => {
      const pair = pairSchema.safeParse(one).data;
      return pair === undefined ? [] : [[pair.Name.toLowerCase(), asText(pair.Value)] as const];
    }),
  );

/** A parameter of the cmdlet behind an Exchange act: `{"Parameters":[{"Name":"User","Value":"x@evil.example"}]}` */
export const parameterOf = (act: Act, name: string): string | undefined =>
  pairsIn(act, 'Parameters').get(name.toLowerCase());

/** The values of all its parameters. */
export const parametersOf = (act: Act): readonly string[] => [...pairsIn(act, 'Parameters').values()];

/** Reading and everyday use; thousands of these must not crowd out the changes. */
const ordinary =
  /^(MailItemsAccessed|Send|File(Accessed|AccessedExtended|Previewed|Downloaded|ModifiedExtended|Sync\w+)|Page(Viewed|ViewedExtended|Prefetched)|ListViewed|ClientViewSignaled|Search\w*|UserLog(gedIn|inFailed)|Message\w*|Read\w*)$/;
export const isOrdinary = (activity: string) => ordinary.test(activity);

/** Made by cmdlet or Outlook on the web; the last one by Outlook itself. */
export const makesRule = /^(New-InboxRule|Set-InboxRule|Enable-InboxRule|UpdateInboxRules)$/i;

/** The same acts come in the same order, whatever order the pages came in. */
const latestFirst = (a: { time: number; id: string }, b: { time: number; id: string }) =>
  b.time - a.time || (a.id < b.id ? -1 : 1);
const latestActFirst = (a: Act, b: Act) =>
  latestFirst({ ...a, time: Date.parse(a.at) }, { ...b, time: Date.parse(b.at) });

const mostChanges = 300;
const mostOthers = 200;
/** An intruder sends to the whole address book, and each message must be recognised as theirs. */
const mostSent = 1000;
const mostRules = 50;

/** The intruder's records, latest first; of everyday use only as many as a row can hold. */
export function actsOf(
  records: readonly (UnifiedRecord | DirectoryAudit)[],
  intruder: Intruder,
): Omit<Facts, 'unified'> {
  const acts = records.toSorted(latestFirst).flatMap((record) => {
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
  return {
    acts: kept.toSorted(latestActFirst),
    rulesOfOthers: rulesOfOthers(records, intruder),
    left: acts.length - kept.length,
  };
}

/**
 * The acts of an earlier reading that this one lacks, judged by what is known now: a later search may miss what an
 * earlier one found, and if a mark turns out to be the owner's, the acts that rested on it go too.
 */
export function withEarlier(
  facts: Omit<Facts, 'unified'>,
  records: readonly (UnifiedRecord | DirectoryAudit)[],
  run: RunView,
  intruder: Intruder,
): Omit<Facts, 'unified'> {
  const earlier = factsIn(run);
  if (earlier === undefined) return facts;
  const read = new Set(records.map(({ id }) => id));
  const missed = (acts: readonly Act[]) => acts.filter(({ id }) => !read.has(id));
  const acts = missed(earlier.acts).flatMap((act) => {
    const attribution = act.trace === null ? act : attributed(act.at, act.trace, intruder);
    return attribution === undefined
      ? []
      : [{ ...act, evidence: attribution.evidence, certainty: attribution.certainty }];
  });
  return {
    acts: [...facts.acts, ...acts].toSorted(latestActFirst),
    rulesOfOthers: [
      ...facts.rulesOfOthers,
      ...missed(earlier.rulesOfOthers).filter(
        ({ at, trace }) => trace === null || attributed(at, trace, intruder) === undefined,
      ),
    ],
    left: Math.max(facts.left, earlier.left),
  };
}

const attributed = (at: string, trace: Trace, intruder: Intruder) =>
  attemptOf({ time: Date.parse(at), trace }, intruder);

const rulesOfOthers = (records: readonly (UnifiedRecord | DirectoryAudit)[], intruder: Intruder): Act[] =>
  records
    .filter((record) => record.succeeded && makesRule.test(record.activity))
    .filter((record) => tiedToIntruder(record, intruder) === undefined)
    .toSorted(latestFirst)
    .slice(0, mostRules)
    .map((record) => actOf(record, { evidence: madeFrom(record), certainty: 'likely' }));

const madeFrom = ({ trace, time }: UnifiedRecord | DirectoryAudit) =>
  `made from ${trace.address ? bareAddress(trace.address) : 'an unknown address'}, which is not known as the intruder's, at ${when(time)}`;

const sending = 'Send';
const itemSchema = z.looseObject({ InternetMessageId: z.string() });

/** For a sent message, only what identifies it. */
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
  'SendAsUserSmtp',
  'SendOnBehalfOfUserSmtp',
  'OperationCount',
  'DeviceId',
  'ClientInfoString',
  'SourceFileName',
  'SourceRelativeUrl',
  'SiteUrl',
  'TargetUserOrGroupName',
  'TargetUserOrGroupType',
  'EventData',
  'Permission',
  'SharingLinkScope',
  'UniqueSharingId',
  'TeamName',
  'ChannelName',
  'ChatName',
  'ChatThreadId',
  'AddOnName',
  'AppName',
  'FlowDetailsUrl',
  'FlowConnectorNames',
  'FormName',
  'ReportName',
  'WorkSpaceName',
  'GroupName',
];
function actOf(record: UnifiedRecord | DirectoryAudit, { evidence, certainty }: Attribution): Act {
  const common = {
    id: record.id,
    at: record.at,
    activity: record.activity,
    service: record.service,
    succeeded: record.succeeded,
    evidence,
    certainty,
    trace: storedTrace(record.trace),
  };
  if ('targets' in record) {
    const names = record.targets.flatMap(
      ({ userPrincipalName, name, id }) => userPrincipalName ?? name ?? id ?? [],
    );
    const data = { targets: short(record.targets), details: short(Object.fromEntries(record.details)) };
    return { ...common, recordType: 'directory', object: names.join(', ') || null, mailbox: null, data };
  }
  const data = Object.fromEntries(
    wanted.flatMap((name) => (record.data[name] == null ? [] : [[name, short(record.data[name])]])),
  );
  return {
    ...common,
    recordType: record.recordType,
    object: record.object,
    mailbox: mailboxIn(record.data),
    data,
  };
}

/** A message may be sent as somebody else from one's own mailbox, so the sender counts before the mailbox owner. */
function mailboxIn(data: UnifiedRecord['data']): string | null {
  for (const name of ['SendAsUserSmtp', 'SendOnBehalfOfUserSmtp', 'MailboxOwnerUPN']) {
    const value = data[name];
    if (typeof value === 'string' && value !== '') return value.toLowerCase();
  }
  return null;
}

const mostOfText = 400;
const mostEntries = 60;
const mostLeaves = 400;
const deepest = 6;

/**
 * Small enough for a row: long texts and lists are cut, but never the structure, since a name or an id behind a long
 * condition is what ties a change to its maker.
 */
function short(value: unknown, depth = 0, budget = { left: mostLeaves }): Json {
  const into = (one: unknown) => short(one, depth + 1, budget);
  budget.left -= 1;
  if (typeof value === 'string') return value.length > mostOfText ? `${value.slice(0, mostOfText)}…` : value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'boolean') return value;
  if (value === null || typeof value !== 'object' || depth === deepest || budget.left <= 0) return null;
  if (Array.isArray(value)) return value.slice(0, mostEntries).map(into);
  const entries = Object.entries(value).slice(0, mostEntries);
  return Object.fromEntries(entries.map(([name, one]) => [name, into(one)]));
}
