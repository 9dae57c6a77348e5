// Which mail an inbox rule selects, and what that suggests. Other files judge what the rule does with the mail.

import { domainOf, isUnder, type Recipient } from '../../../shared/microsoft365/recipients.ts';
import { foldText, type Matcher, matcher, skeleton } from '../../../shared/microsoft365/rule-name.ts';
import * as words from '../../../shared/microsoft365/rule-words.ts';
import type { InboxRule } from './rule.ts';

export interface Aim {
  /** From 2 on: mail that an intruder wants nobody to see, or all mail. */
  points: number;
  says: string;
  /** Picks nearly every message. */
  wide: boolean;
  /** Looks for mail about the attack, money or staff. */
  sensitive: boolean;
  /** Looks for warnings or codes: mail that an owner must see. */
  warns: boolean;
  /** Looks for what harms the company if it gets out: contracts, bids, what colleagues write. */
  leaks: boolean;
  /** How many of its words look for such mail. */
  hits: number;
  /** How many look for such mail or for secrets. */
  telling: number;
  /** `noise` is mail that people sort or delete for their own peace; `leisure` may even be filed among the feeds. */
  calm: 'leisure' | 'noise' | null;
  /** Picks the mail of people or companies outside, other than noise. */
  partners: boolean;
  /** Picks what colleagues write. */
  colleagues: boolean;
  /** Picks what the organisation itself writes, but not what its machines write. */
  inside: boolean;
  /** Looks for words in a language that the lists hardly cover. */
  foreign: boolean;
  /** Looks only for words that no list knows, so nobody can tell what mail it picks: they may be another language's. */
  strange: boolean;
  /** Looks for such mail by a word that only looks right: "inv0ice". */
  disguised: boolean;
}

export interface Own {
  domains: readonly string[];
  /** The owner's addresses and name, in lower case. */
  names: readonly string[];
}

interface Tells {
  points: number;
  says: string;
  /** So telling that even an automatic sender is no excuse. */
  grave?: true;
  /** Warns of an attack, or lets somebody in: mail that an owner must see. */
  warns?: true;
}
interface Subject extends Tells {
  match: Matcher;
}

const lures: Subject = { points: 3, says: 'answers to the usual lures', match: matcher(words.lure) };
const warnings: Subject = {
  points: 4.2,
  says: 'warnings of an attack',
  match: matcher(words.alarm),
  grave: true,
  warns: true,
};
const sensitive: readonly Subject[] = [
  warnings,
  { points: 4, says: 'verification mail', match: matcher(words.codes), grave: true, warns: true },
  { points: 4, says: 'mail about pay and staff', match: matcher(words.staff), grave: true },
  { points: 3, says: 'mail about money', match: matcher(words.money) },
  lures,
];
/** Words that warnings come under, although most such mail is no warning. */
const notices: Subject = {
  points: 2,
  says: 'notices, warnings among them',
  match:
    /^(?:alerts?|notifications?|notices?|important|urgent|updates?|account|(?:important|urgent|account) (?:update|notice|notification))[:!]?$|(?<!\p{L})(?:microsoft|office[\s_]?365|o365|m365|azure|apple id|google account|auto-submitted)(?!\p{L})/u,
};
const bounces: Subject = { points: 3, says: 'bounces', match: matcher(words.bounce) };
/** "Re: Updated form": the answers to one mail, mostly one that was sent from here. */
const answers: Subject = {
  points: 2,
  says: 'answers to one mail',
  match: /^(?:re|aw|sv|vs|antw|odp|rv)\s*:\s*\S/u,
};
const absences: Subject = { points: 1, says: 'absence notes', match: matcher(words.absence) };
const subjects = [...sensitive, notices, bounces, answers, absences];
const secrets = matcher(words.secrets);
const leisure = matcher(words.leisure);
const noise = matcher(words.noise);

/** A part of a word works as a condition, and picks the whole word: "nvoic". */
function wholeOf(entry: string): string {
  const core = words.cores.find(
    (one) =>
      entry.length >= 4 &&
      entry.length < one.length &&
      entry.length >= one.length * 0.6 &&
      one.includes(entry),
  );
  return core ?? entry;
}

function about(list: readonly Subject[], entry: string): Subject[] {
  const forms = [
    entry,
    skeleton(entry),
    wholeOf(entry),
    entry.replace(/(?<=\p{L})[\s._-](?=\p{L}(?!\p{L}))/gu, ''),
  ];
  return list.filter(({ match }) => forms.some((form) => match.test(form)));
}
/** Whether a text is about the attack, money or staff. */
export const isSensitive = (text: string) => about(sensitive, foldText(text)).length > 0;
const office = matcher(words.office);
/** Whether a folder is named after people who work on such mail. */
export const isOffice = (folder: string) => office.test(foldText(folder));
const isVacuous = (list: readonly string[]) => list.some((entry) => words.everything.test(entry));
const isAnyReply = (list: readonly string[]) => list.some((entry) => words.anyReply.test(entry));
const textOf = (recipient: Recipient) => recipient.address ?? recipient.name;

function calmOf(entry: string): Aim['calm'] {
  const grave = about([...sensitive, notices], entry).length > 0;
  if (leisure.test(entry)) return 'leisure';
  if (words.isTag(entry)) return 'noise';
  return noise.test(entry) && !grave ? 'noise' : null;
}

/** A word or two, without number or sign, that say nothing to any list. */
const isStrange = (entry: string) =>
  /^\p{L}{3,}(?:[ '’-]\p{L}+)?$/u.test(entry) &&
  about(subjects, entry).length === 0 &&
  calmOf(entry) === null &&
  !secrets.test(entry);

/** The whole is calm only if every entry is; then it is as calm as the least calm of them. */
function calmest(list: readonly Aim['calm'][]): Aim['calm'] {
  if (list.length === 0 || list.includes(null)) return null;
  return list.includes('noise') ? 'noise' : 'leisure';
}

/** Conditions that say nothing are left out, so that "contains e" counts as no condition. */
function conditionsOf({ conditions }: InboxRule, own: Own) {
  const telling = (list: readonly string[]) => (isVacuous(list) ? [] : list);
  // Two letters are in nearly every address.
  const tellingSenders = (list: readonly string[]) =>
    list.some((entry) => /^[a-z]{2}$/.test(entry) && !roles.ownDesk.test(entry)) ? [] : telling(list);
  const bare = own.domains.map((domain) => domain.replace(/^\*\./, ''));
  const labels = bare.map((domain) => domain.split('.')[0] ?? domain);
  const isMe = (text: string) => [...own.names, ...bare, ...labels].includes(text.replace(/^@/, ''));
  const parts = own.names.flatMap((name) => name.split(/[^\p{L}]+/u)).filter((part) => part.length > 2);
  // Whatever is part of an own address is in nearly every message.
  const ownAddresses = own.names.filter((name) => name.includes('@'));
  const isInMine = (text: string) => text !== '' && ownAddresses.some((address) => address.includes(text));
  const namesMe = (list: readonly string[]) => list.some((text) => isMe(text) || parts.includes(text));
  const recipients = [...conditions.recipients.map(textOf), ...conditions.recipientWords].map(foldText);
  const namesMyAddress = recipients.some(isMe) || conditions.recipientWords.map(foldText).some(isInMine);
  const headers = conditions.headers.map(foldText);
  return {
    words: conditions.words
      .map((list) => list.map(foldText))
      .filter((list) => !isVacuous(list) && !namesMe(list)),
    senders: tellingSenders([...conditions.senders.map(textOf), ...conditions.senderWords].map(foldText)),
    headers: headers.some((header) => words.everyHeader.test(header)) ? [] : telling(headers),
    recipients: telling(namesMyAddress ? [] : recipients),
    toOwner:
      conditions.toOwner || namesMyAddress || conditions.words.some((list) => namesMe(list.map(foldText))),
    others: [...conditions.types, ...conditions.others],
  };
}

/** Kinds of message that people sort away. */
const dullTypes = /^(?:Calendaring\w*|ReadReceipt|Voicemail|AutomaticReply|ApprovalRequest)$/i;

/** Which mail a rule picks, and what that suggests. */
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
    warns: false,
    leaks: false,
    hits: 0,
    telling: 0,
    calm: null,
    partners: false,
    colleagues: false,
    inside: false,
    foreign: false,
    strange: false,
    disguised: false,
  };
  if (!narrow) {
    const wide = { ...aim, wide: true, sensitive: true };
    if (picks.words.length > 0) return { ...wide, points: 4, says: 'every answer or forward' };
    if (picks.toOwner) return { ...wide, points: 4, says: 'all that is addressed to the owner' };
    if (hasAttachment) return { ...wide, points: 3, says: 'everything with an attachment' };
    // Without conditions, or with none that can be read? If it may be the latter, nobody knows.
    return rule.incomplete || rule.unread.length > 0 ? aim : { ...wide, points: 5, says: 'every message' };
  }

  const entries = picks.words.flat();
  const hits = entries.filter((entry) => about(sensitive, entry).length > 0).length;
  const inWords: Tells[] = [...entries, ...picks.headers].flatMap((entry) => about(subjects, entry));
  if (types.includes('NonDeliveryReport')) inWords.push(bounces);
  if (types.includes('AutomaticReply')) inWords.push(absences);
  const named = [...entries, ...picks.headers].flatMap((entry) => addressIn(entry) ?? []);
  // A header names a domain if it tells which servers a mail came through.
  const relayed = picks.headers.flatMap(
    (header) => /(?<![@\w.-])(?:[\w-]+\.)+[a-z]{2,}(?![\w@])/.exec(header)?.[0] ?? [],
  );
  const senders = [...picks.senders, ...named, ...relayed]
    .map((sender) => senderOf(sender, own))
    // Everything that a colleague writes is more than what they write about one thing.
    .map((sender) =>
      sender.person && sender.points === 2 && entries.length > 0 ? { ...sender, points: 1 } : sender,
    );
  const { points, says } = [...inWords, ...senders].toSorted((a, b) => b.points - a.points)[0] ?? aim;
  const thin = entries.filter((entry) => words.thinScripts.test(entry));
  // If the list has only a few words of a language, a word that it knows may mean something else.
  const once =
    thin.filter((entry) => about(sensitive, entry).length > 0).length === 1 &&
    hits === 1 &&
    senders.length === 0;
  const foreign = once || thin.some((entry) => about(subjects, entry).length === 0 && calmOf(entry) === null);
  const disguised =
    rule.conditions.words.flat().some((entry) => words.unseen.test(entry)) ||
    entries.some((entry) => sensitive.some(({ match }) => !match.test(entry) && match.test(skeleton(entry))));
  const leaks =
    [...entries, ...picks.headers].some((entry) => secrets.test(entry) || secrets.test(skeleton(entry))) ||
    senders.some(({ person }) => person) ||
    picks.senders.some((sender) => secrets.test(sender));

  const bulk =
    picks.headers.some((header) => words.bulkHeader.test(header)) ||
    (types.length > 0 && inWords.length === 0 && types.every((type) => dullTypes.test(type))) ||
    picks.others.includes('WithImportance Low');
  const byWords = picks.words.map((list) => calmest(list.map(calmOf))).find((calm) => calm !== null);
  if (byWords !== undefined || bulk)
    return { ...aim, points, says, leaks, foreign, disguised, calm: byWords ?? 'noise' };
  const bySender = calmest(senders.map(({ calm }) => calm));
  const grave = [...inWords, ...senders].some((told) => told.grave === true);
  if (bySender !== null && !grave) return { ...aim, says: 'automatic mail', leaks, calm: bySender };

  // Its form alone makes a mail neither noise nor anything else: everything important, encrypted, or sent to a list.
  if (
    entries.length + picks.senders.length + picks.headers.length + picks.recipients.length === 0 &&
    says === ''
  )
    return { ...aim, points: 2, says: 'mail by its form alone', leaks };

  const telling = entries.filter(
    (entry) => about(sensitive, entry).length > 0 || secrets.test(entry) || secrets.test(skeleton(entry)),
  ).length;
  const partners = senders.length > 0 && senders.every(({ partner }) => partner);
  return {
    ...aim,
    points: once ? Math.min(points, 1.5) : points + Number(hits >= 3),
    says,
    sensitive: points >= 3,
    warns: [...inWords, ...senders].some((told) => told.warns === true),
    leaks,
    hits,
    telling,
    partners,
    colleagues: senders.length > 0 && senders.every(({ person }) => person),
    inside: senders.some((sender) => sender.inside),
    foreign,
    strange: senders.length === 0 && entries.length > 0 && entries.every(isStrange),
    disguised,
  };
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

/** Domains with so many people's addresses that one of them picks part of all mail. */
const freeDomains = /^(?:gmail|googlemail|outlook|hotmail|yahoo|icloud|gmx|web|mail|qq|163)(?:\.\w+)*$/;

interface Sender extends Tells {
  calm: Aim['calm'];
  /** A person or company outside, as far as can be told. */
  partner: boolean;
  /** Has an address of the organisation. */
  inside: boolean;
  /** A colleague rather than a machine of the company, as far as the address tells. */
  person: boolean;
}

/** People whom an intruder impersonates, or who send warnings. */
const heads = /^(?:c[efiot]o|ciso|president|chairman|managingdirector|md|director|boss)$/;

/** What a sender in the rule suggests: an address, a domain, or part of either. */
function senderOf(given: string, own: Own): Sender {
  const sender = given.trim();
  const at = sender.lastIndexOf('@');
  const domain = at === -1 ? sender : domainOf(sender);
  const local = at === -1 ? sender : sender.slice(0, at);
  const labels = domain.split('.');
  const bare = own.domains.map((accepted) => accepted.replace(/^\*\./, ''));
  const inside = isUnder(domain, bare);
  const tells = (points: number, says: string, more: Partial<Sender> = {}): Sender => ({
    points,
    says,
    calm: null,
    partner: false,
    inside: inside && at > 0,
    person: false,
    ...more,
  });

  if (at < 1 && [...bare, ...bare.map((accepted) => accepted.split('.')[0])].includes(domain)) {
    return tells(4, 'the mail of all colleagues', { person: true });
  }
  if (own.names.includes(sender)) return tells(0.4, "the owner's own mail");
  if (roles.bounce.test(local)) return tells(3, 'bounces');
  if (roles.staff.test(local) || isUnder(domain, words.senderDomains.staff))
    return tells(4, 'mail about pay and staff');
  if (
    roles.desk.test(local) ||
    ((inside || at < 1 || domain === '') && roles.ownDesk.test(local.replace(/@$/, '')))
  )
    return tells(4, 'the mail of those who warn', { grave: true, warns: true });
  const microsoft =
    at < 1
      ? /^microsoft(?:\.com)?$|^(?:office|o)365alerts/.test(domain)
      : domain === 'microsoft.com' && roles.microsoft.test(local);
  if (isUnder(domain, words.senderDomains.desk) || microsoft)
    return tells(4, "Microsoft's warnings", { grave: true, warns: true });
  if (lures.match.test(sender)) return tells(2, 'answers to the usual lures');
  const warning = [...words.warningSenders, ...words.warningRoles];
  if (sender.length > 3 && warning.some((warns) => warns.includes(sender)))
    return tells(2, "Microsoft's warnings among others", { grave: true, warns: true });
  const isIn = (list: ReadonlySet<string>) => labels.some((label) => list.has(label));
  const isBulk = !inside && words.senderDomains.bulk.test(domain);
  const pays = !inside && words.senderDomains.money.test(domain);
  if (pays && roles.noise.test(local) && !roles.leisure.test(local))
    return tells(2, 'what a bank writes', { partner: labels.length > 1 });
  if (roles.leisure.test(local) || isIn(words.senderDomains.leisure))
    return tells(1, '', { calm: 'leisure' });
  if (roles.noise.test(local) || isIn(words.senderDomains.noise) || isBulk)
    return tells(1, '', { calm: 'noise' });
  if (inside || at === -1) {
    if (roles.money.test(local))
      return tells(3, 'the mail of those who pay', { person: inside || labels.length === 1 });
  }
  // Directory names are colleagues; if the owner seems to throw away what a colleague writes, that may have been a
  // warning.
  if (
    (inside && at > 0 && (/[._-]/.test(local) || heads.test(local))) ||
    (at === -1 && labels.length === 1 && /\s/.test(sender))
  )
    return tells(2, `the mail of ${sender}`, { person: true });
  if (at < 1 && freeDomains.test(domain)) return tells(2, `all mail from ${domain}`);
  const partner = !inside && labels.length > 1;
  if (roles.money.test(local) || words.senderDomains.money.test(domain))
    return tells(2, 'mail about money', { partner });
  // Part of an address picks everybody who has it in theirs, colleagues too.
  return tells(at < 1 && labels.length === 1 ? 2 : 1, `the mail of ${sender}`, { partner });
}

/** The first address in a text: `from:<it@contoso.com>`, or `@contoso.com` for a whole domain. */
function addressIn(text: string): string | undefined {
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const local =
      text
        .slice(Math.max(0, at - 64), at)
        .split(/[\s@<:]/)
        .at(-1) ?? '';
    const [domain = ''] = /^[^\s@>]{1,255}/.exec(text.slice(at + 1, at + 256)) ?? [];
    const dot = domain.lastIndexOf('.', domain.length - 2);
    if (dot > 0) return `${local}@${domain}`;
  }
  return undefined;
}
