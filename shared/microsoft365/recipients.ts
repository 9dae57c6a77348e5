// Parses recipients as Exchange and Graph write them, and tells inside from outside. The address decides, never the
// display name: `"megan@contoso.com" [SMTP:someone@evil.example]` goes to evil.example.
import { z } from 'zod';
import { nullableText, trim } from '../model/text.ts';

export interface Recipient {
  name: string;
  /** SMTP address in lower case, or null if only a directory name or a phone number is given. */
  address: string | null;
  /** Names an object of this tenant, which may be a contact that points outside. */
  directoryName: string | null;
}

const inObject = z.looseObject({
  emailAddress: z.looseObject({ name: nullableText, address: nullableText }).nullish(),
  EmailAddress: z.string().nullish().catch(null),
  Address: nullableText,
  SmtpAddress: nullableText,
  PrimarySmtpAddress: nullableText,
  Name: nullableText,
  DisplayName: nullableText,
  RoutingType: nullableText,
});

/** One recipient or many, as text, as Graph's object or as Exchange's. */
export const recipientsSchema = z
  .union([z.string(), inObject, z.array(z.union([z.string(), inObject]))])
  .nullish()
  .transform((given): Recipient[] => {
    const items = given === null || given === undefined ? [] : [given].flat();
    // A single text may hold several; an entry of a list never does, even if its name contains a comma.
    const single = typeof given === 'string' ? given.split(/;\s*|,\s*(?=[^\s,]+@|")/) : items;
    return single
      .filter((item) => typeof item !== 'string' || item.trim() !== '')
      .map((item) => (typeof item === 'string' ? readRecipient(item) : fromObject(item)));
  });

function fromObject(item: z.infer<typeof inObject>): Recipient {
  const name = item.emailAddress?.name ?? item.DisplayName ?? item.Name ?? '';
  const text =
    item.emailAddress?.address ??
    item.EmailAddress ??
    item.SmtpAddress ??
    item.PrimarySmtpAddress ??
    item.Address ??
    name;
  return { ...readRecipient(text), name };
}

/** `"Name" [SMTP:a@b]`, `"Name" [EX:/o=…]`, `Name <a@b>`, `smtp:a@b`, `a@b`, or a name alone. */
export function readRecipient(text: string): Recipient {
  const whole = text.slice(0, mostRead).trimEnd();
  const bracketed = inBrackets(whole);
  if (bracketed !== undefined) {
    const { kind, value } = bracketed;
    const name = unquote(bracketed.before);
    if (kind.toUpperCase() === 'EX') return { name, address: null, directoryName: value.trim() };
    return { name, address: asAddress(value) ?? value.trim().toLowerCase(), directoryName: null };
  }
  const open = whole.endsWith('>') ? whole.lastIndexOf('<') : -1;
  const name = unquote(open < 0 ? whole : whole.slice(0, open));
  const given = open < 0 ? whole : whole.slice(open + 1, -1);
  const address = asAddress(given);
  return { name, address, directoryName: address === null ? given.trim() : null };
}

/** Names have 256 characters at most, and paths in the directory are short. */
const mostRead = 4000;

/** The first bracket that nothing closes before the end: `… [EX:/o=…]`. */
function inBrackets(text: string): { before: string; kind: string; value: string } | undefined {
  if (!text.endsWith(']')) return undefined;
  let open = text.indexOf('[', text.lastIndexOf(']', text.length - 2) + 1);
  for (; open >= 0; open = text.indexOf('[', open + 1)) {
    const [found, kind = ''] = /^([a-z]{1,20}):/i.exec(text.slice(open + 1, open + 22)) ?? [];
    if (found !== undefined) {
      return { before: text.slice(0, open), kind, value: text.slice(open + 1 + found.length, -1) };
    }
  }
  return undefined;
}

const unquote = (text: string) => trim(text.trim(), '"\'').trim();

/** The address in a text such as `SMTP:Adele@Contoso.com`, in lower case; null if there is none. */
export function asAddress(text: string): string | null {
  const bare = unquote(text)
    .replace(/^(?:smtp|mailto):/i, '')
    .toLowerCase()
    .replace(/\.$/, '');
  return /^[^\s@]+@[^\s@]+$/.test(bare) ? bare : null;
}

export const domainOf = (address: string) => address.slice(address.lastIndexOf('@') + 1);

/** Whether a domain is one of these or below one of them. */
export const isUnder = (domain: string, parents: readonly string[]) =>
  parents.some((parent) => {
    const own = parent.toLowerCase().replace(/^\*\./, '');
    return own !== '' && (domain === own || domain.endsWith(`.${own}`));
  });

/**
 * Whether mail to this address stays in the organisation. `*.contoso.com` stands for the subdomains of an accepted
 * domain.
 */
export function isInside(address: string, acceptedDomains: readonly string[]): boolean {
  // A guest's address is in the tenant (name_company.example#EXT#@…), but the mailbox is elsewhere.
  if (address.toLowerCase().includes('#ext#')) return false;
  const domain = domainOf(address);
  return acceptedDomains.some((accepted) => {
    const own = accepted.toLowerCase();
    return own.startsWith('*.') ? own.length > 2 && domain.endsWith(own.slice(1)) : domain === own;
  });
}
