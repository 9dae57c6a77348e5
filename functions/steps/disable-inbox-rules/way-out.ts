// Whom an inbox rule sends mail to outside the organisation, and how far work explains it.

import { domainOf, isUnder } from '../../../shared/microsoft365/recipients.ts';
import { oddityOf, plain } from '../../../shared/microsoft365/rule-name.ts';
import type { Aim } from './aim.ts';
import { hides, type Place } from './folder.ts';
import * as places from './places.ts';
import type { InboxRule } from './rule.ts';

export interface Owner {
  name: string;
  addresses: readonly string[];
}

/** Letters as the eye takes them: c0ntoso, corntoso. */
const letters = (text: string) =>
  plain(text)
    .replaceAll('0', 'o')
    .replaceAll('1', 'l')
    .replaceAll('rn', 'm')
    .replace(/[^\p{L}]/gu, '');

/** The organisation's own name inside a foreign domain: contoso-mail.com, c0ntoso.com, contoso.com.evil.example. */
function imitates(domain: string, accepted: readonly string[]): boolean {
  const labels = accepted.map((own) => letters(own.split('.')[0] ?? '')).filter((label) => label.length > 3);
  return labels.some((label) => letters(domain).includes(label));
}

/** A free mail address that carries the owner's name. */
export function isOwners(address: string, owner: Owner): boolean {
  if (!places.freeMail.has(domainOf(address).split('.')[0] ?? '')) return false;
  const local = letters(address.slice(0, address.indexOf('@')));
  const [first = '', ...more] = plain(owner.name)
    .split(/[\s,]+/)
    .map(letters);
  const last = more.at(-1) ?? '';
  const known = owner.addresses
    .map((own) => letters(own.slice(0, own.indexOf('@'))))
    .filter((own) => own.length > 4);
  const both = first.length > 1 && last.length > 1 && local.includes(first) && local.includes(last);
  return both || known.includes(local) || (last.length > 2 && local === `${first.charAt(0)}${last}`);
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
  if (isUnder(domain, places.services)) {
    const ours = imitates(address, own.domains);
    return !aim.wide || (ours && !hides(place)) ? 4 : 0;
  }
  if (aim.wide || hides(place)) return 0;
  if (isUnder(domain, places.textGateways)) return aim.sensitive ? 0 : 3;
  if (aim.sensitive || imitates(domain, own.domains)) return 0;
  const free = places.freeMail.has(domain.split('.')[0] ?? '');
  const role = !free && places.roleAddress.test(address.slice(0, address.lastIndexOf('@')));
  return role || isOwners(address, own.owner) ? 3 : 0;
}
