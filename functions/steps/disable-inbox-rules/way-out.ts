// Whom an inbox rule sends mail to, and how far work explains that. An explanation that anybody can choose (a service, a
// role, the owner's name) never clears a rule: it only leaves it to a person instead of switching it off.

import type { DirectoryEntry } from '../../../shared/microsoft365/mailbox.ts';
import { domainOf, isInside, isUnder, type Recipient } from '../../../shared/microsoft365/recipients.ts';
import { foldText, oddityOf, skeleton } from '../../../shared/microsoft365/rule-name.ts';
import type { Aim } from './aim.ts';
import { hides, type Place } from './folder.ts';
import type { InboxRule } from './rule.ts';

export interface Owner {
  name: string;
  addresses: readonly string[];
}

const list = (names: string) => names.split(';').map((name) => name.trim());

/** Letters as the eye takes them: c0ntoso, corntoso. */
const letters = (text: string) =>
  skeleton(text)
    .replaceAll('0', 'o')
    .replaceAll('1', 'l')
    .replaceAll('i', 'l')
    .replaceAll('rn', 'm')
    .replace(/[^\p{L}]/gu, '');

/** The organisation's own name inside a foreign domain: contoso-mail.com, c0ntoso.com, contoso.com.evil.example. */
function imitates(domain: string, accepted: readonly string[]): boolean {
  const labels = accepted.map((own) => letters(own.split('.')[0] ?? '')).filter((label) => label.length > 3);
  return labels.some((label) => letters(domain).includes(label));
}

/** A free mail address that carries the owner's name. */
export function isOwners(address: string, owner: Owner): boolean {
  if (!freeMail.has(domainOf(address).split('.')[0] ?? '')) return false;
  const local = letters(address.slice(0, address.indexOf('@')));
  const [first = '', ...more] = foldText(owner.name)
    .split(/[\s,]+/)
    .map(letters);
  const last = more.at(-1) ?? '';
  const known = owner.addresses
    .map((own) => letters(own.slice(0, own.indexOf('@'))))
    .filter((own) => own.length > 4);
  const both = first.length > 1 && last.length > 1 && local.includes(first) && local.includes(last);
  return (
    both ||
    known.some((alias) => local.startsWith(alias)) ||
    (last.length > 2 && local === `${first.charAt(0)}${last}`)
  );
}

/** Where one recipient of a rule is. */
export type Target = { is: 'inside' } | { is: 'outside'; address: string } | { is: 'unknown'; says: string };

/** What is known of the tenant's directory; without it a name of the directory counts as a colleague's. */
export type Directory = ReadonlyMap<string, DirectoryEntry | null>;

/** Inside by its domain alone, but handed on to the address that it wraps. */
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
    const free = freeMail.has(domainOf(address).split('.')[0] ?? '');
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

/** Where an object of the directory has its mail. */
function behind(entry: DirectoryEntry | null, called: string, domains: readonly string[]): readonly Target[] {
  if (entry === null) return [{ is: 'unknown', says: `${called}, whom the directory does not know` }];
  const outside = entry.addresses.filter((one) => !isInside(one, domains));
  // The name stands for several, and not all of them are outside.
  if (outside.length > 0 && outside.length < entry.addresses.length)
    return [{ is: 'unknown', says: `${called}, a name of several, ${outside.join(', ')} among them` }];
  if (outside.length > 0) return outside.map((one) => ({ is: 'outside', address: one }));
  return entry.isGroup
    ? [{ is: 'unknown', says: `the group ${called}, whose members may be outside` }]
    : [{ is: 'inside' }];
}

/** How far work explains an address outside: ticket and expense services, a pager, one's own other mailbox. */
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
    const ours = imitates(address, own.domains);
    return !aim.wide || (ours && !hides(place)) ? 4 : 0;
  }
  if (aim.wide || hides(place)) return 0;
  if (isUnder(domain, textGateways)) return aim.sensitive ? 0 : 3;
  // Below a domain of the tenant: whoever runs its name servers made it, but mail isn't known to be taken there.
  if (isUnder(domain, own.domains)) return 3;
  const { senders, senderWords } = rule.conditions;
  const named = [...senders.map((sender) => sender.address ?? ''), ...senderWords].map(domainOf);
  const likeSender = named.every((one) => one !== domain) && imitates(domain, named);
  if (aim.sensitive || likeSender || imitates(domain, own.domains)) return 0;
  const free = freeMail.has(domain.split('.')[0] ?? '');
  const role = !free && roleAddress.test(address.slice(0, address.lastIndexOf('@')));
  const nobodyKnown = own.owner.name === '' && own.owner.addresses.length === 0;
  if (role || isOwners(address, own.owner) || (nobodyKnown && !aim.leaks)) return 3;
  // A company that nothing else speaks against: a partner as well as a stranger.
  return free || aim.leaks ? 0 : 2;
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

/** Providers where anybody gets an address: first label of the domain, whatever the country. */
const freeMail = new Set(
  list(`
  gmail; googlemail; outlook; hotmail; live; msn; yahoo; ymail; rocketmail; icloud; me; mac; aol; gmx;
  web; t-online; freenet; proton; protonmail; pm; tutanota; tuta; tutamail; mail; yandex; zoho; zohomail;
  laposte; orange; free; wanadoo; wp; o2; onet; seznam; centrum; qq; 163; 126; sina; naver; daum; hanmail;
  inbox; rediffmail; consultant; engineer; usa; email; post; europe; asia; writeme; dr; myself; lawyer; accountant; cheerful; techie; workmail; contractor; financier; representative; counsellor; solution4u; iname; mailfence; startmail; hey; duck; tutamail; tuta; skiff; cock; disroot; riseup; yopmail; temp-mail; sharklasers; maildrop; dispostable; trashmail; 10minutemail; gmx; mail2world; lycos; caramail; bigmir; i; meta; ua; inbox; mailbox; posteo; hush; runbox; kolabnow; zoznam; azet; volny; email; tiscali; alice; tin; neuf; sfr; bbox; numericable; bluewin; hispeed; chello; aon; a1; telia; online; eircom; btinternet; talktalk; sympatico; rogers; shaw; cox; charter; sbcglobal; earthlink; juno; optonline; nate; excite; biglobe; nifty; so-net; ezweb; softbank; 139; aliyun; foxmail; tom; yeah; sohu; vip; libero; virgilio; bigpond; comcast; verizon; att; fastmail; hushmail; guerrillamail;
  mailinator; bk; list; rambler; ukr; abv; docomo; sapo; uol; bol; terra; telenet; skynet; ziggo; kpnmail`),
);

/** Local parts that a ticket, alert or scan goes to at a partner. */
const roleAddress =
  /^(?:tickets?|support|help|helpdesk|service|servicedesk|alerts?|monitoring|noc|on-?call|dispatch|operations|ops|scan|scans|fax|orders?|bestellung|dispo|archiv|archive|journal)(?:[+._-]|$)/;
