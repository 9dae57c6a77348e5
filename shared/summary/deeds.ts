// What the intruder did, one entry for each act that a step handed on: for the timeline, and as phrases for the story.
// Pure. While a log has not answered, its lane is empty; what a step's record proves is shown anyway.

import { z } from 'zod';
import { type Act, actSchema } from '../intruder/acts.ts';
import { intruderSignInsIn } from '../intruder/intruder-sign-ins.ts';
import { count, plain } from '../mail/plain.ts';
import type { HandedOn } from '../model/step.ts';
import { inQuotes } from '../model/text.ts';
import type { Given } from './given.ts';

export const lanes = ['Sign-ins', 'Mailbox settings', 'Mail sent', 'Files', 'Deletions', 'Accounts'] as const;
type Lane = (typeof lanes)[number];

export interface Deed {
  at: number;
  lane: Lane;
  what: string;
}

const factsOf = ({ steps, playbook }: Pick<Given, 'steps' | 'playbook'>, what: HandedOn): unknown => {
  const name = playbook.find((step) => step.kind === 'investigation' && step.handsOn === what)?.name;
  return steps.find((row) => row.name === name)?.facts;
};

const actsSchema = z.object({ acts: z.array(actSchema) });
const sentSchema = z.object({ messages: z.array(z.object({ at: z.string(), subject: z.string() })) });

const actsOf = (given: Pick<Given, 'steps' | 'playbook'>): readonly Act[] =>
  (actsSchema.safeParse(factsOf(given, 'acts')).data?.acts ?? []).filter(({ succeeded }) => succeeded);
const sentOf = (given: Pick<Given, 'steps' | 'playbook'>) =>
  sentSchema.safeParse(factsOf(given, 'sent-mail')).data?.messages ?? [];
const contactSchema = z.object({ phone: z.string().nullable(), manager: z.string().nullable() });

/** How the owner could be reached before the attack; empty if that is not known. */
export const contactOf = (given: Pick<Given, 'steps' | 'playbook'>) =>
  contactSchema.safeParse(factsOf(given, 'contact')).data ?? { phone: null, manager: null };

export const signInsOf = (given: Pick<Given, 'steps' | 'playbook'>) =>
  intruderSignInsIn(factsOf(given, 'sign-ins'));

const ofMailbox =
  /^((new|set|enable|disable|remove|update)-?(inboxrule|sweeprule)s?|set-mailbox|(add|set)-(mailbox|recipient|mailboxfolder)permission|set-casmailbox|new-app)/i;
const deleting = /^(SoftDelete|HardDelete|MoveToDeletedItems)$/;
const sharing = /^(AnonymousLink|SharingSet|SharingInvitation|SecureLink|CompanyLink|AddedToSecureLink)/i;
const taking = /^File(Downloaded|Accessed|SyncDownloadedFull|Copied)/i;
/** The account's automatic activity, and acts that have a lane of their own. */
const unremarkable = /^(MailItemsAccessed|Send|UserLoggedIn|Search|Update|MessageRead)/i;

function laneOf({ activity, recordType }: Act): Lane | undefined {
  if (deleting.test(activity)) return 'Deletions';
  if (ofMailbox.test(activity)) return 'Mailbox settings';
  if (/^(sharePoint|oneDrive)/i.test(recordType ?? '') || sharing.test(activity) || taking.test(activity)) {
    return 'Files';
  }
  return recordType === 'directory' || !unremarkable.test(activity) ? 'Accounts' : undefined;
}

/** Oldest first. */
export function deedsOf(given: Pick<Given, 'steps' | 'playbook'>): Deed[] {
  const signIns = signInsOf(given).map(({ at, from, place, app }) => ({
    at: Date.parse(at),
    lane: 'Sign-ins' as const,
    what: `signed in${app === null ? '' : ` to ${plain(app, 60)}`} from ${plain(place ?? from ?? 'an unknown place', 60)}`,
  }));
  const sent = sentOf(given).map(({ at, subject }) => ({
    at: Date.parse(at),
    lane: 'Mail sent' as const,
    what: `sent ${inQuotes(plain(subject, 80))}`,
  }));
  const acts = actsOf(given).flatMap((act) => {
    const lane = laneOf(act);
    const object = act.object === null ? '' : `: ${plain(act.object.split('/').at(-1) ?? '', 80)}`;
    return lane === undefined
      ? []
      : [{ at: Date.parse(act.at), lane, what: `${plain(act.activity, 60)}${object}` }];
  });
  return [...signIns, ...sent, ...acts].filter(({ at }) => !Number.isNaN(at)).toSorted((a, b) => a.at - b.at);
}

const passwordOf = /^reset (user )?password/i;

/** `sent 2 mails`, the most dangerous first. */
export function deedPhrases(given: Given): string[] {
  const { steps, playbook, run } = given;
  const acts = actsOf(given);
  const own = [run.account.userPrincipalName.toLowerCase(), run.account.id];
  const taken = acts.flatMap(({ activity, object }) =>
    passwordOf.test(activity) && object !== null && !own.includes(object.toLowerCase()) ? [object] : [],
  );
  const mails = sentOf(given).length;
  const shared = acts.filter(({ activity }) => sharing.test(activity)).length;
  const read = new Set(acts.flatMap((act) => (taking.test(act.activity) ? [act.object ?? act.id] : []))).size;
  const deleted = acts.filter(({ activity }) => deleting.test(activity)).length;
  const recorded = steps.flatMap((row) => {
    const step = playbook.find(({ name }) => name === row.name);
    const theirs = row.changes.filter(({ evidence }) => evidence !== null).length;
    const did = step?.kind === 'remediation' && theirs > 0 ? step.did?.(theirs) : undefined;
    return did === undefined ? [] : [did];
  });
  return [
    ...(taken.length > 0
      ? [`reset the password of ${plain([...new Set(taken)].slice(0, 3).join(', '), 200)}`]
      : []),
    ...(mails > 0 ? [`sent ${count(mails, 'mail')}`] : []),
    ...recorded,
    ...(shared > 0 ? [`shared ${count(shared, 'file')}`] : []),
    ...(read > 0 ? [`opened or took ${count(read, 'file')}`] : []),
    ...(deleted > 0 ? ['deleted mail'] : []),
  ];
}
