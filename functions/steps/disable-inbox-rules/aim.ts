// Which mail an inbox rule picks, and what that tells. What is done to the mail is not its business.

import { domainOf, isUnder, type Recipient } from '../../../shared/microsoft365/recipients.ts';
import { matcher, plain } from '../../../shared/microsoft365/rule-name.ts';
import * as words from '../../../shared/microsoft365/rule-words.ts';
import type { InboxRule } from './rule.ts';

export interface Aim {
  /** From 2 on: mail that an intruder wants unseen, or all of it. */
  points: number;
  says: string;
  /** Picks nearly every message. */
  wide: boolean;
  /** Looks for mail about the attack, money or staff. */
  sensitive: boolean;
  /** How many of its words look for such mail. */
  hits: number;
  /** `noise` is sorted or thrown away for one's own peace; `leisure` may even be filed among the feeds. */
  calm: 'leisure' | 'noise' | null;
  /** Picks the mail of people or companies outside that is no noise. */
  partners: boolean;
}

export interface Own {
  domains: readonly string[];
  /** The owner's addresses and name, in lower case. */
  names: readonly string[];
}

interface Tells {
  points: number;
  says: string;
  /** So telling that an automatic sender is no excuse. */
  grave?: true;
}
interface Subject extends Tells {
  match: RegExp;
}

const lures: Subject = { points: 3, says: 'answers to the usual lures', match: matcher(words.lure) };
const sensitive: readonly Subject[] = [
  { points: 4.2, says: 'warnings of an attack', match: matcher(words.alarm), grave: true },
  { points: 4, says: 'verification mail', match: matcher(words.codes), grave: true },
  { points: 4, says: 'mail about pay and staff', match: matcher(words.staff), grave: true },
  { points: 3, says: 'mail about money', match: matcher(words.money) },
  lures,
];
const bounces: Subject = { points: 2, says: 'bounces', match: matcher(words.bounce) };
const absences: Subject = { points: 1, says: 'absence notes', match: matcher(words.absence) };
const subjects = [...sensitive, bounces, absences];
const leisure = matcher(words.leisure);
const noise = matcher(words.noise);

const about = (list: readonly Subject[], entry: string) => list.filter(({ match }) => match.test(entry));
/** Whether a text speaks of the attack, of money or of staff. */
export const isSensitive = (text: string) => about(sensitive, plain(text)).length > 0;
const isVacuous = (list: readonly string[]) => list.some((entry) => words.everything.test(entry));
const isAnyReply = (list: readonly string[]) => list.some((entry) => words.anyReply.test(entry));
const textOf = (recipient: Recipient) => recipient.address ?? recipient.name;

function calmOf(entry: string): Aim['calm'] {
  if (leisure.test(entry)) return 'leisure';
  if (words.tag.test(entry)) return 'noise';
  return noise.test(entry) && about(sensitive, entry).length === 0 ? 'noise' : null;
}

/** Calm as a whole only where every entry is; as calm as the least calm of them. */
function calmest(list: readonly Aim['calm'][]): Aim['calm'] {
  if (list.length === 0 || list.includes(null)) return null;
  return list.includes('noise') ? 'noise' : 'leisure';
}

/** Conditions that say nothing are left out, so that "contains e" counts as no condition at all. */
function conditionsOf({ conditions }: InboxRule, own: Own) {
  const telling = (list: readonly string[]) => (isVacuous(list) ? [] : list);
  const labels = own.domains.map((domain) => domain.split('.')[0] ?? domain);
  const isMe = (text: string) => [...own.names, ...own.domains, ...labels].includes(text.replace(/^@/, ''));
  const recipients = [...conditions.recipients.map(textOf), ...conditions.recipientWords].map(plain);
  return {
    words: conditions.words.map((list) => list.map(plain)).filter((list) => !isVacuous(list)),
    senders: telling([...conditions.senders.map(textOf), ...conditions.senderWords].map(plain)),
    headers: telling(conditions.headers.map(plain)),
    recipients: telling(recipients.some(isMe) ? [] : recipients),
    toOwner: conditions.toOwner || recipients.some(isMe),
    others: [...conditions.types, ...conditions.others],
  };
}

/** Which mail a rule picks, and what that tells. */
export function aimOf(rule: InboxRule, own: Own): Aim {
  const { types, hasAttachment } = rule.conditions;
  const picks = conditionsOf(rule, own);
  const narrow =
    picks.words.some((list) => !isAnyReply(list)) ||
    [...picks.senders, ...picks.headers, ...picks.recipients, ...picks.others].length > 0;
  const aim: Aim = {
    points: 0,
    says: '',
    wide: false,
    sensitive: false,
    hits: 0,
    calm: null,
    partners: false,
  };
  if (!narrow) {
    if (picks.words.length > 0) return { ...aim, points: 4, says: 'every answer or forward', wide: true };
    if (picks.toOwner) return { ...aim, points: 4, says: 'all that is addressed to the owner', wide: true };
    if (hasAttachment) return { ...aim, points: 3, says: 'everything with an attachment', wide: true };
    // Without conditions, or without such as the service can show? Where it says the latter, nobody knows.
    return rule.incomplete ? aim : { ...aim, points: 5, says: 'every message', wide: true };
  }

  const inWords: Tells[] = picks.words.flatMap((list) => list.flatMap((entry) => about(subjects, entry)));
  if (types.includes('NonDeliveryReport')) inWords.push(bounces);
  if (types.includes('AutomaticReply')) inWords.push(absences);
  const named = picks.words.flat().filter((entry) => /^[^\s@]*@[^\s@]+\.[^\s@]+$/.test(entry));
  const senders = [...picks.senders, ...named].map((sender) => senderOf(sender, own));
  const { points, says } = [...inWords, ...senders].toSorted((a, b) => b.points - a.points)[0] ?? aim;

  const bulk =
    picks.headers.some((header) => words.bulkHeader.test(header)) ||
    (types.length > 0 && inWords.length === 0);
  const byWords = picks.words.map((list) => calmest(list.map(calmOf))).find((calm) => calm !== null);
  if (byWords !== undefined || bulk) return { ...aim, points, says, calm: byWords ?? 'noise' };
  const bySender = calmest(senders.map(({ calm }) => calm));
  const grave = inWords.some((told) => told.grave === true);
  if (bySender !== null && !grave) return { ...aim, says: 'automatic mail', calm: bySender };

  const hits = picks.words.flat().filter(isSensitive).length;
  const partners = senders.length > 0 && senders.every(({ partner }) => partner);
  return { ...aim, points: points + Number(hits >= 3), says, sensitive: points >= 2, hits, partners };
}

const roles = {
  desk: matcher(words.senderRoles.desk),
  ownDesk: matcher(words.senderRoles.ownDesk),
  microsoft: matcher(words.senderRoles.microsoft),
  staff: matcher(words.senderRoles.staff),
  money: matcher(words.senderRoles.money),
  bounce: matcher(words.senderRoles.bounce),
  leisure: matcher(words.senderRoles.leisure),
  noise: matcher(words.senderRoles.noise),
};

interface Sender extends Tells {
  calm: Aim['calm'];
  /** A person or company outside, as far as can be told. */
  partner: boolean;
}

/** What a sender that the rule names tells: an address, a domain or a part of either. */
function senderOf(sender: string, own: Own): Sender {
  const tells = (points: number, says: string, more: Partial<Sender> = {}): Sender => ({
    points,
    says,
    calm: null,
    partner: false,
    ...more,
  });
  const at = sender.lastIndexOf('@');
  const domain = at === -1 ? sender : domainOf(sender);
  const local = at === -1 ? sender : sender.slice(0, at);
  const labels = domain.split('.');
  const inside = isUnder(domain, own.domains);

  if (at < 1 && [...own.domains, ...own.domains.map((accepted) => accepted.split('.')[0])].includes(domain)) {
    return tells(4, 'the mail of all colleagues');
  }
  if (own.names.includes(sender)) return tells(1.5, "the owner's own mail");
  if (roles.bounce.test(local)) return tells(2, 'bounces');
  if (roles.staff.test(local) || isUnder(domain, words.senderDomains.staff))
    return tells(4, 'mail about pay and staff');
  if (roles.desk.test(local) || (inside && roles.ownDesk.test(local)))
    return tells(4, 'the mail of those who warn');
  const microsoft =
    at < 1
      ? /^microsoft(?:\.com)?$|^(?:office|o)365alerts/.test(domain)
      : domain === 'microsoft.com' && roles.microsoft.test(local);
  if (isUnder(domain, words.senderDomains.desk) || microsoft) return tells(4, "Microsoft's warnings");
  if (lures.match.test(sender)) return tells(2, 'answers to the usual lures');
  const isIn = (list: ReadonlySet<string>) => labels.some((label) => list.has(label));
  if (roles.leisure.test(local) || isIn(words.senderDomains.leisure))
    return tells(1, '', { calm: 'leisure' });
  if (roles.noise.test(local) || isIn(words.senderDomains.noise)) return tells(1, '', { calm: 'noise' });
  const partner = !inside && labels.length > 1;
  if (roles.money.test(local) || words.senderDomains.money.test(domain))
    return tells(2, 'mail about money', { partner });
  return tells(1, `the mail of ${sender}`, { partner });
}
