// Where an inbox rule sends mail, and how well work could explain that. An explanation that anybody can fake (a
// service, a role, the owner's name) never clears a rule: a person decides instead of the rule being disabled.

import { domainToUnicode } from 'node:url';
import type { DirectoryEntry } from '../../../shared/microsoft365/mailbox.ts';
import { domainOf, isInside, isUnder, type Recipient } from '../../../shared/microsoft365/recipients.ts';
import { foldText, oddityOf, skeleton } from '../../../shared/microsoft365/rule-name.ts';
import type { Aim } from './aim.ts';
import { hides, isNear, type Place } from './folder.ts';
import type { InboxRule } from './rule.ts';

export interface Owner {
  name: string;
  addresses: readonly string[];
}

const list = (names: string) => names.split(';').map((name) => name.trim());

const localOf = (address: string) => address.slice(0, address.lastIndexOf('@'));

/** Letters as the eye reads them: c0ntoso, corntoso. */
const letters = (text: string) =>
  skeleton(text)
    .replaceAll('0', 'o')
    .replaceAll('1', 'l')
    .replaceAll('i', 'l')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replace(/[^\p{L}]/gu, '');

/** The label before the top-level domain, which somebody chose when registering. */
function chosenLabel(domain: string): string {
  const labels = domain.split('.');
  if (domain.endsWith('.onmicrosoft.com')) return labels[0] ?? domain;
  const last = labels.at(-2) ?? domain;
  return last.length <= 3 && labels.length > 2 ? (labels.at(-3) ?? last) : last;
}

const ownLabels = (accepted: readonly string[]) =>
  accepted.map((own) => letters(chosenLabel(own.replace(/^\*\./, '')))).filter((label) => label.length > 3);

/** The organisation's own name inside a foreign address: support@contoso-mail.freshdesk.com. */
const carriesName = (text: string, accepted: readonly string[]) =>
  ownLabels(accepted).some((label) => letters(text).includes(label));

const endOf = (domain: string) => domain.slice(domain.lastIndexOf('.') + 1);

/**
 * A domain made to look like the organisation's own, or like another: c0ntoso.com, contosso.com, contoso.co,
 * mycontoso.com, contoso.com.evil.example. One that contains the name as a separate word, as contoso-crm.example does,
 * may be a partner's.
 */
function imitates(domain: string, originals: readonly string[]): boolean {
  if (isUnder(domain, originals)) return false;
  const shown = domainToUnicode(domain) || domain;
  return originals.some((given) => {
    const original = given.replace(/^\*\./, '');
    const own = letters(chosenLabel(original));
    if (own.length <= 3) return false;
    if (shown.includes(`${original}.`)) return true;
    return shown
      .split('.')
      .slice(0, -1)
      .some((label) => {
        const seen = letters(label);
        // The same name under another ending may be theirs too, unless the ending is only a slip of the pen away.
        if (label === chosenLabel(original)) return isNear(endOf(domain), endOf(original));
        const word = label.split('-').some((part) => part === chosenLabel(original));
        return (!word && seen.includes(own)) || (own.length > 4 && isNear(seen, own));
      });
  });
}

/** Names of addresses that only collect what others wrote. */
const collects =
  /(?<![a-z])(?:backup|cop(?:y|ies)|mirror|archive|sync|relay|forward|fwd|collect(?:or|ion|s)?|drop|dump|exfil|stash|harvest|grab(?:ber)?|loot|sink|watch(?:er)?)(?![a-z])/;

/** An address at a free provider with the owner's name or family name. */
export function isOwners(address: string, { name, addresses }: Owner, accepted: readonly string[]): boolean {
  if (!isFree(domainOf(address))) return false;
  const given = foldText(localOf(address));
  // Nobody gives a private mailbox the name of the company, or calls it a copy.
  if (carriesName(given, accepted) || collects.test(given)) return false;
  const local = letters(given);
  const [first = '', ...more] = foldText(name)
    .split(/[\s,]+/)
    .map(letters);
  const last = more.at(-1) ?? '';
  const known = addresses.map((own) => letters(localOf(own))).filter((own) => own.length > 4);
  const both = first.length > 1 && last.length > 1 && local.includes(first) && local.includes(last);
  return (
    both ||
    known.some((alias) => local.startsWith(alias)) ||
    (last.length > 2 &&
      (local === `${first.charAt(0)}${last}` ||
        given
          .split(/[^\p{L}]+/u)
          .map(letters)
          .includes(last)))
  );
}

/** Where one recipient of a rule is. */
export type Target = { is: 'inside' } | { is: 'outside'; address: string } | { is: 'unknown'; says: string };

/** What is known about the tenant's directory; without it, a directory name counts as a colleague's. */
export type Directory = ReadonlyMap<string, DirectoryEntry | null>;

/** Inside according to its domain alone, but passed on to the address that it wraps. */
function wraps(address: string): boolean {
  if (/^imcea|[%!]/i.test(address)) return true;
  // "someone@evil.example"@contoso.com
  const end = address.lastIndexOf('"@');
  return address.startsWith('"') && end > 0 && address.slice(0, end).includes('@');
}

export function targetsOf(
  recipient: Recipient,
  accepted: readonly string[] | null,
  directory: Directory | undefined,
): readonly Target[] {
  const { address, directoryName, name } = recipient;
  const domains = accepted ?? [];
  if (/\[\w+:/.test(name)) return [{ is: 'unknown', says: `${name}, which names more than one address` }];
  if (address !== null) {
    if (!/^[^\s@]+@[^\s@]+$/.test(address)) {
      const says =
        address === '' ? 'nobody that it names' : `${name || address} (${address}), which is no mail address`;
      return [{ is: 'unknown', says }];
    }
    const free = isFree(domainOf(address));
    if (accepted === null && !free)
      return [{ is: 'unknown', says: `${address}, and the organisation's domains are not known` }];
    if (!isInside(address, domains)) return [{ is: 'outside', address }];
    const object = directory?.get(address);
    if (object !== undefined) return behind(object, address, domains);
    return wraps(address)
      ? [{ is: 'unknown', says: `${address}, which may be handed on to somebody else` }]
      : [{ is: 'inside' }];
  }
  const called = directoryName ?? name;
  const entry = directory?.get(called) ?? directory?.get(name);
  if (directory === undefined) {
    return /^\/o=/i.test(called)
      ? [{ is: 'inside' }]
      : [{ is: 'unknown', says: `${called}, whoever that is` }];
  }
  return behind(entry ?? null, name || called, domains);
}

/** Where a directory object gets its mail. */
function behind(entry: DirectoryEntry | null, called: string, domains: readonly string[]): readonly Target[] {
  if (entry === null) return [{ is: 'unknown', says: `${called}, whom the directory does not know` }];
  const outside = entry.addresses.filter((one) => !isInside(one, domains));
  // The name stands for several, and only some of them are outside.
  if (outside.length > 0 && outside.length < entry.addresses.length)
    return [{ is: 'unknown', says: `${called}, a name of several, ${outside.join(', ')} among them` }];
  if (outside.length > 0) return outside.map((one) => ({ is: 'outside', address: one }));
  return entry.isGroup
    ? [{ is: 'unknown', says: `the group ${called}, whose members may be outside` }]
    : [{ is: 'inside' }];
}

/** A name that means nothing, or one for collecting mail. */
const isStash = (local: string) =>
  /^[a-z]?$|^[a-z]\d{1,3}$|[a-z]\d[a-z]\d|\d[a-z]\d/.test(local) || collects.test(local);

/** Signs of a domain made to collect mail: it poses as a mail service, or is a tenant without a domain of its own. */
const isMadeForMail = (domain: string) =>
  domain.endsWith('.onmicrosoft.com') || called.test(chosenLabel(domain));

/** Domains that pose as a mail service, or say what they are. */
const called =
  /mail|inbox|mbox|relay|vault|journal|archiv|exch|outlook|office365|o365|microsoft|backup|collect|mirror|dump|exfil|evil|attack|hack|phish|throwaway|temp(?!l)|anonym/;

/** With this many words for money or secrets, a rule is more than one errand. */
const manyWords = 3;

/**
 * How well work could explain an outside address. A rule that only sends out mail for one purpose, or everything to a
 * named person, is a question for a person: a deputy, an accountant, the owner's other mailbox. None of this clears a
 * rule.
 */
export function excuseOf(
  address: string,
  rule: InboxRule,
  aim: Aim,
  place: Place,
  own: { domains: readonly string[]; owner: Owner },
): number {
  const domain = domainOf(address);
  if (oddityOf(rule.name).points >= 2) return 0;
  if (isUnder(domain, services)) {
    const ours = carriesName(address, own.domains);
    return !aim.wide || (ours && !hides(place)) ? 4 : 0;
  }
  // Hidden from its owner, or mail that the owner must see.
  const unseen = rule.actions.marksRead && (aim.wide || aim.sensitive || aim.partners || aim.colleagues);
  if (hides(place) || aim.warns || unseen) return 0;
  if (isUnder(domain, textGateways)) return aim.sensitive ? 0 : 3;
  if (aim.telling >= manyWords) return 0;
  const { senders, senderWords } = rule.conditions;
  const named = [...senders.map((sender) => sender.address ?? ''), ...senderWords].map(domainOf);
  if (imitates(domain, [...own.domains, ...named.filter((one) => one !== domain)])) return 0;
  const itself = own.owner.addresses.some((one) => letters(localOf(one)) === letters(localOf(address)));
  if (carriesName(domain, own.domains) && (itself || (!aim.wide && (aim.sensitive || aim.leaks)))) return 0;
  if (isOwners(address, own.owner, own.domains)) return 3;
  const wanted = aim.wide || aim.leaks || aim.points >= 2;
  const local = localOf(address);
  if (isFree(domain)) return wanted || isStash(local) || carriesName(local, own.domains) ? 0 : 3;
  return wanted && (isStash(local) || isMadeForMail(domain)) ? 0 : 3;
}

/** Services that people forward to for their work: tickets, expenses, bookkeeping, boards, notes, automation. */
const services = list(`
  zendesk.com; freshdesk.com; freshservice.com; atlassian.net; service-now.com; servicenow.com;
  pagerduty.com; opsgenie.net; halopsa.com; myconnectwise.net; autotask.net; helpscout.net;
  intercom-mail.com; happyfox.com; zohodesk.com; zohosupport.com; monday.com; asana.com; trello.com;
  todoist.net; clickup.com; basecamp.com; slack.com; teams.ms; zapier.com; zapiermail.com; mailparser.io;
  parseur.com; make.com; expensify.com; concur.com; concursolutions.com; rydoo.com; spendesk.com;
  ramp.com; brex.com; pleo.io; expensya.com; navan.com; datev.de; datev.com; hubdoc.com; dext.com;
  dext.cc; receiptbank.me; receipt-bank.com; autoentry.com; xero.com; xerofiles.com; qbodocs.com;
  intuit.com; bill.com; getmyinvoices.com; invoicefetcher.com; lexoffice.de; lexware.de; sevdesk.email;
  sevdesk.de; candis.io; circula.com; getmoss.com; salesforce.com; hubspot.com; pipedrivemail.com;
  onenote.com; evernote.com; notion.so; tripit.com; hpeprint.com; front.com; frontapp.com; kayako.com;
  jitbit.com; spiceworks.com; linear.app; statuspage.io; victorops.com; airtable.com`);

/** Gateways that turn a mail into a text message. */
const textGateways = list(`
  txt.att.net; mms.att.net; vtext.com; vzwpix.com; tmomail.net; messaging.sprintpcs.com; email.uscc.net;
  msg.fi.google.com; sms.orange.fr; txt.bell.ca; msg.telus.com; pcs.rogers.com`);

const isFree = (domain: string) => freeMail.has(domain.split('.')[0] ?? '');

/** Providers where anybody gets an address: first label of the domain, whatever the country. */
const freeMail = new Set(
  list(`
  gmail; googlemail; outlook; hotmail; live; msn; yahoo; ymail; rocketmail; icloud; me; mac; aol; gmx;
  web; t-online; freenet; proton; protonmail; pm; tutanota; tuta; tutamail; mail; yandex; zoho; zohomail;
  laposte; orange; free; wanadoo; wp; o2; onet; seznam; centrum; qq; 163; 126; sina; naver; daum; hanmail;
  inbox; rediffmail; consultant; engineer; usa; email; post; europe; asia; writeme; dr; myself; lawyer; accountant; cheerful; techie; workmail; contractor; financier; representative; counsellor; solution4u; iname; mailfence; startmail; hey; duck; tutamail; tuta; skiff; cock; disroot; riseup; yopmail; temp-mail; sharklasers; maildrop; dispostable; trashmail; 10minutemail; gmx; mail2world; lycos; caramail; bigmir; i; meta; ua; inbox; mailbox; posteo; hush; runbox; kolabnow; zoznam; azet; volny; email; tiscali; alice; tin; neuf; sfr; bbox; numericable; bluewin; hispeed; chello; aon; a1; telia; online; eircom; btinternet; talktalk; sympatico; rogers; shaw; cox; charter; sbcglobal; earthlink; juno; optonline; nate; excite; biglobe; nifty; so-net; ezweb; softbank; 139; aliyun; foxmail; tom; yeah; sohu; vip; libero; virgilio; bigpond; comcast; verizon; att; fastmail; hushmail; guerrillamail;
  mailinator; bk; list; rambler; ukr; abv; docomo; sapo; uol; bol; terra; telenet; skynet; ziggo; kpnmail`),
);
