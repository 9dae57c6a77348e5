// Who does this authentication method belong to? Pure. The log describes in words what was registered, and a method
// says only when it was made. The two are matched here; in doubt a person decides.
import { z } from 'zod';
import type { AuditTarget, DirectoryAudit } from '../intruder/audit.ts';
import { attributionOf, madeByIntruder } from '../intruder/audit.ts';
import { when } from '../intruder/describe-trail.ts';
import { mayBeRemoved, storedTrace } from '../intruder/tie.ts';
import type { Intruder, StoredTrace } from '../model/intruder.ts';
import { inQuotes, nullableText } from '../model/text.ts';

/** The collection that a method of a type is deleted from; other types have none in v1.0. */
export const collections = {
  phone: 'phoneMethods',
  microsoftAuthenticator: 'microsoftAuthenticatorMethods',
  softwareOath: 'softwareOathMethods',
  fido2: 'fido2Methods',
  email: 'emailMethods',
  windowsHelloForBusiness: 'windowsHelloForBusinessMethods',
  platformCredential: 'platformCredentialMethods',
  temporaryAccessPass: 'temporaryAccessPassMethods',
  external: 'externalAuthenticationMethods',
} as const;
export type Kind = keyof typeof collections;
const isKind = (name: string): name is Kind => name in collections;

const names: Readonly<Record<Kind, string>> = {
  phone: 'phone',
  microsoftAuthenticator: 'Microsoft Authenticator',
  softwareOath: 'authenticator code (software token)',
  fido2: 'passkey',
  email: 'email address',
  windowsHelloForBusiness: 'Windows Hello',
  platformCredential: 'platform credential',
  temporaryAccessPass: 'Temporary Access Pass',
  external: 'external method',
};

export interface Method {
  id: string;
  /** null: a type that cannot be deleted in v1.0, such as a hardware token. */
  kind: Kind | null;
  /** "phone +1 5555550100 (mobile)" */
  name: string;
  /** The number or address itself. */
  value: string | null;
  phoneType: string | null;
  createdAt: string | null;
  isPassword: boolean;
  /** A used or expired pass opens nothing. */
  spent: boolean;
  spentBecause: 'Expired' | 'OneTimeUsed' | null;
}

/** One of GET /users/{id}/authentication/methods (https://learn.microsoft.com/graph/api/authentication-list-methods). */
export const methodSchema = z
  .object({
    '@odata.type': z.string(),
    id: z.string(),
    createdDateTime: nullableText,
    displayName: nullableText,
    phoneNumber: nullableText,
    phoneType: nullableText,
    emailAddress: nullableText,
    methodUsabilityReason: nullableText,
  })
  .transform((given): Method => {
    const type = given['@odata.type'].replace(/^#microsoft\.graph\.|AuthenticationMethod$/g, '');
    const kind = isKind(type) ? type : null;
    const reason = given.methodUsabilityReason;
    const spentBecause = reason === 'Expired' || reason === 'OneTimeUsed' ? reason : null;
    const value = given.phoneNumber ?? given.emailAddress ?? null;
    const more = [
      value,
      given.displayName && `${inQuotes(given.displayName)}`,
      given.phoneType && `(${given.phoneType})`,
    ];
    return {
      id: given.id,
      kind,
      name: [kind === null ? type : names[kind], ...more].filter(Boolean).join(' '),
      value,
      phoneType: given.phoneType ?? null,
      createdAt: given.createdDateTime ?? null,
      isPassword: type === 'password',
      spent: spentBecause !== null,
      spentBecause,
    };
  });

/** A registration and its log entry are seconds apart. */
export const nearMs = 120_000;
const signs: readonly (readonly [RegExp, readonly Kind[]])[] = [
  [/temporary access pass/i, ['temporaryAccessPass']],
  [/fido|passkey|security key/i, ['fido2']],
  [/hello/i, ['windowsHelloForBusiness']],
  [/platform credential/i, ['platformCredential']],
  [/external/i, ['external']],
  [/authenticator|app |totp|oath/i, ['microsoftAuthenticator', 'softwareOath']],
  [/e-?mail/i, ['email']],
  [/phone|sms|call|mobile/i, ['phone']],
];

/** What kind of method an entry's words name; undefined if they don't say. */
const kindsIn = ({ activity, reason }: DirectoryAudit): readonly Kind[] | undefined =>
  signs.find(([sign]) => sign.test(`${activity} ${reason ?? ''} `))?.[1];

export const isRegistration = ({ activity, succeeded }: DirectoryAudit) =>
  succeeded &&
  /security info|passkey|fido|hello|credential|access pass/i.test(activity) &&
  /\b(registered|register|added|add|created|create|updated|update)\b/i.test(activity);

/** Entries about a removed method of the account. */
export const deletionsIn = (audits: readonly DirectoryAudit[]): DirectoryAudit[] =>
  audits.filter(
    ({ activity, succeeded }) =>
      succeeded &&
      /security info|passkey|fido|hello|credential/i.test(activity) &&
      /\b(delet|remov)/i.test(activity),
  );

const digits = (value: string) => value.replace(/[^\p{L}\p{N}@.]/gu, '').toLowerCase();
const holds = (targets: readonly AuditTarget[], value: string) =>
  targets.some(({ changed }) =>
    changed.some(({ after }) => digits(JSON.stringify(after) ?? '').includes(digits(value))),
  );

/** "+1 5555550100", as the log writes a registered number. */
const numbers = /\+\d[\d\s().-]{5,}\d/g;
/** The numbers that an entry names; a masked number doesn't count. */
const numbersIn = ({ targets }: DirectoryAudit): string[] =>
  targets.flatMap(({ changed }) =>
    changed.flatMap(({ after }) => (JSON.stringify(after) ?? '').match(numbers) ?? []),
  );

type Judged =
  | { is: 'remove'; evidence: string; by: StoredTrace }
  | { is: 'ask'; why: string }
  | { is: 'keep'; why: string };

/**
 * Judged by the entries that name this very number or address, or else by those of its kind in the minute when it was
 * made. It is the intruder's only if every such entry is theirs; without any, a person judges a method that is inside
 * the window or of unknown age.
 */
function judgeMethod(
  method: Method,
  audits: readonly DirectoryAudit[],
  intruder: Intruder,
  since: number,
  isRead: boolean,
): Judged {
  const { kind, value, createdAt } = method;
  const made = createdAt === null ? null : Date.parse(createdAt);
  const registered = audits.filter(isRegistration).filter((entry) => {
    const kinds = kindsIn(entry);
    if (kinds !== undefined && (kind === null || !kinds.includes(kind))) return false;
    // An entry that names another number is about another phone.
    const named = kind === 'phone' && value !== null ? numbersIn(entry) : [];
    return named.length === 0 || named.some((number) => digits(number) === digits(value ?? ''));
  });
  const naming = value === null ? [] : registered.filter(({ targets }) => holds(targets, value)).slice(0, 1);
  const near = made === null ? [] : registered.filter(({ time }) => Math.abs(time - made) <= nearMs);
  const entries = naming.length > 0 ? naming : near;
  const ties = entries.map((entry) => attributionOf(entry, intruder));
  const evidence = ties[0]?.evidence;
  const [first] = entries;
  if (first && evidence !== undefined && ties.every((tie) => mayBeRemoved(tie, 'irreversible'))) {
    return { is: 'remove', evidence, by: storedTrace(first.trace) };
  }
  if (method.spent) return { is: 'keep', why: 'can no longer be used' };
  // A phone keeps its id and its date when somebody changes its number.
  const changed =
    kind === 'phone' && naming.length === 0
      ? registered.find(
          (entry) => kindsIn(entry) !== undefined && madeByIntruder(entry, intruder) !== undefined,
        )
      : undefined;
  if (changed)
    return { is: 'ask', why: `the intruder registered a phone at ${when(changed.time)}, and this may be it` };
  const by = entries.map(({ trace }) => trace.address ?? 'an unknown address').join(', ');
  if (made === null) return { is: 'ask', why: 'nobody can tell when it was registered' };
  if (kind === 'phone' && !isRead && made < since)
    return { is: 'ask', why: 'it may hold another number since, and the log of that could not be read' };
  if (made < since) return { is: 'keep', why: `registered at ${when(made)}, before the intruder came` };
  if (evidence !== undefined && ties.every((tie) => tie !== undefined)) {
    return {
      is: 'ask',
      why: `${evidence}, which is likely the intruder and not certain: it can't be given back`,
    };
  }
  if (ties.some((tie) => tie !== undefined))
    return {
      is: 'ask',
      why: `registered at ${when(made)}, while both the owner and the intruder registered one (from ${by})`,
    };
  return {
    is: 'ask',
    why: `registered at ${when(made)}${by ? ` from ${by}` : ''}, while the intruder may have been in`,
  };
}

/** Every method except the password, by what is done with it. */
export function judgeMethods(
  all: readonly Method[],
  audits: readonly DirectoryAudit[],
  intruder: Intruder,
  since: number,
  /** Whether the log could be read at all: if so, what it doesn't show did not happen. */
  isRead: boolean,
) {
  const judged = all
    .filter((method) => !(method.kind === null && method.name === 'password'))
    .map((method) => ({ method, ...judgeMethod(method, audits, intruder, since, isRead) }));
  return {
    theirs: judged.filter((entry) => entry.is === 'remove'),
    doubtful: judged.filter((entry) => entry.is === 'ask'),
    kept: judged.filter((entry) => entry.is === 'keep'),
  };
}
