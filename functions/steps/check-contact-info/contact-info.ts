// How a person is reached and how a password is recovered, with the directory's names and the audit log's. Pure.
import { z } from 'zod';
import type { DirectoryAudit } from '../../../shared/intruder/audit.ts';
import { nullableText } from '../../../shared/model/text.ts';

const texts = z.array(z.string()).nullish();

export const contactProperties = [
  'mobilePhone',
  'businessPhones',
  'faxNumber',
  'streetAddress',
  'postalCode',
  'city',
  'state',
  'country',
  'officeLocation',
  'otherMails',
] as const;

export const contactSchema = z.object({
  mobilePhone: nullableText,
  businessPhones: texts,
  faxNumber: nullableText,
  streetAddress: nullableText,
  postalCode: nullableText,
  city: nullableText,
  state: nullableText,
  country: nullableText,
  officeLocation: nullableText,
  otherMails: texts,
  manager: z.object({ displayName: nullableText }).nullish(),
});
export type Contact = z.infer<typeof contactSchema>;

/** The present value, in one line; empty if there is none. */
export function describeContact(contact: z.infer<typeof contactSchema>): string {
  const { streetAddress, postalCode, city, state, country } = contact;
  const address = [streetAddress, postalCode, city, state, country].filter(Boolean).join(', ');
  const parts: readonly (readonly [string, string | null | undefined])[] = [
    ['mobile', contact.mobilePhone],
    ['business', contact.businessPhones?.join(', ')],
    ['fax', contact.faxNumber],
    ['address', address],
    ['office', contact.officeLocation],
    ['alternate mail', contact.otherMails?.join(', ')],
  ];
  return parts.flatMap(([name, value]) => (value ? [`${name} ${value}`] : [])).join('; ');
}

/** Names in the log are the directory's own, not Microsoft Graph's: TelephoneNumber, OtherMail. */
const subjects: readonly (readonly [RegExp, string])[] = [
  [/strongauthentication|selfservepasswordreset|securityquestion/i, 'recovery data'],
  [/mail/i, 'alternate mail address'],
  [/phone|mobile|fax|facsimile/i, 'phone number'],
  [/street|city|^state$|postal|country|deliveryoffice|officelocation/i, 'address'],
];
/** Addresses of the mailbox, which mean something else. */
const others = /^(mail|mailnickname|proxyaddresses|targetaddress)$/i;

export interface ContactChange {
  entry: DirectoryAudit;
  /** "phone number" */
  subject: string;
  property: string;
  before: string;
  after: string;
}

/** Changes to this account in the log, latest first. */
export const contactChanges = (audits: readonly DirectoryAudit[], userId: string): ContactChange[] =>
  audits
    .filter(({ succeeded }) => succeeded)
    .flatMap((entry) =>
      entry.targets
        .filter(({ id }) => id === userId)
        .flatMap(({ changed }) =>
          changed.flatMap(({ name, before, after }) => {
            const subject = others.test(name) ? undefined : subjects.find(([sign]) => sign.test(name))?.[1];
            return subject === undefined
              ? []
              : [{ entry, subject, property: name, before: shown(before), after: shown(after) }];
          }),
        ),
    );

/** Longer values are cut. */
export const mostCharacters = 200;
/** A value that was not set. */
export const nothing = 'nothing';

function shown(value: unknown): string {
  const values = Array.isArray(value) ? value : [value];
  const all = values
    .filter((one) => one !== null && one !== undefined && one !== '')
    .map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
  return all.length === 0 ? nothing : all.join(', ').slice(0, mostCharacters);
}
