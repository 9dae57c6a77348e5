// Who is asking and what they may do, however they authenticated.
import { oneLine } from '../mail/plain.ts';

/** Readers look, operators decide; operators may also look. */
const accesses = ['reader', 'operator'] as const;
export type Access = (typeof accesses)[number];

/** App roles of the sign-in application (infra/bicep/tenant.bicep). */
export const appRoles = { 'Responder.Reader': 'reader', 'Responder.Operator': 'operator' } as const;

export interface Caller {
  /** For the run's log: one line, with the object id, because names can be chosen and are reused. */
  who: string;
  /** Tells operators apart when two are needed: the object id, never a name. */
  id: string;
  /** Only a person can answer for giving an account back. A function key says nothing about who holds it. */
  kind: 'person' | 'application' | 'key';
  access: Access;
  /** A browser sends its sign-in cookie with every request, so only `sign-in` needs a check where the request came from. */
  by: 'key' | 'token' | 'sign-in';
}

/** Why a caller is refused, in a sentence for them; never any part of a token. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  /** `role`: the caller is known and may not do this. */
  readonly because: 'token' | 'role';

  constructor(message: string, because: TokenRefused['because'] = 'token') {
    super(message);
    this.because = because;
  }
}

export interface Claims {
  name: string | undefined;
  objectId: string | undefined;
  application: string | undefined;
  kind: 'person' | 'application';
  roles: readonly string[];
}

/** Roles compare exactly, as Entra ID writes them. Throws TokenRefused if none of them is ours. */
export function callerWith(claims: Claims, by: Caller['by']): Caller {
  const who = nameOf(claims);
  const held = Object.entries(appRoles).flatMap(([role, access]) =>
    claims.roles.includes(role) ? [access] : [],
  );
  const access = held.includes('operator') ? 'operator' : held[0];
  const id = (claims.objectId ?? who).toLowerCase();
  if (access !== undefined) return { who, id, kind: claims.kind, access, by };
  throw new TokenRefused(
    `${who} has neither the role Responder.Operator nor Responder.Reader; an administrator assigns it in Entra ID under Enterprise applications, Reclaim.`,
    'role',
  );
}

export const mayDo = (caller: Caller, needed: Access): boolean =>
  needed === 'reader' || caller.access === 'operator';

/** `adele@contoso.com (f5e829f5-…)`. An application is named by its id, since it can choose its name. */
function nameOf({ name, objectId, application }: Claims): string {
  const id = objectId ?? 'no object id';
  const shown = name ?? (application === undefined ? 'somebody' : `application ${application}`);
  return oneLine(`${shown.slice(0, 200)} (${id.slice(0, 60)})`);
}
