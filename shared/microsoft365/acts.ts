// What the intruder did by the audit log, in a form that a row can hold and other steps can judge: the log is searched
// once, by collect-audit-log, and handed on. Pure. What the owner did is not in here.
import { z } from 'zod';
import type { Json, RunView } from '../run/step.ts';
import { bareAddress, networkOf } from './address.ts';
import { type AuditRecord, type DirectoryAudit, tiedToIntruder } from './audit.ts';
import type { Intruder } from './intruder.ts';
import type { UnifiedRecord } from './unified-audit.ts';

const json: z.ZodType<Json> = z.json();

export const actSchema = z.object({
  at: z.string(),
  activity: z.string(),
  service: z.string().nullable(),
  /** `exchangeAdmin`, `sharePointFileOperation`, …; `directory` for a directory audit. */
  recordType: z.string().nullable(),
  /** What was acted on: a mailbox, a file's address, the name of a directory object. */
  object: z.string().nullable(),
  succeeded: z.boolean(),
  /** What ties it to the intruder, in one sentence. */
  evidence: z.string(),
  /** What the workload says more, cut to what steps judge by. */
  data: z.record(z.string(), json),
});
export type Act = Readonly<z.infer<typeof actSchema>>;

const factsSchema = z.object({ acts: z.array(actSchema), left: z.number() });

/** undefined while the audit log has not answered, or cannot be searched: no proof that nothing was done. */
export function actsIn(run: RunView): readonly Act[] | undefined {
  const facts = run.facts?.['collect-audit-log'];
  return facts === undefined ? undefined : factsSchema.parse(facts).acts;
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

const mostChanges = 300;
const mostOthers = 200;

/** The intruder's records, the latest first; of what is everyday use only so many as a row can hold. */
export function actsOf(
  records: readonly (UnifiedRecord | DirectoryAudit)[],
  intruder: Intruder,
): z.infer<typeof factsSchema> {
  const acts = records
    .toSorted((a, b) => b.time - a.time)
    .flatMap((record) => {
      const evidence = tiedToIntruder(record, intruder);
      return evidence === undefined ? [] : [actOf(record, evidence)];
    });
  const changes = acts.filter(({ activity }) => !isOrdinary(activity));
  const others = acts.filter(({ activity }) => isOrdinary(activity));
  const kept = [...changes.slice(0, mostChanges), ...others.slice(0, mostOthers)];
  return { acts: kept, left: acts.length - kept.length };
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

function actOf(record: UnifiedRecord | DirectoryAudit, evidence: string): Act {
  const common = {
    at: record.at,
    activity: record.activity,
    service: record.service,
    succeeded: record.succeeded,
    evidence,
  };
  if ('targets' in record) {
    const names = record.targets.flatMap(
      ({ userPrincipalName, name, id }) => userPrincipalName ?? name ?? id ?? [],
    );
    const data = { targets: short(record.targets), details: short(Object.fromEntries(record.details)) };
    return { ...common, recordType: 'directory', object: names.join(', ') || null, data };
  }
  const data = Object.fromEntries(
    wanted.flatMap((name) => (record.data[name] === undefined ? [] : [[name, short(record.data[name])]])),
  );
  return { ...common, recordType: record.recordType, object: record.object, data };
}

/** As it is, or the beginning of its text where it is too long for a row. */
function short(value: unknown): Json {
  const parsed = json.safeParse(value);
  const text = JSON.stringify(value) ?? 'null';
  return parsed.success && text.length <= mostCharacters ? parsed.data : text.slice(0, mostCharacters);
}

/** Microsoft's own servers act for users from these; what came from there says nothing about who asked. */
const microsofts = /^(2603:10|2a01:111:|2620:1ec:)/;
const hourMs = 3_600_000;

/**
 * The intruder with the sessions and addresses that the audit log adds: a session is theirs if all of it comes from
 * their addresses, an address if no other session came from it. undefined where nothing is new.
 */
export function widened(records: readonly AuditRecord[], intruder: Intruder): Intruder | undefined {
  let known = intruder;
  for (let grew = true; grew; ) {
    grew = false;
    const networks = new Set(known.addresses.map(networkOf));
    const taken = new Set([...known.addresses, ...known.sharedAddresses].map(networkOf));
    const isTheirs = (record: AuditRecord) => tiedToIntruder(record, known) !== undefined;
    const sessions = newOnes(records, ({ trace }) => trace.session ?? undefined, known.sessions, {
      from: ({ trace }) => networks.has(networkOf(trace.address ?? '')),
      only: isTheirs,
    });
    const addresses = newOnes(records, ({ trace }) => placeOf(trace.address), known.addresses, {
      from: ({ trace }) =>
        known.sessions.includes(trace.session ?? '') &&
        Boolean(trace.userAgent) &&
        !taken.has(networkOf(trace.address ?? '')) &&
        !microsofts.test(trace.address ?? ''),
      only: ({ trace }) => !trace.session || known.sessions.includes(trace.session),
    });
    if (sessions.length + addresses.length === 0) break;
    grew = true;
    known = {
      ...known,
      sessions: [...known.sessions, ...sessions],
      addresses: [...known.addresses, ...addresses],
    };
  }
  const times = records.flatMap((record) => (tiedToIntruder(record, known) === undefined ? [] : record.time));
  const earliest = Math.min(...times) - hourMs;
  const since =
    Number.isFinite(earliest) && (known.since === null || earliest < Date.parse(known.since))
      ? new Date(earliest).toISOString()
      : known.since;
  return known === intruder && since === intruder.since ? undefined : { ...known, since };
}

const placeOf = (address: string | null | undefined) => (address ? bareAddress(address) : undefined);

/** Values that some record shows (`from`), not known yet, and of which no record says otherwise (`only`). */
function newOnes(
  records: readonly AuditRecord[],
  value: (record: AuditRecord) => string | undefined,
  known: readonly string[],
  rule: { from(record: AuditRecord): boolean; only(record: AuditRecord): boolean },
): string[] {
  const found = new Set(records.filter(rule.from).flatMap((record) => value(record) ?? []));
  return [...found].filter(
    (one) =>
      one !== '' &&
      !known.includes(one) &&
      records.every((record) => value(record) !== one || rule.only(record)),
  );
}
