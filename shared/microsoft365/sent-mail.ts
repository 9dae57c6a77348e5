// What was sent from a mailbox, from three sources that each know a part: Sent Items, where an intruder deletes copies; the
// message trace, which keeps everything; and the audit log, which knows who sent it. Pure.
import { z } from 'zod';
import type { Act } from '../intruder/acts.ts';
import { when } from '../intruder/describe-trail.ts';
import { storedTrace, tieToIntruder } from '../intruder/tie.ts';
import { type Intruder, type StoredTrace, storedTraceSchema } from '../model/intruder.ts';
import type { RunView } from '../model/step.ts';
import { nullableText } from '../model/text.ts';
import { withoutCodes } from './mask-codes.ts';
import type { MessageTrace } from './message-trace.ts';
import { isInside, recipientsSchema } from './recipients.ts';

/** A message in Sent Items (https://learn.microsoft.com/graph/api/resources/message), without its body. */
export const sentCopySchema = z.object({
  subject: nullableText,
  sentDateTime: z.string(),
  internetMessageId: nullableText,
  toRecipients: recipientsSchema,
  ccRecipients: recipientsSchema,
  bccRecipients: recipientsSchema,
});
export type SentCopy = z.infer<typeof sentCopySchema>;
export const sentCopySelect = Object.keys(sentCopySchema.shape).join(',');

export interface SentMail {
  /** Message-ID without brackets, in lower case. */
  messageId: string;
  /** Microsoft's own id for it, by which Defender finds it; only the trace has it. */
  networkId: string | null;
  at: string;
  subject: string;
  /** Address in lower case, and what became of the message there, if the trace knows. */
  recipients: Map<string, string | null>;
  /** Whether a copy is still in Sent Items. */
  kept: boolean;
  /** What ties it to the intruder. */
  evidence: string | null;
  /** Who sent it according to the audit log. */
  by: StoredTrace | null;
}

const idOf = (messageId: string) => messageId.trim().replace(/^<|>$/g, '').toLowerCase();
const itemSchema = z.object({ InternetMessageId: z.string(), Subject: nullableText });
const sending = /^(Send|SendAs|SendOnBehalf)$/;

/** Everything that any source knows, latest first. */
export function uniteSentMail(sources: {
  copies: readonly SentCopy[];
  traces: readonly MessageTrace[];
  /** For mailboxes that the intruder sent as: what their own people sent doesn't matter here. */
  tracesOfOthers?: readonly MessageTrace[];
  acts: readonly Act[];
  intruder: Intruder;
}): SentMail[] {
  const all = new Map<string, SentMail>();
  const named = (messageId: string, at: string, subject: string): SentMail => {
    const id = idOf(messageId) || `${at} ${subject}`;
    const mail = all.get(id) ?? {
      messageId: id,
      networkId: null,
      at,
      subject: withoutCodes(subject),
      recipients: new Map(),
      kept: false,
      evidence: null,
      by: null,
    };
    all.set(id, mail);
    return mail;
  };
  for (const copy of sources.copies) {
    const mail = named(copy.internetMessageId ?? '', copy.sentDateTime, copy.subject ?? '');
    mail.kept = true;
    for (const { address } of [copy.toRecipients, copy.ccRecipients, copy.bccRecipients].flat()) {
      if (address !== null) mail.recipients.set(address, null);
    }
  }
  const theirs = new Set(messagesIn(sources.acts).map(({ item }) => idOf(item.InternetMessageId)));
  const asOthers = (sources.tracesOfOthers ?? []).filter(
    (trace) => theirs.has(idOf(trace.messageId)) || handedIn(trace, sources.intruder) !== null,
  );
  for (const trace of [...sources.traces, ...asOthers]) {
    const mail = named(trace.messageId, trace.receivedDateTime, trace.subject);
    mail.networkId = trace.id;
    mail.recipients.set(trace.recipientAddress.toLowerCase(), trace.status || null);
    const handed = handedIn(trace, sources.intruder);
    if (handed === null || mail.evidence !== null) continue;
    mail.evidence = handed;
    mail.by = storedTrace({ address: trace.fromIP });
  }
  for (const { act, item } of messagesIn(sources.acts)) {
    const mail = named(item.InternetMessageId, act.at, item.Subject ?? '');
    mail.evidence = act.evidence;
    mail.by = act.trace;
  }
  return [...all.values()].toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

/** What the log says was sent, with the message that it names. */
const messagesIn = (acts: readonly Act[]) =>
  acts.flatMap((act) => {
    const item = sending.test(act.activity) && act.succeeded && itemSchema.safeParse(act.data['Item']).data;
    return item ? [{ act, item }] : [];
  });

/** The addresses that the intruder sent as, each once, in lower case. */
export const sendersIn = (acts: readonly Act[]): string[] => [
  ...new Set(messagesIn(acts).flatMap(({ act: { mailbox } }) => (mailbox?.includes('@') ? [mailbox] : []))),
];

/** From an address that is only the intruder's, and not before they came. */
function handedIn({ fromIP, receivedDateTime }: MessageTrace, intruder: Intruder): string | null {
  const time = Date.parse(receivedDateTime);
  if (intruder.since !== null && time < Date.parse(intruder.since)) return null;
  const tie = tieToIntruder(intruder, { address: fromIP });
  return tie === undefined ? null : `sent ${tie} at ${when(time)}`;
}

const factsSchema = z.object({
  messages: z.array(
    z.object({
      networkId: z.string().nullable(),
      at: z.string(),
      subject: z.string(),
      evidence: z.string(),
      by: storedTraceSchema.nullable().default(null),
      /** How many recipients inside. */
      inside: z.number(),
    }),
  ),
  left: z.number(),
});
const mostMessages = 200;

/** For later steps: what the intruder sent to somebody, latest first. */
export function sentByIntruder(
  mails: readonly SentMail[],
  domains: readonly string[],
): z.infer<typeof factsSchema> {
  const theirs = mails.flatMap(({ networkId, at, subject, evidence, by, recipients }) => {
    const inside = [...recipients.keys()].filter((address) => isInside(address, domains)).length;
    return evidence === null ? [] : [{ networkId, at, subject, evidence, by, inside }];
  });
  return { messages: theirs.slice(0, mostMessages), left: Math.max(0, theirs.length - mostMessages) };
}

/** undefined while review-sent-mail has said nothing. */
export function sentByIntruderIn(run: RunView): z.infer<typeof factsSchema> | undefined {
  const facts = run.facts?.['sent-mail'];
  return facts === undefined ? undefined : factsSchema.parse(facts);
}
